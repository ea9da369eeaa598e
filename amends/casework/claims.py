"""Claiming a case: it becomes somebody's own only where it is nobody else's, and everybody sees who works on it.

Whose a case is belongs to the case: `claim`, `let_go` and `free` are commands, and a rebuild
repeats them. Who works on it at this moment is kept aside, and no claim depends on it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from amends.casework.telling import tell
from amends.domain.audit import Happening
from amends.domain.case import Case, CaseEvent, CaseState
from amends.domain.ids import read_reference
from amends.domain.work import VIEW_NAME_CHARS, VIEWS_AT_MOST, WORKS_FOR, Lease, SavedView
from amends.errors import Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork


@command("case.claim")
def claim(unit: UnitOfWork, reference: str, *, by: str, at: datetime) -> Case:
    """Make `by` the owner of an open case that nobody else owns. Who owns it already keeps it as it is.

    Raises:
        NotFound: no such case.
        Refused: somebody else has it, or it is closed.
    """
    case = unit.cases.get(read_reference(reference))
    if case.owner not in {"", by}:
        raise Refused(f"{case.owner} has {case.id} already; talk to them, or work on another case")
    if case.state is CaseState.CLOSED:
        raise Refused(f"{case.id} is closed; `amends case take {case.id}` opens it again")
    if case.owner == by and case.state is CaseState.IN_HAND:
        return case
    claimed = replace(case.moved(CaseEvent.TAKEN), owner=by)
    unit.cases.save([claimed])
    _tell(unit, "case.claimed", case.id, by=by, at=at)
    return claimed


@command("case.let_go")
def let_go(unit: UnitOfWork, reference: str, *, by: str, at: datetime) -> Case:
    """Give a case back, so that anybody may claim it.

    Raises:
        NotFound: no such case.
        Refused: it is not theirs.
    """
    case = unit.cases.get(read_reference(reference))
    if case.owner != by:
        whose = f"it is {case.owner}'s" if case.owner else "it is nobody's"
        raise Refused(f"{case.id} is not yours to give back: {whose}")
    free = replace(case, owner="", version=case.version + 1)
    unit.cases.save([free])
    _tell(unit, "case.let_go", case.id, by=by, at=at)
    return free


@command("case.free")
def free(unit: UnitOfWork, reference: str, *, of: str, by: str, at: datetime) -> Case:
    """Give a case back for `of`, who works on cases no more, so that anybody may claim it.

    Raises:
        NotFound: no such case.
        Refused: it is not theirs.
    """
    case = unit.cases.get(read_reference(reference))
    if case.owner != of:
        raise Refused(f"{case.id} is not {of}'s: look at it again, then decide")
    freed = replace(case, owner="", version=case.version + 1)
    unit.cases.save([freed])
    tell(unit, "case.freed", case.id, by=by, at=at, from_=of)
    return freed


def work_on(unit: UnitOfWork, case_id: str, *, by: str, at: datetime) -> Lease | None:
    """Say that `by` works on a case, for a while; gives the lease of whoever does instead, None where nobody does.

    It is not noted: who works on what at a moment is nothing to repeat.
    """
    if unit.work.hold(case_id, by, now=at, until=at + WORKS_FOR):
        return None
    return unit.work.leases([case_id], now=at).get(case_id)


def keep_view(unit: UnitOfWork, name: str, query: str, *, by: str, at: datetime) -> SavedView:
    """Keep a narrowed queue under a name, for `by` alone; one of that name is replaced.

    Raises:
        Refused: it has no name or too long a one, or they keep too many.
    """
    called = " ".join(name.split())
    if not called:
        raise Refused("give the view a name")
    if len(called) > VIEW_NAME_CHARS:
        raise Refused(f"a view's name has at most {VIEW_NAME_CHARS} letters; choose a shorter one")
    view = SavedView(owner=by, name=called, query=query, made_at=at)
    # Written before it is counted: on SQLite who reads first cannot write once somebody else has written meanwhile.
    unit.work.keep_view(view)
    if len(unit.work.views(by)) > VIEWS_AT_MOST:
        unit.work.drop_view(by, called)
        raise Refused(f"you keep {VIEWS_AT_MOST} views already; forget one first")
    return view


def _tell(unit: UnitOfWork, action: str, case_id: str, *, by: str, at: datetime) -> None:
    unit.audit.append([Happening(at=at, actor=f"user:{by}", action=action, subject=f"case:{case_id}")])
