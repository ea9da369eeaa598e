"""An answer that a handler begins, and edits that do not write over what somebody has not read."""

from __future__ import annotations

from datetime import datetime

import pytest

from amends.casework.review import edit, reject, submit
from amends.casework.writing import Frame, begin_reply, messages_since
from amends.domain.case import Case, CaseState
from amends.domain.check import Check
from amends.domain.reply import Form, Purpose, Reply, ReplyState, text_sha256
from amends.errors import Refused
from amends.unit_of_work import UnitOfWork
from storage.unit_of_work import SqlUnitOfWork
from tests.casework.office import MESSAGE, Office, nothing_to_say
from tests.support.builders import a_case, a_check, a_reply
from tests.support.clock import MONDAY


def frame(unit: UnitOfWork, case: Case, form: Form | None, at: datetime) -> Frame:
    last = unit.messages.last_filed(case.id).message
    reply = a_reply("Dear Ines, [what happened].", message=last, case_id=case.id, form=form or Form.EMAIL)
    return Frame(reply=reply, advice='[{"form": "email", "allowed": true}]')


def one_remark(_unit: UnitOfWork, _reply: Reply) -> tuple[Check, ...]:
    return (a_check(),)


def begin(unit: SqlUnitOfWork, case: Case, text: str = "Dear Ines, it is mended.", **more: object) -> Reply:
    return begin_reply(
        unit, case.id, text, by="hana", at=MONDAY, frame=frame, check=nothing_to_say, **more  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_handler_begins_an_answer_where_none_stands_and_it_is_checked(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        begun = begin_reply(
            unit, case.id, "Dear Ines, it is mended.", by="hana", at=MONDAY, frame=frame, check=one_remark
        )
        unit.commit()
    stored = office.stored(begun)
    assert (stored.text, stored.authors, stored.state) == ("Dear Ines, it is mended.", ("hana",), ReplyState.DRAFTED)
    assert (stored.purpose, stored.message_id, stored.is_automatic) == (Purpose.ANSWER, MESSAGE.id, False)
    with office.database.reading() as unit:
        assert unit.replies.checks(begun.id) == (a_check(),)
        assert unit.replies.advice(begun.id) == [{"form": "email", "allowed": True}]
    assert office.told()[-1]["action"] == "reply.begun"


def test_without_words_of_their_own_they_begin_with_our_frame(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        begun = begin(unit, case, " ")
        unit.commit()
    assert (begun.text, begun.authors) == ("Dear Ines, [what happened].", ("amends",))


def test_no_second_answer_is_begun_while_one_stands(office: Office) -> None:
    case = office.case()
    office.reply(state=ReplyState.DRAFTED)
    with office.database.unit() as unit, pytest.raises(Refused, match="stands already"):
        begin(unit, case)


@pytest.mark.parametrize("times", [1, 2])
def test_after_a_refused_answer_another_is_begun_to_the_same_message(office: Office, times: int) -> None:
    case = office.case()
    ids = set()
    with office.database.unit() as unit:
        for _ in range(times + 1):
            begun = begin(unit, case)
            ids.add(begun.id)
            submit(unit, begun.id, by="hana", at=MONDAY)
            reject(unit, begun.id, "No.", by="rita", at=MONDAY)
        unit.commit()
    assert len(ids) == times + 1


def test_a_closed_case_gets_no_answer(office: Office) -> None:
    case = office.case(a_case(state=CaseState.CLOSED))
    with office.database.unit() as unit, pytest.raises(Refused, match="closed"):
        begin(unit, case)


def test_an_answer_written_without_the_customers_last_word_is_refused(office: Office) -> None:
    case = office.case()
    later = office.customer_writes(case, "One thing more.")
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="wrote again"):
            begin(unit, case, heard=MESSAGE.id)
        assert [one.text for one in messages_since(unit, case.id, MESSAGE.id)] == ["One thing more."]
        assert messages_since(unit, case.id, "never heard of") == []
        assert begin(unit, case, heard=later.id).message_id == later.id


def test_an_edit_without_the_customers_last_word_is_refused(office: Office) -> None:
    case = office.case()
    reply = office.reply()
    office.customer_writes(case, "One thing more.")
    with office.database.unit() as unit, pytest.raises(Refused, match="wrote again"):
        edit(unit, reply.id, "New.", heard=MESSAGE.id, by="hana", at=MONDAY, check=nothing_to_say)
    assert office.stored(reply) == reply


def test_what_a_colleague_wrote_meanwhile_is_not_written_over(office: Office) -> None:
    office.case()
    reply = office.reply()
    read = text_sha256(reply.text)
    with office.database.unit() as unit:
        edit(unit, reply.id, "Tom's words.", seen=read, by="tom", at=MONDAY, check=nothing_to_say)
        unit.commit()
    with office.database.unit() as unit, pytest.raises(Refused, match="were changed since you read them"):
        edit(unit, reply.id, "Hana's words.", seen=read, by="hana", at=MONDAY, check=nothing_to_say)
    assert office.stored(reply).text == "Tom's words."


@pytest.mark.parametrize(
    ("state", "then"), [(ReplyState.DRAFTED, ReplyState.DRAFTED), (ReplyState.IN_REVIEW, ReplyState.IN_REVIEW)]
)
def test_a_draft_that_is_only_kept_stays_a_draft(office: Office, state: ReplyState, then: ReplyState) -> None:
    office.case()
    reply = office.reply(state=state)
    with office.database.unit() as unit:
        kept = edit(unit, reply.id, "Half of it.", keeps=True, by="hana", at=MONDAY, check=nothing_to_say)
        unit.commit()
    assert office.stored(kept).state is then
