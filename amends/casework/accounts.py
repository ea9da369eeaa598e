"""Who may use the desk: accounts are made, changed and closed here, and each such act goes into the audit trail.

Accounts and sessions are not derived from the log, so a rebuild does not make them anew.
That something was done to one is: `tell` is the command that says so, without any secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from amends.casework.claims import free
from amends.domain.account import Account, Role, account_name, name_fault
from amends.domain.audit import Happening
from amends.errors import NotFound, Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork


@command("access.tell")
def tell(
    unit: UnitOfWork,
    action: str,
    subject: str,
    *,
    by: str,
    at: datetime,
    facts: Mapping[str, str | int | bool | None] = {},
) -> None:
    """Write into the audit trail what somebody did that changes no case: signed in, read a file, gave a role."""
    unit.audit.append([Happening(at=at, actor=by, action=action, subject=subject, facts=facts)])


def find(unit: UnitOfWork, name: str) -> Account:
    """Give an account.

    Raises:
        NotFound: there is none of that name.
    """
    account = unit.accounts.find(account_name(name))
    if account is None:
        raise NotFound(f"there is no account {account_name(name)!r}; the page of accounts lists those there are")
    return account


def create(
    unit: UnitOfWork, name: str, *, shown_as: str = "", roles: Collection[Role], by: str, at: datetime
) -> Account:
    """Make an account. Nobody can sign in by it until it has a password.

    Raises:
        Refused: the name cannot be one or is taken, or there is no role.
    """
    plain = account_name(name)
    if fault := name_fault(plain):
        raise Refused(f"{fault}; choose one like `hana` or `hana.okafor`")
    if unit.accounts.find(plain) is not None:
        raise Refused(f"there is an account {plain!r} already; choose another name")
    if not roles:
        raise Refused("an account needs a role; choose at least one")
    account = Account(
        name=plain, shown_as=shown_as.strip()[:120] or plain, roles=frozenset(roles), created_at=at, created_by=by
    )
    unit.accounts.save(account)
    tell(unit, "account.created", _subject(account), by=by, at=at, facts={"roles": _words(account.roles)})
    return account


def vouch(
    unit: UnitOfWork,
    *,
    issuer: str,
    subject: str,
    name: str,
    shown_as: str,
    roles: Collection[Role],
    by: str,
    at: datetime,
) -> Account:
    """Give the account of whom `issuer` calls `subject`, with the roles of now; the first time it is made.

    Raises:
        Refused: it is disabled, or its name is somebody else's.
    """
    account = unit.accounts.vouched(issuer, subject)
    if account is None:
        made = create(unit, name, shown_as=shown_as, roles=roles, by=by, at=at)
        account = replace(made, issuer=issuer, subject=subject)
        unit.accounts.save(account)
    if account.is_disabled:
        raise Refused(f"account {account.name} is disabled; ask whoever looks after accounts here")
    changed = replace(account, roles=frozenset(roles))
    if changed.roles != account.roles:
        unit.accounts.save(changed)
        facts = {"roles": _words(changed.roles), "were": _words(account.roles)}
        tell(unit, "account.roles_set", _subject(account), by=by, at=at, facts=facts)
    return changed


def set_password(
    unit: UnitOfWork, name: str, password_hash: str, *, is_short: bool, by: str, at: datetime, but: str = ""
) -> Account:
    """Give an account another password: its links are spent, and all its sessions end `but` the one with that digest.

    Raises:
        NotFound: there is none.
        Refused: it is short and there is no second factor.
    """
    account = find(unit, name)
    if is_short and not account.totp_secret:
        raise Refused("a short password needs a second factor; choose one of 15 characters or more")
    changed = account.with_password(password_hash, is_short=is_short, at=at)
    unit.accounts.save(changed)
    unit.accounts.drop_links(account.name)
    ended = unit.accounts.end_sessions(account.name, but=but)
    tell(unit, "account.password_set", _subject(account), by=by, at=at, facts={"sessions_ended": ended})
    return changed


def set_roles(unit: UnitOfWork, name: str, roles: Collection[Role], *, by: str, at: datetime) -> Account:
    """Say what somebody may do from now on.

    Raises:
        NotFound: there is no such account.
        Refused: no role is left, or no admin would be.
    """
    account = find(unit, name)
    if not roles:
        raise Refused("an account needs a role; choose at least one, or disable the account")
    if Role.ADMIN not in roles:
        _refuse_without_admin(unit, account)
    changed = replace(account, roles=frozenset(roles))
    if changed.roles != account.roles:
        unit.accounts.save(changed)
        facts = {"roles": _words(changed.roles), "were": _words(account.roles)}
        tell(unit, "account.roles_set", _subject(account), by=by, at=at, facts=facts)
    return changed


def disable(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> tuple[Account, int]:
    """Let nobody in by an account any more; whoever is in is out at once. What was done by it stays.

    Its open cases become nobody's, so that others can claim them: beside the account it gives how many.

    Raises:
        NotFound: there is no such account.
        Refused: it is disabled already, or no admin would be left.
    """
    account = find(unit, name)
    if account.is_disabled:
        raise Refused(f"account {account.name} is disabled already")
    _refuse_without_admin(unit, account)
    changed = replace(account, is_disabled=True)
    unit.accounts.save(changed)
    unit.accounts.drop_links(account.name)
    ended = unit.accounts.end_sessions(account.name)
    freed = unit.cases.open_of(account.name)
    for case in freed:
        free(unit, case.id, of=account.name, by=by, at=at)
        unit.work.let_go(case.id, account.name)
    facts = {"sessions_ended": ended, "cases_freed": len(freed)}
    tell(unit, "account.disabled", _subject(account), by=by, at=at, facts=facts)
    return changed, len(freed)


def enable(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> Account:
    """Let somebody in again.

    Raises:
        NotFound: there is no such account.
        Refused: it is not disabled.
    """
    account = find(unit, name)
    if not account.is_disabled:
        raise Refused(f"account {account.name} is not disabled")
    changed = replace(account, is_disabled=False)
    unit.accounts.save(changed)
    tell(unit, "account.enabled", _subject(account), by=by, at=at)
    return changed


def sign_out(unit: UnitOfWork, name: str, *, by: str, at: datetime, but: str = "") -> int:
    """End the sessions of an account, all `but` the one with that digest; return how many there were.

    Raises:
        NotFound: there is no such account.
    """
    account = find(unit, name)
    ended = unit.accounts.end_sessions(account.name, but=but)
    tell(unit, "account.sessions_ended", _subject(account), by=by, at=at, facts={"sessions_ended": ended})
    return ended


def offer_link(
    unit: UnitOfWork, name: str, *, token_sha256: str, expires_at: datetime, by: str, at: datetime
) -> Account:
    """Write down the digest of a link by which somebody sets a password once; an older link is spent.

    Raises:
        NotFound: there is no such account.
        Refused: it is disabled.
    """
    account = find(unit, name)
    if account.is_disabled:
        raise Refused(f"account {account.name} is disabled; enable it first")
    unit.accounts.add_link(token_sha256, account.name, expires_at)
    tell(unit, "account.link_made", _subject(account), by=by, at=at, facts={"expires": expires_at.isoformat()})
    return account


def set_second_factor(unit: UnitOfWork, name: str, sealed: str, *, step: int, by: str, at: datetime) -> Account:
    """Ask for a code of an app at each sign-in from now on. `sealed` is its secret, `step` the code that proved it.

    Raises:
        NotFound: there is no such account.
    """
    changed = replace(find(unit, name), totp_secret=sealed, totp_step=step)
    unit.accounts.save(changed)
    tell(unit, "account.second_factor_set", _subject(changed), by=by, at=at)
    return changed


def drop_second_factor(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> Account:
    """Ask for no code any more.

    Raises:
        NotFound: there is no such account.
        Refused: there is none, or the password is too short to stand alone.
    """
    account = find(unit, name)
    if not account.totp_secret:
        raise Refused(f"account {account.name} has no second factor")
    if account.has_short_password and by == account.name:
        raise Refused("your password is too short to stand alone; first choose one of 15 characters or more")
    # An admin takes it away from who has lost it: a short password then lets nobody in.
    password_hash = "" if account.has_short_password else account.password_hash
    changed = replace(account, totp_secret="", totp_step=0, password_hash=password_hash)
    unit.accounts.save(changed)
    tell(unit, "account.second_factor_dropped", _subject(account), by=by, at=at)
    return changed


def _refuse_without_admin(unit: UnitOfWork, account: Account) -> None:
    """Keep the last admin: without one nobody could let anybody in."""
    is_admin = Role.ADMIN in account.roles and not account.is_disabled
    others = [one for one in unit.accounts.every() if one.name != account.name and not one.is_disabled]
    if is_admin and not any(Role.ADMIN in one.roles for one in others):
        raise Refused(f"{account.name} is the last admin; make another one first")


def _subject(account: Account) -> str:
    return f"account:{account.name}"


def _words(roles: Collection[Role]) -> str:
    return ", ".join(sorted(roles))
