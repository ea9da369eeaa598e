"""The smaller checks, and all of them together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.channel import Channel
from amends.domain.check import CheckName, Level, blocks
from amends.domain.reply import Form, Part, Purpose, Slot
from amends.domain.verdict import Kind
from respond.checks.post_rule import post_rule
from respond.checks.run import Limits, run_checks
from respond.checks.slots import OBLIGATORY, check_slots, obligatory_slots
from respond.checks.tone import check_tone
from respond.checks.unfilled import check_unfilled

WHOLE_ANSWER = {
    Slot.LISTEN: "You told us that the kettle came broken.",
    Slot.APOLOGISE: "We are sorry.",
    Slot.THANK: "Thank you for telling us.",
    Slot.EXPLAIN: "It broke because the box was too thin.",
    Slot.RESOLVE: "We will send a new one by Friday.",
}
A, L, T, E, R, M = (
    Slot.APOLOGISE,
    Slot.LISTEN,
    Slot.THANK,
    Slot.EXPLAIN,
    Slot.RESOLVE,
    Slot.MOVE_TO_PRIVATE,
)


@pytest.mark.parametrize(
    ("form", "purpose", "kind", "owed"),
    [
        (Form.PUBLIC_HOLDING, Purpose.ACKNOWLEDGEMENT, Kind.COMPLAINT, {A, T, M}),
        (Form.PUBLIC_REPLY, Purpose.ANSWER, Kind.COMPLAINT, {A, T, M}),
        (Form.PUBLIC_REPLY, Purpose.ANSWER, Kind.PRAISE, {T}),
        (Form.PUBLIC_REPLY, Purpose.ANSWER, Kind.ENQUIRY, {T, E}),
        (Form.EMAIL, Purpose.ANSWER, Kind.COMPLAINT, {L, A, T, E, R}),
        (Form.EMAIL, Purpose.ANSWER, Kind.ENQUIRY, {L, T, E, R}),
        (Form.EMAIL, Purpose.ACKNOWLEDGEMENT, Kind.COMPLAINT, {L, T, E}),
        (Form.STATUS_PAGE, Purpose.ACKNOWLEDGEMENT, Kind.ENQUIRY, {L, T, E}),
        (Form.PHONE_CALL, Purpose.ANSWER, Kind.COMPLAINT, set()),
        (Form.EMAIL, Purpose.ACKNOWLEDGEMENT, Kind.MACHINE, set()),
    ],
)
def test_each_form_owes_its_parts(form: Form, purpose: Purpose, kind: Kind, owed: set[Slot]) -> None:
    assert set(obligatory_slots(form, purpose, kind)) == owed


def test_the_table_of_owed_parts_is_complete() -> None:
    customers = [kind for kind in Kind if kind.is_from_a_customer]

    assert set(OBLIGATORY) == {(form, purpose, kind) for form in Form for purpose in Purpose for kind in customers}


@pytest.mark.parametrize("missing", list(WHOLE_ANSWER))
def test_an_answer_without_one_of_the_five_is_blocked_and_told_which(missing: Slot) -> None:
    text = " ".join(sentence for slot, sentence in WHOLE_ANSWER.items() if slot is not missing)

    checks = list(check_slots(text, form=Form.EMAIL, purpose=Purpose.ANSWER, kind=Kind.COMPLAINT, parts=()))

    assert [check.rule for check in checks] == [missing.value]
    assert checks[0].level is Level.BLOCK


def test_an_answer_with_all_five_passes() -> None:
    text = " ".join(WHOLE_ANSWER.values())

    assert not list(check_slots(text, form=Form.EMAIL, purpose=Purpose.ANSWER, kind=Kind.COMPLAINT, parts=()))


def test_a_part_that_was_edited_away_is_missed_although_the_draft_had_it() -> None:
    parts = (Part(slot=Slot.THANK, text="Thank you for telling us."),)

    checks = list(
        check_slots(
            "We're sorry. Please message us.",
            form=Form.PUBLIC_HOLDING,
            purpose=Purpose.ACKNOWLEDGEMENT,
            kind=Kind.COMPLAINT,
            parts=parts,
        )
    )

    assert [check.rule for check in checks] == ["thank"]


def test_a_part_that_still_stands_counts_whatever_its_words() -> None:
    parts = (Part(slot=Slot.THANK, text="Diolch am ddweud."),)

    assert not list(
        check_slots(
            "Diolch am\nddweud.",
            form=Form.PUBLIC_REPLY,
            purpose=Purpose.ACKNOWLEDGEMENT,
            kind=Kind.PRAISE,
            parts=parts,
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "It is [what we found].",
        "Dear {name},",
        "See <your name here>.",
        "By TBC.",
        "On ____ we",
        "Is it ???",
        "Ring XX.",
    ],
)
def test_an_open_gap_is_blocked(text: str) -> None:
    [check] = check_unfilled(text)

    assert check.level is Level.BLOCK
    assert check.quote == text[check.start : check.end]


@pytest.mark.parametrize(
    "text",
    [
        "A filled sentence.",
        "See <https://northwind.example>.",
        "Really?",
        "1 < 2 > 0",
        "Your reference is AM-7KQ2-9XWD-XX.",
        "We look into am-XXXX-XXXX-xx now.",
    ],
)
def test_ordinary_marks_are_no_gaps(text: str) -> None:
    assert not list(check_unfilled(text))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("As I already said, it is late.", "said_before"),
        ("As we have previously explained, no.", "said_before"),
        ("As previously stated, no.", "said_before"),
        ("You should have read the label.", "blame"),
        ("You failed to send the form.", "blame"),
        ("If you had only asked.", "blame"),
        ("You claim that it leaked.", "doubt"),
        ("We're sorry if you were upset.", "half_apology"),
        ("We are sorry that you feel this way.", "half_apology"),
        ("Sorry for any inconvenience.", "half_apology"),
        ("Obviously it is closed.", "sarcasm"),
        ("With all due respect, no.", "sarcasm"),
        ("Please calm down.", "command"),
        ("There is nothing we can do.", "command"),
        ("Under our SLA this is fine.", "jargon"),
        ("We will reach out going forward.", "jargon"),
        ("WE HAVE TOLD YOU.", "shouting"),
        ("That is NOT so.", "shouting"),
        ("Really!!", "shouting"),
    ],
)
def test_a_harsh_phrase_is_warned_of_with_another_wording(text: str, rule: str) -> None:
    checks = list(check_tone(text))

    assert rule in {check.rule for check in checks}
    assert all(check.level is Level.WARN and check.remedy for check in checks)
    assert all(check.quote == text[check.start : check.end] for check in checks)


@pytest.mark.parametrize(
    "text",
    ["We are sorry that you waited.", "The BBC and the NHS were told.", "We said that we would call, and we will."],
)
def test_a_plain_phrase_is_not_warned_of(text: str) -> None:
    assert not list(check_tone(text))


def test_a_post_that_is_too_long_quotes_what_is_too_much() -> None:
    text = "We are sorry. Thank you. Please send us a private message. " + "x" * 280

    [check] = run_checks(
        text, form=Form.PUBLIC_HOLDING, purpose=Purpose.ACKNOWLEDGEMENT, kind=Kind.COMPLAINT, channel=Channel.X
    )

    assert check.name is CheckName.LENGTH
    assert check.start == 280
    assert check.quote == text[280:]
    assert "59 more" in check.says


def test_a_shorter_limit_is_heeded() -> None:
    checks = run_checks(
        "We are sorry. Thank you. Please send us a private message.",
        form=Form.PUBLIC_HOLDING,
        purpose=Purpose.ACKNOWLEDGEMENT,
        kind=Kind.COMPLAINT,
        channel=Channel.X,
        limits=Limits(post=replace(post_rule(Channel.X), limit=50)),  # type: ignore[type-var]
    )

    assert [check.name for check in checks] == [CheckName.LENGTH]


def test_a_private_message_may_be_long_and_not_endless() -> None:
    def names(text: str) -> set[CheckName]:
        checks = run_checks(
            text, form=Form.DIRECT_MESSAGE, purpose=Purpose.ACKNOWLEDGEMENT, kind=Kind.PRAISE, channel=Channel.X
        )
        return {check.name for check in checks if check.level is Level.BLOCK}

    assert CheckName.LENGTH not in names("x " * 4000)
    assert CheckName.LENGTH in names("x " * 5001)


def test_personal_data_stops_a_public_text_and_not_a_private_one() -> None:
    text = "Thank you. Order 48213 is on its way. Please send us a private message. We are sorry."

    def blocked(form: Form, channel: Channel) -> bool:
        checks = run_checks(text, form=form, purpose=Purpose.ACKNOWLEDGEMENT, kind=Kind.PRAISE, channel=channel)
        return blocks(tuple(check for check in checks if check.name is CheckName.PERSONAL_DATA))

    assert blocked(Form.PUBLIC_REPLY, Channel.X)
    assert not blocked(Form.EMAIL, Channel.EMAIL)


@given(
    text=st.text(max_size=300),
    form=st.sampled_from(Form),
    purpose=st.sampled_from(Purpose),
    kind=st.sampled_from(Kind),
    channel=st.sampled_from(Channel),
)
def test_any_text_can_be_checked_and_every_quote_is_its_span(
    text: str, form: Form, purpose: Purpose, kind: Kind, channel: Channel
) -> None:
    for check in run_checks(text, form=form, purpose=purpose, kind=kind, channel=channel):
        assert check.quote == text[check.start : check.end]
