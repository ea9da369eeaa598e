"""The runs: one variant each, on a fresh installation, on the same messages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import perf_counter

from kafka import KafkaAdminClient, KafkaProducer

from amends.compose import TOPIC_OF, House
from amends.errors import Unavailable
from amends.settings import load_settings
from amends.wire import decode_message
from bench.corpus import Corpus
from bench.kafka.house import BUS
from bench.kafka.plain import DONE
from bench.kafka.processes import processor_s, spent_since
from bench.kafka.servers import Servers
from bench.kafka.staff import Staff, Worker, staff
from bench.kafka.worker import GO, READY
from bench.measure import Measured
from ingest.runner import take_in_all

_LOOK_S = 0.02
#: No run may take longer.
_AT_MOST_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A run of ours: so many workers of each stage, who judges, and whether it ends when the broker has all."""

    stages: Mapping[str, int]
    judged_by: str
    until_shipped: bool = False


def run_ours(servers: Servers, corpora: Sequence[Corpus], ours: Ours) -> Measured:
    """Take the messages in; then start the clock, let the relay go and wait until the last stage has done the last."""
    with servers.installation() as said:
        house = open_house(said)
        house.topics.ensure(house.topic_plans)
        all_done = is_done(house, ours.stages, until_shipped=ours.until_shipped)
        with staff(said, stages=ours.stages, judged_by=ours.judged_by) as workers:
            wait(have_joined(house, ours.stages), workers)
            for corpus in corpora:
                take_in(house, corpus.warm_up)
            wait(all_done, workers)
            workers.hold_relay()
            before = _rows(house)
            for corpus in corpora:
                take_in(house, corpus.measured)
            spent, began = processor_s(), perf_counter()
            workers.let_relay_go()
            wait(all_done, workers)
            wall_s = perf_counter() - began
            by_part = spent_since(spent)
        after = _rows(house)
        house.database.engine.dispose()
    return Measured(
        messages=sum(corpus.messages for corpus in corpora),
        wall_s=wall_s,
        cpu_s=sum(by_part.values()),
        peak_mib=0.0,
        before_mib=0.0,
        steps_s=by_part,
        facts={name: count - before[name] for name, count in after.items()},
    )


def run_plain(servers: Servers, corpora: Sequence[Corpus], *, model: Path) -> Measured:
    """Lay the messages onto a topic; then start the clock and let the consumer go."""
    with servers.installation() as said, servers.installation() as plain:
        house = open_house(said)
        topic = f"{said['kafka_prefix']}plain"
        _make_topic(servers.broker.servers, topic, house.settings.partitions)
        arguments = ["consumer", str(model), servers.broker.servers, topic, plain["database_url"]]
        worker = Worker("bench.kafka.plain", arguments, {})
        try:
            worker.wait_for(READY)
            for corpus in corpora:
                take_in(house, corpus.warm_up)
            warm_up = list(_taken_in(house))
            _produce(servers.broker.servers, topic, warm_up)
            worker.tell(f"{GO} {len(warm_up)}")
            worker.wait_for(DONE)
            for corpus in corpora:
                take_in(house, corpus.measured)
            measured = list(_taken_in(house))[len(warm_up) :]
            _produce(servers.broker.servers, topic, measured)
            spent = processor_s()
            worker.tell(f"{GO} {len(measured)}")
            wall_s = float(worker.wait_for(DONE).split()[0])
            by_part = spent_since(spent)
        finally:
            worker.end()
        house.database.engine.dispose()
    return Measured(
        messages=len(measured),
        wall_s=wall_s,
        cpu_s=sum(by_part.values()),
        peak_mib=0.0,
        before_mib=0.0,
        steps_s=by_part,
        facts={"messages": len(measured)},
    )


def open_house(said: Mapping[str, str]) -> House:
    """Open an installation by its settings, and make what it needs."""
    house = House(settings=load_settings(**said))
    # What `amends setup` makes.
    _ = house.secret, house.database
    return house


def take_in(house: House, path: Path) -> None:
    """Take in what is under `path`."""
    take_in_all(house.files(path), house.database.unit, house.blobs, house.readers, stop=Event())


def is_done(house: House, stages: Mapping[str, int], *, until_shipped: bool = False) -> Callable[[], bool]:
    """Give the question whether these stages have nothing left to do, and the broker has all if that is asked for."""
    groups = [_group(stage) for stage in stages]

    def asked() -> bool:
        # One moment for all: what a stage passes on is committed together with its own position.
        with house.database.reading() as unit:
            if any(unit.log.lag(group, TOPIC_OF[group]) for group in groups):
                return False
            return not until_shipped or unit.log.unshipped()[0] == 0

    return asked


def have_joined(house: House, stages: Mapping[str, int]) -> Callable[[], bool]:
    """Give the question whether all workers are members of their groups."""

    def asked() -> bool:
        try:
            return all(house.topics.members(_group(stage)) == count for stage, count in stages.items())
        except Unavailable:
            # A broker that is new makes the place where it notes its groups.
            return False

    return asked


def _group(stage: str) -> str:
    return "triage" if stage == BUS else stage


def wait(is_so: Callable[[], bool], workers: Staff) -> None:
    """Wait until something is so, while all processes run.

    Raises:
        RuntimeError: one ended.
        TimeoutError: it took too long.
    """
    until = time.monotonic() + _AT_MOST_S
    while not is_so():
        workers.check()
        if time.monotonic() > until:
            raise TimeoutError(f"the run was not done after {_AT_MOST_S:.0f} s")
        time.sleep(_LOOK_S)


def _rows(house: House) -> dict[str, int]:
    with house.database.viewing() as connection:
        return {
            table: connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one()  # noqa: S608
            for table in ("messages", "cases", "replies", "audit_entries", "log_records")
        }


def _taken_in(house: House) -> Iterator[bytes]:
    """Give the messages as the plain consumer reads them, in the order in which they were taken in."""
    with house.database.viewing() as connection:
        rows = connection.exec_driver_sql(
            "SELECT r.body FROM log_records r JOIN arrivals a ON a.message_id = r.id WHERE r.topic = 'messages' "
            "ORDER BY a.arrived_at, a.source, a.item"
        ).all()
    for row in rows:
        message = decode_message(bytes(row.body))
        plain = {
            "channel": message.channel.value,
            "sender": message.author_name,
            "subject": message.subject,
            "text": message.own_words,
        }
        yield json.dumps(plain).encode()


def _make_topic(broker: str, topic: str, partitions: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=[broker])
    admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": -1}}, wait_for_metadata=True)
    admin.close()


def _produce(broker: str, topic: str, bodies: Sequence[bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=[broker], acks="all")
    for body in bodies:
        producer.send(topic, value=body)
    producer.close()
