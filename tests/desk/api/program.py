"""Programs that call the API of a desk, each with a token of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from amends.casework import programs
from amends.desk.api.app import PREFIX
from amends.domain.account import Role
from amends.domain.api_token import TOKEN_PREFIX, ApiToken, token_sha256
from tests.desk.house import ADDRESS, DeskHouse

_numbers = count(1)


@dataclass
class Program:
    """A program with a token."""

    client: TestClient
    token: str

    def get(self, path: str, **query: Any) -> Response:
        return self.client.get(PREFIX + path, params=query, headers=self._headers())

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> Response:
        """Ask for a change; without a key it has one of its own."""
        sent = {"Idempotency-Key": key or f"key-{next(_numbers):06}", **headers}
        return self.client.post(PREFIX + path, json=body, headers=self._headers() | sent)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def token_for(house: DeskHouse, role: Role | str, *, name: str = "", days: float = 90) -> str:
    """Make a token with a role; its name is that of the role."""
    shown = TOKEN_PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        id=secrets.token_hex(8),
        name=name or Role(role).value,
        role=Role(role).value,
        sha256=token_sha256(shown),
        made_by="tests",
        made_at=house.clock(),
        ends_at=house.clock() + timedelta(days=days),
    )
    with house.database.unit() as unit:
        programs.make_token(unit, made)
        unit.commit()
    return shown


def program(house: DeskHouse, role: Role | str = "", *, name: str = "", token: str = "") -> Program:
    """Give a program with a role; without one it has no token."""
    shown = token or (token_for(house, role, name=name) if role else "")
    return Program(client=TestClient(house.app, base_url=ADDRESS, raise_server_exceptions=False), token=shown)


@contextmanager
def told_as_problem(answer: Response, status: int) -> Iterator[dict[str, Any]]:
    """Look at a problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["detail"]
    assert said["remedy"]
    yield said
