"""What keeps accounts, sessions and one-time links, within a unit of work."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from amends.domain.account import Account, Session


class AccountStore(Protocol):
    """Accounts of the desk, with their sessions and links. Promises are tested in `tests/contracts/accounts.py`."""

    def find(self, name: str) -> Account | None:
        """Give an account."""

    def vouched(self, issuer: str, subject: str) -> Account | None:
        """Give the account of whom `issuer` calls `subject`."""

    def every(self) -> list[Account]:
        """Give all accounts by name."""

    def save(self, account: Account) -> None:
        """Write an account, whether it was there or not."""

    def begin_session(self, session: Session) -> None:
        """Write a new session."""

    def session(self, token_sha256: str) -> tuple[Session, Account] | None:
        """Give a session with its account."""

    def touch(self, token_sha256: str, at: datetime) -> None:
        """Note that a session was used."""

    def end_session(self, token_sha256: str) -> None:
        """Forget one session."""

    def end_sessions(self, account: str, *, but: str = "") -> int:
        """Forget the sessions of an account, all `but` the one with that digest; return how many."""

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> None:
        """Forget the sessions that are over anyhow."""

    def add_link(self, token_sha256: str, account: str, expires_at: datetime) -> None:
        """Write a one-time link; others of the account are forgotten."""

    def link(self, token_sha256: str, at: datetime) -> Account | None:
        """Give the account of a link that is still good at `at`."""

    def drop_links(self, account: str) -> None:
        """Forget the links of an account."""
