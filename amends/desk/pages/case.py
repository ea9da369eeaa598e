"""The page of a case, and what is done on it beside the reply."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import cases, notes, splitting
from amends.desk.guard import Fields, SignedIn
from amends.desk.owners import new_owner
from amends.desk.page import done, page
from amends.desk.pages.case_page import Kept, act, address, case_page, sentence, typed, who_works
from amends.desk.parts import desk
from amends.domain.ids import read_reference
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.verdict import Kind, Severity
from amends.errors import Refused
from amends.unit_of_work import UnitOfWork

Word = TypeVar("Word", bound=StrEnum)

router = APIRouter(prefix="/desk/case/{reference}")


@router.get("", name="case.show")
def show(request: Request, reference: str, person: SignedIn) -> Response:
    """Show a case. That somebody read its file is noted."""
    return case_page(request, person, reference)


@router.post("/take", name="case.take")
def take(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Make the case one's own."""
    at = desk(request).now()
    return act(
        request,
        person,
        reference,
        "people",
        fields,
        lambda unit: cases.take(unit, reference, by=person.name, at=at),
        says="The case is yours.",
    )


@router.post("/hand-over", name="case.hand_over")
def hand_over(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Give the case to somebody else who may work on it."""
    at, to = desk(request).now(), typed(fields, "to").strip()

    def do(unit: UnitOfWork) -> None:
        owner = new_owner(unit, to)
        cases.hand_over(unit, reference, to=owner, because=typed(fields, "because"), by=person.name, at=at)

    return act(request, person, reference, "people", fields, do, says=f"{to} has the case now.")


@router.post("/set", name="case.set")
def set_(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Correct what triage said."""
    parts = desk(request)
    at = parts.now()

    def do(unit: UnitOfWork) -> None:
        case = unit.cases.get(read_reference(reference))
        kind = _one_of(Kind, typed(fields, "kind"))
        severity = Severity.from_word(word) if (word := typed(fields, "severity")) in _SEVERITIES else None
        cases.say_what_it_is(
            unit,
            reference,
            kind=None if kind is case.kind and severity is not None else kind,
            severity=severity,
            reason=typed(fields, "reason"),
            by=person.name,
            at=at,
            pack=parts.pack,
        )

    return act(
        request,
        person,
        reference,
        "what",
        fields,
        do,
        says="Corrected. The reason is kept, and triage learns from it.",
    )


@router.post("/note", name="case.note")
def note(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Write a note for colleagues."""
    at = desk(request).now()
    return act(
        request,
        person,
        reference,
        "notes",
        fields,
        lambda unit: notes.note(unit, reference, typed(fields, "note"), by=person.name, at=at),
        says="The note is on the case. Only colleagues see it.",
    )


@router.post("/link", name="case.link")
def link(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Accept or refuse that another case belongs here, or take that back."""
    at, other, says = desk(request).now(), typed(fields, "other"), typed(fields, "says")

    def do(unit: UnitOfWork) -> None:
        if says == "undo":
            cases.undo_link(unit, reference, other, by=person.name, at=at)
        else:
            cases.settle_link(unit, reference, other, accept=says == "accept", by=person.name, at=at)

    told = {"undo": "Taken back: it is a suggestion again.", "accept": "Accepted: each case shows the other."}
    return act(request, person, reference, "links", fields, do, says=told.get(says, "Refused."))


@router.post("/split", name="case.split")
def split(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Split a message off into a case of its own."""
    parts = desk(request)
    at = parts.now()

    def do(unit: UnitOfWork) -> None:
        splitting.split(
            unit,
            reference,
            typed(fields, "message"),
            because=typed(fields, "because_split"),
            by=person.name,
            at=at,
            pack=parts.pack,
        )

    says = "It has a case of its own now, among the links. There you can undo it."
    return act(request, person, reference, "links", fields, do, says=says)


@router.post("/unsplit", name="case.unsplit")
def unsplit(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Undo a split. `other` is the case that was split off, whichever of the two the page shows."""
    parts = desk(request)
    try:
        with parts.unit() as unit:
            back = splitting.join_again(unit, typed(fields, "other"), by=person.name, at=parts.now())
            unit.commit()
    except Refused as why:
        kept = Kept(section="links", says=sentence(str(why)))
        return case_page(request, person, reference, status=409, kept=kept)
    return done(request, address(back.id, "timeline"), "Undone: the message is on this case again.")


@router.post("/task", name="case.finish_task")
def finish_task(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Say that a task is done."""
    parts = desk(request)
    at = parts.now()
    return act(
        request,
        person,
        reference,
        "tasks",
        fields,
        lambda unit: cases.finish_task(unit, typed(fields, "task"), by=person.name, at=at, pack=parts.pack),
        says="The task is done.",
    )


@router.post("/settle", name="case.settle")
def settle(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Say whether a reply of unknown fate arrived."""
    parts = desk(request)
    at, arrived = parts.now(), typed(fields, "arrived") == "yes"
    return act(
        request,
        person,
        reference,
        "tasks",
        fields,
        lambda unit: cases.settle_delivery(
            unit, typed(fields, "reply"), arrived=arrived, by=person.name, at=at, pack=parts.pack
        ),
        says="Settled: it arrived." if arrived else "Settled: it was lost. A task says to reach the customer.",
    )


@router.post("/rights-answered", name="case.answer_rights")
def answer_rights(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Say how a rights request was answered."""
    at = desk(request).now()
    return act(
        request,
        person,
        reference,
        "clocks",
        fields,
        lambda unit: cases.answer_rights(unit, reference, how=typed(fields, "how"), by=person.name, at=at),
        says="The rights request is answered: its clock has stopped.",
    )


@router.post("/close", name="case.close")
def close(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Close the case with its outcome."""
    at = desk(request).now()

    def do(unit: UnitOfWork) -> None:
        upheld = _one_of(Upheld, typed(fields, "upheld"))
        if upheld is None:
            raise Refused("say whether the customer was right")
        if not typed(fields, "summary").strip():
            raise Refused("say in a sentence how the case ended")
        outcome = Outcome(
            case_id=read_reference(reference),
            upheld=upheld,
            resolved=_one_of(Resolved, typed(fields, "resolved")) or Resolved.NOT_KNOWN,
            summary=typed(fields, "summary").strip(),
            remedy=typed(fields, "remedy").strip(),
            cause=typed(fields, "cause").strip(),
            lessons=typed(fields, "lessons").strip(),
            recorded_by=person.name,
            recorded_at=at,
        )
        cases.close(unit, outcome)

    return act(request, person, reference, "close", fields, do, says="The case is closed.")


@router.post("/here", name="case.here")
def here(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Hear that somebody still looks at the case; say who else does, and whether the customer has written since."""
    parts = desk(request)
    case_id = read_reference(reference)
    with parts.reading() as unit:
        last = unit.messages.last_filed(case_id).message.id
    others = parts.presence.here(
        case_id, person.name, shown_as=person.shown_as, writes=typed(fields, "writes") == "yes", at=parts.now()
    )
    seen = typed(fields, "seen")
    return page(
        request,
        "case/presence.html",
        others=others,
        works=who_works(parts, case_id, beside=[person.name, *(one.name for one in others)]),
        is_overtaken=bool(seen) and seen != last,
        address=address(case_id),
    )


_SEVERITIES = {severity.word for severity in Severity}


def _one_of(words: type[Word], said: str) -> Word | None:
    return words(said) if said in set(words) else None
