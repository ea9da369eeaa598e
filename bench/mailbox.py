"""`python -m bench.mailbox`: how fast a mailbox is taken in, and how soon a new mail has its case.

It starts a Dovecot of its own. `--mails` are put into it and taken in by one connector;
then `amends run ingest` and `amends run triage` run, and `--latency` mails come one by one.
The time of those begins before the mail is handed to the server and ends when its case can be seen.
With `--postfix` they are sent by SMTP to a Postfix, which hands them to the Dovecot; the time
begins when Postfix has said that it took the mail. That needs root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event

from amends.compose import House
from amends.settings import load_settings
from bench.measure import peak_mib, processor_s
from ingest.mail.imap.mailbox import Mailbox, Security, said_secret
from ingest.runner import take_in_all
from tests.servers.dovecot import PASSWORD, USER, Dovecot
from tests.servers.ports import HOST
from tests.servers.postfix import Postfix, a_postfix

_LETTER = """From: Customer {n} <customer{n}@customer.example>\r
To: care@northmoor.example\r
Subject: Order {n}\r
Message-ID: <{n}@customer.example>\r
\r
I am very disappointed with your service. The kettle that I ordered from you stopped working after two days.\r
Please send me a new one or give me my money back. It was order {n}.\r
"""


def letters(count: int, *, first: int = 0) -> list[bytes]:
    """Write as many letters, each of its own customer."""
    return [_LETTER.format(n=n).encode() for n in range(first, first + count)]


def take_in(dovecot: Dovecot, folder: Path) -> None:
    """Take in what the mailbox holds, and say what it took."""
    house = House(settings=load_settings(data_dir=folder))
    mailbox = Mailbox(
        name="care", host=HOST, port=dovecot.port, security=Security.PLAIN, user=USER, secret=said_secret(PASSWORD)
    )
    connector = house.imap(mailbox, "INBOX")
    _ = house.database
    before_mib, began, spent_s = peak_mib(), time.perf_counter(), processor_s()
    checkpoint, held = "", 0
    while True:
        batch, checkpoint = connector.fetch(checkpoint, limit=200)
        if not batch:
            break
        held += len(batch)
    print(f"fetched alone: {held:,} mails in {time.perf_counter() - began:.1f} s")
    connector.close()
    began, spent_s = time.perf_counter(), processor_s()
    fates = take_in_all(connector, house.database.unit, house.blobs, house.readers, stop=Event())
    took_s, spent_s = time.perf_counter() - began, processor_s() - spent_s
    print(
        f"taken in: {fates.total():,} mails in {took_s:.1f} s, {fates.total() / took_s:.0f} a second, "
        f"{spent_s:.1f} s of processor time; {before_mib:.0f} MiB before, {peak_mib():.0f} MiB at most"
    )
    connector.close()
    for one, which in ((connector, "what changed"), (house.imap(mailbox, "INBOX"), "all, as a new process does,")):
        began = time.perf_counter()
        one.fetch(checkpoint, limit=200)
        print(f"connected again and compared {which} with the ledger in {time.perf_counter() - began:.2f} s")
        one.close()
    house.close()


def latency(dovecot: Dovecot, folder: Path, *, count: int, first: int, hand: Callable[[bytes], float]) -> None:
    """Send mails one by one while the services run, and say how soon each had its case.

    `hand` gives a mail to the server, and says since when the server has it.
    """
    mailbox = {"host": HOST, "port": dovecot.port, "security": "plain", "user": USER, "name": "late"}
    house = House(settings=load_settings(data_dir=folder))
    said = {"AMENDS_MAILBOXES": json.dumps([mailbox]), "AMENDS_MAILBOX_PASSWORD": PASSWORD}
    delays = []
    with services(folder, said, "ingest", "triage"):
        for number, letter in enumerate([*letters(1, first=first), *letters(count, first=first + 1)]):
            cases = _cases(house)
            began = hand(letter)
            while _cases(house) == cases:
                time.sleep(0.01)
            # The first one waits for the services to start.
            delays += [time.perf_counter() - began] if number else []
    delays.sort()
    print(
        f"from the server's hands to the case: median {statistics.median(delays):.2f} s, "
        f"95th percentile {delays[int(len(delays) * 0.95)]:.2f} s, {count} mails"
    )
    house.close()


@contextlib.contextmanager
def services(folder: Path, said: dict[str, str], *names: str) -> Iterator[None]:
    """Run services, and end them."""
    running = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "amends.cli", "run", name, "--data-dir", str(folder)],
            env={**os.environ, **said},
            stderr=subprocess.DEVNULL,
        )
        for name in names
    ]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()


def put_into(dovecot: Dovecot, letter: bytes) -> float:
    """Put a mail into the mailbox itself."""
    began = time.perf_counter()
    dovecot.put([letter])
    return began


def send_to(postfix: Postfix, letter: bytes) -> float:
    """Send a mail by SMTP; Postfix has it when it has said so."""
    postfix.take(letter, to="anna@shop.example")
    return time.perf_counter()


@contextlib.contextmanager
def by_postfix(dovecot: Dovecot) -> Iterator[Callable[[bytes], float]]:
    """Let a Postfix take mails and hand them to the Dovecot."""
    with a_postfix(handed_to={"shop.example": dovecot.delivery}) as postfix:
        yield partial(send_to, postfix)


def _cases(house: House) -> int:
    with house.database.viewing() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM cases").scalar_one())


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--latency", type=int, default=50)
    parser.add_argument("--postfix", action="store_true", help="send the single mails by SMTP to a Postfix")
    said = parser.parse_args()
    dovecot = Dovecot()
    try:
        dovecot.start()
        with tempfile.TemporaryDirectory() as folder:
            dovecot.put(letters(said.mails))
            take_in(dovecot, Path(folder) / "data")
        with tempfile.TemporaryDirectory() as folder:
            other = Dovecot()
            try:
                other.start()
                with by_postfix(other) if said.postfix else contextlib.nullcontext(partial(put_into, other)) as hand:
                    latency(other, Path(folder) / "data", count=said.latency, first=said.mails, hand=hand)
            finally:
                other.remove()
    finally:
        dovecot.remove()


if __name__ == "__main__":
    main()
