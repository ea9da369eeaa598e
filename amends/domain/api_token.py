"""What a program shows to be let in: a random text that is kept as its hash alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from amends.domain.message import require_zone

#: What a token begins with, so that one that leaked is recognised for what it is.
TOKEN_PREFIX = "amends_"  # noqa: S105 - what every token has in common
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of one program. It has one role, and ends by itself at `ends_at` or when a person says so."""

    id: str
    name: str
    role: str
    sha256: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def __post_init__(self) -> None:
        require_zone("made_at", self.made_at)
        require_zone("ends_at", self.ends_at)
        require_zone("revoked_at", self.revoked_at)
        if not is_token_name(self.name):
            raise ValueError(f"{self.name!r} names no program")

    def holds(self, now: datetime) -> bool:
        """Whether it lets anybody in at a moment."""
        return self.revoked_at is None and now < self.ends_at

    @property
    def acts_as(self) -> str:
        """Who gives the commands that are given with it. No person is called so."""
        return f"api:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a change was answered with. `asked_sha256` tells what was asked."""

    asked_sha256: str
    status: int
    body: bytes


def is_token_name(name: str) -> bool:
    """Whether a token can be called so: small letters, digits, dots, hyphens, 40 at most."""
    return _NAME.fullmatch(name) is not None


def token_sha256(token: str) -> str:
    """Give what is kept of a token. It is long and random, so that one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
