"""Replies: stored once, changed by check-and-set, counted for the caps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from amends.domain.check import Level
from amends.domain.reply import Form, Part, Purpose, Reply, ReplyState, Slot
from amends.errors import NotFound, Refused
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.storage.stock import add_case
from tests.support.builders import a_check, a_message, a_reply, mail_from, typed
from tests.support.clock import MONDAY

ACK = Purpose.ACKNOWLEDGEMENT


def add(unit: SqlUnitOfWork, *replies: Reply) -> None:
    unit.replies.add([(reply, (), "") for reply in replies])


def test_a_reply_comes_back_as_it_was_with_its_checks(database: Database) -> None:
    reply = replace(
        a_reply("We are sorry.", state=ReplyState.QUEUED, authors=("amends", "hana"), approved_by="tom"),
        parts=(Part(slot=Slot.APOLOGISE, text="We are sorry."),),
        channel_name="mail:1@us",
        outcome="approved",
        addressee=typed("ines@example.org"),
    )
    checks = (a_check(quote="sorry", start=7), a_check(Level.WARN))
    with database.unit() as unit:
        add_case(unit)
        unit.replies.add([(reply, checks, json.dumps([{"form": "email"}]))])
        assert unit.replies.get(reply.id) == reply
        assert unit.replies.checks(reply.id) == checks
        assert unit.replies.known([reply.id, "nobody"]) == {reply.id}


def test_a_reply_is_stored_once(database: Database) -> None:
    with database.unit() as unit:
        add_case(unit)
        add(unit, a_reply())
        with pytest.raises(IntegrityError):
            add(unit, a_reply("Other words."))


def test_a_reply_changes_only_from_the_state_it_was_seen_in(database: Database) -> None:
    reply = a_reply(state=ReplyState.IN_REVIEW)
    with database.unit() as unit:
        add_case(unit)
        add(unit, reply)
        unit.replies.save(reply.moved(ReplyState.REJECTED), was=ReplyState.IN_REVIEW, at=MONDAY)
        with pytest.raises(Refused, match="somebody else was faster"):
            unit.replies.save(reply.moved(ReplyState.SUPERSEDED), was=ReplyState.IN_REVIEW, at=MONDAY)
        assert unit.replies.get(reply.id).state is ReplyState.REJECTED


def test_checks_stay_unless_new_ones_are_given(database: Database) -> None:
    reply = a_reply(state=ReplyState.IN_REVIEW)
    with database.unit() as unit:
        add_case(unit)
        unit.replies.add([(reply, (a_check(),), "")])
        unit.replies.save(replace(reply, outcome="seen"), was=ReplyState.IN_REVIEW, at=MONDAY)
        assert unit.replies.checks(reply.id) == (a_check(),)
        unit.replies.save(reply, was=ReplyState.IN_REVIEW, at=MONDAY, checks=())
        assert unit.replies.checks(reply.id) == ()


def test_replies_come_oldest_first_and_the_newest_of_a_purpose_is_the_latest(database: Database) -> None:
    old = a_reply(message=a_message("one"), drafted_at=MONDAY)
    young = a_reply(message=a_message("two"), drafted_at=MONDAY + timedelta(hours=1))
    thanks = a_reply(message=a_message("three"), purpose=ACK, drafted_at=MONDAY + timedelta(hours=2))
    with database.unit() as unit:
        case = add_case(unit)
        add(unit, young, thanks, old)
        assert unit.replies.of_case(case.id) == [old, young, thanks]
        assert unit.replies.in_state(ReplyState.DRAFTED) == [old, young, thanks]
        assert unit.replies.in_state(ReplyState.DRAFTED, after=old.id, limit=1) == [young]
        assert unit.replies.in_state(ReplyState.DRAFTED, after=thanks.id) == []
        with pytest.raises(NotFound, match="begin the list again"):
            unit.replies.in_state(ReplyState.DRAFTED, after="nothing")
        assert unit.replies.in_state(ReplyState.SENT, ReplyState.QUEUED) == []
        assert unit.replies.latest(case.id, Purpose.ANSWER) == young
        assert unit.replies.latest("AM-none", Purpose.ANSWER) is None


def test_a_reply_is_found_by_the_beginning_of_its_id_if_that_is_enough(database: Database) -> None:
    replies = [a_reply(message=a_message(f"message {number}")) for number in range(20)]
    with database.unit() as unit:
        add_case(unit)
        add(unit, *replies)
        assert unit.replies.find(replies[0].id[:12]) == replies[0]
        crowded = next(one.id[0] for one in replies if sum(other.id[0] == one.id[0] for other in replies) > 1)
        with pytest.raises(NotFound, match="more than one"):
            unit.replies.find(crowded)


@pytest.mark.parametrize("prefix", ["", "%", "_", "nothing"])
def test_what_is_no_beginning_of_an_id_finds_nothing(database: Database, prefix: str) -> None:
    with database.unit() as unit:
        add_case(unit)
        add(unit, a_reply())
        with pytest.raises(NotFound, match="no reply"):
            unit.replies.find(prefix)


def automatic(text: str, state: ReplyState, *, hours_ago: float = 0) -> Reply:
    return a_reply(
        message=a_message(text),
        purpose=ACK,
        state=state,
        is_automatic=True,
        drafted_at=MONDAY - timedelta(hours=hours_ago),
    )


def test_automatic_replies_that_went_or_will_go_are_counted(database: Database) -> None:
    counted = (ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNKNOWN)
    with database.unit() as unit:
        case = add_case(unit)
        add(unit, *(automatic(state.value, state) for state in ReplyState if state is not ReplyState.APPROVED))
        add(
            unit, automatic("yesterday", ReplyState.SENT, hours_ago=20), automatic("old", ReplyState.SENT, hours_ago=90)
        )
        add(unit, a_reply(message=a_message("by hand"), purpose=ACK, state=ReplyState.SENT, approved_by="tom"))
        counts = unit.replies.count_automatic(
            [mail_from(), mail_from("tom@example.org")],
            [case.id],
            since=MONDAY - timedelta(days=1),
            last_hour=MONDAY - timedelta(hours=1),
        )
    assert counts.to == {mail_from(): len(counted) + 1}
    assert counts.on == {case.id: len(counted) + 2}
    assert counts.in_all == len(counted)


def test_automatic_replies_to_the_sub_addresses_of_a_mailbox_are_counted_together(database: Database) -> None:
    addresses = ["he_p@e.example", "he_p+1@e.example", "he_p+2@e.example", "help+3@e.example", "he_p+4@e.example.org"]
    with database.unit() as unit:
        add_case(unit)
        for number, address in enumerate(addresses):
            reply = replace(
                automatic(address, ReplyState.SENT, hours_ago=number),
                addressee=mail_from(address),
            )
            add(unit, reply)
        asked = [mail_from("he_p+9@e.example"), mail_from("help@e.example"), mail_from("+1@e.example")]
        counts = unit.replies.count_automatic(asked, [], since=MONDAY - timedelta(days=1), last_hour=MONDAY)
    assert counts.to == {mail_from("he_p@e.example"): 3}
    assert counts.last_to == {mail_from("he_p@e.example"): MONDAY}


def test_forms_of_a_reply_are_kept_apart(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        add(unit, a_reply(form=Form.EMAIL), a_reply(form=Form.STATUS_PAGE))
        assert {reply.form for reply in unit.replies.of_case(case.id)} == {Form.EMAIL, Form.STATUS_PAGE}


def test_many_replies_change_each_from_the_state_it_was_seen_in(database: Database) -> None:
    one, two = (a_reply(message=a_message(text), state=ReplyState.IN_REVIEW) for text in ("one", "two"))
    rejected = one.moved(ReplyState.REJECTED)
    with database.unit() as unit:
        add_case(unit)
        unit.replies.add([(one, (a_check(),), "advice"), (two, (), "")])
        unit.replies.save_many([], at=MONDAY)
        unit.replies.save_many([(rejected, ReplyState.IN_REVIEW)], at=MONDAY)
        assert unit.replies.get_many([one.id, two.id, "nobody"]) == {one.id: rejected, two.id: two}
        assert unit.replies.checks(one.id) == (a_check(),)
        with pytest.raises(Refused, match="somebody else was faster"):
            unit.replies.save_many(
                [(two.moved(ReplyState.REJECTED), ReplyState.IN_REVIEW), (rejected, ReplyState.IN_REVIEW)], at=MONDAY
            )


def test_two_steps_of_one_reply_are_stored_in_their_order(database: Database) -> None:
    reply = a_reply(state=ReplyState.QUEUED, approved_by="tom")
    sending = reply.moved(ReplyState.SENDING)
    with database.unit() as unit:
        add_case(unit)
        add(unit, reply)
        unit.replies.save_many(
            [(sending, ReplyState.QUEUED), (sending.moved(ReplyState.SENT), ReplyState.SENDING)], at=MONDAY
        )
        assert unit.replies.get(reply.id).state is ReplyState.SENT
