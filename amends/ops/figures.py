"""The figures of one process: what its work comes to, and how much of everything waits.

A registry of our own holds them, made from the table in `amends/ops/metrics.py`. What
the process does is counted as it happens; what waits is read from the database when
somebody asks, and kept for some seconds, so that asking often costs the database nothing.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from amends.errors import AmendsError
from amends.meter import Levels
from amends.ops.health import Health
from amends.ops.metrics import BY_NAME, METRICS, OUTCOMES, Metric, Origin, Type
from amends.ports import Now

log = logging.getLogger(__name__)

#: How long what was read from the database is shown.
KEPT_S = 10.0
#: What a reason for parking looks like. Others are counted together, and so are those beyond the most shown.
_CODE = re.compile(r"[a-z][a-z_-]{1,39}")
_MOST_REASONS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs in this process: the service, the stage that its work counts for, and what it is made of."""

    service: str
    stage: str
    version: str
    pack: str
    model: str = ""
    has_broker: bool = False


class Figures:
    """Takes down what a process does (`amends.meter.Meter`), and shows it to Prometheus."""

    def __init__(
        self,
        running: Running,
        health: Health,
        read_levels: Callable[[], Levels],
        *,
        now: Now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Count for `running`; `read_levels` reads the database and may raise `Unavailable`."""
        # Otherwise each counter and histogram brings a second metric with the time at which it was made.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._running = running
        self._health = health
        self._clock = clock
        self._last_batch = clock()
        self._registry = CollectorRegistry()
        self._counters = {one.name: _counter(one, self._registry) for one in _counted(Type.COUNTER)}
        self._histograms = {one.name: _histogram(one, self._registry) for one in _counted(Type.HISTOGRAM)}
        self._failed_share = _gauge("amends_failed_share", self._registry)
        self._registry.register(_Moment(self._of_this_moment))
        self._registry.register(_Kept(read_levels, health, has_broker=running.has_broker, now=now, clock=clock))
        ProcessCollector(registry=self._registry)
        for outcome in OUTCOMES.get(running.stage, ()):
            self._counters["amends_outcomes_total"].labels(running.stage, outcome)
        for name in ("amends_positions_lost_total", "amends_waits_total"):
            self._counters[name].labels(running.stage)

    def works(self) -> None:
        """Note that a batch, or a piece of one, begins."""
        self._health.pulse.works()

    def rests(self, pause_s: float) -> None:
        """Note that there is nothing to do."""
        self._health.pulse.rests(pause_s)

    def waits(self, stage: str, why: str, pause_s: float) -> None:
        """Note that something is unavailable."""
        self._counters["amends_waits_total"].labels(stage).inc()
        self._health.pulse.waits(why, pause_s)

    def did(
        self, stage: str, outcomes: Mapping[str, int], *, records: int, seconds: float, ages_s: Sequence[float] = ()
    ) -> None:
        """Note a committed batch."""
        self._last_batch = self._clock()
        self._health.pulse.did()
        self._histograms["amends_batch_records"].labels(stage).observe(records)
        self._histograms["amends_batch_seconds"].labels(stage).observe(seconds)
        latency = self._histograms["amends_latency_seconds"].labels(stage)
        for age_s in ages_s:
            # Clocks of two machines may differ by a little.
            latency.observe(max(0.0, age_s))
        for outcome, count in outcomes.items():
            self.came_to(stage, outcome, count)

    def came_to(self, stage: str, outcome: str, count: int = 1) -> None:
        """Note what came of something."""
        self._counters["amends_outcomes_total"].labels(stage, outcome).inc(count)

    def lost_position(self, stage: str) -> None:
        """Note a batch that another worker did."""
        self._counters["amends_positions_lost_total"].labels(stage).inc()

    def failing(self, stage: str, share: float) -> None:
        """Note the share of failed records."""
        self._failed_share.labels(stage).set(share)

    def page(self, accepts: str) -> tuple[bytes, str]:
        """Give all figures in the best format that `accepts` names, and what that format is called."""
        encode, media = choose_encoder(accepts)
        return encode(self._registry), media

    def _of_this_moment(self) -> Iterator[GaugeMetricFamily]:
        running = self._running
        if running.service != "form":
            yield _family("amends_since_last_batch_seconds", [((running.stage,), self._clock() - self._last_batch)])
        faults = self._health.faults()
        yield _family("amends_ready", [((part,), float(not fault)) for part, fault in faults.items()])
        yield _family("amends_live", [((), float(not self._health.pulse.standstill))])
        yield _family("amends_build_info", [((running.version, running.model, running.pack), 1.0)])


class _Moment(Collector):
    """What is only known when somebody asks."""

    def __init__(self, of_this_moment: Callable[[], Iterator[GaugeMetricFamily]]) -> None:
        self._of_this_moment = of_this_moment

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._of_this_moment()


class _Kept(Collector):
    """What was read from the database, kept for some seconds. It says nothing while the database cannot be used."""

    def __init__(
        self,
        read: Callable[[], Levels],
        health: Health,
        *,
        has_broker: bool,
        now: Now,
        clock: Callable[[], float],
    ) -> None:
        self._read = read
        self._has_broker = has_broker
        self._health = health
        self._now = now
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[float, Levels] | None = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = self._levels()
        return [] if found is None else list(self._families(found))

    def _levels(self) -> Levels | None:
        with self._lock:
            if self._kept is not None and self._clock() - self._kept[0] < KEPT_S:
                return self._kept[1]
            self._kept = None
            if self._health.checks.faults().get("database"):
                # To ask it could take longer than whoever asks us waits.
                return None
            try:
                found = self._read()
            except AmendsError as why:
                log.warning("figures cannot be read", extra={"why": type(why.__cause__ or why).__name__})
                return None
            self._kept = (self._clock(), found)
            return found

    def _families(self, found: Levels) -> Iterator[GaugeMetricFamily]:
        yield _family("amends_lag_records", found.lag.items())
        if self._has_broker:
            yield _family("amends_outbox_records", [((), found.unshipped)])
            yield _family("amends_outbox_age_seconds", [((), _age_s(found.unshipped_since, self._now()))])
        yield _family("amends_dead_letters", _one_label(found.dead_letters))
        yield _family("amends_parked", _one_label(_bounded(found.parked)))
        yield _family("amends_replies_waiting", _one_label(found.replies))
        yield _family("amends_tasks_open", _one_label(found.tasks))
        yield _family("amends_clocks_overdue", _one_label(found.overdue))
        yield _family("amends_cases_waiting", _one_label(found.cases))
        yield _family("amends_channel_alerts", found.channel_alerts.items())


def _age_s(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def _one_label(counts: Mapping[str, int]) -> list[tuple[tuple[str, ...], float]]:
    return [((value,), count) for value, count in counts.items()]


def _bounded(reasons: Mapping[str, int]) -> dict[str, int]:
    """Count what is no code of ours, or one too many, as `other`: labels come from the database here."""
    bounded: dict[str, int] = {}
    for reason, count in sorted(reasons.items(), key=lambda found: -found[1]):
        name = reason if _CODE.fullmatch(reason) and len(bounded) < _MOST_REASONS else "other"
        bounded[name] = bounded.get(name, 0) + count
    return bounded


def _family(name: str, values: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    metric = BY_NAME[name]
    family = GaugeMetricFamily(name, _plain(metric.says), labels=metric.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _counted(type_: Type) -> list[Metric]:
    return [one for one in METRICS if one.type is type_ and one.origin is Origin.PROCESS]


def _counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    return Counter(metric.name, _plain(metric.says), metric.labels, registry=registry)


def _histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    return Histogram(metric.name, _plain(metric.says), metric.labels, buckets=metric.buckets, registry=registry)


def _gauge(name: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, _plain(BY_NAME[name].says), BY_NAME[name].labels, registry=registry)


def _plain(says: str) -> str:
    return says.replace("`", "")
