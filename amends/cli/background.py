"""`amends run STAGE` and `amends up`: the background services."""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Annotated

import typer

from amends.cli.intake import reconcile_all, remember, remember_accounts, remember_mailboxes
from amends.cli.opening import DataDir, open_house
from amends.cli.output import say
from amends.cli.watching import ops_port, watched
from amends.compose import SERVICES, House
from amends.doctor import examine
from amends.errors import Misconfigured, NotFound, Unavailable
from amends.logs import start_logging, told
from amends.meter import Meter
from amends.ports import Connector, LiveConnector
from ingest.live import Following, follow_all, take_in_once
from ingest.runner import take_in_all, watch

log = logging.getLogger(__name__)

_RESTART_FIRST_S, _RESTART_MOST_S = 1.0, 60.0
#: The exit code of a stage that the brake has stopped: starting it again would only set more records aside.
STOPPED_ITSELF = 3
#: Connections to the desk at once: a page that is kept up to date holds one for as long as it is open.
DESK_CONNECTIONS = 1_000
#: How long a service may take to finish its batch after SIGTERM.
_GRACE_S = 60.0


def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.", metavar="SERVICE")],
    data_dir: DataDir = None,
    worker: Annotated[str, typer.Option(help="A name for this worker; otherwise host and process.")] = "",
    until_idle: Annotated[bool, typer.Option(help="Stop when there is nothing left to do.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--ops-port",
            min=0,
            max=65535,
            show_default=False,
            help="The port of /livez, /readyz and /metrics; 0 for none; otherwise as AMENDS_OPS_PORT says.",
        ),
    ] = None,
) -> None:
    """Run one background service. SIGTERM or Ctrl-C finishes the batch in hand, then stops."""
    if service not in SERVICES:
        says = f"there is no service {service!r}; there are {', '.join(SERVICES)}"
        raise typer.BadParameter(says, param_hint="SERVICE")
    house = replace(open_house(data_dir, may_be_new=True), service=f"amends.{service}")
    start_logging(house.settings.log_level)
    stop = stop_on_signals()
    _ready(house)
    settle_in()
    try:
        with (
            watched(house, service, ops_port(house.settings, service, port)) as meter,
            _beside(house, service, stop, worker=worker),
        ):
            _work(house, service, meter, stop, worker=worker, until_idle=until_idle)
    finally:
        house.tracer.close()


def settle_in() -> None:
    """Tell the garbage collector that what is loaded stays, and that a batch makes and drops many things at once.

    Records, futures and rows hold no cycles: to look for some after every 700 of them costs a relay a tenth of its
    time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@contextmanager
def _beside(house: House, service: str, stop: Event, *, worker: str) -> Iterator[None]:
    """Watch the channels within the block, and have attachments scanned, where there is a scanner.

    The relay does neither: it may stand still for as long as a broker does.
    """
    beside = [] if service == "relay" else [house.channel_watch(service, worker=worker).run]
    if service in {"ingest", "form"} and house.scanning is not None:
        beside.append(house.scanning.run)
    ended = Event()

    def run(work: Callable[[Event], None]) -> None:
        while not (stop.is_set() or ended.is_set()):
            try:
                work(ended)
            except Exception as why:
                # It has no record in hand that could be lost, and the service's own work goes on.
                log.warning("work beside the service failed", extra={"why": told(why)})
                ended.wait(_RESTART_MOST_S)

    threads = [Thread(target=run, args=(work,), name="beside", daemon=True) for work in beside]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_GRACE_S)


def _work(house: House, service: str, meter: Meter, stop: Event, *, worker: str, until_idle: bool) -> None:
    if service == "ingest":
        _take_in(house, meter, stop, worker=worker, until_idle=until_idle)
    elif service == "form":
        from amends.web.serve import serve

        settings = house.settings
        serve(house.form(meter=meter), settings.form_host, settings.form_port, stop, on_turn=meter.works)
    elif service == "webhooks":
        house.teller().run(stop, until_idle=until_idle, on_turn=meter.works)
    elif service == "desk":
        from amends.web.serve import serve

        settings = house.settings
        serve(
            house.desk(examine=partial(examine, settings), reconcile=partial(reconcile_all, house)),
            settings.desk_host,
            settings.desk_port,
            stop,
            on_turn=meter.works,
            most_connections=DESK_CONNECTIONS,
        )
    elif service == "relay":
        house.relay(meter=meter).run(stop, until_idle=(lambda: True) if until_idle else None)
    else:
        runner = house.runner(service, worker=worker, meter=meter)
        runner.run(stop, until_idle=house.is_idle(service) if until_idle else None)


def up(data_dir: DataDir = None) -> None:
    """Run every service under one supervisor: what ends is started again, what is asked to stop stops."""
    house = open_house(data_dir, may_be_new=True)
    start_logging(house.settings.log_level)
    _ready(house)
    stop = stop_on_signals()
    left_out = set() if _has_sources(house) else {"ingest"}
    left_out |= {"relay"} if house.kafka is None else set()
    left_out |= set() if _has_webhooks(house) else {"webhooks"}
    services = [name for name in SERVICES if name not in left_out]
    extra = ["--data-dir", str(data_dir)] if data_dir is not None else []
    say(
        f"running: {', '.join(services)}; the form is at {house.settings.form_base_url}, "
        f"the desk at {house.settings.desk_base_url}; Ctrl-C stops"
    )
    # One name for all lives of a worker: whoever is started again takes up the share of the one that ended,
    # rather than wait until its claim runs out.
    worker = f"{socket.gethostname()[:48]}:up-{os.getpid()}"
    supervise(
        {name: [sys.executable, "-m", "amends.cli", "run", name, "--worker", worker, *extra] for name in services},
        stop,
    )


def supervise(commands: dict[str, list[str]], stop: Event) -> None:
    """Keep a process for each command until `stop` is set; then ask all to finish, and wait."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    due: dict[str, float] = dict.fromkeys(commands, 0.0)
    pause: dict[str, float] = dict.fromkeys(commands, _RESTART_FIRST_S)
    while not stop.is_set():
        now = time.monotonic()
        for name, command in commands.items():
            process = running.get(name)
            if process is not None and process.poll() == STOPPED_ITSELF:
                if due[name] < math.inf:
                    due[name] = math.inf
                    say(f"{name} has stopped itself and is left alone; mend what it says, then start `amends up` again")
            elif process is not None and process.poll() is not None:
                say(f"{name} ended with {process.returncode}; it is started again in {pause[name]:.0f} s")
                due[name], pause[name] = now + pause[name], min(pause[name] * 2, _RESTART_MOST_S)
                del running[name]
            elif process is None and now >= due[name]:
                # The command line is our own, with the data folder that its user gave.
                running[name] = subprocess.Popen(command)  # noqa: S603
        stop.wait(0.5)
    for process in running.values():
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    for name, process in running.items():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"{name} did not finish in {_GRACE_S:.0f} s and is ended; its batch is done again at the next start")
            process.kill()
            process.wait()


