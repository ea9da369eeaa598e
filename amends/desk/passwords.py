"""Passwords: how they are kept, and which are refused.

1. Argon2id keeps them. Hashing is made slow on purpose and takes memory, so few are
   computed at once; who waits too long is told to come back.
2. A password has 15 characters or more. With a second factor 8 are enough (NIST SP
   800-63B-4, 3.1.1.2). No mix of letters and signs is asked for.
3. Well-known passwords are refused, and those made of the name or of one thing repeated.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from amends.errors import Unavailable

LONG_ENOUGH, SHORTEST, LONGEST = 15, 8, 256
_AT_ONCE, _WAIT_S = 2, 10.0


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Hashes passwords and checks them. Safe to use from several threads."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE), repr=False)

    def prepare(self) -> None:
        """Compute what a name that nobody has is compared with, so that its first try takes no longer than others."""
        _ = self._of_nobody

    def hash(self, password: str) -> str:
        """Give what is kept of a password.

        Raises:
            Unavailable: too many are computed just now.
        """
        with self._turn():
            return self.hasher.hash(_plain(password))

    def is_right(self, kept: str, password: str) -> bool:
        """Whether that is the password. Where none is kept as long is computed, and it is not.

        Raises:
            Unavailable: too many are computed just now.
        """
        with self._turn():
            try:
                self.hasher.verify(kept or self._of_nobody, _plain(password))
            except (VerificationError, InvalidHashError):
                return False
        return bool(kept)

    @cached_property
    def _of_nobody(self) -> str:
        return self.hasher.hash("nobody has this password")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=_WAIT_S):
            raise Unavailable("too many people sign in at once; try again in a minute")
        try:
            yield
        finally:
            self._turns.release()


def is_short(password: str) -> bool:
    """Whether a password needs a second factor beside it."""
    return len(_plain(password)) < LONG_ENOUGH


def fault_of(password: str, *, name: str, has_second_factor: bool) -> str:
    """Say why a password is refused and what to do; empty when it is good."""
    plain = _plain(password)
    if len(plain) > LONGEST:
        return f"The password has {len(plain)} characters and may have {LONGEST}."
    if len(plain) < SHORTEST:
        return f"The password has {len(plain)} characters. Use {LONG_ENOUGH} or more: a few words in a row do well."
    if len(plain) < LONG_ENOUGH and not has_second_factor:
        return (
            f"The password has {len(plain)} characters. Use {LONG_ENOUGH} or more, or set up a second factor first: "
            f"with it {SHORTEST} are enough."
        )
    folded = "".join(plain.casefold().split())
    if folded in _well_known() or _root(folded) in _well_known():
        return "This password is well known, and is tried first by whoever wants in. Choose another."
    if _is_repeated(folded) or (len(name) > 3 and not folded.replace(name.casefold(), "").strip("0123456789-_.!")):
        return "This password is easily guessed: it says one thing over and over, or your name. Choose another."
    return ""


def _plain(password: str) -> str:
    # One password, one form, whatever keyboard it is typed on (NIST SP 800-63B-4, 3.1.1.2).
    return unicodedata.normalize("NFC", password)


def _root(folded: str) -> str:
    """Take off what people put behind a word to make it longer."""
    return folded.rstrip("0123456789!?.$#*-_")


def _is_repeated(folded: str) -> bool:
    """Whether it is one piece of up to five characters over and over."""
    return any((folded[:size] * len(folded))[: len(folded)] == folded for size in range(1, 6))


@cache
def _well_known() -> frozenset[str]:
    listed = files("amends.desk").joinpath("well_known_passwords.txt").read_text("utf-8")
    return frozenset(line.strip() for line in listed.splitlines() if line.strip() and not line.startswith("#"))
