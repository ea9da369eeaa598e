"""Who may do what: roles, permissions, and what each route needs.

A route that is not in `ROUTES` is refused, and a test fails for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from amends.domain.account import Role


class Permission(StrEnum):
    """What a route needs."""

    #: Nobody has to be signed in.
    NONE = "none"
    #: Anybody who is signed in.
    SIGNED_IN = "signed_in"
    READ_CASES = "read_cases"
    WORK_CASES = "work_cases"
    READ_REPLIES = "read_replies"
    REVIEW_REPLIES = "review_replies"
    HOLD_PUBLIC = "hold_public"
    READ_OPERATIONS = "read_operations"
    OPERATE = "operate"
    READ_OVERVIEW = "read_overview"
    READ_AUDIT = "read_audit"
    MANAGE_ACCOUNTS = "manage_accounts"


_P = Permission

#: What each role may do.
GIVES: Mapping[Role, frozenset[Permission]] = {
    Role.HANDLER: frozenset({_P.READ_CASES, _P.WORK_CASES, _P.READ_REPLIES}),
    Role.REVIEWER: frozenset({_P.READ_CASES, _P.READ_REPLIES, _P.REVIEW_REPLIES, _P.HOLD_PUBLIC}),
    Role.MANAGER: frozenset({_P.READ_CASES, _P.READ_REPLIES, _P.READ_OVERVIEW, _P.HOLD_PUBLIC}),
    Role.OPERATOR: frozenset({_P.READ_OPERATIONS, _P.OPERATE}),
    Role.AUDITOR: frozenset({_P.READ_CASES, _P.READ_REPLIES, _P.READ_OVERVIEW, _P.READ_OPERATIONS, _P.READ_AUDIT}),
    Role.ADMIN: frozenset({_P.MANAGE_ACCOUNTS}),
}

#: What each route needs, by its name: that of its function, behind the name of its module.
ROUTES: Mapping[str, Permission] = {
    # Supervisors
    "live": _P.NONE,
    "ready": _P.NONE,
    # Signing in, and one's own account
    "sign_in.show": _P.NONE,
    "sign_in.enter": _P.NONE,
    "sign_in.leave": _P.SIGNED_IN,
    "openid.begin": _P.NONE,
    "openid.finish": _P.NONE,
    "link.show": _P.NONE,
    "link.use": _P.NONE,
    "account.show": _P.SIGNED_IN,
    "account.change_password": _P.SIGNED_IN,
    "account.set_up": _P.SIGNED_IN,
    "account.add_second_factor": _P.SIGNED_IN,
    "account.drop_second_factor": _P.SIGNED_IN,
    "account.sign_out_elsewhere": _P.SIGNED_IN,
    # Home and looks
    "home.show": _P.SIGNED_IN,
    "style.show": _P.SIGNED_IN,
    # Accounts
    "accounts.every": _P.MANAGE_ACCOUNTS,
    "accounts.create": _P.MANAGE_ACCOUNTS,
    "accounts.show": _P.MANAGE_ACCOUNTS,
    "accounts.set_roles": _P.MANAGE_ACCOUNTS,
    "accounts.disable": _P.MANAGE_ACCOUNTS,
    "accounts.enable": _P.MANAGE_ACCOUNTS,
    "accounts.make_link": _P.MANAGE_ACCOUNTS,
    "accounts.drop_second_factor": _P.MANAGE_ACCOUNTS,
    "accounts.sign_out": _P.MANAGE_ACCOUNTS,
    # The queue
    "queue.show": _P.READ_CASES,
    "queue.claim": _P.WORK_CASES,
    "queue.let_go": _P.WORK_CASES,
    "queue.keep": _P.READ_CASES,
    "queue.forget": _P.READ_CASES,
    "queue.events": _P.READ_CASES,
    "working.renew": _P.WORK_CASES,
    "working.leave": _P.WORK_CASES,
    # The case
    # Review
    # Operators
    # Overview
    # The API
}

#: Routes that a page asks for by itself while nobody does anything: a session does not live by them.
BY_ITSELF = frozenset({"queue.events", "working.renew"})


def may(roles: Collection[Role], permission: Permission) -> bool:
    """Whether somebody who is signed in, with these roles, may do that."""
    if permission in {Permission.NONE, Permission.SIGNED_IN}:
        return True
    return any(permission in GIVES[role] for role in roles)
