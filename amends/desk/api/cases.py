"""The queue, a case's file, and what is done to a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from amends.casework import cases, notes
from amends.desk.api import shapes
from amends.desk.api.asked import (
    Asked,
    Correction,
    Ending,
    HandOver,
    Id,
    Joining,
    NewNote,
    Reference,
    RightsAnswer,
    SeverityWord,
)
from amends.desk.api.door import Calls, Parts
from amends.desk.api.once import Once
from amends.desk.api.pages import Cursor, Limit, cursor_of, part_by, read_cursor
from amends.desk.looks import note_looks
from amends.desk.owners import new_owner
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.due import Due
from amends.domain.ids import read_reference
from amends.domain.link import LinkState
from amends.domain.outcome import Outcome
from amends.domain.verdict import FlagName, Kind, Severity
from amends.unit_of_work import UnitOfWork
from storage import queue as view

router = APIRouter(tags=["cases"])


@router.get("/queue", name="api_cases.queue")
def queue(
    parts: Parts,
    limit: Limit = 50,
    cursor: Cursor = "",
    kind: Kind | None = None,
    severity: Annotated[SeverityWord | None, Query(description="This severity or worse.")] = None,
    channel: Channel | None = None,
    owner: Annotated[str | None, Query(max_length=80, description="Whose cases; empty: nobody's.")] = None,
    needs_person: bool | None = None,
    state: CaseState | None = None,
    flag: FlagName | None = None,
    due: Due | None = None,
) -> shapes.AQueue:
    """Give the cases that wait for people, what to do next first, each with the reasons for its place."""
    wanted = view.Wanted(
        kind=kind,
        severity=Severity.from_word(severity) if severity is not None else None,
        channel=channel,
        owner=owner,
        needs_person=needs_person,
        state=state,
        flag=flag,
        due=due,
    )
    found, now = read_cursor(parts.secret, "queue", cursor), parts.now()
    after = None
    if found is not None:
        opened_at = datetime.fromisoformat(found["opened_at"])
        after = view.Cursor(score=found["score"], opened_at=opened_at, case_id=found["case"])
    with parts.looking() as connection:
        told = view.queue(
            connection, now=now, limit=limit + 1, wanted=wanted, after=after, zone=parts.pack.calendar.zone
        )
    rows = told.rows[:limit]
    last = rows[-1].cursor if len(told.rows) > limit else None
    return shapes.AQueue(
        items=[shapes.a_queued(row, now=now) for row in rows],
        in_all=told.in_all,
        next=None
        if last is None
        else cursor_of(
            parts.secret,
            "queue",
            {"score": last.score, "opened_at": last.opened_at.isoformat(), "case": last.case_id},
        ),
    )


@router.get("/cases/{reference}", name="api_cases.show")
def show(parts: Parts, caller: Calls, reference: Reference) -> shapes.AFile:
    """Give everything that is known of a case. That its file was read is noted in the audit trail."""
    now = parts.now()
    with parts.reading() as unit:
        case = unit.cases.get(read_reference(reference))
        replies = unit.replies.of_case(case.id)
        told = shapes.AFile(
            case=shapes.a_case(case),
            messages=[shapes.a_message(one) for one in unit.messages.of_case(case.id)],
            clocks=shapes.listed_clocks(unit.clocks.of_cases([case.id]).get(case.id, []), now=now),
            replies=[shapes.a_reply(reply, unit.replies.checks(reply.id)) for reply in replies],
            deliveries=[shapes.a_delivery(one) for one in unit.deliveries.of_case(case.id)],
            links=[shapes.a_link(link, of=case.id) for link in unit.links.of_case(case.id)],
            tasks=[shapes.a_task(task) for task in unit.tasks.of_case(case.id)],
            outcomes=[shapes.an_outcome(one) for one in unit.cases.outcomes(case.id)],
            notes=[shapes.a_note(note) for note in unit.notes.of_case(case.id)],
        )
    note_looks(parts, [case.id], by=caller.by)
    return told


@router.post("/cases/{reference}/take", name="api_cases.take", response_model=shapes.ACase)
def take(reference: Reference, change: Once) -> Response:
    """Make the caller the owner of a case."""
    return _changed(change, None, lambda unit, by, at: cases.take(unit, reference, by=by, at=at))


@router.post("/cases/{reference}/hand-over", name="api_cases.hand_over", response_model=shapes.ACase)
def hand_over(reference: Reference, body: HandOver, change: Once) -> Response:
    """Make somebody else who may work on cases the owner of a case."""
    return _changed(
        change,
        body,
        lambda unit, by, at: cases.hand_over(
            unit, reference, to=new_owner(unit, body.to), because=body.because, by=by, at=at
        ),
    )


@router.post("/cases/{reference}/set", name="api_cases.set", response_model=shapes.ACase)
def set_(reference: Reference, body: Correction, change: Once) -> Response:
    """Correct triage: say what a case is. A machine may raise that afterwards, never lower it."""
    severity = Severity.from_word(body.severity) if body.severity is not None else None
    return _changed(
        change,
        body,
        lambda unit, by, at: cases.say_what_it_is(
            unit,
            reference,
            kind=body.kind,
            severity=severity,
            reason=body.reason,
            by=by,
            at=at,
            pack=change.parts.pack,
        ),
    )


@router.post("/cases/{reference}/rights-answered", name="api_cases.answer_rights", response_model=shapes.ACase)
def answer_rights(reference: Reference, body: RightsAnswer, change: Once) -> Response:
    """Say how and when a rights request was answered: its clock stops. A case is not closed before."""
    return _changed(change, body, lambda unit, by, at: cases.answer_rights(unit, reference, how=body.how, by=by, at=at))


@router.post("/cases/{reference}/close", name="api_cases.close", response_model=shapes.ACase)
def close(reference: Reference, body: Ending, change: Once) -> Response:
    """Close a case with its outcome."""
    return _changed(
        change,
        body,
        lambda unit, by, at: cases.close(
            unit,
            Outcome(
                case_id=read_reference(reference),
                upheld=body.upheld,
                resolved=body.resolved,
                summary=body.summary,
                remedy=body.remedy,
                cause=body.cause,
                lessons=body.lessons,
                recorded_by=by,
                recorded_at=at,
            ),
        ),
    )


@router.post("/cases/{reference}/link", name="api_cases.link", response_model=shapes.ASettledLink)
def link(reference: Reference, body: Joining, change: Once) -> Response:
    """Accept or refuse the suggestion that two cases belong together."""

    def do(unit: UnitOfWork) -> shapes.ASettledLink:
        at = change.parts.now()
        cases.settle_link(unit, reference, body.other, accept=body.accept, by=change.caller.by, at=at)
        state = LinkState.ACCEPTED if body.accept else LinkState.REFUSED
        return shapes.ASettledLink(case=read_reference(reference), other=read_reference(body.other), state=state)

    return change.make(body, do)


@router.post("/cases/{reference}/notes", name="api_cases.note", response_model=shapes.ANote)
def note(reference: Reference, body: NewNote, change: Once) -> Response:
    """Write a note on a case, for colleagues alone."""
    return change.make(
        body,
        lambda unit: shapes.a_note(notes.note(unit, reference, body.text, by=change.caller.by, at=change.parts.now())),
    )


@router.get("/tasks", name="api_cases.tasks")
def tasks(parts: Parts, limit: Limit = 50, cursor: Cursor = "") -> shapes.Tasks:
    """Give the open tasks, oldest first."""
    with parts.reading() as unit:
        part, following = part_by(
            lambda after, most: unit.tasks.open_tasks(after=after, limit=most),
            secret=parts.secret,
            of="tasks",
            limit=limit,
            cursor=cursor,
        )
    return shapes.Tasks(items=[shapes.a_task(task) for task in part], next=following)


@router.post("/tasks/{task_id}/done", name="api_cases.finish_task", response_model=shapes.ATask)
def finish_task(task_id: Id, change: Once) -> Response:
    """Say that a task is done. One that was to acknowledge counts as the acknowledgement."""

    def do(unit: UnitOfWork) -> shapes.ATask:
        parts = change.parts
        done = cases.finish_task(unit, task_id, by=change.caller.by, at=parts.now(), pack=parts.pack)
        return next(shapes.a_task(task) for task in unit.tasks.of_case(done.case_id) if task.id == done.id)

    return change.make(None, do)


def _changed(change: Once, body: Asked | None, do: Callable[[UnitOfWork, str, datetime], Case]) -> Response:
    return change.make(body, lambda unit: shapes.a_case(do(unit, change.caller.by, change.parts.now())))
