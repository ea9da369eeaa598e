"""A record that alone stays unavailable does not hold its partition up for ever; an outage costs no record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest

from amends.bus.port import Record, Topic, partition_of
from amends.bus.runner import StageRunner
from amends.bus.waiting import BATCH_TRIES, PATIENCE_S, TRIES
from amends.errors import Unavailable
from storage.unit_of_work import Database
from tests.bus.stages import FakeStage, Workshop
from tests.conftest import PARTITIONS
from tests.support.clock import FakeClock

#: Longer than any pause.
ROUND_S = 40


def shares_partition(one: str, other: str) -> bool:
    return partition_of(one, PARTITIONS[Topic.MESSAGES]) == partition_of(other, PARTITIONS[Topic.MESSAGES])


@pytest.fixture
def shop(database: Database, clock: FakeClock) -> Workshop:
    assert shares_partition("ines", "tom")
    return Workshop(database, clock)


def unavailable(*ids: str) -> Callable[[str], None]:
    def maybe(record_id: str) -> None:
        if record_id in ids:
            raise Unavailable(f"the server puts {record_id} off")

    return maybe


def turn(shop: Workshop, runner: StageRunner[list[Record]], rounds: int, *, every_s: float = ROUND_S) -> None:
    """Let a worker try so often, with so much time in between."""
    for _ in range(rounds):
        runner.step(Event())
        shop.clock.advance(seconds=every_s)


def test_a_record_that_alone_stays_unavailable_dies_and_its_neighbours_go_through(shop: Workshop) -> None:
    shop.publish("r1")
    shop.publish("r2", "refused", key="tom")
    shop.publish("r3")
    shop.stage.applying = unavailable("refused")
    turn(shop, shop.runner(), 30)
    [letter] = shop.dead()
    assert (letter.record_id, letter.reason) == ("refused", "unavailable")
    assert letter.says == "the server puts refused off"
    assert letter.tries >= TRIES
    assert (sorted(shop.done), shop.lag) == (["r1", "r2", "r3"], 0)


def test_a_record_is_given_up_only_after_so_many_tries_and_so_much_time(shop: Workshop) -> None:
    shop.publish("refused", key="tom")
    shop.publish("r2")
    shop.stage.applying = unavailable("refused")
    runner = shop.runner()
    turn(shop, runner, BATCH_TRIES + 1)
    first_that_counted = shop.clock.time
    turn(shop, runner, TRIES - 2)
    assert shop.dead() == []
    turn(shop, runner, 3)
    assert [letter.record_id for letter in shop.dead()] == ["refused"]
    assert (shop.dead()[0].died_at - first_that_counted).total_seconds() >= PATIENCE_S - 2 * ROUND_S


def test_an_outage_that_lasts_for_days_gives_up_no_record(shop: Workshop) -> None:
    for person in range(12):
        shop.publish(f"r{person}", key=f"person {person}")
    shop.stage.preparing = unavailable(*(f"r{person}" for person in range(12)))
    turn(shop, shop.runner(), 100, every_s=3600)
    assert (shop.done, shop.dead(), shop.lag) == ([], [], 12)
    shop.stage.preparing = lambda _id: None
    turn(shop, shop.runner(), 1)
    assert (len(shop.done), shop.lag) == (12, 0)


def test_a_record_that_is_alone_in_the_world_waits(shop: Workshop) -> None:
    shop.publish("refused")
    shop.stage.preparing = unavailable("refused")
    turn(shop, shop.runner(), 50)
    assert (shop.dead(), shop.lag) == ([], 1)


def test_what_is_of_the_same_key_is_not_tried_before_its_turn(shop: Workshop) -> None:
    shop.publish("refused", "r2")
    shop.stage.preparing = unavailable("refused")
    turn(shop, shop.runner(), 50)
    assert ["r2"] not in shop.stage.batches
    assert (shop.dead(), shop.lag) == ([], 2)


def test_other_partitions_go_on_while_one_waits_and_show_that_the_stage_is_well(shop: Workshop) -> None:
    shop.publish("refused", key="tom")
    other = next(key for key in "abcdefgh" if not shares_partition(key, "tom"))
    shop.stage.preparing = unavailable("refused")
    runner = shop.runner()
    for number in range(30):
        shop.publish(f"r{number}", key=other)
        turn(shop, runner, 1)
    assert [letter.record_id for letter in shop.dead()] == ["refused"]
    assert (len(shop.done), shop.lag) == (30, 0)


def test_neighbours_that_fail_as_well_are_no_sign_that_the_stage_is_well(shop: Workshop) -> None:
    keys = ["tom", *[key for key in "abcdefghijklmnop" if shares_partition(key, "tom")][:3]]
    assert len(keys) == 4
    for key in keys:
        shop.publish(f"of {key}", key=key)
    shop.stage.preparing = unavailable(*(f"of {key}" for key in keys))
    turn(shop, shop.runner(), 40)
    assert (shop.dead(), shop.lag) == ([], 4)


def test_a_partition_is_left_alone_until_its_pause_is_over(shop: Workshop) -> None:
    shop.publish("refused")
    shop.stage.preparing = unavailable("refused")
    runner = shop.runner()
    for _ in range(5):
        runner.step(Event())
    assert len(shop.stage.batches) == 1
    turn(shop, runner, 3, every_s=1.0)
    assert len(shop.stage.batches) in {3, 4}


def test_a_batch_is_tried_whole_before_its_records_are_tried_by_themselves(shop: Workshop) -> None:
    shop.publish("r1", "r2", "refused")
    shop.stage.applying = unavailable("refused")
    turn(shop, shop.runner(), BATCH_TRIES + 1)
    whole = ["r1", "r2", "refused"]
    assert shop.stage.batches == [*[whole] * BATCH_TRIES, ["r1"], ["r2"], ["refused"]]
    assert shop.done == ["r1", "r2"]


@dataclass
class Idle(FakeStage):
    """A stage that can be done with records without touching what it needs; it touches it for `touching` alone."""

    touching: set[str] = field(default_factory=set)

    def has_reached(self, prepared: list[Record]) -> bool:
        return any(record.id in self.touching for record in prepared)


@pytest.mark.parametrize("is_touched", [True, False])
def test_neighbours_that_touch_nothing_are_no_sign_that_the_stage_is_well(
    database: Database, clock: FakeClock, is_touched: bool
) -> None:
    shop = Workshop(database, clock, stage=Idle(touching={"r2"} if is_touched else set()))
    shop.publish("refused", key="tom")
    shop.publish("r1", "r2")
    shop.stage.preparing = unavailable("refused")
    turn(shop, shop.runner(), 50)
    assert [letter.record_id for letter in shop.dead()] == (["refused"] if is_touched else [])


def test_a_worker_that_takes_over_counts_anew(shop: Workshop) -> None:
    shop.publish("refused", key="tom")
    shop.publish("r2")
    shop.stage.preparing = unavailable("refused")
    for _ in range(5):
        turn(shop, shop.runner(), TRIES)
    assert shop.dead() == []
