"""What stands in for the world: an intake in memory, a clock to turn, and a client without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import httpx
from fastapi import FastAPI

from amends.domain.ids import derived_id
from amends.domain.message import Attachment
from amends.domain.submission import Addition, Progress, Receipt, Said, Submission
from amends.errors import Unavailable
from ingest.web_form.app import make_app
from ingest.web_form.settings import FormLimits, FormSettings
from tests.support.builders import sha256_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeIntake:
    """Keeps submissions in a dictionary. `is_down` makes it unavailable, `breaks` makes it fail as no port should."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Submission] = {}
        self.files: dict[str, bytes] = {}
        self.additions: dict[tuple[str, str], Addition] = {}
        self.hooked: dict[tuple[str, str], bytes] = {}
        self.choices = tuple(Said)
        self.is_down = False
        self.breaks = False
        self.traces: list[str] = []
        self.stage = "A person is reading what you wrote."

    def accept(self, submission: Submission, *, traceparent: str = "") -> Receipt:
        self._fail()
        self.traces.append(traceparent)
        key = (submission.form, submission.submission_id)
        is_repeat = key in self.kept
        self.kept.setdefault(key, submission)
        token = derived_id("token", *key)
        return Receipt(reference=f"AM-{token[:8].upper()}", status_token=token, is_repeat=is_repeat)

    def keep_file(self, claimed: Attachment, file: BinaryIO, *, place: int) -> Attachment:
        self._fail()
        file.seek(0)
        content = file.read()
        self.files[sha256_of(content)] = content
        return replace(claimed, sha256=sha256_of(content), size_bytes=len(content))

    def add(self, status_token: str, addition: Addition) -> bool:
        self._fail()
        if self.progress(status_token) is None:
            return False
        self.additions.setdefault((status_token, addition.addition_id), addition)
        return True

    def take_webhook(self, hook: str, item: str, raw: bytes) -> Receipt:
        self._fail()
        is_repeat = (hook, item) in self.hooked
        self.hooked.setdefault((hook, item), raw)
        token = derived_id("token", hook, item)
        return Receipt(reference=f"AM-{token[:8].upper()}", status_token=token, is_repeat=is_repeat)

    def progress(self, status_token: str) -> Progress | None:
        self._fail()
        for key, submission in self.kept.items():
            if derived_id("token", *key) == status_token:
                return Progress(
                    reference=f"AM-{status_token[:8].upper()}",
                    received_at=submission.submitted_at,
                    stage=self.stage,
                    next_step="You hear from the person who looks into it.",
                    next_by=submission.submitted_at + timedelta(days=8),
                    choices=self.choices,
                    said=tuple(
                        (one.said, one.said_at) for (token, _), one in self.additions.items() if token == status_token
                    ),
                )
        return None

    @property
    def submissions(self) -> list[Submission]:
        return list(self.kept.values())

    def _fail(self) -> None:
        if self.is_down:
            raise Unavailable("the disk is full: Ines Okafor")
        if self.breaks:
            raise ZeroDivisionError("Ines Okafor")


class Clock:
    """Says the time that a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def some_settings(
    *,
    public_base_url: str = "https://help.example.com",
    limits: FormLimits | None = None,
    max_text_chars: int = 2_000,
    frame_ancestors: tuple[str, ...] = ("'none'",),
    contact_line: str = "Call 0800 555 0100 on any day between 8 and 20.",
) -> FormSettings:
    return FormSettings(
        organisation="Example Water",
        form="website",
        public_base_url=public_base_url,
        contact_line=contact_line,
        max_text_chars=max_text_chars,
        time_zone="Europe/London",
        frame_ancestors=frame_ancestors,
        limits=limits or FormLimits(),
    )


class Visitor:
    """Sends requests to an app in this process, one after the other."""

    def __init__(self, app: FastAPI, *, address: str = "203.0.113.7") -> None:
        self._app = app
        self._address = address

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        boxes: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 40_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://inside.test") as client:
                return await client.request(method, path, content=content, data=boxes, json=json, headers=headers)

        return asyncio.run(ask())

    def post_page(self, **boxes: str) -> httpx.Response:
        return self.request("POST", "/", boxes={"form_id": "page-key-0001", **boxes})

    def post_json(self, body: object, *, key: str | None = "key-1") -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.request("POST", "/api/v1/submissions", json=body, headers=headers)


class House:
    """An app with its fake intake and clock, and a visitor at the door."""

    def __init__(self, settings: FormSettings | None = None) -> None:
        self.intake = FakeIntake()
        self.clock = Clock()
        self.settings = settings or some_settings()
        self.app = make_app(self.intake, settings=self.settings, now=self.clock)
        self.visitor = Visitor(self.app)
