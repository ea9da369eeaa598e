"""Keeping up with sources that stay connected: one process at a time, and none for ever."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import select

from amends.bus.backoff import Backoff
from amends.domain.channel import Channel
from amends.errors import Misconfigured, Unavailable
from amends.ports import Fetched
from ingest.live import Following, follow_all
from storage.tables import looks as looked
from tests.ingest.house import READERS, IngestHouse
from tests.journeys.running import wait_until
from tests.support.builders import a_fetched, a_mail
from tests.support.fakes import FakeLiveConnector
from tests.support.meter import FakeMeter

QUICKLY = Backoff(least_s=0.01, first_s=0.02, most_s=0.02)


def things(count: int, *, source: str = "fake:inbox") -> list[Fetched]:
    return [a_fetched(a_mail(message_id=f"{n}@{source}"), item=str(n), source=source) for n in range(count)]


@pytest.fixture
def following(ingest_house: IngestHouse) -> Following:
    return Following(
        open_unit=ingest_house.database.unit,
        blobs=ingest_house.blobs,
        readers=READERS,
        holder="one",
        now=ingest_house.clock,
        stop=Event(),
        meter=FakeMeter(),
        if_unavailable=QUICKLY,
        if_misconfigured=QUICKLY,
    )


@contextlib.contextmanager
def keeping_up(following: Following, *connectors: FakeLiveConnector) -> Iterator[None]:
    """Keep up with sources on a thread while the block runs."""
    thread = Thread(target=lambda: follow_all(connectors, following, meanwhile=lambda: None))
    thread.start()
    try:
        yield
    finally:
        following.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_what_comes_is_taken_in_and_settled_until_it_is_to_stop(
    ingest_house: IngestHouse, following: Following
) -> None:
    connector = FakeLiveConnector(things(3))
    with keeping_up(following, connector):
        wait_until(lambda: len(connector.settled) == 3)
        connector.things += things(5)[3:]
        wait_until(lambda: len(connector.settled) == 5)
    assert connector.settled == ["0", "1", "2", "3", "4"]
    assert len(ingest_house.published()) == 5
    assert connector.closed >= 1


def test_several_sources_are_kept_up_with_at_once_and_one_that_fails_stops_no_other(
    ingest_house: IngestHouse, following: Following
) -> None:
    broken, whole = FakeLiveConnector(things(1, source="fake:a"), source="fake:a"), FakeLiveConnector(things(2))
    broken.raises = [Misconfigured("the password is wrong")] * 1_000_000
    with keeping_up(following, broken, whole):
        wait_until(lambda: len(whole.settled) == 2)
        wait_until(lambda: broken.closed > 3)
        with pytest.raises(Unavailable, match="the password is wrong"):
            following.troubles.raise_any()
        broken.raises = []
        wait_until(lambda: broken.settled == ["0"])
        following.troubles.raise_any()
    assert len(ingest_house.published()) == 3


def test_what_is_unavailable_is_tried_again_after_a_pause(following: Following) -> None:
    connector = FakeLiveConnector(things(1))
    connector.raises = [Unavailable("no connection")] * 4
    with keeping_up(following, connector):
        wait_until(lambda: connector.settled == ["0"])
    meter = following.meter
    assert isinstance(meter, FakeMeter)
    assert meter.beats.count("waits: Unavailable") == 4


def test_a_refused_sign_in_is_an_error_in_the_log_without_what_the_server_said(
    following: Following, caplog: pytest.LogCaptureFixture
) -> None:
    connector = FakeLiveConnector(things(1))
    connector.raises = [Misconfigured("anna@example.org is not welcome")]
    with caplog.at_level(logging.INFO), keeping_up(following, connector):
        wait_until(lambda: connector.settled == ["0"])
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "amends doctor" in str(told.__dict__["remedy"])
    assert "anna" not in str([record.__dict__ for record in caplog.records])


def test_of_two_processes_one_reads_a_source_and_the_other_goes_on_when_it_stops(
    ingest_house: IngestHouse, following: Following
) -> None:
    first, second = FakeLiveConnector(things(2)), FakeLiveConnector(things(2))
    other = replace(following, holder="other", stop=Event(), lease_s=0.3)
    with keeping_up(other, second):
        wait_until(lambda: len(second.settled) == 2)
        with keeping_up(following, first):
            first.things += things(4)[2:]
            # It looks every tenth of a second.
            assert not following.stop.wait(0.5)
            assert first.settled == []
    following.stop.clear()
    with keeping_up(following, first):
        wait_until(lambda: first.settled == ["2", "3"])
    assert len(ingest_house.published()) == 4


def test_who_has_lost_the_lease_writes_nothing(ingest_house: IngestHouse, following: Following) -> None:
    connector = FakeLiveConnector([])
    with keeping_up(following, connector):
        wait_until(lambda: is_held(ingest_house))
        # It slept for long; another took over.
        ingest_house.clock.advance(minutes=5)
        with ingest_house.database.unit() as unit:
            now = ingest_house.clock()
            assert unit.intake.lease("fake:inbox", "other", now=now, until=now + timedelta(seconds=30))
            unit.commit()
        connector.things += things(2)
        assert not following.stop.wait(0.5)
        assert ingest_house.published() == []
        assert connector.settled == []


def is_held(house: IngestHouse) -> bool:
    now = house.clock()
    with house.database.unit() as unit:
        # Tried, and not committed.
        return not unit.intake.lease("fake:inbox", "nobody", now=now, until=now + timedelta(seconds=30))


def test_a_fault_of_ours_ends_all_and_is_raised(following: Following) -> None:
    class Broken(FakeLiveConnector):
        def wait(self, seconds: float) -> bool:
            raise ZeroDivisionError

    whole = FakeLiveConnector([], source="fake:whole")
    with pytest.raises(ZeroDivisionError):
        follow_all([Broken([]), whole], following, meanwhile=lambda: None)
    assert following.stop.is_set()


def looks(house: IngestHouse) -> dict[str, Channel | None]:
    with house.database.viewing() as connection:
        return {row.source: Channel(row.channel) if row.channel else None for row in connection.execute(select(looked))}


def test_a_source_that_was_read_to_its_end_was_looked_at_and_a_refused_one_was_not(
    ingest_house: IngestHouse, following: Following
) -> None:
    broken, whole = FakeLiveConnector([], source="fake:a"), FakeLiveConnector(things(1))
    broken.raises = [Misconfigured("the password is wrong")] * 1_000_000
    with keeping_up(following, broken, whole):
        wait_until(lambda: looks(ingest_house) == {"fake:inbox": Channel.EMAIL})
        wait_until(lambda: broken.closed > 3)
    assert looks(ingest_house) == {"fake:inbox": Channel.EMAIL}
