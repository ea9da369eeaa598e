"""Dead letters: looked at safely, handed to their stage again, discarded with a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import dead
from amends.casework.accounts import tell
from amends.desk.access import Permission
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done, page
from amends.desk.pages.parked import as_download
from amends.desk.parts import Desk, desk
from amends.desk.plain_text import plain_text
from amends.desk.sessions import Person
from amends.domain.dead import DeadLetter, DeadState
from amends.errors import Refused

router = APIRouter()

DEAD = "/desk/operations/dead"
AT_ONCE = 50


@router.get("/desk/operations/dead", name="dead.list")
def list_(request: Request, person: SignedIn) -> Response:
    """List those that wait, oldest first."""
    stage, reason = request.query_params.get("stage", ""), request.query_params.get("reason", "")
    after = request.query_params.get("after", "")
    with desk(request).reading() as unit:
        found = unit.dead.listed(stage=stage, reason=reason, after=after, limit=AT_ONCE + 1)
        counted = unit.dead.count()
        settled = unit.dead.listed(state=DeadState.DISCARDED, limit=5) + unit.dead.listed(
            state=DeadState.RETRIED, limit=5
        )
        plan = dead.plan_retry(unit, stage=stage, reason=reason)
    return page(
        request,
        "dead.html",
        letters=found[:AT_ONCE],
        first=_address(stage=stage, reason=reason) if after else "",
        later=_address(stage=stage, reason=reason, after=found[AT_ONCE - 1].id) if len(found) > AT_ONCE else "",
        in_all=sum(counted.values()),
        stage=stage,
        reason=reason,
        kinds=[
            (
                DEAD if (stage, reason) == kind else _address(stage=kind[0], reason=kind[1]),
                f"{kind[0]}, {kind[1]} {count}",
                (stage, reason) == kind,
            )
            for kind, count in counted.items()
        ],
        settled=settled,
        plan=plan,
        may_operate=person.may(Permission.OPERATE),
    )


@router.post("/desk/operations/dead/retry-all", name="dead.retry_all")
def retry_all(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Hand many to their stages again; the number that was shown has to be right."""
    parts = desk(request)
    with parts.unit() as unit:
        plan = dead.plan_retry(unit, stage=str(fields.get("stage", "")), reason=str(fields.get("code", "")))
        if str(len(plan.letters)) != fields.get("count"):
            raise Refused(f"it would be {len(plan.letters)} by now; look again")
        dead.carry_out(unit, plan, by=person.name, at=parts.now())
        unit.commit()
    left = f", {plan.left} are left" if plan.left else ""
    return done(request, DEAD, f"{len(plan.letters)} are with their stages again{left}.")


@router.post("/desk/operations/dead/discard-all", name="dead.discard_all")
def discard_all(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Discard all of one stage and reason; the number that was shown has to be right."""
    parts, said = desk(request), str(fields.get("count", ""))
    with parts.unit() as unit:
        count = dead.discard_all(
            unit,
            str(fields.get("reason", "")),
            stage=str(fields.get("stage", "")),
            code=str(fields.get("code", "")),
            expected=int(said) if said.isascii() and said.isdigit() and len(said) < 7 else -1,
            by=person.name,
            at=parts.now(),
        )
        unit.commit()
    return done(request, DEAD, f"{count} dead letters are discarded. They are kept.")


@router.get("/desk/operations/dead/{letter_id}", name="dead.show")
def show(request: Request, letter_id: str, person: SignedIn) -> Response:
    """Show one as text."""
    letter = _read_by(desk(request), letter_id, person)
    return page(
        request,
        "dead_one.html",
        letter=letter,
        shown=plain_text(letter.body),
        may_operate=person.may(Permission.OPERATE),
    )


@router.get("/desk/operations/dead/{letter_id}/raw", name="dead.raw")
def raw(request: Request, letter_id: str, person: SignedIn) -> Response:
    """Give the record's body as it is, to be saved and not opened by the browser."""
    letter = _read_by(desk(request), letter_id, person)
    return as_download(letter.body, f"dead-{letter.id}.bin")


@router.post("/desk/operations/dead/{letter_id}/retry", name="dead.retry")
def retry(request: Request, letter_id: str, person: SignedIn) -> Response:
    """Hand one to its stage again."""
    parts = desk(request)
    with parts.unit() as unit:
        letter = dead.retry(unit, letter_id, by=person.name, at=parts.now())
        unit.commit()
    return done(
        request, DEAD, f"{letter.id} is on {letter.topic} again. The stage {letter.stage} does it when it runs."
    )


@router.post("/desk/operations/dead/{letter_id}/discard", name="dead.discard")
def discard(request: Request, letter_id: str, person: SignedIn, fields: Fields) -> Response:
    """Say that one needs nothing more."""
    parts = desk(request)
    with parts.unit() as unit:
        letter = dead.discard(unit, letter_id, str(fields.get("reason", "")), by=person.name, at=parts.now())
        unit.commit()
    return done(request, DEAD, f"{letter.id} is discarded. It is kept.")


def _address(**said: str) -> str:
    kept = {name: value for name, value in said.items() if value}
    return f"{DEAD}?{urlencode(kept)}" if kept else DEAD


def _read_by(parts: Desk, letter_id: str, person: Person) -> DeadLetter:
    """Give one, and note who read it: it may hold anything that a customer wrote."""
    with parts.unit() as unit:
        letter = unit.dead.find(letter_id)
        tell(unit, "dead.read", f"dead:{letter.id}", by=f"user:{person.name}", at=parts.now())
        unit.commit()
    return letter
