"""Which case a message joins, and which it may only be suspected of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.contact import Identity, IdentityKind
from amends.domain.threading import Join, Open, Pointer, Via, decide_thread, same_person
from tests.support.builders import mail_from, typed

INES, STRANGER = mail_from("ines@example.org"), mail_from("mallory@example.net")
BY_PROOF = [Via.TOKEN, Via.ANSWER_TO_US, Via.ANSWER_TO_MESSAGE, Via.CONVERSATION]


def to(case_id: str, via: Via, known: Identity = INES, away: int = 0) -> Pointer:
    return Pointer(case_id=case_id, via=via, known=known, away=away)


@pytest.mark.parametrize("via", BY_PROOF)
def test_a_message_joins_the_case_that_knows_its_author(via: Via) -> None:
    assert decide_thread(INES, [to("AM-1", via)]) == Join(case_id="AM-1", via=via)


@pytest.mark.parametrize("via", list(Via))
def test_a_strangers_pointer_opens_a_case_of_its_own(via: Via) -> None:
    pointer = to("AM-1", via)
    assert decide_thread(STRANGER, [pointer]) == Open(follow_up_of=(pointer,))


def test_a_token_is_bound_to_the_address_it_was_given_to() -> None:
    given_to_ines = to("AM-1", Via.TOKEN, INES)
    assert isinstance(decide_thread(STRANGER, [given_to_ines]), Open)
    assert isinstance(decide_thread(INES, [given_to_ines]), Join)


def test_a_reference_read_out_never_joins_by_itself() -> None:
    assert decide_thread(INES, [to("AM-1", Via.REFERENCE)]) == Open(follow_up_of=(to("AM-1", Via.REFERENCE),))


@pytest.mark.parametrize("via", [Via.TOKEN, Via.ANSWER_TO_US])
def test_a_typed_address_is_proven_by_answering_what_was_sent_there(via: Via) -> None:
    assert decide_thread(INES, [to("AM-1", via, typed("ines@example.org"))]) == Join(case_id="AM-1", via=via)


@pytest.mark.parametrize("via", [Via.ANSWER_TO_MESSAGE, Via.CONVERSATION])
def test_a_typed_address_is_not_proven_by_anything_else(via: Via) -> None:
    assert isinstance(decide_thread(INES, [to("AM-1", via, typed("ines@example.org"))]), Open)


def test_another_address_proves_no_typed_one() -> None:
    assert not same_person(STRANGER, typed("ines@example.org"), Via.TOKEN)


def test_a_handle_is_no_address_even_if_it_reads_the_same() -> None:
    handle = Identity(kind=IdentityKind.X, value="ines@example.org")
    assert not same_person(INES, handle, Via.TOKEN)


def test_the_strongest_pointer_that_its_author_can_own_wins() -> None:
    pointers = [
        to("AM-3", Via.ANSWER_TO_MESSAGE),
        to("AM-1", Via.TOKEN, STRANGER),
        to("AM-2", Via.ANSWER_TO_US),
    ]
    assert decide_thread(INES, pointers) == Join(case_id="AM-2", via=Via.ANSWER_TO_US)


def test_of_what_a_message_answers_the_nearest_wins_and_a_token_stands_above_it() -> None:
    far, near = to("AM-1", Via.ANSWER_TO_US, away=2), to("AM-2", Via.ANSWER_TO_MESSAGE, away=1)
    assert decide_thread(INES, [far, near]) == Join(case_id="AM-2", via=Via.ANSWER_TO_MESSAGE)
    assert decide_thread(INES, [far, to("AM-2", Via.ANSWER_TO_MESSAGE, STRANGER)]) == Join(
        case_id="AM-1", via=Via.ANSWER_TO_US
    )
    assert decide_thread(INES, [near, to("AM-3", Via.TOKEN)]) == Join(case_id="AM-3", via=Via.TOKEN)


def test_a_message_that_points_nowhere_opens_a_case() -> None:
    assert decide_thread(INES, []) == Open()


def test_a_case_is_suspected_once_and_by_its_strongest_sign() -> None:
    pointers = [to("AM-1", Via.REFERENCE), to("AM-1", Via.TOKEN), to("AM-2", Via.CONVERSATION)]
    decision = decide_thread(STRANGER, pointers)
    assert isinstance(decision, Open)
    assert {(one.case_id, one.via) for one in decision.follow_up_of} == {
        ("AM-1", Via.TOKEN),
        ("AM-2", Via.CONVERSATION),
    }


people = st.sampled_from([INES, STRANGER, typed("ines@example.org"), Identity(kind=IdentityKind.X, value="7")])
some_pointers = st.lists(st.builds(to, st.sampled_from(["AM-1", "AM-2"]), st.sampled_from(list(Via)), people))


@settings(max_examples=150, deadline=None)
@given(author=people, pointers=some_pointers)
def test_nobody_joins_a_case_that_does_not_know_them(author: Identity, pointers: list[Pointer]) -> None:
    decision = decide_thread(author, pointers)
    if isinstance(decision, Join):
        chosen = [one for one in pointers if (one.case_id, one.via) == (decision.case_id, decision.via)]
        assert any(same_person(author, one.known, one.via) for one in chosen)
    else:
        assert {one.case_id for one in decision.follow_up_of} == {one.case_id for one in pointers}


@settings(max_examples=100, deadline=None)
@given(author=people, pointers=some_pointers)
def test_the_order_of_pointers_decides_nothing_but_between_equals(author: Identity, pointers: list[Pointer]) -> None:
    one, other = decide_thread(author, pointers), decide_thread(author, pointers[::-1])
    assert type(one) is type(other)
    if isinstance(one, Join) and isinstance(other, Join):
        assert one.via is other.via
