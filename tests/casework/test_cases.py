"""What handlers may do to a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amends.casework.cases import (
    answer_rights,
    close,
    finish_task,
    hand_over,
    say_what_it_is,
    settle_delivery,
    settle_link,
    take,
    undo_link,
)
from amends.domain.case import Case, CaseState
from amends.domain.clock import Anchor, ClockKind
from amends.domain.link import Link, LinkKind, LinkState
from amends.domain.outcome import Upheld
from amends.domain.reply import Purpose, ReplyState
from amends.domain.task import Task, TaskKind
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from tests.casework.office import MESSAGE, PACK, Office
from tests.support.builders import a_case, a_clock, a_message, a_reply, a_task, an_outcome
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(days=1)


def correct(
    office: Office,
    case: Case,
    *,
    kind: Kind | None = None,
    severity: Severity | None = None,
    reason: str = "I read it",
    at: datetime = LATER,
) -> Case:
    with office.database.unit() as unit:
        corrected = say_what_it_is(
            unit, case.id, kind=kind, severity=severity, reason=reason, by="hana", at=at, pack=PACK
        )
        unit.commit()
    return corrected


def running(office: Office, case: Case) -> dict[ClockKind, datetime]:
    with office.database.reading() as unit:
        clocks = unit.clocks.of_cases([case.id]).get(case.id, [])
    return {clock.kind: clock.due_at for clock in clocks if clock.stopped_at is None}


def start_clocks(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        unit.clocks.start(
            PACK.start(
                Anchor.RECEIPT,
                case_id=case.id,
                kind=Kind.COMPLAINT if case.is_handled_as_complaint else case.kind,
                severity=case.severity,
                flags=(),
                at=case.opened_at,
            )
        )
        unit.commit()


def test_a_case_is_taken_by_its_reference_however_it_is_written(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        taken = take(unit, case.id.lower().replace("-", " "), by="hana", at=MONDAY)
        take(unit, case.id, by="tom", at=MONDAY)
        unit.commit()
    assert (taken.owner, taken.state) == ("hana", CaseState.IN_HAND)
    assert [one["facts"]["from"] for one in office.told()] == [None, "hana"]


def test_a_correction_needs_a_reason_and_something_to_say(office: Office) -> None:
    case = office.case()
    with pytest.raises(Refused, match="say why"):
        correct(office, case, kind=Kind.ENQUIRY, reason=" ")
    with pytest.raises(Refused, match="say the kind, the severity, or both"):
        correct(office, case)
    assert office.told() == []


@pytest.mark.parametrize("kind", [Kind.MACHINE, Kind.SPAM])
def test_a_case_cannot_become_what_opens_no_case(office: Office, kind: Kind) -> None:
    case = office.case()
    with pytest.raises(Refused, match="out_of_scope"):
        correct(office, case, kind=kind)


def test_a_correction_is_kept_with_its_reason_and_what_stood_before(office: Office) -> None:
    case = office.case()
    corrected = correct(office, case, severity=Severity.HIGH)
    assert (corrected.severity, corrected.severity_set_by, corrected.needs_person) == (Severity.HIGH, "hana", False)
    (told,) = office.told()
    assert told["facts"] == {
        "kind": "complaint",
        "kind_before": "complaint",
        "severity": "high",
        "severity_before": "low",
        "reason": "I read it",
    }


def test_an_enquiry_that_a_person_calls_a_complaint_is_counted_from_then(office: Office) -> None:
    case = office.enquiry()
    start_clocks(office, case)
    corrected = correct(office, case, kind=Kind.COMPLAINT)
    assert (corrected.severity, corrected.complaint_since) == (Severity.LOW, LATER)
    assert set(running(office, case)) == {ClockKind.ACKNOWLEDGEMENT, ClockKind.UPDATE}
    assert running(office, case)[ClockKind.UPDATE] > LATER + timedelta(days=27)


def test_a_doubtful_case_that_turns_out_to_be_a_complaint_keeps_its_deadlines(office: Office) -> None:
    case = office.case(a_case(Kind.ENQUIRY, needs_person=True, severity=Severity.MEDIUM))
    start_clocks(office, case)
    before = running(office, case)
    corrected = correct(office, case, kind=Kind.COMPLAINT)
    assert (corrected.severity, corrected.needs_person) == (Severity.MEDIUM, False)
    assert running(office, case) == before


def test_a_complaint_that_was_called_none_for_a_while_keeps_its_deadlines(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    before = running(office, case)
    correct(office, case, kind=Kind.ENQUIRY)
    corrected = correct(office, case, kind=Kind.COMPLAINT)
    assert corrected.complaint_since == case.complaint_since
    assert running(office, case) == before


@pytest.mark.parametrize(
    ("was", "upheld", "kind"),
    [
        (Kind.ENQUIRY, Upheld.NOT_A_COMPLAINT, Kind.COMPLAINT),
        (Kind.COMPLAINT, Upheld.UPHELD, Kind.ENQUIRY),
    ],
)
def test_what_is_closed_is_taken_before_it_becomes_something_else(
    office: Office, was: Kind, upheld: Upheld, kind: Kind
) -> None:
    case = office.case(a_case(was))
    closing = an_outcome(case.id, upheld=upheld)
    with office.database.unit() as unit:
        close(unit, closing)
        unit.commit()
    with pytest.raises(Refused, match=f"closed as {was}; take it first: `amends case take {case.id}`"):
        correct(office, case, kind=kind)


def test_a_complaint_that_was_none_has_no_severity(office: Office) -> None:
    case = office.case(a_case(severity=Severity.HIGH))
    corrected = correct(office, case, kind=Kind.ENQUIRY)
    assert (corrected.kind, corrected.severity, corrected.complaint_since) == (Kind.ENQUIRY, None, None)


def test_a_person_who_sees_danger_brings_the_deadline_forward(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    before = running(office, case)
    correct(office, case, severity=Severity.CRITICAL)
    after = running(office, case)
    assert after[ClockKind.ACKNOWLEDGEMENT] == LATER + timedelta(hours=4)
    assert after[ClockKind.UPDATE] == before[ClockKind.UPDATE]


def test_a_person_who_sees_less_moves_no_deadline_back(office: Office) -> None:
    case = office.case(a_case(severity=Severity.CRITICAL))
    start_clocks(office, case)
    before = running(office, case)
    correct(office, case, severity=Severity.LOW)
    assert running(office, case) == before


def test_a_closed_case_keeps_its_outcome_and_its_clocks_stop(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    with office.database.unit() as unit:
        closed = close(unit, an_outcome(case.id.lower(), at=LATER))
        unit.commit()
        assert unit.cases.outcomes(case.id) == [an_outcome(case.id, at=LATER)]
    assert closed.state is CaseState.CLOSED
    assert running(office, case) == {}


def ask_for_rights(office: Office, case: Case, *, at: datetime = MONDAY) -> None:
    with office.database.unit() as unit:
        unit.clocks.start([a_clock(ClockKind.RIGHTS_REQUEST, case_id=case.id, started_at=at)])
        unit.commit()


def say_how(office: Office, case: Case, how: str = " Sent her the copy by post on 24 November. ") -> Case:
    with office.database.unit() as unit:
        answered = answer_rights(unit, case.id.lower(), how=how, by="hana", at=LATER)
        unit.commit()
    return answered


def test_a_rights_request_is_answered_with_a_word_how_and_its_clock_alone_stops(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    before = running(office, case)
    ask_for_rights(office, case)

    assert say_how(office, case) == case

    assert running(office, case) == before
    with office.database.reading() as unit:
        stopped = [clock for clock in unit.clocks.of_cases([case.id])[case.id] if clock.stopped_at is not None]
    assert [(clock.kind, clock.stopped_at) for clock in stopped] == [(ClockKind.RIGHTS_REQUEST, LATER)]
    [told] = office.told()
    assert (told["action"], told["actor"], told["subject"]) == (
        "case.rights_answered",
        "user:hana",
        f"case:{case.id}",
    )
    assert told["facts"] == {"how": "Sent her the copy by post on 24 November."}


def test_how_a_rights_request_was_answered_has_to_be_said(office: Office) -> None:
    case = office.case()
    ask_for_rights(office, case)
    with pytest.raises(Refused, match="say how and when"):
        say_how(office, case, " \n")
    assert set(running(office, case)) == {ClockKind.RIGHTS_REQUEST}
    assert office.told() == []


def test_what_nobody_asked_or_what_is_answered_is_not_answered_again(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    with pytest.raises(Refused, match="no rights request waits on AM-"):
        say_how(office, case)
    ask_for_rights(office, case)
    say_how(office, case)
    with pytest.raises(Refused, match="no rights request waits on AM-"):
        say_how(office, case)


def test_a_case_whose_rights_request_is_not_answered_is_not_closed(office: Office) -> None:
    case = office.case()
    ask_for_rights(office, case)

    with office.database.unit() as unit, pytest.raises(Refused, match=f"amends case rights {case.id} --how"):
        close(unit, an_outcome(case.id.lower(), at=LATER))
    say_how(office, case)
    with office.database.unit() as unit:
        closed = close(unit, an_outcome(case.id, at=LATER))

    assert closed.state is CaseState.CLOSED


def test_a_rights_request_of_a_case_that_was_closed_before_is_answered_all_the_same(office: Office) -> None:
    case = office.case(a_case(state=CaseState.CLOSED))
    ask_for_rights(office, case)
    with office.database.unit() as unit, pytest.raises(Refused, match="closed already"):
        close(unit, an_outcome(case.id))
    assert say_how(office, case).state is CaseState.CLOSED
    assert running(office, case) == {}


def test_a_case_of_which_nobody_said_what_it_is_is_not_closed(office: Office) -> None:
    case = office.case(a_case(needs_person=True))
    with office.database.unit() as unit, pytest.raises(Refused, match="nobody has said what"):
        close(unit, an_outcome(case.id))


@pytest.mark.parametrize(
    ("kind", "upheld", "fits"),
    [
        (Kind.COMPLAINT, Upheld.UPHELD, True),
        (Kind.COMPLAINT, Upheld.NOT_A_COMPLAINT, False),
        (Kind.ENQUIRY, Upheld.NOT_A_COMPLAINT, True),
        (Kind.ENQUIRY, Upheld.NOT_UPHELD, False),
    ],
)
def test_an_outcome_has_to_fit_the_kind(office: Office, kind: Kind, upheld: Upheld, fits: bool) -> None:
    case = office.case(a_case(kind))
    with office.database.unit() as unit:
        if fits:
            assert close(unit, an_outcome(case.id, upheld=upheld)).state is CaseState.CLOSED
        else:
            with pytest.raises(Refused, match="does not fit"):
                close(unit, an_outcome(case.id, upheld=upheld))


@pytest.mark.parametrize("state", [ReplyState.QUEUED, ReplyState.SENDING])
def test_a_case_with_a_reply_on_its_way_is_not_closed(office: Office, state: ReplyState) -> None:
    case = office.case()
    office.reply(state=state)
    with office.database.unit() as unit, pytest.raises(Refused, match="on its way"):
        close(unit, an_outcome(case.id))


def test_drafts_that_nobody_will_send_are_superseded(office: Office) -> None:
    case = office.case()
    draft = office.reply()
    with office.database.unit() as unit:
        close(unit, an_outcome(case.id))
        unit.commit()
    assert (office.stored(draft).state, office.stored(draft).outcome) == (
        ReplyState.SUPERSEDED,
        "the case was closed",
    )


def test_a_case_closed_after_a_reopening_has_both_outcomes(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        close(unit, an_outcome(case.id))
        take(unit, case.id, by="hana", at=LATER)
        close(unit, an_outcome(case.id, upheld=Upheld.PARTLY, at=LATER))
        assert [outcome.upheld for outcome in unit.cases.outcomes(case.id)] == [Upheld.UPHELD, Upheld.PARTLY]


@pytest.mark.parametrize(("accept", "state"), [(True, LinkState.ACCEPTED), (False, LinkState.REFUSED)])
def test_a_link_is_settled_from_either_side_and_the_cases_stay_two(
    office: Office, accept: bool, state: LinkState
) -> None:
    one, two = office.case(a_case(case_id="AM-1")), a_case(case_id="AM-2")
    with office.database.unit() as unit:
        unit.cases.add([two])
        link = Link(
            case_id=two.id,
            other_case_id=one.id,
            kind=LinkKind.SAME_MATTER,
            reasons=("the same words",),
            suggested_at=MONDAY,
        )
        unit.links.suggest([link])
        settle_link(unit, one.id, two.id, accept=accept, by="hana", at=LATER)
        (settled,) = unit.links.of_case(one.id)
        assert (settled.state, settled.settled_by) == (state, "hana")
        assert len(unit.cases.get_many([one.id, two.id])) == 2


def test_a_task_is_finished_once_and_that_is_told(office: Office) -> None:
    case = office.case()
    task = a_task(case.id)
    with office.database.unit() as unit:
        unit.tasks.raise_([task])
        finish_task(unit, task.id[:6], by="hana", at=LATER, pack=PACK)
        with pytest.raises(NotFound):
            finish_task(unit, task.id, by="tom", at=LATER, pack=PACK)
        unit.commit()
    (told,) = office.told()
    assert (told["action"], told["facts"]["task"]) == ("task.done", task.id)


def a_task_to_acknowledge(office: Office, case: Case) -> Task:
    return replace(a_task(case.id), kind=TaskKind.ACKNOWLEDGE_ANOTHER_WAY, reason="there is no address to write to")


def a_task_after(office: Office, case: Case, purpose: Purpose) -> Task:
    reply = replace(a_reply(case_id=case.id, message=MESSAGE), purpose=purpose)
    with office.database.unit() as unit:
        unit.replies.add([(reply, (), "")])
        unit.commit()
    return replace(a_task(case.id), reply_id=reply.id)


def finish(office: Office, task: Task) -> None:
    with office.database.unit() as unit:
        unit.tasks.raise_([task])
        finish_task(unit, task.id, by="hana", at=LATER, pack=PACK)
        unit.commit()


@pytest.mark.parametrize(
    "task_of",
    [a_task_to_acknowledge, lambda office, case: a_task_after(office, case, Purpose.ACKNOWLEDGEMENT)],
    ids=["acknowledge another way", "reach another way"],
)
@pytest.mark.parametrize(
    ("state", "becomes"),
    [(CaseState.RECEIVED, CaseState.ACKNOWLEDGED), (CaseState.IN_HAND, CaseState.IN_HAND)],
)
def test_who_was_acknowledged_another_way_is_acknowledged_and_owed_an_answer(
    office: Office, task_of: Callable[[Office, Case], Task], state: CaseState, becomes: CaseState
) -> None:
    case = office.case(a_case(state=state))
    start_clocks(office, case)

    finish(office, task_of(office, case))

    with office.database.reading() as unit:
        assert unit.cases.get(case.id).state is becomes
        clocks = {clock.kind: clock for clock in unit.clocks.of_cases([case.id])[case.id]}
    assert clocks[ClockKind.ACKNOWLEDGEMENT].stopped_at == LATER
    assert (clocks[ClockKind.RESPONSE].started_at, clocks[ClockKind.RESPONSE].stopped_at) == (LATER, None)


def test_an_answer_that_was_given_another_way_leaves_the_case_as_it_is(office: Office) -> None:
    case = office.case()
    start_clocks(office, case)
    before = running(office, case)

    finish(office, a_task_after(office, case, Purpose.ANSWER))

    assert running(office, case) == before
    with office.database.reading() as unit:
        assert unit.cases.get(case.id) == case


def test_who_is_acknowledged_already_is_not_acknowledged_again(office: Office) -> None:
    case = office.case(a_case(state=CaseState.IN_HAND))

    finish(office, a_task_to_acknowledge(office, case))

    assert running(office, case) == {}
    with office.database.reading() as unit:
        assert unit.cases.get(case.id) == case


@pytest.mark.parametrize("state", [CaseState.ANSWERED, CaseState.CLOSED])
def test_a_case_that_is_done_with_owes_no_answer_for_a_task_that_is_done_late(office: Office, state: CaseState) -> None:
    case = office.case(a_case(state=state))
    start_clocks(office, case)
    before = running(office, case)

    finish(office, a_task_to_acknowledge(office, case))

    assert running(office, case) == before
    with office.database.reading() as unit:
        assert unit.cases.get(case.id) == case


@pytest.mark.parametrize(("arrived", "state"), [(True, ReplyState.SENT), (False, ReplyState.FAILED)])
def test_a_person_settles_what_became_of_a_reply(office: Office, arrived: bool, state: ReplyState) -> None:
    office.case()
    reply = office.reply(state=ReplyState.SENDING)
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="nothing to settle"):
            settle_delivery(unit, reply.id, arrived=arrived, by="hana", at=LATER, pack=PACK)
        unit.replies.save(reply.moved(ReplyState.UNKNOWN), was=ReplyState.SENDING, at=MONDAY)
        settle_delivery(unit, reply.id, arrived=arrived, by="hana", at=LATER, pack=PACK)
        unit.commit()
    assert office.stored(reply).state is state


def test_a_case_is_handed_over_with_a_word_why(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        handed = hand_over(unit, case.id, to="tom", because="He knows kettles", by="hana", at=MONDAY)
        unit.commit()
    assert (handed.owner, handed.state) == ("tom", CaseState.IN_HAND)
    [told] = office.told()
    assert told["action"] == "case.handed_over"
    assert told["facts"] == {"from": None, "to": "tom", "reason": "He knows kettles"}


def test_an_answered_case_stays_answered_when_it_is_handed_over(office: Office) -> None:
    case = office.case(a_case(state=CaseState.ANSWERED))
    with office.database.unit() as unit:
        handed = hand_over(unit, case.id, to="tom", because="I am away", by="hana", at=MONDAY)
        unit.commit()
    assert (handed.owner, handed.state, handed.version) == ("tom", CaseState.ANSWERED, case.version + 1)


@pytest.mark.parametrize(
    ("to", "because", "says"),
    [(" ", "x", "say who"), ("to\nm", "x", "say who"), ("tom", " ", "say why"), ("hana", "x", "has AM-.* already")],
)
def test_a_hand_over_to_nobody_without_a_reason_or_to_its_owner_is_refused(
    office: Office, to: str, because: str, says: str
) -> None:
    case = office.case()
    with office.database.unit() as unit:
        take(unit, case.id, by="hana", at=MONDAY)
        unit.commit()
    with office.database.unit() as unit, pytest.raises(Refused, match=says):
        hand_over(unit, case.id, to=to, because=because, by="hana", at=MONDAY)


def test_a_closed_case_is_not_handed_over(office: Office) -> None:
    case = office.case(a_case(state=CaseState.CLOSED))
    with office.database.unit() as unit, pytest.raises(Refused, match="takes it"):
        hand_over(unit, case.id, to="tom", because="x", by="hana", at=MONDAY)


@pytest.mark.parametrize("accept", [True, False])
def test_what_was_said_of_a_link_can_be_taken_back(office: Office, accept: bool) -> None:
    one, two = office.case(), office.case(a_case(case_id="AM-2222-2222-22"), message=a_message("Again."))
    with office.database.unit() as unit:
        unit.links.suggest(
            [
                Link(
                    case_id=two.id,
                    other_case_id=one.id,
                    kind=LinkKind.SAME_MATTER,
                    reasons=("one number",),
                    suggested_at=MONDAY,
                )
            ]
        )
        with pytest.raises(NotFound, match="nobody has accepted or refused"):
            undo_link(unit, one.id, two.id, by="hana", at=MONDAY)
        settle_link(unit, one.id, two.id, accept=accept, by="hana", at=MONDAY)
        undo_link(unit, one.id, two.id, by="hana", at=MONDAY)
        unit.commit()
    with office.database.reading() as unit:
        [link] = unit.links.of_case(one.id)
    assert (link.state, link.settled_by) == (LinkState.SUGGESTED, "")
    assert [told["action"] for told in office.told()][1:] == ["link.reopened"]
