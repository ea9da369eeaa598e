"""Who may use the desk, and what each role is for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# No colon: what Amends does by itself is called so in the audit trail.
_NAME = re.compile(r"[\w.@+-]+")
#: The longest name that an account can have.
MOST_NAME_CHARS = 64


class Role(StrEnum):
    """What somebody does at the desk. Roles are given one by one: none holds another within it."""

    HANDLER = "handler"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person's way in.

    `name` is what they sign in with and what the audit trail calls them. An empty
    `password_hash` lets nobody in; `totp_secret` is sealed. `issuer` and `subject` name
    the person elsewhere, where a provider vouches for them.
    """

    name: str
    shown_as: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    password_hash: str = ""
    has_short_password: bool = False
    password_set_at: datetime | None = None
    totp_secret: str = ""
    totp_step: int = 0
    issuer: str = ""
    subject: str = ""
    is_disabled: bool = False

    def with_password(self, password_hash: str, *, is_short: bool, at: datetime) -> Account:
        """Give the account with another password."""
        return replace(self, password_hash=password_hash, has_short_password=is_short, password_set_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that is signed in. Its token is known to the browser alone: we keep a digest."""

    token_sha256: str
    account: str
    how: str
    began_at: datetime
    seen_at: datetime


def account_name(typed: str) -> str:
    """Read a name as people type it: letter case and spaces around it make no difference."""
    return typed.strip().casefold()


def name_fault(name: str) -> str:
    """Say why a name cannot be an account's; empty when it can."""
    if not name:
        return "the name is empty"
    if len(name) > MOST_NAME_CHARS:
        return f"the name has {len(name)} characters and may have {MOST_NAME_CHARS}"
    if not _NAME.fullmatch(name):
        return "the name may hold letters, digits and . _ @ + - alone"
    return ""
