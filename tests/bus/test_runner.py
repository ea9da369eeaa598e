"""The runner of stages: what can go wrong, and what then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Event

import pytest

from amends.bus.brake import Brake, StageBroken
from amends.domain.arrival import Parked
from amends.errors import PositionLost, Unavailable, Unprocessable
from storage.unit_of_work import Database
from tests.bus.stages import Workshop
from tests.support.clock import MONDAY, FakeClock


@pytest.fixture
def shop(database: Database, clock: FakeClock) -> Workshop:
    return Workshop(database, clock)


def parked(shop: Workshop) -> list[Parked]:
    with shop.database.reading() as unit:
        return unit.intake.parked()


def fails_on(*poison: str, error: Exception) -> Callable[[str], None]:
    def maybe(record_id: str) -> None:
        if record_id in poison:
            raise error

    return maybe


def test_a_batch_is_done_and_the_position_moves(shop: Workshop) -> None:
    shop.publish("r1", "r2", "r3")
    assert shop.runner().step(Event()) == 3
    assert (shop.done, shop.lag) == (["r1", "r2", "r3"], 0)
    assert shop.runner().step(Event()) == 0


@pytest.mark.parametrize("where", ["preparing", "applying"])
@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        (Unprocessable("it is no message", reason="bad_record"), "bad_record", "it is no message"),
        (ZeroDivisionError("secret words"), "stage_failed", "testing could not handle it (ZeroDivisionError)"),
    ],
)
def test_a_poison_record_is_parked_and_its_partition_moves_on(
    shop: Workshop, where: str, error: Exception, reason: str, says: str
) -> None:
    shop.publish("r1", "poison", "r3")
    setattr(shop.stage, where, fails_on("poison", error=error))
    shop.runner().step(Event())
    assert (shop.done, shop.lag) == (["r1", "r3"], 0)
    (one,) = parked(shop)
    assert (one.stage, one.reason, one.says) == ("testing", reason, says)
    assert (one.source, one.message_id, one.parked_at) == ("log:messages", "poison", MONDAY)


def test_nothing_of_a_failed_batch_is_left_behind(shop: Workshop) -> None:
    shop.publish("r1", "poison")
    shop.stage.applying = fails_on("poison", error=ZeroDivisionError())
    shop.runner().step(Event())
    assert shop.done == ["r1"]
    assert shop.stage.batches == [["r1", "poison"], ["r1"], ["poison"]]


def test_a_poison_record_parked_once_stays_parked_once(shop: Workshop) -> None:
    shop.publish("poison")
    shop.stage.preparing = fails_on("poison", error=Unprocessable("no", reason="bad_record"))
    shop.runner().step(Event())
    shop.runner().step(Event())
    assert len(parked(shop)) == 1


def test_what_is_unavailable_changes_nothing_and_comes_again(shop: Workshop) -> None:
    shop.publish("r1", "r2")
    shop.stage.applying = fails_on("r2", error=Unavailable("the disk is full"))
    with pytest.raises(Unavailable):
        shop.runner().step(Event())
    assert (shop.done, shop.lag, parked(shop)) == ([], 2, [])
    shop.stage.applying = lambda _id: None
    shop.runner().step(Event())
    assert shop.done == ["r1", "r2"]


def test_a_running_stage_waits_out_what_is_unavailable(shop: Workshop) -> None:
    shop.publish("r1")
    tries = []

    def down_twice(record_id: str) -> None:
        tries.append(record_id)
        if len(tries) < 3:
            raise Unavailable("the mail server is down")

    shop.stage.preparing = down_twice
    assert shop.runner().run(Event(), until_idle=lambda: True) == 1
    assert (tries, shop.done) == (["r1"] * 3, ["r1"])


def test_a_batch_that_another_worker_did_is_dropped(shop: Workshop) -> None:
    shop.publish("r1")
    other = Workshop(shop.database, shop.clock)

    def meanwhile(_record_id: str) -> None:
        if not other.stage.batches:
            other.runner(worker="anna").step(Event())

    shop.stage.preparing = meanwhile
    with pytest.raises(PositionLost):
        shop.runner().step(Event())
    assert (shop.done, other.stage.batches) == (["r1"], [["r1"]])


def test_a_running_stage_goes_on_after_a_batch_that_it_lost(shop: Workshop) -> None:
    shop.publish("r1")
    other = Workshop(shop.database, shop.clock)

    def meanwhile(_record_id: str) -> None:
        if not other.stage.batches:
            other.runner(worker="anna").step(Event())
            shop.publish("r2")

    shop.stage.preparing = meanwhile
    shop.runner().run(Event(), until_idle=lambda: True)
    assert shop.done == ["r1", "r2"]


def test_the_brake_stops_a_stage_that_fails_on_everything(shop: Workshop) -> None:
    shop.publish(*(f"r{number}" for number in range(60)))
    shop.stage.preparing = fails_on(*(f"r{number}" for number in range(60)), error=ZeroDivisionError())
    with pytest.raises(StageBroken, match="the stage has stopped"):
        shop.runner(batch=50).run(Event(), until_idle=lambda: True)
    assert (len(parked(shop)), shop.lag) == (20, 40)


def test_the_brake_leaves_records_alone_that_are_at_fault_themselves(shop: Workshop) -> None:
    shop.publish(*(f"r{number}" for number in range(60)))
    shop.stage.preparing = fails_on(*(f"r{number}" for number in range(60)), error=Unprocessable("spam"))
    shop.runner().run(Event(), until_idle=lambda: True)
    assert (len(parked(shop)), shop.lag) == (60, 0)


def test_the_brake_grips_only_when_most_of_the_last_failed() -> None:
    brake = Brake(least=4, share=0.5)
    for _ in range(5):
        brake.note(failed=False)
        brake.note(failed=True)
    with pytest.raises(StageBroken, match="6 of the last 11"):
        brake.note(failed=True)


def test_stop_finishes_the_batch_in_hand_and_takes_no_other(shop: Workshop) -> None:
    shop.publish("r1", "r2", "r3", "r4")
    stop = Event()
    shop.stage.applying = lambda record_id: stop.set() if record_id == "r1" else None
    assert shop.runner(batch=2).run(stop) == 2
    assert (shop.done, shop.lag) == (["r1", "r2"], 2)


def test_stop_comes_before_the_next_partition(shop: Workshop) -> None:
    for person in range(12):
        shop.publish(f"r{person}", key=f"person {person}")
    stop = Event()
    shop.stage.applying = lambda _id: stop.set()
    shop.runner().run(stop)
    assert 0 < len(shop.done) < 12
    assert len(shop.stage.batches) == 1


def test_an_idle_stage_wakes_for_what_is_published_later(shop: Workshop) -> None:
    stop = Event()
    shop.stage.applying = lambda _id: stop.set()
    running = threading.Thread(target=shop.runner().run, args=(stop,))
    running.start()
    shop.publish("r1")
    running.join(timeout=10)
    assert not running.is_alive()
    assert shop.done == ["r1"]


def test_a_stopped_stage_leaves_its_partitions_to_the_others(shop: Workshop) -> None:
    shop.publish("r1")
    shop.runner(worker="anna").run(Event(), until_idle=lambda: True)
    shop.publish("r2")
    shop.runner(worker="ben").step(Event())
    assert shop.done == ["r1", "r2"]
