"""Signs that two cases are one matter: found where they are, and not where they are not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.contact import Identity, IdentityKind
from amends.domain.matter import matter_marks, reasons_to_link
from tests.support.builders import mail_from, typed

INES, TOM = mail_from("ines@example.org"), mail_from("tom@example.org")
STORY = (
    "My washing machine was delivered on Tuesday with a broken door. The driver said that somebody would call me "
    "the next day, and nobody did. I have waited at home for two days now and would like to know when it is mended."
)


def shared(one: frozenset[str], other: frozenset[str]) -> tuple[str, ...]:
    return reasons_to_link(one & other, hours_apart=100)


def test_nearly_the_same_words_by_another_route_are_recognised() -> None:
    by_form = matter_marks(INES, STORY)
    again = matter_marks(TOM, "Hello again! " + STORY.replace("two days", "three days") + " Thank you.")
    assert shared(by_form, again) == ("both say nearly the same in the same words",)


def test_another_story_is_another_matter() -> None:
    other = (
        "The gas engineer never came to the appointment that you gave me for last Monday, although I took the day "
        "off work for it. Please tell me who pays for that, and give me another day soon."
    )
    assert shared(matter_marks(INES, STORY), matter_marks(TOM, other)) == ()


def test_the_same_reference_number_links_however_it_is_written() -> None:
    one = matter_marks(INES, "Order ab-1234567 never came.")
    other = matter_marks(TOM, "Where is AB1234567?")
    assert shared(one, other) == ("both name the same reference number",)


@pytest.mark.parametrize("written", ["12/11/2026", "2026-11-12", "12-11-2026", "2026/11/12", "12/11", "COVID-19"])
def test_dates_and_plain_words_are_no_reference_numbers(written: str) -> None:
    assert not any(mark.startswith("ref:") for mark in matter_marks(INES, f"It was on {written} that I wrote."))


def test_the_subject_is_looked_at_for_reference_numbers() -> None:
    assert shared(matter_marks(INES, "Nothing.", "Order 99123456"), matter_marks(TOM, "About 99123456")) != ()


def test_the_same_address_within_three_days_is_a_reason_and_later_is_none() -> None:
    marks = matter_marks(INES, "My parcel.") & matter_marks(typed("ines@example.org"), "The gas bill.")
    assert reasons_to_link(marks, hours_apart=71) == ("the same address wrote both within three days",)
    assert reasons_to_link(marks, hours_apart=73) == ()


def test_the_same_address_is_told_beside_a_stronger_reason() -> None:
    marks = matter_marks(INES, STORY) & matter_marks(typed("ines@example.org"), STORY)
    assert reasons_to_link(marks, hours_apart=500)[-1] == "both come from the same address"


def test_a_handle_is_no_address() -> None:
    handle = Identity(kind=IdentityKind.X, value="ines@example.org")
    assert not matter_marks(INES, "My parcel.") & matter_marks(handle, "My parcel.")


def test_a_short_text_is_not_recognised_by_its_words() -> None:
    assert shared(matter_marks(INES, "Where is my parcel?"), matter_marks(TOM, "Where is my parcel?")) == ()


def test_marks_hold_nothing_that_can_be_read() -> None:
    marks = " ".join(matter_marks(INES, STORY + " Order AB1234567"))
    assert "ines" not in marks
    assert "AB1234567" not in marks
    assert "machine" not in marks


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_text_has_the_same_marks_each_time(text: str) -> None:
    assert matter_marks(INES, text) == matter_marks(INES, text)


@pytest.mark.parametrize(
    "unit", ["a-", "a-1-", "1/a", "a" * 9 + "-", "11" + "a" * 50 + "-", "\N{ARABIC-INDIC DIGIT ONE}-"]
)
def test_a_text_made_to_be_slow_is_not(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    started = time.process_time()
    matter_marks(INES, text)
    matter_marks(INES, "1-1-" + text)
    matter_marks(INES, text, subject=text + text)
    assert time.process_time() - started < 1
