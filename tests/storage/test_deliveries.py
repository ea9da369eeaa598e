"""The delivery log, what is tried again when, and where nothing more goes by itself: on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amends.domain.delivery import CameTo, Delivery, PutOff, Unreachable, delivery_of
from amends.domain.reply import Reply
from storage.unit_of_work import Database
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_reply
from tests.support.clock import MONDAY

SOON, LATER = MONDAY + timedelta(minutes=1), MONDAY + timedelta(minutes=2)


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    """A fresh database with all tables, of each kind in turn."""
    return database_of_each_kind


@pytest.fixture
def reply(database: Database) -> Reply:
    reply = a_reply(channel_name="<ours@shop.example>")
    with database.unit() as unit:
        add_case(unit, a_case())
        unit.commit()
    return reply


def put_off(reply: Reply, *, minutes: int = 0) -> Delivery:
    at = MONDAY + timedelta(minutes=minutes)
    return delivery_of(reply, CameTo.PUT_OFF, at=at, says="451 “later”\x85\n", again_at=at + timedelta(minutes=1))


def test_what_happened_comes_back_whole_and_in_order(database: Database, reply: Reply) -> None:
    happened = [
        put_off(reply, minutes=1),
        put_off(reply),
        delivery_of(reply, CameTo.SENT, at=MONDAY, says="250 queued as 4F"),
    ]
    with database.unit() as unit:
        unit.deliveries.note(happened[:2])
        unit.deliveries.note([])
        unit.deliveries.note(happened[2:])
        unit.commit()
    with database.reading() as unit:
        assert unit.deliveries.of_case(reply.case_id) == happened
        assert unit.deliveries.of_case("AM-0000-0000-00") == []
        assert unit.deliveries.put_off([reply.id, "none"]) == {reply.id: PutOff(times=2, since=MONDAY)}


def test_the_last_proof_counts_and_what_proves_nothing_is_left_out(database: Database, reply: Reply) -> None:
    other = replace(reply, id="77ab" * 8)
    shown, back = (
        delivery_of(reply, came_to, at=MONDAY, says=came_to.value) for came_to in (CameTo.SHOWN, CameTo.CAME_BACK)
    )
    with database.unit() as unit:
        unit.deliveries.note([shown, back, delivery_of(other, CameTo.SENT, at=MONDAY, says="250")])
        assert unit.deliveries.proofs([reply.id, other.id]) == {reply.id: back}


def test_what_is_postponed_is_due_in_order_and_taken_up_once(database: Database) -> None:
    with database.unit() as unit:
        unit.deliveries.postpone({"b": LATER, "a": LATER, "c": SOON})
        unit.deliveries.postpone({"c": MONDAY, "d": LATER})
        assert unit.deliveries.due(at=MONDAY, limit=10) == ["c"]
        assert unit.deliveries.due(at=LATER, limit=3) == ["c", "a", "b"]
        assert unit.deliveries.take_up(["a", "c", "none"], at=SOON) == ["c"]
        assert unit.deliveries.take_up(["b", "a", "c"], at=LATER) == ["b", "a"]
        assert unit.deliveries.due(at=LATER, limit=10) == ["d"]


def test_an_address_is_blocked_until_it_is_not(database: Database) -> None:
    first = Unreachable(address="ines@example.org", since=MONDAY, reply_id="r1", says="550 no such user")
    second = replace(first, since=LATER, says="552 full")
    long = replace(first, address="x" * 3_000 + "@example.org", since=SOON)
    with database.unit() as unit:
        unit.deliveries.block(first)
        unit.deliveries.block(second)
        unit.deliveries.block(long)
        assert list(unit.deliveries.unreachable().values())[-1] == second
        assert unit.deliveries.unreachable(["ines@example.org", "tom@example.org"]) == {second.address: second}
        assert unit.deliveries.unreachable([]) == {}
        assert unit.deliveries.unblock(second.address)
        assert not unit.deliveries.unblock(second.address)
        assert unit.deliveries.unblock(long.address)
        assert unit.deliveries.unreachable() == {}
