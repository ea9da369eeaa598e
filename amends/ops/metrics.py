"""Every metric: its name, what it counts, in what unit, and by which labels.

Names follow the conventions of Prometheus. `docs/metrics.md` is this table; the figures
(`amends/ops/figures.py`) are made from it, and tests hold dashboard and alerts to it.
No label ever holds a word of a customer: the values of each are bounded by the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from amends.domain.arrival import Fate
from amends.domain.channel import Channel
from amends.domain.verdict import Kind


class Type(StrEnum):
    """How a metric behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Origin(StrEnum):
    """Where a figure comes from, which says how to add it up over several processes."""

    #: The process counts what it does itself: add them up.
    PROCESS = "process"
    #: The process reads it from the database that all share: every one says the same, so take the greatest.
    DATABASE = "database"
    #: The operating system says it of the process.
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `unit` is its base unit, in the plural; `buckets` are the upper bounds of a histogram's."""

    name: str
    type: Type
    says: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    origin: Origin = Origin.PROCESS
    buckets: tuple[float, ...] = ()


#: What a stage's work comes to: the values that `outcome` takes with each `stage`.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "ingest": tuple(Fate),
    "relay": ("shipped",),
    "triage": (*Kind, "parked", "repeat", "dead"),
    "respond": ("queued", "in_review", "drafted", "suppressed", "superseded", "dead"),
    "deliver": ("sent", "failed", "unknown", "queued", "in_review", "dead"),
}

#: What each label means, and what bounds its values.
LABELS: Mapping[str, str] = {
    "stage": "who did it: `ingest` (the watcher and the web form), `relay`, `triage`, `respond`, `deliver`, "
    "`desk`, `webhooks`",
    "outcome": "what it came to; the table below has those of each stage",
    "topic": "the topic of the log that the stage reads",
    "part": "what must be usable: `database`, with Kafka `broker`, at ingest `mailboxes` and `sources`, and `stage`, "
    "the service's own work",
    "reason": "why it was set aside: a code of [operate.md](operate.md#parked-messages)",
    "state": "where a reply stands: `in_review`, `approved`, `queued`, `sending`",
    "kind": "the kind of a task or of a clock",
    "channel": ", ".join(f"`{channel.value}`" for channel in Channel),
    "unusual": "what is unusual of a channel: `silent` (nothing comes), `stopped` (nobody looks), `surge`",
    "severity": "`low`, `medium`, `high`, `critical`, and `none` where nobody gave one",
    "version": "the version of Amends",
    "model": "the triage model and its rules; empty but in `triage`",
    "pack": "the policy pack and its version",
}

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
_RECORDS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)

