"""The desk on a test database, and people who are signed in to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import argon2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.types import ASGIApp

from amends.casework import accounts
from amends.compose import TOPIC_OF, House
from amends.desk import sessions
from amends.desk.app import make_desk
from amends.desk.guard import SESSION
from amends.desk.parts import Desk, Entry
from amends.desk.passwords import Passwords
from amends.domain.account import Account, Role
from amends.meter import Levels
from amends.settings import load_settings
from ingest.logged import ContactLog
from storage.blobs import FolderBlobStore
from storage.levels import levels
from storage.unit_of_work import Database
from tests.support.clock import FakeClock

ADDRESS = "http://127.0.0.1:8081"
SECRET = b"a secret of the tests, 32 bytes or more"
#: Of whoever is made with one.
PASSWORD = "three quiet grey herons"  # noqa: S105
#: The least that argon2 takes: the tests are not about how slow it is.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

_LINK = re.compile(r"http://127\.0\.0\.1:8081(/password/[\w-]+)")
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def link_in(said: str) -> str:
    """Give the path of the one-time link that a page or a command shows."""
    found = _LINK.search(said)
    assert found is not None, said
    return found[1]


class Client(TestClient):
    """A browser without a screen. It follows no redirect, and sends the token of the change with each form."""

    def __init__(self, app: ASGIApp, base_url: str = ADDRESS, *, raises: bool = True) -> None:
        super().__init__(app, base_url=base_url, follow_redirects=False, raise_server_exceptions=raises)

    def token(self, path: str = "/sign-in") -> str:
        """Give the token that the page at `path` carries."""
        found = _CSRF.search(self.get(path).text)
        assert found is not None, f"{path} carries no token"
        return found[1]

    def submit(self, path: str, fields: Mapping[str, str | Sequence[str]] = {}, *, page: str = "/") -> Response:
        """Send a form as the page at `page` would, token included."""
        return self.post(path, data={**fields, "csrf": self.token(page)})

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Response:
        return self.submit("/sign-in", {"name": name, "password": password, **more}, page="/sign-in")


@dataclass(kw_only=True)
class DeskHouse:
    """A desk on `database`, which people enter by `client(role)`."""

    database: Database
    clock: FakeClock
    folder: Path
    entry: Entry = field(default_factory=lambda: Entry(url=ADDRESS))
    changes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def house(self) -> House:
        """What the wiring makes, on the database that is given."""
        made = House(settings=load_settings(data_dir=self.folder, organisation="Northmoor"), now=self.clock)
        made.__dict__["database"] = self.database
        return made

    @cached_property
    def parts(self) -> Desk:
        given: dict[str, Any] = {
            "organisation": "Northmoor",
            "entry": self.entry,
            "unit": self.database.unit,
            "reading": self.database.reading,
            "aside": self.database.aside,
            "viewing": self.database.viewing,
            "looking": self.database.looking,
            "blobs": FolderBlobStore(self.folder / "blobs"),
            "pack": self.house.pack,
            "secret": SECRET,
            "now": self.clock,
            "check": self.house.check_draft,
            "frame": self.house.frame_answer,
            "explain": self.house.explain_flag,
            "contact_log": self.contact_log,
            "attachment": self.house.attachment,
            "name_of": self.house.name_of,
            "take_in_again": self.house.take_in_again,
            "levels": self.levels,
            "workers": lambda _stage: 0,
            "passwords": Passwords(hasher=CHEAP),
        }
        return Desk(**{**given, **self.changes})

    @property
    def contact_log(self) -> ContactLog:
        return ContactLog(
            open_unit=self.database.unit,
            reading=self.database.reading,
            blobs=FolderBlobStore(self.folder / "blobs"),
            readers=self.house.readers,
            now=self.clock,
        )

    def levels(self) -> Levels:
        """Count what waits in this database."""
        with self.database.viewing() as connection:
            return levels(connection, groups=TOPIC_OF, now=self.clock())

    @cached_property
    def app(self) -> FastAPI:
        return make_desk(self.parts)

    def account(self, *roles: Role | str, name: str = "", password: str = "") -> Account:
        """Give the account of somebody with these roles, made at the first call; its name is that of the first one."""
        given = {Role(role) for role in roles}
        called = name or Role(roles[0]).value
        with self.database.unit() as unit:
            account = unit.accounts.find(called) or accounts.create(
                unit, called, shown_as=called.title(), roles=given, by="tests", at=self.clock()
            )
            if password:
                hashed = CHEAP.hash(password)
                account = accounts.set_password(unit, called, hashed, is_short=False, by="tests", at=self.clock())
            unit.commit()
        return account

    def session(self, *roles: Role | str, name: str = "") -> tuple[str, str]:
        """Sign somebody in without a password: gives the name and the value of the cookie."""
        account = self.account(*roles, name=name)
        with self.database.unit() as unit:
            token = sessions.begin(unit, account, how="password", at=self.clock())
            unit.commit()
        return self.entry.cookie(SESSION), token

    def client(self, *roles: Role | str, name: str = "") -> Client:
        """Give a client that is signed in with these roles; without one nobody is."""
        client = Client(self.app, self.entry.url)
        if roles:
            cookie, token = self.session(*roles, name=name)
            client.cookies.set(cookie, token)
        return client

    def audit(self, subject: str) -> list[str]:
        """Give what the audit trail says about something."""
        with self.database.reading() as unit:
            return [entry.happening_json for entry in unit.audit.about(subject)]
