"""The topics on the broker: made, or checked where the broker forbids making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import (
    ClusterAuthorizationFailedError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from amends.bus.kafka.connection import Connection, told_plainly
from amends.errors import Misconfigured

_FORBIDDEN = (ClusterAuthorizationFailedError, TopicAuthorizationFailedError, PolicyViolationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPlan:
    """One topic as it should be. `keep_hours` is its retention; None keeps everything for good."""

    name: str
    partitions: int
    keep_hours: int | None = None
    replicas: int = -1

    def configs(self) -> dict[str, str]:
        """Give the topic's own settings, by Kafka's names."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": "-1" if self.keep_hours is None else str(self.keep_hours * 3_600_000),
            "retention.bytes": "-1",
        }


class Topics:
    """What the broker says of our topics."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, plans: Mapping[str, TopicPlan]) -> list[str]:
        """Make what is missing; returns what was made.

        Raises:
            Misconfigured: something is missing and the broker does not let us make it.
            Unavailable: the broker cannot be reached.
        """
        with self._admin() as admin:
            made = []
            there = _partitions(admin, self._connection, plans)
            for plan in plans.values():
                name = self._connection.topic(plan.name)
                try:
                    if plan.name not in there:
                        admin.create_topics(
                            {
                                name: {
                                    "num_partitions": plan.partitions,
                                    "replication_factor": plan.replicas,
                                    "configs": plan.configs(),
                                }
                            },
                            wait_for_metadata=True,
                        )
                        made.append(name)
                    elif there[plan.name] < plan.partitions:
                        admin.create_partitions({name: plan.partitions})
                        made.append(f"{name} ({plan.partitions} partitions)")
                except TopicAlreadyExistsError:
                    continue
                except _FORBIDDEN as why:
                    raise Misconfigured(
                        f"the broker lacks {name} with {plan.partitions} partitions and does not let us make it "
                        f"({type(why).__name__}): have it made, with {_listed(plan.configs())}"
                    ) from why
            return made

    def faults(self, plans: Mapping[str, TopicPlan]) -> list[str]:
        """Say what is not as it should be; empty when all is well.

        Raises:
            Unavailable: the broker cannot be reached.
        """
        with self._admin() as admin:
            there = _partitions(admin, self._connection, plans)
        found = []
        for plan in plans.values():
            name = self._connection.topic(plan.name)
            if plan.name not in there:
                found.append(f"topic {name} is missing")
            elif there[plan.name] < plan.partitions:
                found.append(f"topic {name} has {there[plan.name]} partitions and needs {plan.partitions}")
        return found

    def members(self, group: str) -> int:
        """Count the members of a group."""
        with self._admin() as admin:
            described = admin.describe_groups([self._connection.group(group)])
        return sum(len(one.get("members") or ()) for one in described.values())

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        with told_plainly(self._connection):
            admin = KafkaAdminClient(**self._connection.client())
            try:
                yield admin
            finally:
                admin.close()


def _partitions(admin: KafkaAdminClient, connection: Connection, plans: Mapping[str, TopicPlan]) -> dict[str, int]:
    known = set(admin.list_topics())
    wanted = {connection.topic(plan.name): plan.name for plan in plans.values()}
    present = [name for name in wanted if name in known]
    if not present:
        return {}
    return {wanted[one["name"]]: len(one["partitions"]) for one in admin.describe_topics(present)}


def _listed(configs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in configs.items())
