"""One message, one trace: from its arrival to the reply, over the log in the database and over Kafka."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import run
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from kafka import KafkaAdminClient

from amends.bus.port import Position, Record, Topic
from amends.cli.intake import take_in
from amends.compose import STAGES, TOPIC_OF, House
from amends.domain.reply import ReplyState
from amends.tracer import TRACEPARENT
from tests.journeys.letters import COMPLAINT, a_letter
from tests.journeys.running import a_house, environment, wait_until, work, written_mails
from tests.support.collector import Collector, Received, a_collector
from tests.support.places import server
from tests.web.serving import served


@pytest.fixture
def collector() -> Iterator[Collector]:
    with a_collector() as collector:
        yield collector


def test_one_trace_holds_a_message_from_its_arrival_to_its_reply(tmp_path: Path, collector: Collector) -> None:
    letters = [a_letter(), a_letter(address="tom@customer.example", name="Tom Ash", message_id="kettle-2@c.example")]
    with a_house(tmp_path / "data", traces_to=collector.url) as house:
        take_in(house, written_mails(tmp_path / "in", letters))
        work(house)
        house.tracer.close()
        records = on_the_log(house)

    roads = [road(collector, arrival) for arrival in collector.named("ingest")]
    assert len(roads) == 2
    assert [[span.name for span in road] for road in roads] == [["ingest", "triage", "respond", "deliver"]] * 2
    assert {len({span.trace for span in road}) for road in roads} == {1}
    assert roads[0][0].trace != roads[1][0].trace
    assert {name: len(found) for name, found in records.items()} == dict.fromkeys(TOPIC_OF.values(), 2)
    for record in (one for found in records.values() for one in found):
        assert record.headers[TRACEPARENT].split("-")[1] in {road[0].trace for road in roads}
    batches = {f"{stage} batch" for stage in ("ingest", *STAGES)}
    assert {span.name for span in collector.spans} == {"ingest", *STAGES, *batches, "prepare", "apply"}
    linked = {trace for batch in collector.named("triage batch") for trace, _ in batch.links}
    assert linked == {road[0].trace for road in roads}
    assert all(word not in repr(collector.spans) for word in ("ines", "Okafor", "kettle", "customer.example"))


def test_a_form_goes_on_with_the_trace_of_its_request(tmp_path: Path, collector: Collector) -> None:
    trace, parent = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    with a_house(tmp_path / "data", traces_to=collector.url) as house:
        with served(house.form()) as form:
            sent = httpx.post(
                f"{form}/api/v1/submissions",
                json={"text": COMPLAINT, "email": "ines@customer.example"},
                headers={"traceparent": f"00-{trace}-{parent}-01"},
            )
        work(house)
        house.tracer.close()

    assert sent.status_code == 202
    (arrival,) = collector.named("ingest")
    assert (arrival.trace, arrival.parent) == (trace, parent)
    assert [span.name for span in road(collector, arrival)] == ["ingest", "triage", "respond", "deliver"]


def test_without_the_setting_nothing_is_made_and_no_header_is_written(tmp_path: Path) -> None:
    with a_house(tmp_path / "data") as house:
        with served(house.form()) as form:
            headers = {"traceparent": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"}
            httpx.post(f"{form}/api/v1/submissions", json={"text": COMPLAINT}, headers=headers)
        take_in(house, written_mails(tmp_path / "in", [a_letter()]))
        work(house)
        records = on_the_log(house)

    assert sum(map(len, records.values())) > 3
    assert [one for found in records.values() for one in found if TRACEPARENT in one.headers] == []


def test_without_the_packages_the_setting_is_refused_with_a_remedy(tmp_path: Path) -> None:
    lacking = "import sys; sys.modules['opentelemetry'] = None; from amends.cli.app import main; main()"
    ended = run(
        [sys.executable, "-c", lacking, "run", "respond", "--until-idle", "--data-dir", "data"],
        cwd=tmp_path,
        env=environment({"traces_to": "http://127.0.0.1:4318/v1/traces"}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode not in {0, 3}
    assert "extra `traces`" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.kafka
@pytest.mark.postgres
def test_one_trace_holds_a_message_over_kafka_too(tmp_path: Path, postgres_url: str, collector: Collector) -> None:
    prefix = f"test-{uuid.uuid4().hex[:10]}."
    said: dict[str, Any] = {
        "database_url": postgres_url,
        "kafka_servers": server("kafka"),
        "kafka_prefix": prefix,
        "kafka_session_s": 2.0,
        "traces_to": collector.url,
    }
    with a_house(tmp_path / "data", **said) as house:
        house.topics.ensure(house.topic_plans)
        try:
            take_in(house, written_mails(tmp_path / "in", [a_letter()]))
            until_sent(house)
            house.tracer.close()
        finally:
            connection = house.kafka
            assert connection is not None
            admin = KafkaAdminClient(**connection.client())
            admin.delete_topics([connection.topic(name) for name in house.partitions])
            admin.close()

    (arrival,) = collector.named("ingest")
    spans = road(collector, arrival)
    assert [span.name for span in spans] == ["ingest", "triage", "respond", "deliver"]
    assert {span.trace for span in spans} == {arrival.trace}


def until_sent(house: House) -> None:
    """Run the relay and a worker of each stage until a reply is sent."""
    stop = Event()
    works = [house.relay().run, *(house.runner(stage).run for stage in STAGES)]
    threads = [Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: is_sent(house), for_s=90, saying="the acknowledgement is sent")
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def is_sent(house: House) -> bool:
    with house.database.reading() as unit:
        return bool(unit.replies.in_state(ReplyState.SENT))


def road(collector: Collector, arrival: Received) -> list[Received]:
    """Follow a message: each span and the one that it is the parent of."""
    found = [arrival]
    while following := [span for span in collector.spans if span.parent == found[-1].span]:
        assert len(following) == 1, following
        found.append(following[0])
    return found


def on_the_log(house: House) -> Mapping[str, list[Record]]:
    with house.database.reading() as unit:
        return {
            topic: [
                record
                for partition in range(house.partitions[topic])
                for record in unit.log.read(
                    Position(group="test", topic=topic, partition=partition, next_offset=0), limit=1_000
                )
            ]
            for topic in (Topic.MESSAGES, Topic.TRIAGED, Topic.OUTBOX)
        }
