"""A broker in TLS that asks for a password and allows no more than it must."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection
from amends.bus.kafka.topics import TopicPlan, Topics
from amends.errors import Misconfigured, Unavailable
from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.kafka.works import PARTITIONS, TOPIC, Works
from tests.servers.ports import HOST, NoServer
from tests.servers.secured import PASSWORD, USER, SecuredKafka, a_secured_broker

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

PLANS = {name: TopicPlan(name=name, partitions=count) for name, count in PARTITIONS.items()}


@pytest.fixture(autouse=True)
def _sockets_are_swept() -> Iterator[None]:
    """Let the warnings of kafka-python, which forgets a socket whose TLS fails, come here and nowhere else."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    try:
        secured = a_secured_broker(tmp_path_factory.mktemp("secured"))
    except NoServer as why:
        pytest.skip(f"Apache Kafka itself is needed: {why}")
    with an_admin(Connection(servers=(secured.broker.servers,))) as admin:
        admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD)])
    yield secured
    secured.broker.stop(at_once=True)


@pytest.fixture
def above(secured: SecuredKafka, tmp_path: Path) -> Connection:
    """The connection of whoever may do everything."""
    return Connection(servers=(secured.broker.servers,), prefix=f"{tmp_path.name[-20:]}.")


@pytest.fixture
def connection(secured: SecuredKafka, above: Connection) -> Connection:
    return replace(
        above,
        servers=(secured.sasl,),
        security="SASL_SSL",
        ca_file=str(secured.ca_file),
        user=USER,
        password=PASSWORD,
        session_timeout_ms=3_000,
    )


def allow(above: Connection, *more: ACLOperation) -> None:
    """Allow what an installation needs on topics that somebody else makes: to see, read and write them."""
    operations = [ACLOperation.DESCRIBE, ACLOperation.READ, ACLOperation.WRITE, *more]
    with an_admin(above) as admin:
        admin.create_acls(
            [
                ACL(
                    f"User:{USER}",
                    "*",
                    operation,
                    ACLPermissionType.ALLOW,
                    ResourcePattern(kind, above.prefix, ACLResourcePatternType.PREFIXED),
                )
                for kind, operations_of in ((ResourceType.TOPIC, operations), (ResourceType.GROUP, [ACLOperation.READ]))
                for operation in operations_of
            ]
        )


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_the_whole_way_goes_in_tls_with_a_password_and_no_more_rights_than_needed(
    connection: Connection, above: Connection, postgres_url: str, tmp_path: Path, mechanism: str
) -> None:
    allow(above)
    Topics(above).ensure(PLANS)
    engine = open_engine(postgres_url)
    with Works(
        connection=replace(connection, mechanism=mechanism),
        database=Database(engine, partitions=PARTITIONS),
        database_url=postgres_url,
        blobs=FolderBlobStore(tmp_path / "blobs"),
    ) as works:
        assert works.topics().ensure(PLANS) == []
        works.publish(*(f"r{number}" for number in range(30)))
        works.ship_all()
        assert len(works.read_all(works.joined(), 30)) == 30
    engine.dispose()


def test_topics_that_may_not_be_made_are_named_with_their_settings(connection: Connection, above: Connection) -> None:
    allow(above)
    with pytest.raises(Misconfigured) as caught:
        Topics(connection).ensure(PLANS)

    said = str(caught.value)
    assert f"{connection.prefix}{TOPIC} with 4 partitions" in said
    assert "cleanup.policy=delete, max.message.bytes=1048588, retention.ms=-1" in said


def test_too_few_partitions_that_may_not_be_changed_are_named(connection: Connection, above: Connection) -> None:
    allow(above)
    Topics(above).ensure({TOPIC: TopicPlan(name=TOPIC, partitions=1)})
    with pytest.raises(Misconfigured, match="with 4 partitions"):
        Topics(connection).ensure({TOPIC: PLANS[TOPIC]})


def test_a_harmful_setting_that_may_not_be_changed_is_named_and_a_short_memory_is_borne(
    connection: Connection, above: Connection
) -> None:
    allow(above, ACLOperation.DESCRIBE_CONFIGS)
    Topics(above).ensure({TOPIC: TopicPlan(name=TOPIC, partitions=4, keep_hours=1, record_bytes=2_000_000)})
    assert Topics(connection).ensure({TOPIC: PLANS[TOPIC]}) == []
    with pytest.raises(Misconfigured, match=r"have it set to max.message.bytes=3000000"):
        Topics(connection).ensure({TOPIC: replace(PLANS[TOPIC], record_bytes=3_000_000)})


def test_a_wrong_password_is_told_as_such(connection: Connection) -> None:
    topics = Topics(replace(connection, password=PASSWORD[:-1]))

    def tried() -> None:
        # A machine that is very busy may be too slow for an answer at first, and is told to be out of reach.
        for _ in range(3):
            with suppress(Unavailable):
                topics.ensure(PLANS)

    with pytest.raises(Misconfigured, match="AMENDS_KAFKA_PASSWORD"):
        tried()


def test_a_user_who_may_see_nothing_is_told_so(connection: Connection, above: Connection) -> None:
    Topics(above).ensure(PLANS)
    with pytest.raises(Misconfigured):
        Topics(replace(connection, prefix=above.prefix)).ensure(PLANS)


def test_a_broker_in_tls_is_told_to_whoever_comes_in_plain(secured: SecuredKafka) -> None:
    with pytest.raises(Misconfigured, match="speaks TLS: set AMENDS_KAFKA_SECURITY"):
        Topics(Connection(servers=(secured.tls,))).ensure(PLANS)


def test_a_certificate_of_an_unknown_authority_is_told(secured: SecuredKafka) -> None:
    with pytest.raises(Misconfigured, match="AMENDS_KAFKA_CA_FILE"):
        Topics(Connection(servers=(secured.tls,), security="SSL")).ensure(PLANS)


def test_a_certificate_for_another_name_is_told(secured: SecuredKafka) -> None:
    elsewhere = f"localhost:{secured.tls_port}"
    assert HOST not in elsewhere
    with pytest.raises(Misconfigured, match="as its certificate does"):
        Topics(Connection(servers=(elsewhere,), security="SSL", ca_file=str(secured.ca_file))).ensure(PLANS)


def test_tls_without_a_password_goes_all_the_way(secured: SecuredKafka, above: Connection) -> None:
    topics = Topics(replace(above, servers=(secured.tls,), security="SSL", ca_file=str(secured.ca_file)))
    assert len(topics.ensure(PLANS)) == 3
    assert topics.faults(PLANS) == []
