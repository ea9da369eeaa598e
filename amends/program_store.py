"""What is kept of programs: the tokens that let them in, and what they are told of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from amends.domain.api_token import Answered, ApiToken
from amends.domain.webhook import Call, CallState, Progress, Target


class TokenStore(Protocol):
    """The tokens that programs are let in with."""

    def add(self, token: ApiToken) -> None:
        """Store a token."""

    def listed(self) -> list[ApiToken]:
        """Give all tokens, oldest first."""

    def known_by(self, sha256: str) -> ApiToken | None:
        """Give the token with a hash, whether it still holds or not; None if there is none."""

    def revoke(self, token_id: str, *, by: str, at: datetime) -> None:
        """Let a token let nobody in any more."""


class AnswerStore(Protocol):
    """Answers, each kept in the transaction of its change: there is one exactly where it was done."""

    def find(self, token_id: str, key: str) -> Answered | None:
        """Give what a token's change with this key was answered with; None if there was none."""

    def keep(self, token_id: str, key: str, answered: Answered, *, at: datetime, forget_before: datetime) -> None:
        """Keep an answer, and forget those of before a moment."""


class TargetStore(Protocol):
    """Who is told of what happens to cases."""

    def add(self, target: Target) -> None:
        """Store a target."""

    def listed(self) -> list[Target]:
        """Give all targets by name."""

    def remove(self, name: str) -> None:
        """Take a target away, with the calls to it that were not made."""


class CallStore(Protocol):
    """Which calls to targets are still to be made, and how the others went."""

    def progress(self) -> dict[str, Progress]:
        """Give how each target was told so far, by its name."""

    def begin(self, target: str, *, after: int) -> None:
        """Tell a target of entries after this one; a target that is being told already is left alone."""

    def make_out(self, calls: Sequence[tuple[str, int]], *, upto: int, targets: Collection[str], at: datetime) -> None:
        """Note calls (target, entry) to be made, and that these targets' calls are made out up to an entry."""

    def due(self, *, target: str, now: datetime, limit: int) -> list[Call]:
        """Give calls to a target that are due, `limit` of them, the oldest events first."""

    def of_state(self, state: CallState, *, limit: int) -> list[Call]:
        """Give calls in a state, oldest first."""

    def counted(self) -> dict[tuple[str, CallState], int]:
        """Count calls by target and state."""

    def made(self, call: Call, *, at: datetime) -> None:
        """Note that a call was made; nothing happens where somebody else has noted something of it."""

    def failed(self, call: Call, says: str, *, next_at: datetime | None) -> None:
        """Note that a call failed: it is made again at a moment, or given up at None. Likewise."""

    def try_again(self, target: str, *, at: datetime) -> int:
        """Let calls to a target that were given up be made again, as if for the first time; gives how many."""

    def discard(self, target: str) -> int:
        """Forget the calls to a target that were given up; gives how many."""
