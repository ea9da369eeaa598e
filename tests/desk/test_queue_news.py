"""Word of what is new: one look at the database for all pages, and streams that end when they should."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from amends.cli.background import DESK_CONNECTIONS
from amends.desk.queue.news import STREAMS_OF_ONE, NewsDesk
from amends.domain.clock import ClockKind
from amends.unit_of_work import JudgedMessage
from bench.desk_load import hold_streams
from storage.news import last_filed
from storage.places import ended, not_yet
from storage.tables import queue_places
from storage.unit_of_work import Database
from tests.desk.house import DeskHouse
from tests.desk.queue_cases import open_case, reference
from tests.storage.plans import caught
from tests.support.builders import a_clock, a_message, a_verdict
from tests.support.clock import MONDAY, FakeClock
from tests.web.serving import served


@pytest.fixture
def news(database: Database, clock: FakeClock) -> NewsDesk:
    return NewsDesk(viewing=database.viewing, unit=database.unit, now=clock)


def seen(database: Database) -> int:
    with database.viewing() as connection:
        return last_filed(connection)


def follow(database: Database, number: int) -> None:
    message = a_message("And again.", native_id=f"again{number}@mail.example")
    with database.unit() as unit:
        unit.messages.add([JudgedMessage(message=message, verdict=a_verdict(), case_id=reference(number), number=2)])
        unit.commit()


def test_each_page_is_told_what_came_after_it_was_made(database: Database, news: NewsDesk) -> None:
    open_case(database, 1)
    early = seen(database)
    news.look()
    open_case(database, 2)
    late = seen(database)
    follow(database, 1)
    news.look()

    told = {number: (news.since(number).cases, news.since(number).messages) for number in (early, late)}
    assert told == {early: (1, 1), late: (0, 1)}
    assert (news.since(seen(database)).cases, news.since(seen(database)).messages) == (0, 0)


def test_a_look_at_a_database_where_nothing_came_is_two_short_questions(database: Database, news: NewsDesk) -> None:
    open_case(database, 1)
    news.look()
    news.count_places()
    with caught(database.engine) as statements:
        assert not news.look()
        assert news.count_places() == 0
    assert len(statements) == 3


def test_ranks_that_hold_no_more_are_counted_aside(database: Database, news: NewsDesk, clock: FakeClock) -> None:
    def uncounted() -> int:
        with database.viewing() as connection:
            waiting = select(func.count()).where(ended(clock()) | not_yet(clock())).select_from(queue_places)
            return int(connection.scalar(waiting) or 0)

    for number in range(3):
        open_case(database, number)
    with database.unit() as unit:
        later = timedelta(hours=30)
        unit.clocks.start([a_clock(ClockKind.RESPONSE, case_id=reference(0), started_at=MONDAY, due_in=later)])
        unit.commit()
    assert (uncounted(), news.count_places(), uncounted()) == (3, 3, 0)

    clock.advance(hours=7)
    assert (uncounted(), news.count_places(), uncounted()) == (1, 1, 0)


def stream(address: str, cookie: tuple[str, str], path: str) -> Any:
    return httpx2.stream("GET", f"{address}{path}", cookies=dict([cookie]), timeout=30)


def events(answer: Any) -> Iterator[dict[str, int]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_an_open_page_is_told_and_its_stream_ends_with_the_desk(desk_house: DeskHouse) -> None:
    cookie = desk_house.session("handler")
    with served(desk_house.app) as address:
        with stream(address, cookie, "/desk/queue/events?seen=0") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = events(answer)
            assert next(told) == {"cases": 0, "messages": 0}
            open_case(desk_house.database, 1)
            assert next(told) == {"cases": 1, "messages": 0}
        held = threading.Event()

        def hold() -> None:
            with stream(address, cookie, "/desk/queue/events?seen=0") as kept:
                for _ in events(kept):
                    held.set()

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(20)
        began = time.monotonic()
    holder.join(timeout=20)
    assert not holder.is_alive()
    assert time.monotonic() - began < 8, "an open stream must not use up the grace of a stop"


def test_one_person_cannot_take_all_the_streams(desk_house: DeskHouse) -> None:
    cookie, other = desk_house.session("handler"), desk_house.session("reviewer")
    with served(desk_house.app) as address:
        open_ones = [stream(address, cookie, "/desk/queue/events?seen=0") for _ in range(STREAMS_OF_ONE)]
        told = [events(one.__enter__()) for one in open_ones]
        assert [next(one) for one in told] == [{"cases": 0, "messages": 0}] * STREAMS_OF_ONE
        with stream(address, cookie, "/desk/queue/events?seen=0") as refused:
            assert refused.status_code == 503
        with stream(address, other, "/desk/queue/events?seen=0") as welcome:
            assert welcome.status_code == 200
        for one in open_ones:
            one.__exit__(None, None, None)


@pytest.mark.slow
def test_five_hundred_pages_are_open_at_once_and_all_hear_of_a_new_case(desk_house: DeskHouse) -> None:
    people = [desk_house.session("handler", name=f"hana{number}") for number in range(-(-500 // STREAMS_OF_ONE))]
    cookies = [f"{name}={token}" for name, token in people for _ in range(STREAMS_OF_ONE)][:500]
    pages: list[int] = []
    with served(desk_house.app, most_connections=DESK_CONNECTIONS) as address:
        held = hold_streams(
            address,
            cookies,
            seen=0,
            while_open=lambda: pages.append(
                httpx2.get(f"{address}/desk/queue", cookies=dict(people[:1]), timeout=60).status_code
            ),
            then=lambda: open_case(desk_house.database, 1),
        )

    assert (held.opened, len(held.heard_s)) == (500, 500)
    assert pages == [200], "the desk serves its pages beside them"


@pytest.mark.parametrize("said", ["", "-1", "x", "9" * 30, "²"])
def test_a_stream_is_asked_for_with_what_was_seen(desk_house: DeskHouse, said: str) -> None:
    assert desk_house.client("handler").get("/desk/queue/events", params={"seen": said}).status_code == 400
