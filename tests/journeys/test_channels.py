"""How channels stand, at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amends.domain.arrival import Arrival, Fate
from amends.domain.channel import Channel
from tests.journeys.running import a_house
from tests.journeys.test_people import Desk

NOW = datetime.now(UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_house(tmp_path / "data") as house:
        yield Desk(house, tmp_path / "letters")


def eight_weeks_of_mail(desk: Desk, *, until: datetime) -> None:
    """Let four mails come in every hour, day and night."""
    rows = [
        Arrival(
            source="imap:care/INBOX",
            item=str(number),
            channel=Channel.EMAIL,
            fate=Fate.INGESTED,
            message_id=f"{number:032x}",
            raw_sha256="00",
            arrived_at=until - number * timedelta(minutes=15),
        )
        for number in range(8 * 7 * 24 * 4)
    ]
    with desk.house.database.unit() as unit:
        unit.intake.record(rows)
        unit.commit()


def test_where_nothing_came_nothing_is_said(desk: Desk) -> None:
    desk.type("setup")

    assert "Nothing has come" in desk.type("channels", "list").out


def test_a_silent_channel_is_shown_found_by_doctor_and_seen(desk: Desk) -> None:
    eight_weeks_of_mail(desk, until=NOW - timedelta(hours=5))
    assert desk.house.channel_watch("deliver").turn()

    found = desk.type("channels", "list", "--json").json
    [channel], [alert] = found["channels"], found["alerts"]
    assert (channel["channel"], channel["in_last_hour"]) == ("email", 0)
    assert channel["usual_in_an_hour"] == pytest.approx(4, abs=1)
    assert (alert["kind"], alert["seen_by"]) == ("silent", "")
    shown = desk.type("channels", "list").out
    assert "nothing has come since" in shown
    assert "seen by nobody yet" in shown
    bad = [one for one in desk.type("doctor", "--json", code=None).json if one["what"] == "channels"]
    assert [one["is_well"] for one in bad] == [False]

    desk.type("channels", "seen", alert["id"], "--as", "hana")

    assert "seen by hana" in desk.type("channels", "list").out
    assert "has seen alert" in desk.refusal("channels", "seen", alert["id"], "--as", "omar")
    well = [one for one in desk.type("doctor", "--json", code=None).json if one["what"] == "channels"]
    assert [one["is_well"] for one in well] == [True]
