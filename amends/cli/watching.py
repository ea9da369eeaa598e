"""Lets an operator watch a service for as long as it runs: its figures and its health, on a port of its own."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager

from amends.compose import SERVICES, House
from amends.errors import Misconfigured
from amends.meter import NO_METER, Meter
from amends.settings import Settings


def ops_port(settings: Settings, service: str, said: int | None) -> int:
    """Give the port of a service: what was said on the command line, or its place after `ops_port`; 0 for none."""
    if said is not None:
        return said
    return settings.ops_port + SERVICES.index(service) if settings.ops_port else 0


@contextmanager
def watched(house: House, service: str, port: int) -> Iterator[Meter]:
    """Answer for `service` on `port` within the block, unless that is 0; gives what the service tells its work to.

    Raises:
        Misconfigured: the port cannot be listened on.
    """
    if not port:
        yield NO_METER
        return
    # Who does not ask for figures does not wait for the packages that make them.
    from amends.ops.figures import Figures, Running
    from amends.ops.health import BOUND_S, Check, Checks, Health, Pulse
    from amends.ops.server import OpsServer

    checks = [Check(part="database", look=lambda: _look_at_database(house))]
    if house.kafka is not None:
        checks.append(Check(part="broker", look=lambda: _look_at_topics(house), every_s=15.0))
    if service == "ingest" and house.settings.mailboxes:
        checks.append(Check(part="mailboxes", look=house.troubles.raise_any, every_s=1.0))
    if service == "ingest" and (house.settings.watch or house.accounts):
        checks.append(Check(part="sources", look=house.watched_troubles.raise_any, every_s=1.0))
    running = Running(
        service=service,
        # What the form does is intake.
        stage="ingest" if service == "form" else service,
        version=importlib.metadata.version("amends"),
        pack=f"{house.pack.name} {house.pack.version}",
        model=house.judge.model if service == "triage" else "",
        has_broker=house.kafka is not None,
    )
    health = Health(pulse=Pulse(bound_s=BOUND_S[service]), checks=Checks(checks))
    figures = Figures(running, health, house.levels, now=house.now)
    server = OpsServer(house.settings.ops_host, port, health, figures)
    health.checks.start()
    server.start()
    try:
        yield figures
    finally:
        server.stop()
        health.checks.stop()


def _look_at_database(house: House) -> None:
    with house.database.reading() as unit:
        # Any question does; an answer shows that it answers.
        unit.intake.checkpoint("")


def _look_at_topics(house: House) -> None:
    faults = house.topics.faults(house.topic_plans)
    if faults:
        raise Misconfigured(f"{'; '.join(faults)}: run `amends setup`")
