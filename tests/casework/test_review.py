"""What reviewers may do to a draft, and what they may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.casework.review import approve, edit, reject, submit
from amends.domain.check import Check, Level
from amends.domain.reply import Reply, ReplyState, text_sha256
from amends.errors import NotFound, Refused
from amends.unit_of_work import UnitOfWork
from tests.casework.office import HOLDS, Office, approve_by_tom, nothing_to_say
from tests.support.builders import a_check
from tests.support.clock import MONDAY

S = ReplyState


@pytest.fixture(autouse=True)
def _a_case(office: Office) -> None:
    office.case()


def test_an_approved_reply_is_handed_to_delivery_with_its_approval(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        approve_by_tom(unit, reply)
        unit.commit()
    approved = office.stored(reply)
    assert approved.state is S.QUEUED
    assert approved.approval is not None
    assert (approved.approval.by, approved.approval.text_sha256) == ("tom", text_sha256(reply.text))
    assert approved.approval.expires_at == MONDAY + HOLDS
    assert [record_id.partition("~")[0] for record_id in office.queued()] == [reply.id]
    assert [(one["actor"], one["action"]) for one in office.told()] == [("user:tom", "reply.approved")]


@pytest.mark.parametrize("name", ["hana", "Hana", " HANA "])
def test_whoever_wrote_words_of_a_reply_cannot_approve_it(office: Office, name: str) -> None:
    reply = office.reply()
    with office.database.unit() as unit, pytest.raises(Refused, match=r"(?i)hana *wrote words of this reply"):
        approve(unit, reply.id, by=name, at=MONDAY, holds=HOLDS)


def test_an_edit_makes_an_author(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        edit(unit, reply.id, "Other words.", by="tom", at=MONDAY, check=nothing_to_say)
        assert unit.replies.get(reply.id).authors == ("amends", "hana", "tom")
        with pytest.raises(Refused, match="tom wrote words"):
            approve_by_tom(unit, reply)
        approved = approve(unit, reply.id, by="uma", at=MONDAY, holds=HOLDS)
    assert approved.text == "Other words."


def test_an_edit_takes_the_approval_away_and_calls_the_reply_back(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        approve_by_tom(unit, reply)
        edited = edit(unit, reply.id, "Other words.", by="hana", at=MONDAY, check=nothing_to_say)
    assert (edited.state, edited.approval) == (S.IN_REVIEW, None)


def test_an_edited_text_is_checked_again(office: Office) -> None:
    reply = office.reply(checks=(a_check(),))

    def stumbles_over_names(_unit: UnitOfWork, checked: Reply) -> tuple[Check, ...]:
        return (a_check(),) if "Ines" in checked.text else ()

    with office.database.unit() as unit:
        edit(unit, reply.id, "Dear Ines", by="hana", at=MONDAY, check=stumbles_over_names)
        with pytest.raises(Refused, match="It names somebody"):
            approve_by_tom(unit, reply)
        edit(unit, reply.id, "Hello", by="hana", at=MONDAY, check=stumbles_over_names)
        assert approve_by_tom(unit, reply).state is S.QUEUED


def test_a_blocked_draft_is_refused_with_its_remedy_and_a_warning_is_not(office: Office) -> None:
    reply = office.reply(checks=(a_check(Level.WARN), a_check(Level.BLOCK)))
    with office.database.unit() as unit:
        with pytest.raises(Refused, match=f"Leave the name out.*review edit {reply.id[:8]}"):
            approve_by_tom(unit, reply)
        unit.replies.save(reply, was=S.IN_REVIEW, at=MONDAY, checks=(a_check(Level.WARN),))
        assert approve_by_tom(unit, reply).state is S.QUEUED


def test_a_reply_is_stale_once_the_customer_wrote_again_and_an_edit_answers_that(office: Office) -> None:
    reply = office.reply()
    with office.database.reading() as unit:
        case = unit.cases.get(reply.case_id)
    newer = office.customer_writes(case, "It came, thank you.")
    with office.database.unit() as unit:
        with pytest.raises(Refused, match=r"the customer wrote again on 23 Nov 2026 at 09:05"):
            approve_by_tom(unit, reply)
        edited = edit(unit, reply.id, "Good to hear.", by="hana", at=MONDAY, check=nothing_to_say)
        assert edited.message_id == newer.id
        assert approve_by_tom(unit, reply).state is S.QUEUED


@pytest.mark.parametrize("state", [state for state in S if state not in {S.IN_REVIEW, S.APPROVED}])
def test_only_a_reply_in_review_is_approved_or_rejected(office: Office, state: ReplyState) -> None:
    reply = office.reply(state=state)
    with office.database.unit() as unit:
        with pytest.raises(Refused, match=f"is {state.value}: only a reply in review is approved"):
            approve_by_tom(unit, reply)
        with pytest.raises(Refused, match=f"is {state.value}: only a reply in review is rejected"):
            reject(unit, reply.id, "too long", by="tom", at=MONDAY)


@pytest.mark.parametrize("state", [S.SENDING, S.SENT, S.FAILED, S.UNKNOWN, S.REJECTED, S.SUPERSEDED, S.SUPPRESSED])
def test_what_is_on_its_way_or_done_with_cannot_be_edited(office: Office, state: ReplyState) -> None:
    reply = office.reply(state=state)
    with office.database.unit() as unit, pytest.raises(Refused, match="can no longer be edited"):
        edit(unit, reply.id, "Other words.", by="hana", at=MONDAY, check=nothing_to_say)


def test_an_empty_text_is_no_edit(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit, pytest.raises(Refused, match="amends review reject"):
        edit(unit, reply.id, " \n", by="hana", at=MONDAY, check=nothing_to_say)


def test_a_draft_is_submitted_once(office: Office) -> None:
    reply = office.reply(state=S.DRAFTED)
    with office.database.unit() as unit:
        assert submit(unit, reply.id, by="hana", at=MONDAY).state is S.IN_REVIEW
        with pytest.raises(Refused, match="only a draft is submitted"):
            submit(unit, reply.id, by="hana", at=MONDAY)


def test_a_rejection_needs_its_reason_and_keeps_it(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="say why"):
            reject(unit, reply.id, " ", by="tom", at=MONDAY)
        reject(unit, reply.id, "too long", by="tom", at=MONDAY)
        unit.commit()
    assert (office.stored(reply).state, office.stored(reply).outcome) == (S.REJECTED, "rejected by tom: too long")


def test_of_two_reviewers_at_once_one_is_told(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        reject(unit, reply.id, "too long", by="uma", at=MONDAY)
        with pytest.raises(Refused):
            approve_by_tom(unit, reply)


def test_a_reply_that_is_not_there_is_not_found(office: Office) -> None:
    with office.database.unit() as unit, pytest.raises(NotFound):
        approve(unit, "nothing", by="tom", at=MONDAY, holds=HOLDS)


def test_the_audit_trail_names_the_text_and_does_not_hold_it(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        edit(unit, reply.id, "Dear Ines", by="hana", at=MONDAY, check=nothing_to_say)
        approve_by_tom(unit, reply)
        unit.commit()
    assert [one["facts"]["text"] for one in office.told()] == [text_sha256("Dear Ines")] * 2
    assert "Dear" not in str(office.told())


def test_an_approval_runs_out(office: Office) -> None:
    reply = office.reply()
    with office.database.unit() as unit:
        approved = approve(unit, reply.id, by="tom", at=MONDAY, holds=timedelta(hours=1))
    assert approved.approval is not None
    assert approved.approval.expires_at == MONDAY + timedelta(hours=1)
