"""The ledger of intake, checkpoints, parked messages and status tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amends.domain.arrival import Fate, ParkedState
from amends.errors import NotFound
from storage.unit_of_work import Database
from tests.support.builders import a_parked, an_arrival
from tests.support.clock import MONDAY


def test_a_ledger_row_comes_back_by_source_and_item(database: Database) -> None:
    row, elsewhere = an_arrival("1.eml"), an_arrival("1.eml", source="files:other", fate=Fate.PARKED)
    with database.unit() as unit:
        unit.intake.record([row, elsewhere])
        assert unit.intake.fates("files:inbox", ["1.eml", "2.eml"]) == {"1.eml": row}
        assert unit.intake.fates("files:other", ["1.eml"]) == {"1.eml": elsewhere}


def test_a_fate_may_change(database: Database) -> None:
    parked, ingested = an_arrival(fate=Fate.PARKED), an_arrival()
    with database.unit() as unit:
        unit.intake.record([parked])
        unit.intake.record([ingested])
        assert unit.intake.fates("files:inbox", ["1.eml"]) == {"1.eml": ingested}


def test_only_what_was_ingested_counts_as_published(database: Database) -> None:
    with database.unit() as unit:
        unit.intake.record(
            [
                an_arrival("1", message_id="m1"),
                an_arrival("2", message_id="m2", fate=Fate.DUPLICATE),
                an_arrival("3", fate=Fate.PARKED),
                an_arrival("4", fate=Fate.OWN),
            ]
        )
        assert unit.intake.published(["m1", "m2", "m3", ""]) == {"m1"}


def test_a_checkpoint_is_empty_at_the_beginning_and_stays_where_it_was_put(database: Database) -> None:
    with database.unit() as unit:
        assert unit.intake.checkpoint("imap:help") == ""
        unit.intake.save_checkpoint("imap:help", "17")
        unit.intake.save_checkpoint("imap:help", "18")
        unit.intake.save_checkpoint("imap:other", "1")
        assert unit.intake.checkpoint("imap:help") == "18"


def test_a_source_is_remembered_beside_its_checkpoint(database: Database) -> None:
    with database.unit() as unit:
        unit.intake.save_checkpoint("files:inbox", "9.eml")
        unit.intake.remember_source("files:inbox", '{"path": "inbox"}')
        unit.intake.remember_source("form:website", "")
        assert unit.intake.sources() == {"files:inbox": '{"path": "inbox"}', "form:website": ""}
        assert unit.intake.checkpoint("files:inbox") == "9.eml"


def test_a_message_parked_again_stays_as_it_is(database: Database) -> None:
    first = a_parked()
    with database.unit() as unit:
        unit.intake.park([first])
        unit.intake.settle_parked(first.id, ParkedState.DISCARDED)
        unit.intake.park([replace(first, says="Another reason.")])
        assert unit.intake.parked() == []
        assert unit.intake.parked(state=None) == [replace(first, state=ParkedState.DISCARDED)]


def test_what_is_parked_is_listed_oldest_first(database: Database) -> None:
    young, old = a_parked("2.eml", at=MONDAY + timedelta(hours=1)), a_parked("1.eml")
    with database.unit() as unit:
        unit.intake.park([young, old])
        assert unit.intake.parked() == [old, young]
        unit.intake.settle_parked(old.id, ParkedState.RETRIED)
        assert unit.intake.parked() == [young]
        assert unit.intake.parked(state=ParkedState.RETRIED) == [replace(old, state=ParkedState.RETRIED)]


def test_a_parked_message_is_found_by_the_beginning_of_its_id(database: Database) -> None:
    one = a_parked(message="m1")
    with database.unit() as unit:
        unit.intake.park([one])
        assert unit.intake.find_parked(one.id[:5]) == one
        assert unit.intake.parked_messages(["m1", "m2"]) == {"m1"}


@pytest.mark.parametrize("parked_id", ["", "%", "_", "nothing"])
def test_what_is_no_beginning_of_an_id_finds_nothing(database: Database, parked_id: str) -> None:
    with database.unit() as unit:
        unit.intake.park([a_parked()])
        with pytest.raises(NotFound, match="no parked message"):
            unit.intake.find_parked(parked_id)


def test_a_status_token_is_given_once(database: Database) -> None:
    with database.unit() as unit:
        unit.intake.promise_status("token", "m1", at=MONDAY)
        unit.intake.promise_status("token", "m2", at=MONDAY + timedelta(days=1))
        assert unit.intake.status_promise("token") == ("m1", MONDAY)
        assert unit.intake.status_promise("guess") is None


def test_a_source_is_leased_to_one_until_it_ends_or_runs_out(database_of_each_kind: Database) -> None:
    half_a_minute, minute = timedelta(seconds=30), timedelta(minutes=1)
    with database_of_each_kind.unit() as unit:

        def lease(holder: str, at: datetime, source: str = "imap:care/INBOX") -> bool:
            return unit.intake.lease(source, holder, now=at, until=at + half_a_minute)

        assert lease("one", MONDAY)
        assert not lease("two", MONDAY)
        assert lease("two", MONDAY, source="imap:care/Junk")
        assert lease("one", MONDAY + half_a_minute / 2)
        assert not lease("two", MONDAY + half_a_minute)
        assert lease("two", MONDAY + minute)
        unit.intake.end_lease("imap:care/INBOX", "one")
        assert not lease("one", MONDAY + minute)
        unit.intake.end_lease("imap:care/INBOX", "two")
        assert lease("one", MONDAY + minute)


def test_a_lease_from_a_clock_that_was_set_back_since_holds_nobody_up(database: Database) -> None:
    with database.unit() as unit:
        assert unit.intake.lease(
            "s", "one", now=MONDAY + timedelta(days=9), until=MONDAY + timedelta(days=9, seconds=9)
        )
        assert unit.intake.lease("s", "two", now=MONDAY, until=MONDAY + timedelta(seconds=9))
