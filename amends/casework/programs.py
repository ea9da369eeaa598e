"""Which programs are let in, and which are told of what happens to cases."""

from __future__ import annotations

from datetime import datetime

from amends.domain.api_token import ApiToken, is_token_name
from amends.domain.audit import Happening
from amends.domain.webhook import EVENTS, Target
from amends.errors import NotFound, Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork

_NAMES = "small letters, digits, dots and hyphens, 40 at most"


@command("token.make", when=lambda said: said["token"].made_at)
def make_token(unit: UnitOfWork, token: ApiToken) -> None:
    """Let a program in. The token itself is not kept, its hash is.

    Raises:
        Refused: a token that holds has this name, or it would end before it begins.
    """
    if token.ends_at <= token.made_at:
        raise Refused("a token ends after it is made: say in how many days")
    if any(one.name == token.name and one.holds(token.made_at) for one in unit.tokens.listed()):
        raise Refused(f"there is a token {token.name!r} already: revoke it first, or choose another name")
    unit.tokens.add(token)
    _tell(unit, "token.made", f"token:{token.id}", by=token.made_by, at=token.made_at, name=token.name, role=token.role)


@command("token.revoke")
def revoke_token(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> ApiToken:
    """Let a program in no longer.

    Raises:
        NotFound: no token that holds has this name.
    """
    found = [one for one in unit.tokens.listed() if one.name == name and one.holds(at)]
    if not found:
        raise NotFound(f"no token that holds is called {name!r}; see `amends desk token list`")
    unit.tokens.revoke(found[0].id, by=by, at=at)
    _tell(unit, "token.revoked", f"token:{found[0].id}", by=by, at=at, name=name)
    return found[0]


@command("webhook.add", when=lambda said: said["target"].added_at)
def add_webhook(unit: UnitOfWork, target: Target) -> None:
    """Tell a program of what happens from now on.

    Raises:
        Refused: the name is taken or is none, or there is no such event.
    """
    if not is_token_name(target.name):
        raise Refused(f"{target.name!r} cannot be its name: use {_NAMES}")
    if any(one.name == target.name for one in unit.targets.listed()):
        raise Refused(f"there is a webhook {target.name!r} already: remove it first, or choose another name")
    if unknown := [event for event in target.events if event not in EVENTS]:
        raise Refused(f"there is no event {unknown[0]!r}; there are {', '.join(EVENTS)}")
    unit.targets.add(target)
    _tell(unit, "webhook.added", f"webhook:{target.name}", by=target.added_by, at=target.added_at)


@command("webhook.remove")
def remove_webhook(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> None:
    """Tell a program no longer; calls that were not made are dropped.

    Raises:
        NotFound: there is no such webhook.
    """
    _refuse_if_unknown(unit, name)
    unit.targets.remove(name)
    _tell(unit, "webhook.removed", f"webhook:{name}", by=by, at=at)


def call_again(unit: UnitOfWork, name: str, *, by: str, at: datetime) -> int:
    """Have the calls to a webhook made again that were given up; gives how many.

    Raises:
        NotFound: there is no such webhook.
    """
    _refuse_if_unknown(unit, name)
    if count := unit.calls.try_again(name, at=at):
        note_given_up(unit, "webhook.retried", name, count, "", by=by, at=at)
    return count


def discard_calls(unit: UnitOfWork, name: str, reason: str, *, by: str, at: datetime) -> int:
    """Say that the calls to a webhook that were given up need nothing more; they are dropped. Gives how many.

    Raises:
        NotFound: there is no such webhook.
        Refused: no reason is given.
    """
    _refuse_if_unknown(unit, name)
    if not reason.strip():
        raise Refused("say why nobody has to be told; the reason is kept")
    if count := unit.calls.discard(name):
        note_given_up(unit, "webhook.discarded", name, count, reason, by=by, at=at)
    return count


@command("webhook.given_up")
def note_given_up(unit: UnitOfWork, action: str, name: str, count: int, reason: str, *, by: str, at: datetime) -> None:
    """Note what was decided of calls that were given up. The calls are not derived from the log, the note is."""
    facts = {"calls": str(count)} | ({"reason": reason} if reason else {})
    _tell(unit, action, f"webhook:{name}", by=by, at=at, **facts)


def _refuse_if_unknown(unit: UnitOfWork, name: str) -> None:
    if all(one.name != name for one in unit.targets.listed()):
        raise NotFound(f"there is no webhook {name!r}; see `amends webhook list`")


def _tell(unit: UnitOfWork, action: str, subject: str, *, by: str, at: datetime, **facts: str) -> None:
    unit.audit.append([Happening(at=at, actor=f"user:{by}", action=action, subject=subject, facts=facts)])
