"""The audit chain: whatever is done to it shows, and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.audit import GENESIS, AuditEntry, Happening, canonical, chain, first_break
from tests.support.builders import a_happening
from tests.support.clock import MONDAY


def a_chain(length: int) -> list[AuditEntry]:
    return chain([a_happening(number=number) for number in range(length)], last_number=0, last_hash=GENESIS)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    assert first_break(a_chain(5)) is None
    assert first_break([]) is None


def test_a_chain_written_in_two_goes_is_the_chain_written_in_one() -> None:
    happenings = [a_happening(number=number) for number in range(4)]
    first = chain(happenings[:2], last_number=0, last_hash=GENESIS)
    second = chain(happenings[2:], last_number=first[-1].number, last_hash=first[-1].hash)
    assert first + second == chain(happenings, last_number=0, last_hash=GENESIS)


def test_the_same_moment_in_another_zone_is_written_the_same() -> None:
    elsewhere = MONDAY.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert canonical(a_happening(at=MONDAY)) == canonical(a_happening(at=elsewhere))


def test_the_order_of_facts_does_not_matter() -> None:
    assert canonical(a_happening(one=1, two=2)) == canonical(a_happening(two=2, one=1))


lengths = st.integers(3, 8)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), length=lengths)
def test_a_changed_letter_is_found_at_its_entry(data: st.DataObject, length: int) -> None:
    entries = a_chain(length)
    place = data.draw(st.integers(0, length - 1))
    field = data.draw(st.sampled_from(["happening_json", "previous_hash", "hash"]))
    words = getattr(entries[place], field)
    letter = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(st.characters(exclude_characters=words[letter], codec="utf-8"))
    changed = words[:letter] + other + words[letter + 1 :]
    entries[place] = replace(entries[place], **{field: changed})
    broken = first_break(entries)
    assert broken is not None
    assert broken[0] == place + 1


@settings(max_examples=40, deadline=None)
@given(data=st.data(), length=lengths)
def test_a_dropped_entry_is_named(data: st.DataObject, length: int) -> None:
    entries = a_chain(length)
    place = data.draw(st.integers(0, length - 2))
    del entries[place]
    broken = first_break(entries)
    assert broken is not None
    assert broken[0] == place + 1
    assert f"entry {place + 1} is missing" in broken[1]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), length=lengths)
def test_an_entry_slipped_in_is_found_there(data: st.DataObject, length: int) -> None:
    entries = a_chain(length)
    place = data.draw(st.integers(1, length - 1))
    forged = chain([a_happening("forged")], last_number=place, last_hash=entries[place - 1].hash)
    entries[place:place] = forged
    broken = first_break(entries)
    assert broken is not None
    assert broken[0] in {place + 1, place + 2}


@settings(max_examples=40, deadline=None)
@given(data=st.data(), length=lengths)
def test_two_entries_that_changed_places_are_found(data: st.DataObject, length: int) -> None:
    entries = a_chain(length)
    place = data.draw(st.integers(0, length - 2))
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    broken = first_break(entries)
    assert broken is not None
    assert broken[0] == place + 1


def test_a_rewritten_entry_cannot_be_resealed_unseen() -> None:
    entries = a_chain(4)
    rewritten = chain([a_happening("nothing happened")], last_number=1, last_hash=entries[0].hash)[0]
    entries[1] = rewritten
    broken = first_break(entries)
    assert broken is not None
    assert broken == (3, "it does not follow from the entry before it")


facts = st.dictionaries(
    st.text(max_size=10), st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)), max_size=4
)


@settings(max_examples=100, deadline=None)
@given(st.lists(facts, max_size=5))
def test_any_facts_make_a_whole_chain(many: list[dict[str, str | int | bool | None]]) -> None:
    happenings = [Happening(at=MONDAY, actor="a", action="b", subject="c", facts=one) for one in many]
    entries = chain(happenings, last_number=0, last_hash=GENESIS)
    assert first_break(entries) is None
    assert [entry.number for entry in entries] == list(range(1, len(many) + 1))


@pytest.mark.parametrize("length", [1, 4])
def test_a_chain_must_begin_at_its_beginning(length: int) -> None:
    assert first_break(a_chain(length + 1)[1:]) == (1, "entry 1 is missing; entry 2 stands in its place")
