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
    "case.show": _P.READ_CASES,
    "case.take": _P.WORK_CASES,
    "case.hand_over": _P.WORK_CASES,
    "case.set": _P.WORK_CASES,
    "case.note": _P.WORK_CASES,
    "case.link": _P.WORK_CASES,
    "case.split": _P.WORK_CASES,
    "case.unsplit": _P.WORK_CASES,
    "case.finish_task": _P.WORK_CASES,
    "case.settle": _P.WORK_CASES,
    "case.answer_rights": _P.WORK_CASES,
    "case.close": _P.WORK_CASES,
    "case.here": _P.READ_CASES,
    "case_reply.begin": _P.WORK_CASES,
    "case_reply.save": _P.WORK_CASES,
    "case_reply.submit": _P.WORK_CASES,
    "case_reply.check": _P.WORK_CASES,
    "case_original.show": _P.READ_CASES,
    "case_original.frame": _P.READ_CASES,
    "case_original.source": _P.READ_CASES,
    "case_attachment.save": _P.READ_CASES,
    "contact.show": _P.WORK_CASES,
    "contact.log": _P.WORK_CASES,
    "tasks.list": _P.READ_CASES,
    # Review
    "review.list": _P.READ_REPLIES,
    "review.show": _P.READ_REPLIES,
    "review.check": _P.REVIEW_REPLIES,
    "review.edit": _P.REVIEW_REPLIES,
    "review.approve": _P.REVIEW_REPLIES,
    "review.reject": _P.REVIEW_REPLIES,
    "review_history.show": _P.READ_REPLIES,
    "hold.place": _P.HOLD_PUBLIC,
    "hold.release": _P.HOLD_PUBLIC,
    # Operators
    "operations.show": _P.READ_OPERATIONS,
    "operations.settle": _P.OPERATE,
    "operations.allow": _P.OPERATE,
    "operations.see_alert": _P.OPERATE,
    "operations.call_again": _P.OPERATE,
    "operations.discard_calls": _P.OPERATE,
    "operations.examine": _P.OPERATE,
    "operations.reconcile": _P.OPERATE,
    "parked.list": _P.READ_OPERATIONS,
    "parked.show": _P.READ_OPERATIONS,
    "parked.raw": _P.READ_OPERATIONS,
    "parked.retry": _P.OPERATE,
    "parked.discard": _P.OPERATE,
    "parked.discard_all": _P.OPERATE,
    "dead.list": _P.READ_OPERATIONS,
    "dead.show": _P.READ_OPERATIONS,
    "dead.raw": _P.READ_OPERATIONS,
    "dead.retry": _P.OPERATE,
    "dead.discard": _P.OPERATE,
    "dead.retry_all": _P.OPERATE,
    "dead.discard_all": _P.OPERATE,
    # Overview
    "overview.show": _P.READ_OVERVIEW,
    "overview.download": _P.READ_OVERVIEW,
    # The API
    "api.document": _P.SIGNED_IN,
    "api_cases.queue": _P.READ_CASES,
    "api_cases.show": _P.READ_CASES,
    "api_cases.take": _P.WORK_CASES,
    "api_cases.hand_over": _P.WORK_CASES,
    "api_cases.set": _P.WORK_CASES,
    "api_cases.answer_rights": _P.WORK_CASES,
    "api_cases.close": _P.WORK_CASES,
    "api_cases.link": _P.WORK_CASES,
    "api_cases.note": _P.WORK_CASES,
    "api_cases.tasks": _P.READ_CASES,
    "api_cases.finish_task": _P.WORK_CASES,
    "api_replies.show": _P.READ_REPLIES,
    "api_replies.begin": _P.WORK_CASES,
    "api_replies.edit": _P.WORK_CASES,
    "api_replies.submit": _P.WORK_CASES,
    "api_replies.settle": _P.WORK_CASES,
    "api_reviews.list": _P.READ_REPLIES,
    "api_reviews.edit": _P.REVIEW_REPLIES,
    "api_reviews.approve": _P.REVIEW_REPLIES,
    "api_reviews.reject": _P.REVIEW_REPLIES,
    "api_operations.parked": _P.READ_OPERATIONS,
    "api_operations.retry_parked": _P.OPERATE,
    "api_operations.discard_parked": _P.OPERATE,
    "api_operations.dead": _P.READ_OPERATIONS,
    "api_operations.retry_dead": _P.OPERATE,
    "api_operations.discard_dead": _P.OPERATE,
    "api_overview.show": _P.READ_OVERVIEW,
}

#: Routes that a page asks for by itself while nobody does anything: a session does not live by them.
BY_ITSELF = frozenset({"case.here", "queue.events", "working.renew"})


def may(roles: Collection[Role], permission: Permission) -> bool:
    """Whether somebody who is signed in, with these roles, may do that."""
    if permission in {Permission.NONE, Permission.SIGNED_IN}:
        return True
    return any(permission in GIVES[role] for role in roles)
