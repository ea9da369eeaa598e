"""The topics on the broker: made and kept as the settings say, or checked where the broker forbids that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    AuthorizationError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationFactorError,
    PolicyViolationError,
    TopicAlreadyExistsError,
)

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection
from amends.errors import Misconfigured

_FORBIDDEN = (AuthorizationError, InvalidConfigurationError, InvalidReplicationFactorError, PolicyViolationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPlan:
    """One topic as it should be. `keep_hours` is its retention; None keeps everything for good.

    `record_bytes` is the largest record that it has to take. `replicas` is used when the
    topic is made; -1 is the broker's own default.
    """

    name: str
    partitions: int
    keep_hours: int | None = None
    replicas: int = -1
    record_bytes: int = 1_048_588

    def configs(self) -> dict[str, str]:
        """Give the topic's own settings, by Kafka's names.

        Nothing is compacted: a record replaces no other, whatever their keys.
        """
        return {
            "cleanup.policy": "delete",
            "max.message.bytes": str(self.record_bytes),
            "retention.ms": "-1" if self.keep_hours is None else str(self.keep_hours * 3_600_000),
            "retention.bytes": "-1",
        }

    def wrong(self, found: Mapping[str, str]) -> dict[str, str]:
        """Say which of the settings found would have to change, and to what. More room than is needed is not wrong."""
        return {
            name: wanted
            for name, wanted in self.configs().items()
            if name in found
            and found[name] != wanted
            and not (name == "max.message.bytes" and int(found[name]) > self.record_bytes)
        }


#: What does harm when it is wrong. Shorter retention does none: what the broker forgets is read from the table.
_HARMFUL = frozenset({"cleanup.policy", "max.message.bytes"})


class Topics:
    """What the broker says of our topics."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, plans: Mapping[str, TopicPlan]) -> list[str]:
        """Make what is missing and set what is otherwise; returns what was done. Several processes may do so at once.

        Raises:
            Misconfigured: something is missing or harmful, and the broker does not let us change it.
            Unavailable: the broker cannot be reached.
        """
        with an_admin(self._connection) as admin:
            there = self._described(admin, plans)
            return [
                done
                for plan in plans.values()
                for done in (
                    self._grown(admin, plan, there[plan.name]) + self._set(admin, plan, self._configs(admin, plan))
                    if plan.name in there
                    else self._made(admin, plan)
                )
            ]

    def has(self, name: str) -> bool:
        """Whether the broker shows a topic of ours."""
        with an_admin(self._connection) as admin:
            return bool(self._described(admin, {name: TopicPlan(name=name, partitions=1)}))

    def faults(self, plans: Mapping[str, TopicPlan]) -> list[str]:
        """Say what is not as it should be; empty when all is well.

        Raises:
            Unavailable: the broker cannot be reached.
        """
        found = []
        with an_admin(self._connection) as admin:
            there = self._described(admin, plans)
            for plan in plans.values():
                name = self._connection.topic(plan.name)
                if plan.name not in there:
                    found.append(f"topic {name} is missing")
                    continue
                if there[plan.name] < plan.partitions:
                    found.append(f"topic {name} has {there[plan.name]} partitions and needs {plan.partitions}")
                configs = self._configs(admin, plan)
                found += [
                    f"topic {name} has {setting}={configs[setting]} and needs {wanted}"
                    for setting, wanted in plan.wrong(configs).items()
                    if setting in _HARMFUL
                ]
        return found

    def members(self, group: str) -> int:
        """Count the members of a group."""
        with an_admin(self._connection) as admin:
            described = admin.describe_groups([self._connection.group(group)])
        return sum(len(one.get("members") or ()) for one in described.values())

    def _described(self, admin: KafkaAdminClient, plans: Mapping[str, TopicPlan]) -> dict[str, int]:
        """Say how many partitions each of the topics has that the broker shows."""
        wanted = {self._connection.topic(plan.name): plan.name for plan in plans.values()}
        return {
            wanted[one["name"]]: len(one["partitions"])
            for one in admin.describe_topics(list(wanted))
            if not one["error_code"]
        }

    def _configs(self, admin: KafkaAdminClient, plan: TopicPlan) -> dict[str, str]:
        """Give a topic's settings; nothing if the broker does not show them."""
        name = self._connection.topic(plan.name)
        try:
            said = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
        except AuthorizationError:
            return {}
        return {setting: one["value"] for setting, one in said["topic"].get(name, {}).items()}

    def _made(self, admin: KafkaAdminClient, plan: TopicPlan) -> list[str]:
        name = self._connection.topic(plan.name)
        wanted = {
            "num_partitions": plan.partitions,
            "replication_factor": plan.replicas,
            "configs": plan.configs(),
        }
        with self._unless_forbidden(plan):
            try:
                admin.create_topics({name: wanted}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                # Another process was as quick.
                return []
        return [name]

    def _grown(self, admin: KafkaAdminClient, plan: TopicPlan, partitions: int) -> list[str]:
        if partitions >= plan.partitions:
            return []
        name = self._connection.topic(plan.name)
        with self._unless_forbidden(plan):
            try:
                admin.create_partitions({name: plan.partitions})
            except InvalidPartitionsError:
                # Another process was as quick, and may have asked for more.
                return []
        return [f"{name} ({plan.partitions} partitions)"]

    def _set(self, admin: KafkaAdminClient, plan: TopicPlan, found: Mapping[str, str]) -> list[str]:
        wrong = plan.wrong(found)
        if not wrong:
            return []
        name = self._connection.topic(plan.name)
        said = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, wrong)])["topic"][name]
        if said == "OK":
            return [f"{name} ({_listed(wrong)})"]
        if harmful := {setting: wanted for setting, wanted in wrong.items() if setting in _HARMFUL}:
            raise Misconfigured(
                f"the broker does not let us set {name} as it has to be ({said}): have it set to {_listed(harmful)}"
            )
        return []

    @contextmanager
    def _unless_forbidden(self, plan: TopicPlan) -> Iterator[None]:
        try:
            yield
        except _FORBIDDEN as why:
            replicas = "" if plan.replicas < 0 else f", {plan.replicas} replicas (AMENDS_KAFKA_REPLICAS)"
            raise Misconfigured(
                f"the broker lacks {self._connection.topic(plan.name)} with {plan.partitions} partitions{replicas} and "
                f"does not let us make it so ({type(why).__name__}): have it made, with {_listed(plan.configs())}"
            ) from why


def _listed(configs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in configs.items())