METRICS: tuple[Metric, ...] = (
    Metric(
        name="amends_outcomes_total",
        type=Type.COUNTER,
        labels=("stage", "outcome"),
        says="What came of the work, counted when it was committed: arrivals at ingest, messages at triage, replies at "
        "respond and deliver, records at the relay. `dead` are records that the stage failed on and set aside.",
    ),
    Metric(
        name="amends_batch_records",
        type=Type.HISTOGRAM,
        unit="records",
        labels=("stage",),
        buckets=_RECORDS,
        says="How many records a committed batch held.",
    ),
    Metric(
        name="amends_batch_seconds",
        type=Type.HISTOGRAM,
        unit="seconds",
        labels=("stage",),
        buckets=_SECONDS,
        says="How long a committed batch took, from its first record read to its commit.",
    ),
    Metric(
        name="amends_latency_seconds",
        type=Type.HISTOGRAM,
        unit="seconds",
        labels=("stage",),
        buckets=_LONG_SECONDS,
        says="From a record's publication to the commit of what the stage made of it. For `triage` that is from "
        "arrival to case: intake dates a record by the moment at which it fetched the message.",
    ),
    Metric(
        name="amends_positions_lost_total",
        type=Type.COUNTER,
        labels=("stage",),
        says="Batches that were dropped because another worker had done them. A few at each rebalance are in order.",
    ),
    Metric(
        name="amends_waits_total",
        type=Type.COUNTER,
        labels=("stage",),
        says="Pauses because the database, the broker, the mail server or a source was unavailable.",
    ),
    Metric(
        name="amends_failed_share",
        type=Type.GAUGE,
        unit="ratio",
        labels=("stage",),
        says="The share of the stage's last 200 records that failed for no reason of their own. The brake grips above "
        "a half: then the stage ends.",
    ),
    Metric(
        name="amends_since_last_batch_seconds",
        type=Type.GAUGE,
        unit="seconds",
        labels=("stage",),
        says="How long ago this process committed a batch, or started if it has not yet.",
    ),
    Metric(
        name="amends_ready",
        type=Type.GAUGE,
        labels=("part",),
        says="Whether each part of what `/readyz` asks for is usable: 1 or 0.",
    ),
    Metric(
        name="amends_live",
        type=Type.GAUGE,
        says="Whether the service's loop has turned within its bound, as `/livez` says: 1 or 0.",
    ),
    Metric(
        name="amends_lag_records",
        type=Type.GAUGE,
        unit="records",
        labels=("stage", "topic"),
        origin=Origin.DATABASE,
        says="Records of a topic that the stage has not moved past, over all its workers.",
    ),
    Metric(
        name="amends_outbox_records",
        type=Type.GAUGE,
        unit="records",
        origin=Origin.DATABASE,
        says="Records that are committed and not yet on the broker. Only with Kafka.",
    ),
    Metric(
        name="amends_outbox_age_seconds",
        type=Type.GAUGE,
        unit="seconds",
        origin=Origin.DATABASE,
        says="For how long the oldest of those has waited; 0 when there are none. Only with Kafka.",
    ),
    Metric(
        name="amends_dead_letters",
        type=Type.GAUGE,
        unit="records",
        labels=("stage",),
        origin=Origin.DATABASE,
        says="Records that a stage failed on and that nobody has retried or discarded: `amends dead list`.",
    ),
    Metric(
        name="amends_parked",
        type=Type.GAUGE,
        unit="messages",
        labels=("reason",),
        origin=Origin.DATABASE,
        says="Messages that were set aside and that nobody has retried or discarded.",
    ),
    Metric(
        name="amends_replies_waiting",
        type=Type.GAUGE,
        unit="replies",
        labels=("state",),
        origin=Origin.DATABASE,
        says="Replies that wait for a reviewer (`in_review`) or for delivery.",
    ),
    Metric(
        name="amends_tasks_open",
        type=Type.GAUGE,
        unit="tasks",
        labels=("kind",),
        origin=Origin.DATABASE,
        says="Tasks that nobody has done.",
    ),
    Metric(
        name="amends_clocks_overdue",
        type=Type.GAUGE,
        unit="clocks",
        labels=("kind",),
        origin=Origin.DATABASE,
        says="Running clocks that are past their date: promises to customers that were not kept.",
    ),
    Metric(
        name="amends_cases_waiting",
        type=Type.GAUGE,
        unit="cases",
        labels=("severity",),
        origin=Origin.DATABASE,
        says="Cases that are neither answered nor closed.",
    ),
    Metric(
        name="amends_channel_alerts",
        type=Type.GAUGE,
        unit="alerts",
        labels=("channel", "unusual"),
        origin=Origin.DATABASE,
        says="Alerts about channels that have not ended: `amends channels list`.",
    ),
    Metric(
        name="amends_build_info",
        type=Type.GAUGE,
        labels=("version", "model", "pack"),
        says="Always 1; its labels say what runs.",
    ),
    Metric(
        name="process_cpu_seconds_total",
        type=Type.COUNTER,
        unit="seconds",
        origin=Origin.SYSTEM,
        says="Processor time that the process took.",
    ),
    Metric(
        name="process_resident_memory_bytes",
        type=Type.GAUGE,
        unit="bytes",
        origin=Origin.SYSTEM,
        says="Memory that the process holds.",
    ),
    Metric(
        name="process_virtual_memory_bytes",
        type=Type.GAUGE,
        unit="bytes",
        origin=Origin.SYSTEM,
        says="Memory that the process may address.",
    ),
    Metric(
        name="process_start_time_seconds",
        type=Type.GAUGE,
        unit="seconds",
        origin=Origin.SYSTEM,
        says="When the process started, since 1970.",
    ),
    Metric(
        name="process_open_fds",
        type=Type.GAUGE,
        unit="files",
        origin=Origin.SYSTEM,
        says="Files and sockets that are open.",
    ),
    Metric(
        name="process_max_fds",
        type=Type.GAUGE,
        unit="files",
        origin=Origin.SYSTEM,
        says="How many may be.",
    ),
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
