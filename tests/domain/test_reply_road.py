"""The road of a reply: every step that may be taken, and no other."""

from __future__ import annotations

import pytest

from amends.domain.reply import ROAD, Form, Purpose, Reply, ReplyState, reply_id, text_sha256
from tests.support.builders import a_reply

S = ReplyState
#: The picture in `amends/domain/reply.py`, written out.
STEPS = {
    (S.DRAFTED, S.IN_REVIEW),
    (S.IN_REVIEW, S.APPROVED),
    (S.APPROVED, S.IN_REVIEW),
    (S.APPROVED, S.QUEUED),
    (S.DRAFTED, S.QUEUED),
    (S.QUEUED, S.SENDING),
    # Before it is sent it is looked at again, and may have to go back to a person.
    (S.QUEUED, S.IN_REVIEW),
    (S.SENDING, S.SENT),
    (S.SENDING, S.FAILED),
    (S.SENDING, S.UNKNOWN),
    # The channel was down and says that it took nothing.
    (S.SENDING, S.QUEUED),
    (S.IN_REVIEW, S.REJECTED),
    # It came back, or a person looked.
    (S.SENT, S.FAILED),
    (S.UNKNOWN, S.SENT),
    (S.UNKNOWN, S.FAILED),
    (S.SENDING, S.IN_REVIEW),
    *((state, S.SUPERSEDED) for state in (S.DRAFTED, S.IN_REVIEW, S.APPROVED, S.QUEUED)),
    *((state, S.SUPPRESSED) for state in (S.DRAFTED, S.IN_REVIEW, S.APPROVED, S.QUEUED)),
}


def standing_in(state: ReplyState) -> Reply:
    return a_reply(state=state, approved_by="tom")


@pytest.mark.parametrize("to", list(S))
@pytest.mark.parametrize("state", list(S))
def test_a_reply_takes_the_steps_of_its_road_and_no_other(state: ReplyState, to: ReplyState) -> None:
    reply = standing_in(state)
    if (state, to) in STEPS:
        assert reply.moved(to).state is to
    else:
        with pytest.raises(ValueError, match=f"{state.value} cannot become {to.value}"):
            reply.moved(to)


def test_the_road_knows_every_state() -> None:
    assert set(ROAD) == set(S)


@pytest.mark.parametrize("state", list(S))
def test_what_is_final_goes_on_only_by_a_person_or_a_bounce(state: ReplyState) -> None:
    leaves = {to for was, to in STEPS if was is state}
    assert state.is_final == (leaves <= {S.SENT, S.FAILED})


@pytest.mark.parametrize("state", [S.SENT, S.FAILED, S.UNKNOWN, S.REJECTED, S.SUPERSEDED, S.SUPPRESSED])
def test_what_left_or_was_dropped_never_comes_back_to_a_queue(state: ReplyState) -> None:
    reached, todo = {state}, [state]
    while todo:
        for to in ROAD[todo.pop()] - reached:
            reached.add(to)
            todo.append(to)
    assert not reached & {S.QUEUED, S.SENDING}


def test_a_draft_cannot_be_queued_without_a_policy_or_a_person() -> None:
    with pytest.raises(ValueError, match="nothing goes out"):
        a_reply().moved(S.QUEUED)


def test_a_step_keeps_what_the_channel_said_before() -> None:
    sending = standing_in(S.SENDING).moved(S.SENT, outcome="accepted", channel_name="mail:1@us")
    failed = sending.moved(S.FAILED, outcome="came back")
    assert (failed.outcome, failed.channel_name) == ("came back", "mail:1@us")


def test_one_message_has_one_reply_of_a_purpose_and_a_form() -> None:
    ids = {reply_id("m1", purpose, form) for purpose in Purpose for form in Form}
    assert len(ids) == len(Purpose) * len(Form)
    assert reply_id("m1", Purpose.ANSWER, Form.EMAIL) == reply_id("m1", Purpose.ANSWER, Form.EMAIL)
    assert reply_id("m2", Purpose.ANSWER, Form.EMAIL) not in ids


def test_a_text_that_no_encoding_holds_still_has_a_digest() -> None:
    assert text_sha256("\ud800") != text_sha256("\ud801")
