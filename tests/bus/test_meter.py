"""What the runner of stages tells its meter: what was committed, and nothing that was not."""

from __future__ import annotations

from threading import Event

import pytest

from amends.bus.brake import StageBroken
from amends.errors import PositionLost, Unavailable
from storage.unit_of_work import Database
from tests.bus.stages import Workshop
from tests.support.clock import FakeClock


@pytest.fixture
def shop(database: Database, clock: FakeClock) -> Workshop:
    return Workshop(database, clock)


def test_a_committed_batch_is_told_with_its_outcomes_and_how_old_each_record_is(shop: Workshop) -> None:
    shop.publish("r1", "r2")
    shop.clock.advance(seconds=90)

    shop.runner().step(Event())

    assert shop.meter.outcomes == {("testing", "done"): 2}
    assert shop.meter.batches == [("testing", 2, [90.0, 90.0])]
    assert shop.meter.beats == ["works"]
    assert shop.meter.shares == [0.0]


def test_what_is_rolled_back_is_not_counted(shop: Workshop) -> None:
    shop.publish("r1", "poison")

    def fails(record_id: str) -> None:
        if record_id == "poison":
            raise ZeroDivisionError

    shop.stage.applying = fails
    shop.runner().step(Event())

    assert shop.meter.outcomes == {("testing", "done"): 1, ("testing", "dead"): 1}
    assert [records for _, records, _ in shop.meter.batches] == [1]
    assert shop.meter.shares[-1] == pytest.approx(1 / 20)


def test_a_batch_that_another_worker_did_counts_as_lost(shop: Workshop) -> None:
    shop.publish("r1")
    stop = Event()

    def another_was_quicker(_record_id: str) -> None:
        stop.set()
        raise PositionLost

    shop.stage.applying = another_was_quicker
    shop.runner().run(stop)

    assert (shop.meter.lost, shop.meter.outcomes, shop.meter.batches) == (["testing"], {}, [])


def test_a_loop_tells_whether_it_rests_or_waits(shop: Workshop) -> None:
    shop.publish("r1")
    down = [True, False]
    stop = Event()

    def is_down_once(_record_id: str) -> None:
        if down.pop(0):
            raise Unavailable("the database cannot be used now") from TimeoutError()

    shop.stage.preparing = is_down_once
    looked = iter([False, True])
    shop.runner(is_timed=True).run(stop, until_idle=lambda: next(looked))

    assert shop.meter.beats == ["works", "waits: TimeoutError", "works", "rests"]


def test_the_share_of_failures_is_told_before_the_brake_grips(shop: Workshop) -> None:
    shop.publish(*(f"r{number}" for number in range(40)))

    def fails(_record_id: str) -> None:
        raise ZeroDivisionError

    shop.stage.applying = fails
    with pytest.raises(StageBroken):
        shop.runner(batch=40).step(Event())

    assert shop.meter.shares[-1] == 1.0
    assert shop.meter.outcomes == {("testing", "dead"): 20}
