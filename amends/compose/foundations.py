"""What everything else stands on: the database, the log, the blobs, the policy pack, the judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from amends.bus.local import LocalLog
from amends.bus.port import TOPICS, Log, Topic
from amends.bus.relay import Relay
from amends.compose.commands import RESULTS_DEPEND_ON
from amends.compose.names import KEPT_FOR_GOOD, TOPIC_OF
from amends.domain.clock import Pack
from amends.errors import Misconfigured
from amends.house import installation_secret
from amends.meter import NO_METER, Levels, Meter
from amends.policies.load import load_pack
from amends.ports import Judge, Now
from amends.settings import Settings
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import UnitOfWork
from respond.senders.mail import OwnAddresses
from storage.blobs import FolderBlobStore, FsspecBlobStore, open_blob_store
from storage.engine import open_engine
from storage.levels import levels
from storage.migrate import upgrade
from storage.unit_of_work import Database

if TYPE_CHECKING:
    from amends.bus.kafka.connection import Connection
    from amends.bus.kafka.topics import TopicPlan, Topics
    from amends.bus.kafka.whole import WholeTopics


Reading = Callable[[], AbstractContextManager[UnitOfWork]]


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Foundations:
    """What an installation stands on, its parts made when they are first asked for."""

    settings: Settings
    now: Now = utc_now
    #: What traces call this process.
    service: str = "amends"

    @cached_property
    def secret(self) -> bytes:
        """What tokens are derived from."""
        said = self.settings.secret.get_secret_value()
        return said.encode() if said else installation_secret(self.settings.data_dir)

    @cached_property
    def own_addresses(self) -> OwnAddresses:
        """What we are called in mail."""
        local, _, domain = self.settings.mail_replies.partition("@")
        return OwnAddresses(
            name=self.settings.organisation,
            address=self.settings.mail_from,
            domain=domain,
            reply_local=local,
            further=self.settings.mail_own,
        )

    @cached_property
    def partitions(self) -> Mapping[str, int]:
        """How many partitions each topic has."""
        return {**dict.fromkeys(TOPICS, self.settings.partitions), Topic.HISTORY: 1}

    @cached_property
    def database(self) -> Database:
        """The database, brought to this version's tables."""
        engine = open_engine(self.settings.database)
        upgrade(engine)
        return Database(engine, partitions=self.partitions, in_force=self.in_force)

    @cached_property
    def log(self) -> Log:
        """The log between the stages."""
        return self.log_of("")

    def log_of(self, worker: str) -> Log:
        """Make the log as a worker reads it. One with a name takes its share up again when it comes back."""
        if self.kafka is None:
            return LocalLog(self.database, partitions=self.partitions, now=self.now)
        from amends.bus.kafka.log import KafkaLog

        return KafkaLog(self.kafka, self.database.reading, self.blobs, is_named=bool(worker))

    @cached_property
    def kafka(self) -> Connection | None:
        """How the broker is reached; None where the log is read from the database."""
        s = self.settings
        if not s.kafka_servers:
            return None
        from amends.bus.kafka.connection import Connection

        return Connection(
            servers=s.kafka_servers,
            security=s.kafka_security,
            ca_file=s.kafka_ca_file,
            user=s.kafka_user,
            password=s.kafka_password.get_secret_value(),
            mechanism=s.kafka_mechanism,
            prefix=s.kafka_prefix,
            body_at_most=s.kafka_body_bytes,
            session_timeout_ms=int(s.kafka_session_s * 1000),
        )

    @cached_property
    def topics(self) -> Topics:
        """The topics on the broker.

        Raises:
            Misconfigured: there is no broker.
        """
        if self.kafka is None:
            raise Misconfigured("there is no broker: the log is read from the database; set AMENDS_KAFKA_SERVERS")
        from amends.bus.kafka.topics import Topics

        return Topics(self.kafka)

    @property
    def topic_plans(self) -> Mapping[str, TopicPlan]:
        """What the topics on the broker should be. What a rebuild needs is kept for good."""
        from amends.bus.kafka.topics import TopicPlan

        s = self.settings
        return {
            name: TopicPlan(
                name=name,
                partitions=count,
                keep_hours=None if name in KEPT_FOR_GOOD else s.kafka_keep_hours,
                replicas=s.kafka_replicas,
                record_bytes=self.kafka.record_at_most if self.kafka is not None else 0,
            )
            for name, count in self.partitions.items()
        }

    def relay(self, *, meter: Meter = NO_METER) -> Relay:
        """Make a relay.

        Raises:
            Misconfigured: there is no broker to bring anything to.
        """
        if self.kafka is None:
            raise Misconfigured("a relay brings records to Kafka: set AMENDS_KAFKA_SERVERS, or leave the relay out")
        from amends.bus.kafka.shipper import KafkaShipper

        return Relay(KafkaShipper(self.kafka, self.blobs), self.database.shipping, meter=meter)

    def whole_topics(self) -> WholeTopics:
        """Make what reads the broker's topics as a whole, for a rebuild.

        Raises:
            Misconfigured: there is no broker.
        """
        if self.kafka is None:
            raise Misconfigured("there is no broker to read the log from: set AMENDS_KAFKA_SERVERS")
        from amends.bus.kafka.whole import WholeTopics

        return WholeTopics(self.kafka, self.blobs)

    @cached_property
    def blobs(self) -> FsspecBlobStore:
        """The store of raw bytes."""
        if self.settings.blob_store:
            return open_blob_store(self.settings.blob_store)
        return FolderBlobStore(self.settings.data_dir / "blobs")

    @cached_property
    def pack(self) -> Pack:
        """The policy pack in force."""
        return load_pack(self.settings.policy_pack)

    def in_force(self) -> Mapping[str, object]:
        """Say what results depend on beside the records and the database, for the history."""
        settings = self.settings.model_dump(mode="json", include=set(RESULTS_DEPEND_ON))
        return {"pack": self.pack.edition, "settings": settings}

    @property
    def triage_dir(self) -> Path:
        """Where the golden set lies, and what was activated."""
        return self.settings.data_dir / "triage"

    @cached_property
    def judge(self) -> Judge:
        """The triage model that was activated, or the one shipped. Loading it takes a second or two."""
        from triage.activation import active_judge

        return active_judge(self.triage_dir)

    @cached_property
    def tracer(self) -> Tracer:
        """What follows messages across the stages; nothing does unless a setting says where traces go."""
        s = self.settings
        if not s.traces_to:
            return NO_TRACER
        try:
            from amends.ops.tracing import OtlpTracer
        except ImportError as why:
            raise Misconfigured(
                f"AMENDS_TRACES_TO asks for traces, and the packages for them are not installed ({why.name}): "
                "install Amends with its extra `traces`, or leave the setting out"
            ) from why
        return OtlpTracer(s.traces_to, service=self.service, share=s.traces_share)

    def levels(self) -> Levels:
        """Count what waits.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self.database.viewing() as connection:
            return levels(connection, groups=TOPIC_OF, now=self.now())

    def close(self) -> None:
        """Let go of what was opened: groups of the broker, connections to the database."""
        if "log" in self.__dict__:
            self.log.close()
        if "database" in self.__dict__:
            self.database.engine.dispose()
