"""What the pages of the desk work with. The wiring puts it together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from fastapi import Request

from amends.casework.parked import TakeInAgain
from amends.casework.review import CheckDraft
from amends.casework.writing import FrameAnswer
from amends.desk.case.presence import Presence
from amends.desk.case.words import Explain
from amends.desk.openid import OpenId
from amends.desk.passwords import Passwords
from amends.desk.queue.news import NewsDesk
from amends.desk.queue.standing import Standing
from amends.desk.throttle import Throttle
from amends.domain.attachment import Download
from amends.domain.clock import Pack
from amends.domain.reply import Reply
from amends.errors import Misconfigured
from amends.meter import Levels
from amends.ports import BlobStore, Now
from amends.unit_of_work import UnitOfWork
from ingest.logged import ContactLog

_ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The way in: the desk's address, and how long a session may last.

    `url` is what people see in the address bar. With `https` cookies are kept to that
    host and to TLS; without it the desk is served to this machine only.
    """

    url: str
    idle: timedelta = timedelta(minutes=60)
    longest: timedelta = timedelta(hours=12)
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    def __post_init__(self) -> None:
        said = urlsplit(self.url)
        if said.scheme not in {"http", "https"} or not said.hostname or said.path.strip("/") or said.query:
            raise Misconfigured(
                f"the desk's address is {self.url!r}; write it like https://desk.example.org, with a host of its own"
            )
        if said.scheme == "http" and said.hostname not in _ON_THIS_MACHINE:
            raise Misconfigured(
                f"the desk's address {self.url} has no TLS, and passwords would cross the network in the clear: put a "
                "proxy with TLS in front and set AMENDS_DESK_URL to its https address"
            )

    @property
    def is_secure(self) -> bool:
        """Whether people reach the desk by TLS."""
        return self.url.startswith("https:")

    def cookie(self, name: str) -> str:
        """Give the whole name of a cookie. With `__Host-` a browser takes it from this very host over TLS alone."""
        return f"__Host-amends-{name}" if self.is_secure else f"amends-{name}"


class Finding(Protocol):
    """One thing that `amends doctor` looked at."""

    @property
    def what(self) -> str:
        """What was looked at."""

    @property
    def is_well(self) -> bool:
        """Whether all is well with it."""

    @property
    def says(self) -> str:
        """The fact."""

    @property
    def remedy(self) -> str:
        """What to do, "" where all is well."""


class Reconciled(Protocol):
    """What came of all that a source holds."""

    @property
    def source(self) -> str:
        """Its name."""

    @property
    def held(self) -> int:
        """How many things it holds."""

    @property
    def waiting(self) -> int:
        """How many of them wait for triage."""

    @property
    def dead(self) -> int:
        """How many of them are dead letters."""

    @property
    def unexplained(self) -> Sequence[tuple[str, str]]:
        """Those of which nobody knows what became of them, each with what is known."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What pages get, by `desk(request)`.

    `unit` writes, `reading` sees one moment, `viewing` gives a connection for the views in
    `storage`, `looking` one that sees one moment throughout, `aside` writes what is not derived from the log.
    """

    organisation: str
    entry: Entry
    unit: Callable[[], AbstractContextManager[UnitOfWork]]
    reading: Callable[[], AbstractContextManager[UnitOfWork]]
    aside: Callable[[], AbstractContextManager[UnitOfWork]]
    viewing: Callable[[], AbstractContextManager[Any]]
    looking: Callable[[], AbstractContextManager[Any]]
    blobs: BlobStore
    pack: Pack
    secret: bytes = field(repr=False)
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    now: Now
    check: CheckDraft
    frame: FrameAnswer
    explain: Explain
    contact_log: ContactLog
    #: Gives an attachment of a case by its number.
    attachment: Callable[[str, int], Download]
    presence: Presence = field(default_factory=Presence)
    name_of: Callable[[Reply], str]
    take_in_again: TakeInAgain
    openid: OpenId | None = None
    approval_holds: timedelta = timedelta(minutes=60)
    api_calls_a_minute: int = 600
    #: How much waits, and how many work on each stage.
    levels: Callable[[], Levels]
    workers: Callable[[str], int]
    #: What takes a while and is done on request; None where the wiring gives none.
    examine: Callable[[], Sequence[Finding]] | None = None
    reconcile: Callable[[], Sequence[Reconciled]] | None = None

    @cached_property
    def standing(self) -> Standing:
        """The counts of the queue."""
        return Standing(self.viewing)

    @cached_property
    def news(self) -> NewsDesk:
        """What tells open pages what is new."""
        return NewsDesk(viewing=self.viewing, unit=self.unit, now=self.now)


def desk(request: Request) -> Desk:
    """Give what pages work with."""
    found: Desk = request.app.state.desk
    return found