def _ready(house: House) -> None:
    """Open everything that must be right before a service starts, so that a wrong setting is refused now."""
    _ = house.secret, house.pack, house.database, house.blobs, house.own_addresses, house.sender, house.tracer
    _ = house.mailboxes, house.accounts, house.scanner, house.webhooks
    if house.kafka is not None:
        house.topics.ensure(house.topic_plans)


def _has_sources(house: House) -> bool:
    """Whether the settings name anything that `ingest` could read."""
    return bool(house.settings.watch or house.settings.mailboxes or house.accounts)


def _has_webhooks(house: House) -> bool:
    """Whether any program is to be told of what happens."""
    with house.database.reading() as unit:
        return bool(unit.targets.listed())


def _take_in(house: House, meter: Meter, stop: Event, *, worker: str, until_idle: bool) -> None:
    if not _has_sources(house):
        raise Misconfigured(
            "there is nothing to read: set AMENDS_WATCH to files or folders, separated by commas, AMENDS_MAILBOXES, or "
            "an account on a network"
        )
    connectors = house.mailbox_folders()
    remember_mailboxes(house)
    following = Following(
        open_unit=house.database.unit,
        blobs=house.blobs,
        readers=house.readers,
        holder=worker or f"{socket.gethostname()[:48]}:{os.getpid()}",
        now=house.now,
        stop=stop,
        meter=meter,
        tracer=house.tracer,
        troubles=house.troubles,
    )
    sources = _watched(house)
    if until_idle:
        _take_in_once(connectors, sources, following)
    else:
        follow_all(connectors, following, meanwhile=lambda: _watch(house, sources, following))


def _take_in_once(
    connectors: Sequence[LiveConnector], sources: Mapping[str, Callable[[], Connector]], following: Following
) -> None:
    """Take in what all sources hold now. One that cannot be read does not keep the others from it.

    Raises:
        Unavailable: says which could not be read, and why.
    """
    missed: list[str] = []
    for connector in connectors:
        try:
            take_in_once(connector, following)
        except (Unavailable, Misconfigured) as why:
            missed.append(f"{connector.source}: {why}")
    f = following
    for name, connect in sources.items():
        try:
            take_in_all(connect(), f.open_unit, f.blobs, f.readers, stop=f.stop, meter=f.meter, tracer=f.tracer)
        except (Unavailable, NotFound) as why:
            missed.append(f"{name}: {why}")
    if missed:
        raise Unavailable("; ".join(missed))


def _watched(house: House) -> Mapping[str, Callable[[], Connector]]:
    sources: dict[str, Callable[[], Connector]] = {}
    for path in map(Path, house.settings.watch):
        remember(house, path)
        sources[str(path)] = partial(house.files, path, looks={})
    remember_accounts(house)
    for connector in (one for account in house.accounts.values() for one in account.sources):
        # One for the life of the service: it knows until when its network wants to be left alone.
        sources[connector.source] = partial(_itself, connector)
    return sources


def _itself(connector: Connector) -> Connector:
    return connector


def _watch(house: House, sources: Mapping[str, Callable[[], Connector]], following: Following) -> None:
    if sources:
        watch(
            sources,
            house.database.unit,
            house.blobs,
            house.readers,
            stop=following.stop,
            pause_s=house.settings.watch_pause_s,
            meter=following.meter,
            tracer=house.tracer,
            troubles=house.watched_troubles,
            now=house.now,
        )


def stop_on_signals() -> Event:
    """Give an event that SIGTERM and Ctrl-C set."""
    stop = Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
