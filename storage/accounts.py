"""Accounts of the desk, their sessions and their one-time links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from amends.domain.account import Account, Role, Session
from storage.rows import insert_or_replace, insert_rows
from storage.tables import account_links, accounts, desk_sessions


class SqlAccountStore:
    """Accounts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> Account | None:
        """Give an account."""
        return self._one(accounts.c.name == name)

    def vouched(self, issuer: str, subject: str) -> Account | None:
        """Give the account of whom `issuer` calls `subject`."""
        return self._one((accounts.c.issuer == issuer) & (accounts.c.subject == subject)) if issuer else None

    def every(self) -> list[Account]:
        """Give all accounts by name."""
        return [_account(row) for row in self._connection.execute(select(accounts).order_by(accounts.c.name))]

    def save(self, account: Account) -> None:
        """Write an account, whether it was there or not."""
        insert_or_replace(
            self._connection,
            accounts,
            [
                {
                    "name": account.name,
                    "shown_as": account.shown_as,
                    "roles": sorted(account.roles),
                    "password_hash": account.password_hash,
                    "has_short_password": account.has_short_password,
                    "password_set_at": account.password_set_at,
                    "totp_secret": account.totp_secret,
                    "totp_step": account.totp_step,
                    "issuer": account.issuer,
                    "subject": account.subject,
                    "is_disabled": account.is_disabled,
                    "created_at": account.created_at,
                    "created_by": account.created_by,
                }
            ],
        )

    def begin_session(self, session: Session) -> None:
        """Write a new session."""
        insert_rows(
            self._connection,
            desk_sessions,
            [
                {
                    "token_sha256": session.token_sha256,
                    "account": session.account,
                    "how": session.how,
                    "began_at": session.began_at,
                    "seen_at": session.seen_at,
                }
            ],
        )

    def session(self, token_sha256: str) -> tuple[Session, Account] | None:
        """Give a session with its account."""
        row = self._connection.execute(
            select(desk_sessions, accounts)
            .join(accounts, desk_sessions.c.account == accounts.c.name)
            .where(desk_sessions.c.token_sha256 == token_sha256)
        ).first()
        if row is None:
            return None
        session = Session(
            token_sha256=row.token_sha256,
            account=row.account,
            how=row.how,
            began_at=row.began_at,
            seen_at=row.seen_at,
        )
        return session, _account(row)

    def touch(self, token_sha256: str, at: datetime) -> None:
        """Note that a session was used."""
        self._connection.execute(
            update(desk_sessions).where(desk_sessions.c.token_sha256 == token_sha256).values(seen_at=at)
        )

    def end_session(self, token_sha256: str) -> None:
        """Forget one session."""
        self._connection.execute(delete(desk_sessions).where(desk_sessions.c.token_sha256 == token_sha256))

    def end_sessions(self, account: str, *, but: str = "") -> int:
        """Forget the sessions of an account, all `but` the one with that digest; return how many."""
        mine = (desk_sessions.c.account == account) & (desk_sessions.c.token_sha256 != but)
        return self._connection.execute(delete(desk_sessions).where(mine)).rowcount

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> None:
        """Forget the sessions that are over anyhow."""
        is_over = (desk_sessions.c.began_at < began_before) | (desk_sessions.c.seen_at < seen_before)
        self._connection.execute(delete(desk_sessions).where(is_over))

    def add_link(self, token_sha256: str, account: str, expires_at: datetime) -> None:
        """Write a one-time link; others of the account are forgotten."""
        self.drop_links(account)
        row = {"token_sha256": token_sha256, "account": account, "expires_at": expires_at}
        insert_rows(self._connection, account_links, [row])

    def link(self, token_sha256: str, at: datetime) -> Account | None:
        """Give the account of a link that is still good at `at`."""
        found = self._connection.execute(
            select(account_links.c.account).where(
                (account_links.c.token_sha256 == token_sha256) & (account_links.c.expires_at > at)
            )
        ).scalar()
        return None if found is None else self.find(found)

    def drop_links(self, account: str) -> None:
        """Forget the links of an account."""
        self._connection.execute(delete(account_links).where(account_links.c.account == account))

    def _one(self, which: ColumnElement[bool]) -> Account | None:
        row = self._connection.execute(select(accounts).where(which)).first()
        return None if row is None else _account(row)


def _account(row: Row[Any]) -> Account:
    return Account(
        name=row.name,
        shown_as=row.shown_as,
        roles=frozenset(Role(role) for role in row.roles),
        created_at=row.created_at,
        created_by=row.created_by,
        password_hash=row.password_hash,
        has_short_password=row.has_short_password,
        password_set_at=row.password_set_at,
        totp_secret=row.totp_secret,
        totp_step=row.totp_step,
        issuer=row.issuer,
        subject=row.subject,
        is_disabled=row.is_disabled,
    )
