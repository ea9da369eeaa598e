"""`amends setup` says what it made, and what it may not make."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from amends.bus.port import Topic
from tests.journeys.running import run_amends, type_in
from tests.servers.kafka import ApacheKafka, StandIn, fetched_jars


def test_the_first_time_it_says_what_it_made_and_then_that_all_is_there(tmp_path: Path) -> None:
    first = type_in("setup", "--data-dir", str(tmp_path / "data")).out
    second = type_in("setup", "--data-dir", str(tmp_path / "data")).out

    assert f"made the folder {tmp_path / 'data'}" in first
    assert "made the secret" in first
    assert "database: ran v0001" in first
    assert "made" not in second
    assert "database: it has the tables of this version" in second
    assert f"raw messages: {tmp_path / 'data' / 'blobs'}" in second
    assert "topics" not in first + second


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a file", "utf-8")

    refused = type_in("setup", "--data-dir", str(tmp_path / "plain" / "data"), code=1)

    assert "AMENDS_DATA_DIR" in refused.err


#: A broker on which nobody who comes unnamed may do anything; its own two halves sign in to each other.
_FORBIDS = {
    "listener.security.protocol.map": "CONTROLLER:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "listener.name.controller.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule "
    'required username="node" password="node" user_node="node";',
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:node",
    "allow.everyone.if.no.acl.found": "false",
}


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.postgres
def test_where_the_broker_forbids_it_the_missing_topics_are_listed_with_what_they_have_to_be(
    tmp_path: Path, postgres_url: str
) -> None:
    if os.environ.get("AMENDS_TEST_KAFKA_KIND") == StandIn.kind:
        pytest.skip("the stand-in cannot forbid anything")
    broker = ApacheKafka(tmp_path / "kafka", fetched_jars(), settings=_FORBIDS)
    prefix = f"forbidden-{uuid.uuid4().hex[:6]}."
    broker.start()
    try:
        refused = run_amends(
            "setup",
            at=tmp_path,
            settings={"database_url": postgres_url, "kafka_servers": broker.servers, "kafka_prefix": prefix},
            code=1,
        )
    finally:
        broker.stop()

    for name in (Topic.MESSAGES, Topic.TRIAGED, Topic.OUTBOX):
        assert f"missing: topic {prefix}{name} with 4 partitions, cleanup.policy=delete" in refused.out
    assert "does not let us make it" in refused.err
