"""Alerts about channels: raised once, told apart, seen by somebody, ended by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from amends.casework.channels import ChannelWatch, see_alert
from amends.domain.arrival import Arrival, Fate
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind, ChannelAlert, ChannelState, Look
from amends.domain.ids import derived_id
from amends.errors import NotFound, Refused
from storage.channels import alerts, channel_states
from storage.levels import levels
from storage.unit_of_work import Database
from tests.domain.weeks import CALENDAR, office_hours, utc, written
from tests.support.clock import FakeClock

#: A Wednesday at noon, in summer: eleven in UTC.
NOW = utc(2026, 6, 17, 11)
MAILBOX = "imap:care/INBOX"


@dataclass
class Tower:
    """A database with weeks of arrivals, and the watch over it."""

    database: Database
    clock: FakeClock

    def arrive(
        self, moments: Sequence[datetime], *, channel: Channel = Channel.EMAIL, fate: Fate = Fate.INGESTED
    ) -> None:
        rows = [
            Arrival(
                source=MAILBOX,
                item=f"{fate}{at.isoformat()}{number}",
                channel=channel,
                fate=fate,
                message_id=derived_id("m", at.isoformat(), str(number)),
                raw_sha256="00",
                arrived_at=at,
            )
            for number, at in enumerate(moments)
        ]
        with self.database.unit() as unit:
            unit.intake.record(rows)
            unit.commit()

    def look(self, *, at: datetime | None = None, channel: Channel | None = Channel.EMAIL) -> None:
        with self.database.unit() as unit:
            unit.channels.looked([Look(source=MAILBOX, channel=channel, at=at or self.clock.time)])
            unit.commit()

    def watch(self, holder: str = "one") -> bool:
        return ChannelWatch(
            self.database.unit, reading=self.database.reading, calendar=CALENDAR, holder=holder, now=self.clock
        ).turn()

    def alerts(self, *, only_open: bool = True) -> list[ChannelAlert]:
        with self.database.viewing() as connection:
            return alerts(connection, only_open=only_open)

    def states(self) -> list[ChannelState]:
        with self.database.viewing() as connection:
            return channel_states(connection, now=self.clock.time, calendar=CALENDAR)


@pytest.fixture
def tower(database: Database, clock: FakeClock) -> Tower:
    clock.time = NOW
    tower = Tower(database=database, clock=clock)
    tower.arrive(written(office_hours(5), NOW - timedelta(weeks=8), NOW, seed=11))
    tower.look()
    return tower


def test_an_ordinary_hour_raises_nothing(tower: Tower) -> None:
    assert tower.watch()

    assert tower.alerts() == []
    (state,) = tower.states()
    assert state.channel is Channel.EMAIL
    assert state.usual_in_an_hour == pytest.approx(5, abs=3)


def test_what_an_hour_held_is_counted_by_the_database_as_by_us(tower: Tower) -> None:
    moments = written(office_hours(5), NOW - timedelta(weeks=8), NOW, seed=11)
    (state,) = tower.states()

    assert state.in_last_hour == sum(NOW - timedelta(hours=1) < at <= NOW for at in moments)
    assert (state.first, state.last) == (moments[0], moments[-1])


def test_what_came_twice_is_no_arrival(tower: Tower) -> None:
    before = tower.states()
    tower.arrive([NOW - timedelta(minutes=1)] * 500, fate=Fate.DUPLICATE)

    assert tower.states() == before


def test_silence_is_raised_once_and_ends_with_the_next_arrival(tower: Tower) -> None:
    for _ in range(5):
        tower.clock.advance(hours=1)
        tower.look()
        tower.watch()

    (alert,) = tower.alerts()
    assert (alert.channel, alert.kind) == (Channel.EMAIL, AlertKind.SILENT)
    assert "the connector looks and finds nothing" in alert.says

    tower.arrive([tower.clock.time])
    tower.watch()

    assert tower.alerts() == []
    (ended,) = tower.alerts(only_open=False)
    assert ended.ended_at == tower.clock.time


def test_a_connector_that_stands_still_is_told_from_a_quiet_world(tower: Tower) -> None:
    tower.clock.advance(minutes=40)
    tower.watch()

    (alert,) = tower.alerts()
    assert alert.kind is AlertKind.STOPPED
    assert MAILBOX in alert.says

    # It looks again, and finds nothing: by then the world is quiet as well.
    tower.clock.advance(hours=3)
    tower.look()
    tower.watch()
    assert [alert.kind for alert in tower.alerts()] == [AlertKind.SILENT]


def test_a_connector_that_stands_still_at_night_can_wait(tower: Tower) -> None:
    evening = utc(2026, 6, 17, 17, 30)
    tower.arrive(written(office_hours(5), NOW, utc(2026, 6, 17, 17), seed=12))
    tower.look(at=evening)

    for hours in range(1, 13):
        tower.clock.time = evening + timedelta(hours=hours)
        tower.watch()
        assert tower.alerts() == []
    tower.clock.time = evening + timedelta(hours=15)
    tower.watch()
    assert [alert.kind for alert in tower.alerts()] == [AlertKind.STOPPED]


def test_a_surge_is_raised_and_ends(tower: Tower) -> None:
    tower.arrive([NOW + timedelta(seconds=number) for number in range(200)])
    tower.clock.advance(minutes=10)
    tower.look()
    tower.watch()

    (alert,) = tower.alerts()
    assert alert.kind is AlertKind.SURGE
    assert "are usual" in alert.says

    later = tower.clock.advance(hours=2)
    tower.arrive([later - timedelta(minutes=minutes) for minutes in range(1, 60, 6)])
    tower.look()
    tower.watch()
    assert tower.alerts() == []


def test_young_channels_are_shown_and_not_judged(tower: Tower) -> None:
    tower.arrive([NOW - timedelta(days=2)], channel=Channel.X)
    tower.clock.advance(minutes=1)
    tower.watch()

    young = next(state for state in tower.states() if state.channel is Channel.X)
    assert (young.baseline, young.unusual()) == (None, {})
    assert tower.alerts() == []


def test_one_process_watches_and_another_takes_over(tower: Tower) -> None:
    assert tower.watch("one")
    assert not tower.watch("two")
    tower.clock.advance(minutes=11)
    assert tower.watch("two")


def test_an_alert_is_seen_by_one_and_counted_until_it_ends(tower: Tower) -> None:
    tower.clock.advance(minutes=40)
    tower.watch()
    (alert,) = tower.alerts()
    with tower.database.unit() as unit:
        see_alert(unit, alert.id[:6], by="hana", at=tower.clock.time)
        with pytest.raises(Refused, match="has seen"):
            see_alert(unit, alert.id, by="omar", at=tower.clock.time)
        with pytest.raises(NotFound, match="amends channels"):
            see_alert(unit, "ffff", by="omar", at=tower.clock.time)
        unit.commit()

    assert [(one.seen_by, one.seen_at) for one in tower.alerts()] == [("hana", tower.clock.time)]
    with tower.database.viewing() as connection:
        counted = levels(connection, groups={}, now=tower.clock.time).channel_alerts
    assert counted["email", "stopped"] == 1
    assert sum(counted.values()) == 1


def test_a_look_of_a_source_that_brings_any_channel_counts_for_all(tower: Tower) -> None:
    tower.look(at=NOW - timedelta(minutes=20), channel=None)

    (state,) = tower.states()

    assert [look.source for look in state.standing_still] == [MAILBOX]
    assert state.standing_still[0].at == datetime(2026, 6, 17, 10, 40, tzinfo=UTC)


def test_a_source_that_nobody_looks_at_for_days_is_none_of_ours_any_more(tower: Tower) -> None:
    tower.look(at=NOW - timedelta(days=3))
    tower.clock.advance(hours=5)
    tower.watch()

    assert [alert.kind for alert in tower.alerts()] == [AlertKind.SILENT]
