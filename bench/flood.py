"""`python -m bench.flood`: whether a customer gets through while somebody floods the web form.

It runs `amends run form` with a data folder of its own. A flood of `--posts`, or of as many as
this machine can send and answer, comes within `--seconds` from a handful of addresses of one
network, each post with words of its own; all the while `--customers` of as many other networks
send one complaint each, evenly spread. What was answered with a receipt is compared with the
ledger afterwards. With `--write` the figures go between their markers in `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from amends.compose import House
from amends.settings import load_settings
from tests.servers.ports import HOST, free_port

_PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_BEGIN, _END = "<!-- measured by bench.flood: begin -->", "<!-- measured by bench.flood: end -->"
_FLOOD_THREADS = 4


@dataclass
class Tally:
    """What was answered, by status, how long each answer took, and the receipts."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    receipts: set[str] = field(default_factory=set)


def post(connection: http.client.HTTPConnection, address: str, words: str, tally: Tally) -> None:
    """Send one form, as a browser does, from an address that the proxy in front would name."""
    body = f"text={quote(words)}&email=&form_id={quote(words[-20:]):0>12}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address}
    began = time.perf_counter()
    try:
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
    except ConnectionError:
        # The form hung up after a refusal. The same form once more is the same form.
        connection.close()
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
    answer.read()
    tally.seconds.append(time.perf_counter() - began)
    tally.statuses[answer.status] += 1
    if answer.status == 303:
        tally.receipts.add(answer.headers["Location"].rpartition("/")[2])


def flood(port: int, posts: int, seconds: float, tally: Tally, thread: int) -> None:
    """Send this thread's share of the flood, no faster than it has to, and none when the time is over."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    began = time.perf_counter()
    for number in range(posts):
        ahead = began + number * seconds / posts - time.perf_counter()
        if time.perf_counter() - began > seconds:
            break
        if ahead > 0:
            time.sleep(ahead)
        try:
            post(connection, f"203.0.113.{thread + 1}", f"Buy now, number {thread}-{number:06}", tally)
        except (OSError, http.client.HTTPException):
            # The form closed the connection unanswered: that counts as something else, and the flood goes on.
            connection.close()
            tally.statuses[0] += 1
    connection.close()


def visit(port: int, customers: int, seconds: float, tally: Tally) -> None:
    """Send one complaint for each customer, each with a connection of their own."""
    began = time.perf_counter()
    for number in range(customers):
        time.sleep(max(0.0, began + number * seconds / customers - time.perf_counter()))
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        post(connection, f"198.51.{number % 250}.7", f"My parcel never came. Order number {number:06}", tally)
        connection.close()


def measure(posts: int, seconds: float, customers: int) -> tuple[Tally, Tally, float, int]:
    """Flood a form of its own; give both tallies, how long it took, and how many receipts the ledger knows."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        house = House(settings=load_settings(data_dir=Path(folder), form_port=port))
        _ = house.database
        form = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "amends.cli", "run", "form", "--data-dir", folder],
            env={**os.environ, "AMENDS_FORM_PORT": str(port)},
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port)
            flooding, visiting = [Tally() for _ in range(_FLOOD_THREADS)], Tally()
            threads = [
                threading.Thread(target=flood, args=(port, posts // _FLOOD_THREADS, seconds, tally, number))
                for number, tally in enumerate(flooding)
            ]
            threads.append(threading.Thread(target=visit, args=(port, customers, seconds, visiting)))
            began = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took_s = time.perf_counter() - began
        finally:
            form.send_signal(signal.SIGTERM)
            form.wait()
        flooded = Tally()
        for tally in flooding:
            flooded.statuses += tally.statuses
            flooded.seconds += tally.seconds
            flooded.receipts |= tally.receipts
        with house.database.reading() as unit:
            tokens = flooded.receipts | visiting.receipts
            known = {found[0] for token in tokens if (found := unit.intake.status_promise(token)) is not None}
            published = len(unit.intake.published(known))
        house.close()
    return flooded, visiting, took_s, published


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the form did not come up within two minutes")


def report(flooded: Tally, visiting: Tally, took_s: float, published: int) -> str:
    """Say what was measured."""
    seconds = sorted(visiting.seconds)
    receipts = len(flooded.receipts | visiting.receipts)
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    others = flooded.statuses.total() - flooded.statuses[429] - flooded.statuses[303]
    p95_ms = seconds[int(len(seconds) * 0.95)] * 1000
    return (
        f"{flooded.statuses.total():,} posts of a flood from {_FLOOD_THREADS} addresses within {took_s:.0f} s: "
        f"{flooded.statuses[429]:,} answered 429, {flooded.statuses[303]:,} let in, {others:,} anything else.\n"
        f"Meanwhile {len(seconds):,} customers of other networks sent one form each: "
        f"{visiting.statuses[303]:,} got their receipt, median {statistics.median(seconds) * 1000:.0f} ms, "
        f"95th percentile {p95_ms:.0f} ms, the slowest {seconds[-1] * 1000:.0f} ms.\n"
        f"Of {receipts:,} receipts the ledger knows {published:,}. One process, SQLite, {cores} cores of "
        f"{platform.machine()}; flood and customers on the same cores, load {load:.0f}."
    )


def main() -> int:
    """Measure, and say it; 1 if anything was lost or a customer turned away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--customers", type=int, default=120)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    said = parser.parse_args()
    flooded, visiting, took_s, published = measure(said.posts, said.seconds, said.customers)
    text = report(flooded, visiting, took_s, published)
    print(text)
    if said.write:
        page = _PAGE.read_text("utf-8")
        between = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.S)
        _PAGE.write_text(between.sub(lambda _: f"{_BEGIN}\n\n{text}\n\n{_END}", page), "utf-8")
    is_well = published == len(flooded.receipts | visiting.receipts) and visiting.statuses[303] == said.customers
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
