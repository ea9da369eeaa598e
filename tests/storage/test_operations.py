"""What operators read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amends.domain.arrival import Fate, ParkedState
from amends.domain.channel import Channel
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.reply import Form, ReplyState
from amends.errors import NotFound
from amends.history import StageDone, note_stage_done
from storage.operations import comes_in, goes_out, last_done, parked_page, undecided
from storage.unit_of_work import Database
from tests.casework.office import Office
from tests.support.builders import a_parked, a_reply, an_arrival
from tests.support.clock import MONDAY

HOUR = timedelta(hours=1)


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    return database_of_each_kind


def test_a_stage_last_got_on_when_its_last_batch_was_done(database: Database) -> None:
    with database.unit() as unit:
        for number, stage in enumerate(("triage", "respond", "triage")):
            done = StageDone(stage=stage, topic="messages", partition=0, first=number, to=number + 1, count=1)
            note_stage_done(unit, done, at=MONDAY + number * HOUR)
        unit.commit()

    with database.viewing() as connection:
        assert last_done(connection, ("triage", "respond", "deliver")) == {
            "triage": MONDAY + 2 * HOUR,
            "respond": MONDAY + HOUR,
        }


def test_a_channel_tells_when_something_last_came_and_what_was_last_parked(database: Database) -> None:
    with database.unit() as unit:
        unit.intake.record(
            [
                replace(an_arrival("1"), arrived_at=MONDAY),
                replace(an_arrival("2"), arrived_at=MONDAY + HOUR),
                replace(an_arrival("3", fate=Fate.PARKED), arrived_at=MONDAY + 2 * HOUR),
            ]
        )
        unit.commit()

    with database.viewing() as connection:
        by_channel = {one.channel: one for one in comes_in(connection)}

    mail = by_channel[Channel.EMAIL]
    assert (mail.last_ingested, mail.last_parked) == (MONDAY + HOUR, MONDAY + 2 * HOUR)
    assert mail.parked_for
    assert by_channel[Channel.X].last_ingested is None
    assert set(by_channel) == set(Channel)


def test_a_form_of_reply_tells_when_it_last_arrived_and_what_last_went_wrong(database: Database) -> None:
    office = Office(database=database)
    office.case()
    reply = office.reply(state=ReplyState.SENT)
    with database.unit() as unit:
        unit.deliveries.note(
            [
                delivery_of(reply, CameTo.REFUSED, at=MONDAY, says="first"),
                delivery_of(reply, CameTo.UNKNOWN, at=MONDAY + HOUR, says="550 no such user"),
                delivery_of(reply, CameTo.SENT, at=MONDAY + 2 * HOUR, says="taken"),
                delivery_of(replace(reply, form=Form.LETTER), CameTo.SENT, at=MONDAY, says="taken"),
            ]
        )
        unit.commit()

    with database.viewing() as connection:
        mail, letter = goes_out(connection)

    assert (mail.form, mail.last_sent, mail.last_trouble) == ("email", MONDAY + 2 * HOUR, MONDAY + HOUR)
    assert (mail.came_to, mail.says) == (CameTo.UNKNOWN, "550 no such user")
    assert (letter.form, letter.last_trouble, letter.came_to) == ("letter", None, None)


def test_only_deliveries_of_unknown_fate_need_a_decision(database: Database) -> None:
    office = Office(database=database)
    case = office.case()
    unknown = a_reply(state=ReplyState.UNKNOWN, approved_by="tom", case_id=case.id)
    with database.unit() as unit:
        unit.replies.add([(unknown, (), "")])
        unit.replies.add([(replace(unknown, id="f" * 32, state=ReplyState.SENT), (), "")])
        unit.commit()

    with database.viewing() as connection:
        assert undecided(connection, limit=10) == [unknown]


def test_what_is_parked_comes_page_by_page_and_by_reason(database: Database) -> None:
    parked = [
        replace(
            a_parked(),
            id=f"{number:012x}",
            reason="spam" if number % 2 else "bounce",
            parked_at=MONDAY + number // 2 * HOUR,
        )
        for number in range(6)
    ]
    gone = replace(a_parked(), id="a" * 12, state=ParkedState.DISCARDED)
    with database.unit() as unit:
        unit.intake.park([*parked, gone])
        unit.commit()

    with database.viewing() as connection:
        first = parked_page(connection, limit=4)
        rest = parked_page(connection, limit=4, after=first.after)
        spam = parked_page(connection, limit=4, reason="spam")
        discarded = parked_page(connection, limit=4, state=ParkedState.DISCARDED)
        with pytest.raises(NotFound):
            parked_page(connection, limit=4, after="nothing")

    assert [one.id for one in (*first.rows, *rest.rows)] == [one.id for one in parked]
    assert (first.by_reason, rest.after) == ({"bounce": 3, "spam": 3}, "")
    assert {one.reason for one in spam.rows} == {"spam"}
    assert [one.id for one in discarded.rows] == [gone.id]
