"""The broker: does it answer, has it our topics, and does it take records as large as ours."""

from __future__ import annotations

from collections.abc import Iterator

from amends.compose import House
from amends.doctor.finding import Finding
from amends.errors import Unavailable

#: What a record needs beside its body: the key, the headers, the envelope.
_ROOM_BYTES = 16_384


def broker(house: House) -> Iterator[Finding]:
    """Look whether a broker answers and lets us in."""
    if house.kafka is None:
        return
    from amends.bus.kafka.cluster import record_limits

    where = ", ".join(house.kafka.servers)
    try:
        record_limits(house.kafka, ())
    except Unavailable as why:
        yield Finding(
            what="broker",
            is_well=False,
            says=str(why),
            remedy="start it, or say with AMENDS_KAFKA_SERVERS where it is; meanwhile records wait in the database, "
            "and nothing is lost",
        )
        return
    yield Finding(what="broker", is_well=True, says=f"{where} answers")


def topics(house: House) -> Iterator[Finding]:
    """Look whether our topics are there, with enough partitions."""
    if house.kafka is None:
        return
    plans = house.topic_plans
    faults = house.topics.faults(plans)
    prefix = house.settings.kafka_prefix
    yield Finding(
        what="topics",
        is_well=not faults,
        says="; ".join(faults)
        or f"{', '.join(f'{prefix}{name}' for name in plans)}, {house.settings.partitions} partitions each",
        remedy="run `amends setup`, which makes them, or says what the cluster's owner has to make" if faults else "",
    )


def record_size(house: House) -> Iterator[Finding]:
    """Look whether each topic takes the largest record that travels whole."""
    if house.kafka is None:
        return
    from amends.bus.kafka.cluster import record_limits

    largest = house.settings.kafka_body_bytes
    limits = record_limits(house.kafka, house.topic_plans)
    tight = {name: limit for name, limit in limits.items() if limit < largest + _ROOM_BYTES}
    if tight:
        name, limit = min(tight.items(), key=lambda one: one[1])
        yield Finding(
            what="record size",
            is_well=False,
            says=f"records to {largest:,} bytes travel whole, and {house.settings.kafka_prefix}{name} takes {limit:,}",
            remedy=f"set AMENDS_KAFKA_BODY_BYTES to {max(1000, limit - _ROOM_BYTES)} or less, or raise the topic's "
            "max.message.bytes",
        )
    elif limits:
        yield Finding(
            what="record size",
            is_well=True,
            says=f"records to {largest:,} bytes travel whole; the broker takes {min(limits.values()):,}",
        )
    else:
        yield Finding(what="record size", is_well=True, says="the broker does not say what it takes")
