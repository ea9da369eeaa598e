"""What may go without a person, and how much of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.check import Check, CheckName, Level
from amends.domain.reply import Form, Purpose
from amends.domain.verdict import FlagName, Kind, Severity
from respond.policy import Caps, SentCounts, decide_caps, may_send_by_itself


def may(**changes: object) -> tuple[bool, str]:
    usual: dict[str, object] = {
        "form": Form.EMAIL,
        "purpose": Purpose.ACKNOWLEDGEMENT,
        "kind": Kind.COMPLAINT,
        "severity": Severity.MEDIUM,
    }
    decision = may_send_by_itself(**(usual | changes))  # type: ignore[arg-type]
    return decision.allowed, decision.because


@pytest.mark.parametrize("form", [Form.EMAIL, Form.STATUS_PAGE])
@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.OTHER])
def test_an_acknowledgement_by_mail_or_on_the_status_page_goes_by_itself(form: Form, kind: Kind) -> None:
    assert may(form=form, kind=kind)[0]


def test_what_a_person_has_yet_to_judge_still_gets_a_neutral_acknowledgement() -> None:
    allowed, because = may(needs_person=True)

    assert allowed
    assert "neutral" in because


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"severity": Severity.CRITICAL}, "harm"),
        ({"severity": Severity.LOW, "flags": frozenset({FlagName.SELF_HARM})}, "harm"),
        ({"kind": Kind.ENQUIRY, "severity": None, "flags": frozenset({FlagName.SAFETY})}, "harm"),
        ({"kind": Kind.MACHINE, "severity": None}, "machine"),
        ({"kind": Kind.SPAM, "severity": None}, "machine"),
        ({"from_machine": True}, "machine"),
        ({"purpose": Purpose.ANSWER}, "only an acknowledgement"),
        ({"form": Form.DIRECT_MESSAGE}, "person's to make"),
        ({"form": Form.LETTER}, "person's to make"),
        ({"person_has_written": True}, "already talking"),
    ],
)
def test_what_may_not_go_by_itself_says_why(changes: dict[str, object], reason: str) -> None:
    allowed, because = may(**changes)

    assert not allowed
    assert reason in because


@given(
    form=st.sampled_from([form for form in Form if form.is_public]),
    purpose=st.sampled_from(Purpose),
    kind=st.sampled_from(Kind),
    severity=st.none() | st.sampled_from(Severity),
    needs_person=st.booleans(),
)
def test_nothing_public_ever_goes_by_itself(
    form: Form, purpose: Purpose, kind: Kind, severity: Severity | None, needs_person: bool
) -> None:
    assert not may(form=form, purpose=purpose, kind=kind, severity=severity, needs_person=needs_person)[0]


@pytest.mark.parametrize(("level", "goes"), [(Level.BLOCK, False), (Level.WARN, True)])
def test_a_draft_that_a_check_blocks_waits_for_a_person(level: Level, goes: bool) -> None:
    check = Check(name=CheckName.ADMISSION, level=level, rule="fault", says="It admits.", remedy="Do not.")

    assert may(checks=(check,))[0] is goes


@pytest.mark.parametrize(
    ("counts", "goes", "where"),
    [
        ((0, 0, 0), True, "under"),
        ((2, 1, 9), True, "under"),
        ((3, 0, 0), False, "sender"),
        ((0, 2, 0), False, "case"),
        ((0, 0, 10), False, "hour"),
    ],
)
def test_each_cap_holds_back_the_one_that_would_pass_it(counts: tuple[int, int, int], goes: bool, where: str) -> None:
    to_sender, on_case, in_all = counts
    limits = Caps(per_sender_a_day=3, per_case=2, in_all_an_hour=10)

    decision = decide_caps(SentCounts(to_sender_today=to_sender, on_case=on_case, in_all_this_hour=in_all), limits)

    assert decision.allowed is goes
    assert where in decision.because


def test_a_cap_of_nought_stops_everything() -> None:
    nothing_sent = SentCounts(to_sender_today=0, on_case=0, in_all_this_hour=0)

    assert not decide_caps(nothing_sent, Caps(in_all_an_hour=0)).allowed


def test_a_cap_below_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="nought"):
        Caps(per_case=-1)
