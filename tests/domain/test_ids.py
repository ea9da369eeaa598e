"""Ids: the same each time, different for different things, and readable by people."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.channel import Channel
from amends.domain.ids import case_reference, derived_id, read_reference
from amends.domain.message import message_id

SHAPE = re.compile(r"AM-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}")
#: What people write for the letters that Crockford's base 32 leaves out or that sound alike.
MISHEARD = {"0": "0Oo", "1": "1IiLl", "V": "VvUu"}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_an_id_depends_on_every_part_and_on_where_it_ends(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


def test_parts_that_run_together_the_same_are_told_apart() -> None:
    assert derived_id("ab", "c") != derived_id("a", "bc")
    assert derived_id("a", "") != derived_id("a")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_a_reference_has_a_shape_that_can_be_read_out(first: str) -> None:
    assert SHAPE.fullmatch(case_reference(first))


@settings(max_examples=200, deadline=None)
@given(first=st.text(st.characters(codec="utf-8")), data=st.data())
def test_a_reference_is_read_back_however_a_person_writes_it(first: str, data: st.DataObject) -> None:
    reference = case_reference(first)
    letters = reference.replace("-", "")
    heard = "".join(data.draw(st.sampled_from(MISHEARD.get(one, one + one.lower()))) for one in letters[2:])
    gaps = data.draw(st.lists(st.sampled_from(["", "-", " ", " - "]), min_size=12, max_size=12))
    written = "".join(gap + letter for gap, letter in zip(gaps, letters[:2] + heard, strict=True))
    assert read_reference(written) == reference


@pytest.mark.parametrize("written", ["", "AM-", "AM-7KQ2", "XY-7KQ2-9XWD-4T", "AM-7KQ2-9XWD-4TT", "where is my parcel"])
def test_what_is_no_reference_comes_back_unchanged(written: str) -> None:
    assert read_reference(written) == written


def test_a_thousand_cases_have_a_thousand_references() -> None:
    assert len({case_reference(str(number)) for number in range(1000)}) == 1000


def test_the_same_identifier_on_another_channel_account_or_content_is_another_message() -> None:
    ids = {
        message_id(Channel.EMAIL, "", "1", "a"),
        message_id(Channel.EMAIL, "", "1", "b"),
        message_id(Channel.X, "", "1", "a"),
        message_id(Channel.EMAIL, "help", "1", "a"),
    }
    assert len(ids) == 4
    assert message_id(Channel.EMAIL, "", "1", "a") in ids
