"""What was set aside, and what stages gave up: parked messages and dead letters."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from amends.casework import dead, parked
from amends.desk.api import shapes
from amends.desk.api.asked import Because, Id
from amends.desk.api.door import Parts
from amends.desk.api.once import Once
from amends.desk.api.pages import Cursor, Limit, part_by
from storage.operations import parked_after

router = APIRouter(tags=["operations"])


@router.get("/parked", name="api_operations.parked")
def list_parked(parts: Parts, limit: Limit = 50, cursor: Cursor = "") -> shapes.ParkedList:
    """Give what is parked and waits, oldest first."""
    with parts.viewing() as connection:
        part, following = part_by(
            lambda after, most: parked_after(connection, after=after, limit=most),
            secret=parts.secret,
            of="parked",
            limit=limit,
            cursor=cursor,
        )
    return shapes.ParkedList(items=[shapes.a_parked(one) for one in part], next=following)


@router.post("/parked/{parked_id}/retry", name="api_operations.retry_parked", response_model=shapes.AParked)
def retry_parked(parked_id: Id, change: Once) -> Response:
    """Try a parked message again; mail held to be from a machine or spam is filed as a customer's."""
    parts = change.parts
    return change.make(
        None,
        lambda unit: shapes.a_parked(
            parked.retry(unit, parked_id, by=change.caller.by, at=parts.now(), take_in_again=parts.take_in_again)
        ),
    )


@router.post("/parked/{parked_id}/discard", name="api_operations.discard_parked", response_model=shapes.AParked)
def discard_parked(parked_id: Id, body: Because, change: Once) -> Response:
    """Say that a parked message needs nothing more. Its bytes stay."""
    return change.make(
        body,
        lambda unit: shapes.a_parked(
            parked.discard(unit, parked_id, body.reason, by=change.caller.by, at=change.parts.now())
        ),
    )


@router.get("/dead", name="api_operations.dead")
def list_dead(parts: Parts, limit: Limit = 50, cursor: Cursor = "") -> shapes.DeadLetters:
    """Give the dead letters that wait, oldest first."""
    with parts.reading() as unit:
        part, following = part_by(
            lambda after, most: unit.dead.listed(after=after, limit=most),
            secret=parts.secret,
            of="dead",
            limit=limit,
            cursor=cursor,
        )
    return shapes.DeadLetters(items=[shapes.a_dead_letter(one) for one in part], next=following)


@router.post("/dead/{letter_id}/retry", name="api_operations.retry_dead", response_model=shapes.ADeadLetter)
def retry_dead(letter_id: Id, change: Once) -> Response:
    """Hand a dead letter to its stage again."""
    return change.make(
        None,
        lambda unit: shapes.a_dead_letter(
            unit.dead.find(dead.retry(unit, letter_id, by=change.caller.by, at=change.parts.now()).id)
        ),
    )


@router.post("/dead/{letter_id}/discard", name="api_operations.discard_dead", response_model=shapes.ADeadLetter)
def discard_dead(letter_id: Id, body: Because, change: Once) -> Response:
    """Say that a dead letter needs nothing more. It stays, with its record."""
    return change.make(
        body,
        lambda unit: shapes.a_dead_letter(
            unit.dead.find(dead.discard(unit, letter_id, body.reason, by=change.caller.by, at=change.parts.now()).id)
        ),
    )
