"""People at the desk who click now and then, and pages that stay open."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from bench.desk_crowd import Crowd

#: How often each kind of page is asked for, of a hundred times.
MIX = {
    "the queue, its first page": 30,
    "the queue, the page after": 10,
    "the queue of one owner": 10,
    "the queue by due date, severity and channel": 10,
    "search for a common word": 5,
    "search for two words": 8,
    "search for a reference or an address": 7,
    "a case": 20,
}
_FILTERS = ("due=overdue", "due=week", "severity=high", "channel=x", "needs_person=yes", "flag=media", "kind=enquiry")
#: The desk hangs up on whoever asks for nothing for five seconds.
_KEPT_OPEN_S = 4.0
_NEXT = re.compile(rb'rel="next" href="([^"]+)"')


@dataclass(slots=True)
class Answers:
    """How long each kind of page took, in seconds, and what did not come."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, took_s: float, status: int) -> None:
        """Note one answer."""
        with self._lock:
            if status == 200:
                self.times[what].append(took_s)
            else:
                self.failed[f"{what}: {status}"] += 1


def people(
    address: str,
    cookies: Sequence[str],
    crowd: Crowd,
    *,
    seconds: float,
    thinks_s: float,
    mix: Mapping[str, int] = MIX,
    seed: int = 1,
) -> Answers:
    """Let as many people as there are cookies use the desk, each for so long, with pauses of `thinks_s` on average."""
    answers = Answers()
    ends_at = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_one, args=(address, cookie, crowd, answers, ends_at, thinks_s, mix, seed * 1000 + number)
        )
        for number, cookie in enumerate(cookies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _one(
    address: str,
    cookie: str,
    crowd: Crowd,
    answers: Answers,
    ends_at: float,
    thinks_s: float,
    mix: Mapping[str, int],
    seed: int,
) -> None:
    chance = random.Random(seed)  # noqa: S311
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    following = "/desk/queue"
    time.sleep(chance.random() * thinks_s)
    while time.monotonic() < ends_at:
        what = chance.choices(list(mix), list(mix.values()))[0]
        path = _path(what, crowd, chance, following)
        began = time.perf_counter()
        answer = _asked(connection, path, cookie)
        body = answer.read()
        answers.note(what, time.perf_counter() - began, answer.status)
        if found := _NEXT.search(body):
            following = found[1].decode().replace("&amp;", "&")
        pause_s = chance.expovariate(1 / thinks_s)
        time.sleep(pause_s)
        if pause_s > _KEPT_OPEN_S:
            # As a browser would: the desk has hung up, or is about to.
            connection.close()
    connection.close()


def _asked(connection: http.client.HTTPConnection, path: str, cookie: str) -> http.client.HTTPResponse:
    """Ask for a page. As a browser would, once more where the desk hung up just as it was asked."""
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        return connection.getresponse()
    except ConnectionError:
        connection.close()
        connection.request("GET", path, headers={"Cookie": cookie})
        return connection.getresponse()


def _path(what: str, crowd: Crowd, chance: random.Random, following: str) -> str:
    if what == "the queue, the page after":
        return following
    if what == "the queue of one owner":
        return f"/desk/queue?owner={chance.choice(['me', 'nobody', 'handler07'])}"
    if what == "the queue by due date, severity and channel":
        return f"/desk/queue?{'&'.join(chance.sample(_FILTERS, chance.choice([1, 1, 2])))}"
    if what == "search for a common word":
        return f"/desk/queue?q={chance.choice(crowd.common)}"
    if what == "search for two words":
        return f"/desk/queue?q={chance.choice(crowd.common)}+{chance.choice(crowd.rare)}"
    if what == "search for a reference or an address":
        return f"/desk/queue?q={quote(chance.choice(crowd.references + crowd.addresses))}"
    if what == "a case":
        return f"/desk/case/{chance.choice(crowd.references)}"
    return "/desk/queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What became of pages that stayed open: how many were, how many heard of a new case, and after how long."""

    opened: int
    heard_s: tuple[float, ...]


def hold_streams(
    address: str, cookies: Sequence[str], *, seen: int, while_open: Callable[[], object], then: Callable[[], object]
) -> Streams:
    """Open a stream for each cookie, do something while all are open, then bring news and wait for all to hear."""
    return asyncio.run(_hold(address, cookies, seen, while_open, then))


async def _hold(
    address: str,
    cookies: Sequence[str],
    seen: int,
    while_open: Callable[[], object],
    then: Callable[[], object],
) -> Streams:
    said = urlsplit(address)
    is_open = [asyncio.Event() for _ in cookies]
    heard: list[float] = []

    async def hold(cookie: str, opened: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection(said.hostname, said.port)
        asked = f"GET /desk/queue/events?seen={seen} HTTP/1.1\r\nHost: {said.netloc}\r\nCookie: {cookie}\r\n\r\n"
        writer.write(asked.encode())
        async for line in reader:
            if line.startswith(b"data: "):
                opened.set()
                if json.loads(line[6:])["cases"]:
                    heard.append(time.monotonic())
                    break
        writer.close()

    held = []
    for cookie, opened in zip(cookies, is_open, strict=True):
        held.append(asyncio.create_task(hold(cookie, opened)))
        await asyncio.sleep(0.005)
    await asyncio.wait([asyncio.create_task(opened.wait()) for opened in is_open], timeout=120)
    count = sum(opened.is_set() for opened in is_open)
    await asyncio.to_thread(while_open)
    began = time.monotonic()
    await asyncio.to_thread(then)
    await asyncio.wait(held, timeout=30)
    for task in held:
        task.cancel()
    return Streams(opened=count, heard_s=tuple(at - began for at in heard))
