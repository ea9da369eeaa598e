"""Renders the page of a case: fresh, or with what was typed where a change was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from amends.casework.claims import work_on
from amends.casework.notes import NOTE_AT_MOST
from amends.casework.writing import messages_since
from amends.desk.case.editor import Looked, looked
from amends.desk.case.file import CaseFile, read_file
from amends.desk.looks import note_looks
from amends.desk.page import done, page
from amends.desk.parts import Desk, desk
from amends.desk.sessions import Person
from amends.domain.case import Case, CaseState
from amends.domain.check import Check
from amends.domain.ids import read_reference
from amends.domain.outcome import Resolved, Upheld
from amends.domain.reply import Form, Reply, ReplyState, text_sha256
from amends.domain.verdict import Kind, Severity
from amends.domain.work import Lease
from amends.errors import Refused
from amends.unit_of_work import UnitOfWork
from respond.checks.post_rule import post_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was typed into one section of the page, and why it was refused; `says` is "" where it was only checked."""

    section: str = ""
    says: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def value(self, section: str, name: str, otherwise: str = "") -> str:
        """Give what stands in a field: what was typed, or else what the page begins with."""
        return self.fields.get(name, otherwise) if section == self.section else otherwise

    def fault(self, section: str) -> str:
        """Give why a section was refused."""
        return self.says if section == self.section else ""


_NOTHING = Kept()


def address(reference: str, section: str = "") -> str:
    """Give the address of a case's page, at a section of it."""
    return f"/desk/case/{read_reference(reference)}" + (f"#{section}" if section else "")


def typed(fields: FormData, name: str) -> str:
    """Give what was typed into a field, with line ends as we keep them."""
    said = fields.get(name, "")
    return said.replace("\r\n", "\n").replace("\r", "\n") if isinstance(said, str) else ""


def act(
    request: Request,
    person: Person,
    reference: str,
    section: str,
    fields: FormData,
    do: Callable[[UnitOfWork], object],
    *,
    says: str,
) -> Response:
    """Carry out a change and lead back to the page; where it is refused, the page says why and keeps what was typed."""
    parts = desk(request)
    try:
        with parts.unit() as unit:
            do(unit)
            _go_on(unit, unit.cases.get(read_reference(reference)), person, parts)
            unit.commit()
    except Refused as why:
        kept = Kept(section=section, says=sentence(str(why)), fields={name: typed(fields, name) for name in fields})
        return case_page(request, person, reference, status=409, kept=kept)
    return done(request, address(reference, section), says)


def case_page(
    request: Request, person: Person, reference: str, *, status: int = 200, kept: Kept = _NOTHING
) -> Response:
    """Answer with the page of a case.

    Raises:
        NotFound: no such case.
    """
    parts = desk(request)
    can_work = person.may("work_cases")
    chosen = request.query_params.get("reply", "")
    with parts.reading() as unit:
        file = read_file(unit, reference, seen=kept.value("reply", "seen"), explain=parts.explain)
        editor = _editor(unit, parts, file, kept, chosen=chosen) if can_work else None
        hold = unit.holds.standing() if _is_public(file) else None
    note_looks(parts, [file.case.id], by=person.name)
    if is_theirs := can_work and _is_theirs(file.case, person):
        with parts.aside() as unit:
            work_on(unit, file.case.id, by=person.name, at=parts.now())
            unit.commit()
    others = parts.presence.here(file.case.id, person.name, shown_as=person.shown_as, at=parts.now())
    return page(
        request,
        "case/page.html",
        status=status,
        file=file,
        case=file.case,
        editor=editor,
        kept=kept,
        others=others,
        works=who_works(parts, file.case.id, beside=[person.name, *(one.name for one in others)]),
        is_theirs=is_theirs,
        hold=hold,
        is_overtaken=False,
        can_work=can_work,
        kinds=[(kind.value, kind.value.capitalize()) for kind in Kind if kind.is_from_a_customer],
        severities=[("", "as it is"), *((one.word, one.word.capitalize()) for one in Severity)],
        upheld=[(one.value, plain(one.value).capitalize()) for one in Upheld if _fits(one, file.case.kind)],
        resolved=[(one.value, _RESOLVED[one]) for one in Resolved],
        note_at_most=NOTE_AT_MOST,
        plain=plain,
    )


def who_works(parts: Desk, case_id: str, *, beside: Collection[str]) -> Lease | None:
    """Say who works on a case now, but for those that one knows of already."""
    with parts.reading() as unit:
        lease = unit.work.leases([case_id], now=parts.now()).get(case_id)
    return None if lease is None or lease.holder in beside else lease


