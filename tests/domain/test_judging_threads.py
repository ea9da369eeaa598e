"""What a case is after one more message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.case import Case, CaseEvent, CaseState, judge_thread, next_state
from amends.domain.verdict import SEVERITY_OF_FLAG, FlagName, Kind, Severity, Verdict
from tests.support.builders import a_case, a_flag, a_verdict

CHASING = "I asked you twice already."
CHASED = a_flag(FlagName.REPEAT_CONTACT, "asked you twice", CHASING)
PROMISED = a_flag(FlagName.BROKEN_PROMISE, "asked you", CHASING)


def test_the_first_message_makes_the_case_what_it_is() -> None:
    standing = judge_thread(None, a_verdict(severity=Severity.HIGH))
    assert (standing.kind, standing.severity, standing.became_complaint) == (Kind.COMPLAINT, Severity.HIGH, True)


def test_an_enquiry_opens_a_case_without_severity() -> None:
    standing = judge_thread(None, a_verdict(Kind.ENQUIRY))
    assert (standing.kind, standing.severity, standing.became_complaint) == (Kind.ENQUIRY, None, False)


def test_doubtful_machine_mail_is_for_a_person_to_look_at() -> None:
    standing = judge_thread(None, a_verdict(Kind.MACHINE, needs_person=True, severity=Severity.HIGH))
    assert (standing.kind, standing.needs_person, standing.severity) == (Kind.OTHER, True, Severity.HIGH)


def test_an_enquiry_turns_into_a_complaint_with_the_message_that_is_one() -> None:
    standing = judge_thread(a_case(Kind.ENQUIRY), a_verdict(Kind.COMPLAINT))
    assert (standing.kind, standing.became_complaint) == (Kind.COMPLAINT, True)


@pytest.mark.parametrize("flag", [CHASED, PROMISED])
@pytest.mark.parametrize("kind", [Kind.ENQUIRY, Kind.OTHER])
def test_chasing_and_broken_promises_turn_a_question_into_a_complaint(flag: object, kind: Kind) -> None:
    verdict = replace(a_verdict(kind), flags=(flag,))  # type: ignore[arg-type]
    standing = judge_thread(a_case(Kind.ENQUIRY), verdict)
    assert (standing.kind, standing.severity, standing.became_complaint) == (Kind.COMPLAINT, Severity.MEDIUM, True)


def test_chasing_in_a_first_message_is_left_to_its_verdict() -> None:
    assert judge_thread(None, a_verdict(Kind.ENQUIRY, flags=[CHASED])).kind is Kind.ENQUIRY


def test_thanks_for_a_second_visit_is_no_complaint() -> None:
    assert judge_thread(a_case(Kind.ENQUIRY), a_verdict(Kind.PRAISE, flags=[CHASED])).kind is Kind.ENQUIRY


def test_a_complaint_becomes_one_once() -> None:
    assert not judge_thread(a_case(), a_verdict()).became_complaint


def test_severity_never_falls() -> None:
    case = a_case(severity=Severity.HIGH)
    assert judge_thread(case, a_verdict(severity=Severity.LOW)).severity is Severity.HIGH
    assert judge_thread(case, a_verdict(Kind.PRAISE)).severity is Severity.HIGH
    assert judge_thread(case, a_verdict(severity=Severity.CRITICAL)).severity is Severity.CRITICAL


def test_doubt_stays_until_a_person_settles_it() -> None:
    case = a_case(Kind.ENQUIRY, needs_person=True, severity=Severity.LOW)
    assert judge_thread(case, a_verdict(Kind.PRAISE)).needs_person
    assert judge_thread(a_case(), a_verdict(Kind.ENQUIRY, needs_person=True)).needs_person


def test_what_a_person_set_a_machine_may_raise_and_never_lower() -> None:
    case = a_case(severity=Severity.MEDIUM, kind_set_by="hana", severity_set_by="hana")
    assert judge_thread(case, a_verdict(Kind.ENQUIRY)).kind is Kind.COMPLAINT
    assert judge_thread(case, a_verdict(severity=Severity.LOW)).severity is Severity.MEDIUM
    assert judge_thread(case, a_verdict(severity=Severity.HIGH)).severity is Severity.HIGH


def test_what_a_person_held_to_be_a_question_may_still_become_a_complaint() -> None:
    case = a_case(Kind.ENQUIRY, kind_set_by="hana")
    assert judge_thread(case, a_verdict(Kind.COMPLAINT)).became_complaint


flags = st.sampled_from(list(FlagName)).map(lambda name: a_flag(name, "asked", CHASING))
verdicts = st.builds(
    lambda kind, severity, doubt, raised: a_verdict(
        kind,
        severity=severity if kind is Kind.COMPLAINT or doubt else None,
        needs_person=doubt,
        flags=raised,
    ),
    st.sampled_from(list(Kind)),
    st.sampled_from(list(Severity)),
    st.booleans(),
    st.lists(flags, max_size=3),
)


def after(case: Case, verdict: Verdict) -> Case:
    standing = judge_thread(case, verdict)
    since = case.last_message_at if standing.became_complaint else case.complaint_since
    return replace(
        case,
        kind=standing.kind,
        severity=standing.severity,
        needs_person=standing.needs_person,
        complaint_since=since,
    )


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.OTHER]),
    thread=st.lists(verdicts, max_size=6),
)
def test_no_thread_of_messages_takes_anything_back(kind: Kind, thread: list[Verdict]) -> None:
    case = a_case(kind)
    for verdict in thread:
        later = after(case, verdict)
        assert later.kind is Kind.COMPLAINT or case.kind is not Kind.COMPLAINT
        assert (later.severity or 0) >= (case.severity or 0)
        assert later.needs_person >= (case.needs_person or verdict.needs_person)
        assert later.is_handled_as_complaint or not case.is_handled_as_complaint
        case = later


@pytest.mark.parametrize(
    ("state", "event", "then"),
    [
        (CaseState.RECEIVED, CaseEvent.ACKNOWLEDGED, CaseState.ACKNOWLEDGED),
        (CaseState.RECEIVED, CaseEvent.TAKEN, CaseState.IN_HAND),
        (CaseState.ACKNOWLEDGED, CaseEvent.TAKEN, CaseState.IN_HAND),
        (CaseState.IN_HAND, CaseEvent.ANSWERED, CaseState.ANSWERED),
        (CaseState.ANSWERED, CaseEvent.CLOSED, CaseState.CLOSED),
        (CaseState.ANSWERED, CaseEvent.CUSTOMER_WROTE, CaseState.IN_HAND),
        (CaseState.CLOSED, CaseEvent.CUSTOMER_WROTE, CaseState.IN_HAND),
        (CaseState.ANSWERED, CaseEvent.ANSWER_CAME_BACK, CaseState.IN_HAND),
        (CaseState.CLOSED, CaseEvent.ANSWER_CAME_BACK, CaseState.IN_HAND),
        (CaseState.RECEIVED, CaseEvent.ANSWER_CAME_BACK, CaseState.RECEIVED),
        (CaseState.CLOSED, CaseEvent.TAKEN, CaseState.IN_HAND),
        (CaseState.RECEIVED, CaseEvent.CUSTOMER_WROTE, CaseState.RECEIVED),
        (CaseState.IN_HAND, CaseEvent.ACKNOWLEDGED, CaseState.IN_HAND),
        (CaseState.CLOSED, CaseEvent.ANSWERED, CaseState.CLOSED),
    ],
)
def test_an_event_leaves_a_case_where_the_picture_says(state: CaseState, event: CaseEvent, then: CaseState) -> None:
    assert next_state(state, event) is then


def test_a_moved_case_has_another_version() -> None:
    case = a_case()
    assert case.moved(CaseEvent.TAKEN).version == case.version + 1


@pytest.mark.parametrize("name", list(FlagName))
def test_flags_that_raise_a_severity_are_listed(name: FlagName) -> None:
    raises = SEVERITY_OF_FLAG.get(name)
    assert raises is None or raises >= Severity.MEDIUM
