"""The runner of stages: what can go wrong, and what then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest

from amends.bus.brake import Brake, StageBroken
from amends.casework.dead import carry_out, plan_retry
from amends.domain.dead import DeadState
from amends.errors import PositionLost, Unavailable, Unprocessable
from storage.unit_of_work import Database
from tests.bus.stages import Workshop
from tests.support.builders import a_record
from tests.support.clock import MONDAY, FakeClock


@pytest.fixture
def shop(database: Database, clock: FakeClock) -> Workshop:
    return Workshop(database, clock)


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
def test_a_poison_record_becomes_a_dead_letter_and_its_partition_moves_on(
    shop: Workshop, where: str, error: Exception, reason: str, says: str
) -> None:
    shop.publish("r1", "poison", "r3")
    setattr(shop.stage, where, fails_on("poison", error=error))
    shop.runner().step(Event())
    assert (shop.done, shop.lag) == (["r1", "r3"], 0)
    (one,) = shop.dead()
    assert (one.stage, one.reason, one.says, one.tries, one.died_at) == ("testing", reason, says, 1, MONDAY)
    assert (one.topic, one.record_id, one.offset, one.key, one.body) == ("messages", "poison", 1, "ines", b"{}")
    assert (one.channel, one.state) == ("email", DeadState.WAITING)


def test_a_dead_letter_is_published_as_it_was_with_its_reason_in_the_headers(shop: Workshop) -> None:
    shop.publish("poison")
    shop.stage.preparing = fails_on("poison", error=Unprocessable("it is no message", reason="bad_record"))
    shop.runner().step(Event())
    (letter,), (record,) = shop.dead(), shop.on_dead_topic()
    assert (record.id, record.key, record.type, record.body) == (letter.id, "ines", "amends.test", b"{}")
    assert {**record.headers, **letter.headers} == record.headers
    said = {name: value for name, value in record.headers.items() if name.startswith("dead_")}
    assert said == {
        "dead_stage": "testing",
        "dead_topic": "messages",
        "dead_partition": str(letter.partition),
        "dead_offset": "0",
        "dead_id": "poison",
        "dead_reason": "bad_record",
        "dead_says": "it is no message",
        "dead_tries": "1",
        "dead_at": MONDAY.isoformat(),
    }


def test_a_record_whose_headers_say_nothing_of_ours_dies_like_any_other(shop: Workshop) -> None:
    with shop.database.unit() as unit:
        unit.log.publish([replace(a_record("poison"), headers={"channel": "carrier pigeon"})])
        unit.commit()
    shop.stage.preparing = fails_on("poison", error=Unprocessable("no", reason="bad_record"))
    shop.runner().step(Event())
    assert ([one.channel for one in shop.dead()], shop.lag) == (["carrier pigeon"], 0)


def test_nothing_of_a_failed_batch_is_left_behind(shop: Workshop) -> None:
    shop.publish("r1", "poison")
    shop.stage.applying = fails_on("poison", error=ZeroDivisionError())
    shop.runner().step(Event())
    assert shop.done == ["r1"]
    assert shop.stage.batches == [["r1", "poison"], ["r1"], ["poison"]]


def test_a_poison_record_that_died_once_stays_dead_once(shop: Workshop) -> None:
    shop.publish("poison")
    shop.stage.preparing = fails_on("poison", error=Unprocessable("no", reason="bad_record"))
    shop.runner().step(Event())
    shop.runner().step(Event())
    assert len(shop.dead()) == len(shop.on_dead_topic()) == 1


def test_what_is_unavailable_changes_nothing_and_comes_again(shop: Workshop) -> None:
    shop.publish("r1", "r2")
    shop.stage.applying = fails_on("r2", error=Unavailable("the disk is full"))
    assert shop.runner().step(Event()) == 0
    assert (shop.done, shop.lag, shop.dead()) == ([], 2, [])
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
    assert shop.runner(is_timed=True).run(Event(), until_idle=lambda: True) == 1
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
    assert (len(shop.dead()), shop.lag) == (20, 40)


def test_the_brake_holds_over_all_partitions_of_a_worker(shop: Workshop) -> None:
    for number in range(60):
        shop.publish(f"r{number}", key=f"person {number}")
    shop.stage.preparing = fails_on(*(f"r{number}" for number in range(60)), error=ZeroDivisionError())
    with pytest.raises(StageBroken, match="20 of the last 20"):
        shop.runner(batch=7).run(Event(), until_idle=lambda: True)
    assert len({letter.partition for letter in shop.dead()}) > 1
    assert (len(shop.dead()), shop.lag) == (20, 40)


def test_a_stage_that_is_started_again_unmended_sets_one_record_aside_and_stops(shop: Workshop) -> None:
    shop.publish(*(f"r{number}" for number in range(60)))
    shop.stage.preparing = fails_on(*(f"r{number}" for number in range(60)), error=ZeroDivisionError())
    for _ in range(3):
        with pytest.raises(StageBroken):
            shop.runner().run(Event(), until_idle=lambda: True)
    assert (len(shop.dead()), shop.lag) == (22, 38)


def test_a_stage_that_was_mended_does_what_the_brake_had_kept_and_what_had_died(shop: Workshop) -> None:
    ids = [f"r{number}" for number in range(60)]
    shop.publish(*ids)
    shop.stage.preparing = fails_on(*ids, error=ZeroDivisionError())
    with pytest.raises(StageBroken):
        shop.runner().run(Event(), until_idle=lambda: True)
    shop.stage.preparing = lambda _id: None
    with shop.database.unit() as unit:
        carry_out(unit, plan_retry(unit), by="hana", at=MONDAY)
        unit.commit()
    shop.runner().run(Event(), until_idle=lambda: True)
    assert sorted(record.partition("~")[0] for record in shop.done if record.startswith("r")) == sorted(ids)
    assert (shop.lag, shop.dead()) == (0, [])


def test_the_brake_leaves_records_alone_that_are_at_fault_themselves(shop: Workshop) -> None:
    shop.publish(*(f"r{number}" for number in range(60)))
    shop.stage.preparing = fails_on(*(f"r{number}" for number in range(60)), error=Unprocessable("spam"))
    shop.runner().run(Event(), until_idle=lambda: True)
    assert (len(shop.dead()), shop.lag) == (60, 0)


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