def _is_theirs(case: Case, person: Person) -> bool:
    return case.owner == person.name and case.state is not CaseState.CLOSED


def _is_public(file: CaseFile) -> bool:
    """Whether strangers may read what is said on a case."""
    return file.case.channel.is_public or any(reply.form.is_public for reply in file.replies)


def _go_on(unit: UnitOfWork, case: Case, person: Person, parts: Desk) -> None:
    """Whoever does something on a case of theirs works on it; whoever gave it away or closed it does no more."""
    if _is_theirs(case, person):
        work_on(unit, case.id, by=person.name, at=parts.now())
    else:
        unit.work.let_go(case.id, person.name)


def _editor(unit: UnitOfWork, parts: Desk, file: CaseFile, kept: Kept, *, chosen: str) -> dict[str, Any] | None:
    """Give what the reply editor shows; None where no reply can be written."""
    if file.case.state is CaseState.CLOSED or not file.messages:
        return None
    wanted = kept.value("reply", "reply") or chosen
    found = [reply for reply in file.open_replies if reply.id == wanted]
    begins = kept.section == "reply" and not kept.value("reply", "reply")
    current = None if begins else (found[0] if found else next(iter(file.open_replies), None))
    if current is None or (not file.has_answer and wanted == "new"):
        return _beginning(unit, parts, file, kept)
    text = kept.value("reply", "text", current.text)
    as_now = text_sha256(current.text)
    known = file.checks[current.id] if text == current.text else None
    return {
        "reply": current,
        "text": text,
        "looked": look(unit, parts, current, text, kind=file.case.kind, found=known),
        "instead_of": as_now,
        "theirs": "" if kept.value("reply", "instead_of", as_now) == as_now else current.text,
        "since": messages_since(unit, file.case.id, kept.value("reply", "seen")),
        "forms": file.advice[current.id],
        "others": [reply for reply in file.open_replies if reply.id != current.id],
        "may_begin": not file.has_answer,
    }


def _beginning(unit: UnitOfWork, parts: Desk, file: CaseFile, kept: Kept) -> dict[str, Any]:
    framed = parts.frame(unit, file.case, None, parts.now())
    forms: list[dict[str, Any]] = json.loads(framed.advice)
    form = kept.value("reply", "form", framed.reply.form.value)
    text = kept.value("reply", "text")
    written = replace(framed.reply, parts=(), form=Form(form) if form in set(Form) else framed.reply.form)
    return {
        "reply": None,
        "text": text,
        "form": form,
        "looked": look(unit, parts, written, text, kind=file.case.kind),
        "since": messages_since(unit, file.case.id, kept.value("reply", "seen")),
        "theirs": "",
        "forms": forms,
        "others": file.open_replies,
        "may_begin": False,
    }


def look(
    unit: UnitOfWork,
    parts: Desk,
    reply: Reply,
    text: str,
    *,
    kind: Kind,
    found: tuple[Check, ...] | None = None,
) -> Looked | None:
    """Say what the checks find in words for a reply; None where there are none yet. `found` is known already."""
    if not text.strip():
        return None
    written = replace(reply, text=text, approval=None, state=ReplyState.DRAFTED)
    checks = parts.check(unit, written) if found is None else found
    rule = post_rule(written.channel, unit.messages.get(written.message_id).message.facts)
    return looked(written, checks, kind=kind, rule=rule)


def begun(unit: UnitOfWork, parts: Desk, reference: str, fields: FormData) -> Reply:
    """Give the reply that is being written, with its words as they are kept.

    Raises:
        NotFound, Refused: there is no such case or reply, or the form cannot be used.
    """
    if reply_id := typed(fields, "reply"):
        return unit.replies.find(reply_id)
    form = typed(fields, "form")
    case = unit.cases.get(read_reference(reference))
    return replace(parts.frame(unit, case, Form(form) if form in set(Form) else None, parts.now()).reply, parts=())


def sentence(says: str) -> str:
    """Write the words of a refusal as a sentence."""
    return f"{says[:1].upper()}{says[1:]}{'' if says.endswith(('.', '!', '?')) else '.'}"


def plain(word: str) -> str:
    """Write a word of the code as people do."""
    return word.replace("_", " ")


_RESOLVED = {
    Resolved.NOT_KNOWN: "Not known yet",
    Resolved.YES: "Yes, the customer says so",
    Resolved.NO: "No, the customer does not",
}


def _fits(upheld: Upheld, kind: Kind) -> bool:
    return (kind is Kind.COMPLAINT) != (upheld is Upheld.NOT_A_COMPLAINT)
