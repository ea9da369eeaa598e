"""What waits: before the relay, before each stage, and what stages gave up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from amends.compose import STAGES, TOPIC_OF, House
from amends.doctor.finding import Finding
from amends.errors import Unavailable

#: A queue longer than this that no worker reads is a fault, not a rush.
_LAG_AT_MOST = 1000
#: Some dead letters are work for a person; more of them, or one that nobody has looked at for so long, are a fault.
_DEAD_AT_MOST = 20
_DEAD_FOR_AT_MOST = timedelta(hours=24)
#: A hold is for a bad hour; one that stands for longer may have been forgotten.
_HELD_FOR_AT_MOST = timedelta(hours=24)
#: A relay looks for records ten times a second: one that ships nothing for so long does not run, or cannot.
_PATIENCE_S, _LOOK_AGAIN_S = 3.0, 0.2


def relay(house: House) -> Iterator[Finding]:
    """Look whether the relay brings records to the broker: if any wait, whether it gets on with them.

    A record's own time is no help: that of a message is when it was written, maybe years ago.
    """
    if house.kafka is None:
        return
    waiting, before = _unshipped(house)
    until = time.monotonic() + _PATIENCE_S
    left, now = waiting, before
    while left and now == before and time.monotonic() < until:
        time.sleep(_LOOK_AGAIN_S)
        left, now = _unshipped(house)
    is_well = not left or now > before
    yield Finding(
        what="relay",
        is_well=is_well,
        says=f"{left} records wait to be brought to the broker" + ("" if is_well else ", and nothing moves"),
        remedy="" if is_well else "start it: `amends run relay`; if it runs, its log says what it waits for",
    )


def _unshipped(house: House) -> tuple[int, int]:
    """Count what was not shipped, and what was."""
    with house.database.reading() as unit:
        shipped = sum(
            unit.log.shipped(topic, partition)
            for topic, partitions in house.partitions.items()
            for partition in range(max(partitions, unit.log.partitions_in_use(topic)))
        )
        return unit.log.unshipped()[0], shipped


def stages(house: House) -> Iterator[Finding]:
    """Look at each stage: how much waits, and how many work on it."""
    for name in STAGES:
        with house.database.reading() as unit:
            lag = unit.log.lag(name, TOPIC_OF[name])
        workers = _members(house, name) if house.kafka is not None else house.log.workers(name, TOPIC_OF[name])
        is_stuck = lag > 0 and workers == 0
        is_behind = lag > _LAG_AT_MOST
        yield Finding(
            what=f"stage {name}",
            is_well=not is_stuck and not is_behind,
            says=f"{workers} workers, {lag} records waiting",
            remedy=f"start it: `amends run {name}`" if is_stuck else ("start more workers of it" if is_behind else ""),
        )


def _members(house: House, group: str) -> int:
    """Count the members of a group. A new cluster needs some seconds to find out who keeps its groups."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return house.topics.members(group)
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_S)


def dead_letters(house: House) -> Iterator[Finding]:
    """Look at what stages gave up and nobody has settled."""
    with house.database.reading() as unit:
        counted, oldest = unit.dead.count(), unit.dead.oldest()
    waiting = sum(counted.values())
    if not waiting or oldest is None:
        yield Finding(what="dead letters", is_well=True, says="none waits")
        return
    are_too_many = waiting > _DEAD_AT_MOST
    are_too_old = house.now() - oldest > _DEAD_FOR_AT_MOST
    found = ", ".join(f"{count} of {stage} ({reason})" for (stage, reason), count in counted.items())
    yield Finding(
        what="dead letters",
        is_well=not are_too_many and not are_too_old,
        says=f"{found}; the oldest waits since {oldest:%d %b %Y %H:%M}. See `amends dead list`",
        remedy="mend what made the stage give them up, then `amends dead retry --all`, or discard them with a reason"
        if are_too_many or are_too_old
        else "",
    )


def public_posting(house: House) -> Iterator[Finding]:
    """Say whether public posting is held, by whom, and what waits for the release."""
    with house.database.reading() as unit:
        hold, held = unit.holds.standing(), unit.replies.public_in_queue()
    if hold is None:
        yield Finding(what="public posting", is_well=True, says="goes on")
        return
    is_old = house.now() - hold.placed_at > _HELD_FOR_AT_MOST
    yield Finding(
        what="public posting",
        is_well=not is_old,
        says=f"{hold.says}. {held} approved replies wait",
        remedy="ask whether it is still needed, then `amends review release --because …`" if is_old else "",
    )
