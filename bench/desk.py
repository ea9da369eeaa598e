"""`python -m bench.desk`: how long the desk's pages take with a long queue, and many people and open pages.

It fills a database with `--cases` open cases, starts `amends run desk` on it, lets `--users`
people use it for `--seconds`, and then once more while `--streams` pages are open. With
`--postgres ADDRESS` the same on an empty PostgreSQL database. `--write` puts the figures into
`docs/performance.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine

from amends.casework import accounts
from amends.compose import House
from amends.desk import sessions
from amends.domain.account import Role
from amends.settings import load_settings
from bench.desk_crowd import HANDLERS, Crowd, fill_desk, one_more
from bench.desk_load import MIX, Answers, Streams, hold_streams, people
from bench.page import replace_between, table
from storage.news import has_uncounted, last_filed
from tests.servers.ports import free_port

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- measured at the desk: begin -->", "<!-- measured at the desk: end -->"
#: What the pages of the queue and of a case are to take at most, in seconds, 95 times of a hundred.
AIM_S = 0.150


def main() -> int:
    """Measure, and print the figures."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="amends-desk-") as folder:
        parts = [_measured(arguments, Path(folder) / "sqlite", "")]
        if arguments.postgres:
            parts.append(_measured(arguments, Path(folder) / "postgres", arguments.postgres))
    written = f"Measured on {_about()}.\n\n" + "\n".join(parts)
    print(written)
    if arguments.write:
        replace_between(PAGE, BEGIN, END, written)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--thinks", type=float, default=3.0, help="pause between two clicks of one person, in seconds")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--postgres", default="", help="the address of an empty PostgreSQL database")
    parser.add_argument("--leave-out", action="append", default=[], choices=MIX, help="a kind of page, not asked for")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _measured(arguments: argparse.Namespace, folder: Path, postgres: str) -> str:
    port = free_port()
    settings = {"data_dir": folder, "desk_port": port, **({"database_url": postgres} if postgres else {})}
    house = House(settings=load_settings(**settings))
    engine = house.database.engine
    began = time.monotonic()
    crowd = fill_desk(engine, arguments.cases, now=datetime.now(UTC), told=_progress)
    _say(f"filled in {time.monotonic() - began:.0f} s")
    cookies = _cookies(house, [*HANDLERS, *(f"reader{number:02}" for number in range(20))])
    environment = {**os.environ, **{f"AMENDS_{name.upper()}": str(value) for name, value in settings.items()}}
    mix = {what: share for what, share in MIX.items() if what not in arguments.leave_out}
    with _desk(environment, port) as (address, process):
        began = time.monotonic()
        while _has_uncounted(house):
            time.sleep(0.5)
        counted_s = time.monotonic() - began
        _say(f"all ranks counted after {counted_s:.0f} s")

        def use() -> tuple[Answers, float]:
            before = _processor_s(process.pid)
            found = people(
                address,
                cookies[: arguments.users],
                crowd,
                seconds=arguments.seconds,
                thinks_s=arguments.thinks,
                mix=mix,
            )
            return found, (_processor_s(process.pid) - before) / arguments.seconds

        people(address, cookies[: arguments.users], crowd, seconds=5, thinks_s=1, mix=mix, seed=2)
        alone, busy = use()
        open_ones = [cookies[number % len(cookies)] for number in range(arguments.streams)]
        beside: list[tuple[Answers, float]] = []
        streams = hold_streams(
            address,
            open_ones,
            seen=_seen(house),
            while_open=lambda: beside.append(use()),
            then=lambda: one_more(engine, arguments.cases, now=datetime.now(UTC)),
        )
    house.close()
    return _told(arguments, engine, crowd, alone, busy, beside[0][0], streams)


def _told(
    arguments: argparse.Namespace,
    engine: Engine,
    crowd: Crowd,
    alone: Answers,
    busy: float,
    beside: Answers,
    streams: Streams,
) -> str:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine.dialect.name]
    asked = [what for what in MIX if alone.times[what]]
    rows = [
        (
            what,
            f"{len(alone.times[what]):,}",
            *(_ms(answers.times[what], at) for answers in (alone, beside) for at in (50, 95)),
        )
        for what in asked
    ]
    columns = ("page", "asked for", "p50", "p95", f"p50, {streams.opened} pages open", "p95")
    slow = [what for what in asked if "search" not in what and _percentile(alone.times[what], 95) > AIM_S]
    failed = {**alone.failed, **beside.failed}
    return (
        f"### {kind}: {arguments.cases:,} open cases, {arguments.users} people, a click each {arguments.thinks:g} s\n\n"
        f"{table(columns, rows)}\n"
        f"- queue and case pages are to take at most {AIM_S * 1000:.0f} ms, 95 times of a hundred: "
        f"{'met' if not slow else '**not met**: ' + ', '.join(slow)}\n"
        f"- the desk used {busy:.0%} of one core; {sum(map(len, alone.times.values())):,} pages, "
        f"{sum(failed.values())} without an answer{': ' + str(dict(failed)) if failed else ''}\n"
        f"- {streams.opened} of {arguments.streams} streams were open; {len(streams.heard_s)} heard of a new case, "
        f"half of them within {statistics.median(streams.heard_s or [0]):.1f} s, "
        f"the last after {max(streams.heard_s, default=0):.1f} s\n"
    )


def _ms(times: Sequence[float], percent: int) -> str:
    return f"{_percentile(times, percent) * 1000:,.0f} ms"


def _percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1] if len(times) > 1 else sum(times)


def _cookies(house: House, names: Sequence[str]) -> list[str]:
    """Make an account for each name and sign it in."""
    found = []
    cookie = house.desk().state.desk.entry.cookie("session")
    for name in names:
        with house.database.unit() as unit:
            now = datetime.now(UTC)
            account = accounts.create(unit, name, shown_as=name, roles={Role.HANDLER}, by="bench", at=now)
            found.append(f"{cookie}={sessions.begin(unit, account, how='password', at=now)}")
            unit.commit()
    return found


@contextlib.contextmanager
def _desk(environment: dict[str, str], port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "amends.cli", "run", "desk"], env=environment)
    try:
        _until(lambda: urllib.request.urlopen(f"{address}/livez", timeout=2).status == 200)  # noqa: S310
        yield address, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _processor_s(pid: int) -> float:
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            if holds():
                return
        time.sleep(0.2)
    raise TimeoutError("the desk did not start")


def _has_uncounted(house: House) -> bool:
    with house.database.viewing() as connection:
        return has_uncounted(connection, datetime.now(UTC))


def _seen(house: House) -> int:
    with house.database.viewing() as connection:
        return last_filed(connection)


def _about() -> str:
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, people and desk on the same machine, "
        f"{datetime.now(UTC):%d %B %Y}, load {load:.1f} when it ended"
    )


def _progress(done: int) -> None:
    if done % 20_000 == 0:
        _say(f"{done:,} cases")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
