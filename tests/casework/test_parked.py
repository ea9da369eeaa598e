"""What people may do to a parked message."""

from __future__ import annotations

import pytest

from amends.bus.port import Topic
from amends.casework.parked import discard, retry
from amends.domain.arrival import Parked, ParkedState
from amends.errors import NotFound, Refused, Unprocessable
from amends.unit_of_work import UnitOfWork
from amends.wire import RELEASED, decode_message
from storage.unit_of_work import Database
from tests.casework.office import Office
from tests.storage.stock import add_message
from tests.support.builders import a_message, a_parked, a_verdict
from tests.support.clock import MONDAY


def never(_unit: UnitOfWork, _parked: Parked) -> None:
    """Only what ingest could not read is read again."""
    pytest.fail("read again")


def park(database: Database, parked: Parked) -> Parked:
    with database.unit() as unit:
        unit.intake.park([parked])
        unit.commit()
    return parked


def state_of(database: Database, parked: Parked) -> ParkedState:
    with database.reading() as unit:
        return unit.intake.find_parked(parked.id).state


def test_what_ingest_could_not_read_is_read_again(office: Office) -> None:
    parked, read = park(office.database, a_parked()), []
    with office.database.unit() as unit:
        retry(unit, parked.id[:6], by="hana", at=MONDAY, take_in_again=lambda _unit, one: read.append(one))
        unit.commit()
    assert read == [parked]
    assert state_of(office.database, parked) is ParkedState.RETRIED
    assert [(one["actor"], one["action"], one["facts"]["parked_for"]) for one in office.told()] == [
        ("user:hana", "parked.retried", "not_a_mail")
    ]


def test_what_still_cannot_be_read_stays_parked(office: Office) -> None:
    parked = park(office.database, a_parked())

    def still_broken(_unit: UnitOfWork, _parked: Parked) -> None:
        raise Unprocessable("still no mail", reason="not_a_mail")

    with office.database.unit() as unit, pytest.raises(Unprocessable, match="still no mail"):
        retry(unit, parked.id, by="hana", at=MONDAY, take_in_again=still_broken)
    assert state_of(office.database, parked) is ParkedState.WAITING
    assert office.told() == []


def test_what_triage_held_to_be_from_a_machine_is_released(office: Office) -> None:
    message = a_message()
    parked = park(office.database, a_parked(stage="triage", source="message:email", message=message.id))
    with office.database.unit() as unit:
        add_message(unit, message, case_id=None, verdict=a_verdict())
        retry(unit, parked.id, by="hana", at=MONDAY, take_in_again=never)
        record = unit.log.find(Topic.MESSAGES, f"{message.id}~released")
    assert (record.type, record.key) == (RELEASED, message.author.ordering_key)
    assert decode_message(record.body) == message


@pytest.mark.parametrize("state", [ParkedState.RETRIED, ParkedState.DISCARDED])
def test_what_was_settled_is_not_settled_again(office: Office, state: ParkedState) -> None:
    parked = park(office.database, a_parked())
    with office.database.unit() as unit:
        unit.intake.settle_parked(parked.id, state)
        with pytest.raises(Refused, match=f"was {state.value} before"):
            retry(unit, parked.id, by="hana", at=MONDAY, take_in_again=never)
        with pytest.raises(Refused, match=f"was {state.value} before"):
            discard(unit, parked.id, "spam", by="hana", at=MONDAY)


def test_to_discard_a_message_takes_a_reason_which_is_kept(office: Office) -> None:
    parked = park(office.database, a_parked())
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="say why"):
            discard(unit, parked.id, " ", by="hana", at=MONDAY)
        assert discard(unit, parked.id, "an advertisement", by="hana", at=MONDAY).state is ParkedState.DISCARDED
        unit.commit()
    assert state_of(office.database, parked) is ParkedState.DISCARDED
    assert [one["facts"]["reason"] for one in office.told()] == ["an advertisement"]


def test_what_is_not_parked_is_not_found(office: Office) -> None:
    with office.database.unit() as unit, pytest.raises(NotFound):
        retry(unit, "nothing", by="hana", at=MONDAY, take_in_again=never)
