"""The hold on public posting: who placed it, why, and that there is one at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.casework.hold import hold, release
from amends.domain.hold import Hold
from amends.errors import Refused
from tests.casework.office import Office
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(minutes=10)


def test_a_hold_stands_until_somebody_releases_it(office: Office) -> None:
    with office.database.unit() as unit:
        hold(unit, "a post of ours went wrong", by="rita", at=MONDAY)
        unit.commit()
    with office.database.reading() as unit:
        assert unit.holds.standing() == Hold(placed_by="rita", placed_at=MONDAY, because="a post of ours went wrong")

    with office.database.unit() as unit:
        release(unit, "it was taken down", by="max", at=LATER)
        unit.commit()
    with office.database.reading() as unit:
        assert unit.holds.standing() is None
        [last] = unit.holds.latest(limit=5)
    assert (last.released_by, last.released_at, last.released_because) == ("max", LATER, "it was taken down")
    assert [(one["actor"], one["action"], one["facts"]["reason"]) for one in office.told()] == [
        ("user:rita", "posting.held", "a post of ours went wrong"),
        ("user:max", "posting.released", "it was taken down"),
    ]


def test_there_is_one_hold_at_a_time_and_the_refusal_says_whose(office: Office) -> None:
    with office.database.unit() as unit:
        hold(unit, "a crisis", by="rita", at=MONDAY)
        with pytest.raises(Refused, match=r"held since 23 Nov 2026 09:00 UTC by rita: a crisis.*review release"):
            hold(unit, "another", by="max", at=LATER)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_hold_and_a_release_say_why(office: Office, reason: str) -> None:
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="say why"):
            hold(unit, reason, by="rita", at=MONDAY)
        hold(unit, "a crisis", by="rita", at=MONDAY)
        with pytest.raises(Refused, match="say why"):
            release(unit, reason, by="rita", at=LATER)


def test_what_is_not_held_cannot_be_released(office: Office) -> None:
    with office.database.unit() as unit, pytest.raises(Refused, match="not held"):
        release(unit, "over", by="rita", at=MONDAY)


def test_holds_follow_each_other_and_all_are_kept(office: Office) -> None:
    with office.database.unit() as unit:
        for number in range(3):
            hold(unit, f"reason {number}", by="rita", at=MONDAY + timedelta(hours=number))
            release(unit, "over", by="rita", at=MONDAY + timedelta(hours=number, minutes=5))
        assert [one.because for one in unit.holds.latest(limit=2)] == ["reason 2", "reason 1"]
