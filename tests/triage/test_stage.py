"""The triage stage: one effect a message, however often it comes, and a way back for what was parked."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest

from amends.bus.port import Record, Topic, partition_of
from amends.casework import dead
from amends.casework import parked as set_aside
from amends.domain.arrival import ParkedState
from amends.domain.message import Automatic
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import Refused
from amends.wire import RECEIVED
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_flag, a_message, a_record, a_verdict
from tests.support.clock import MONDAY, FakeClock
from tests.support.columns import overfull_columns
from tests.support.fakes import FakeJudge
from tests.support.triage_house import TriageHouse

ROBOT = Automatic(reason="list", says="it came from a mailing list")


@pytest.fixture
def house(database: Database, clock: FakeClock) -> TriageHouse:
    return TriageHouse(database, clock)


def test_the_judge_sees_the_authors_own_words_of_a_whole_batch(house: TriageHouse) -> None:
    house.file(a_message("My parcel never came.", subject="Parcel"), a_message("Nor mine.", automatic=None))
    assert [(one.text, one.subject, one.channel, one.automatic) for one in house.judge.asked] == [
        ("My parcel never came.", "Parcel", "email", False),
        ("Nor mine.", "", "email", False),
    ]


def records_of(house: TriageHouse) -> list[Record]:
    partition = partition_of("one key", PARTITIONS[Topic.MESSAGES])
    with house.database.reading() as unit:
        return unit.log.read(unit.log.position("fresh", Topic.MESSAGES, partition), limit=1_000)


def test_the_same_batch_applied_twice_changes_nothing(house: TriageHouse) -> None:
    first = a_message("My parcel never came.")
    house.file(first, a_message("Still nothing.", answers=first.names), a_message("You won the lottery."), first)
    before = house.rows()
    with house.database.unit() as unit:
        house.stage.apply(unit, house.stage.prepare(records_of(house), at=MONDAY), at=MONDAY)
        unit.commit()
    assert house.rows() == before


def test_a_message_twice_in_a_batch_is_filed_once(house: TriageHouse) -> None:
    message = a_message("My parcel never came.")
    house.publish(message)
    (record,) = records_of(house)
    with house.database.unit() as unit:
        house.stage.apply(unit, house.stage.prepare([record, record], at=MONDAY), at=MONDAY)
        unit.commit()
    assert house.case_of(message).messages == 1


@pytest.mark.parametrize(
    ("type_", "body", "says"),
    [
        (RECEIVED, b'{"id": 7}', "the record cannot be read: id: Input should be a valid string"),
        (RECEIVED, b"\xff\x00 no JSON", "the record cannot be read: : Invalid JSON"),
        ("amends.message.received.v9", b"{}", "records of the type 'amends.message.received.v9' are not known here"),
    ],
)
def test_a_record_of_a_later_version_or_of_another_program_dies_and_the_rest_is_filed(
    house: TriageHouse, type_: str, body: bytes, says: str
) -> None:
    good = a_message("My parcel never came.")
    with house.database.unit() as unit:
        unit.log.publish([replace(a_record("broken", key="one key", body=body), type=type_)])
        unit.commit()
    house.publish(good)
    house.run_ignoring_the_dead()
    assert house.case_of(good).messages == 1
    with house.database.reading() as unit:
        (letter,) = unit.dead.listed(limit=10)
        assert unit.intake.parked() == []
    assert (letter.stage, letter.reason, letter.record_id) == ("triage", "bad_record", "broken")
    assert letter.says.startswith(says)


def release(house: TriageHouse) -> str:
    with house.database.unit() as unit:
        (parked,) = unit.intake.parked()
        set_aside.retry(unit, parked.id, by="hana", at=house.clock.now(), take_in_again=lambda _unit, _parked: None)
        unit.commit()
    return parked.id


def test_a_released_message_is_filed_once_for_a_person_to_look_at(house: TriageHouse) -> None:
    message = a_message("Your list is full of mistakes.", automatic=ROBOT)
    house.publish(message)
    house.run()
    parked_id = release(house)
    house.clock.advance(hours=1)
    house.run()
    case = house.case_of(message)
    assert (case.needs_person, case.messages, case.opened_at) == (True, 1, message.received_at)
    with house.database.unit() as unit:
        assert unit.intake.find_parked(parked_id).state is ParkedState.RETRIED
        with pytest.raises(Refused, match="retried before"):
            set_aside.retry(unit, parked_id, by="tom", at=house.clock.now(), take_in_again=lambda _unit, _parked: None)
    before = house.rows()
    with house.database.unit() as unit:
        house.stage.apply(unit, house.stage.prepare(records_of(house), at=MONDAY), at=MONDAY)
        unit.commit()
    assert house.rows() == before


def test_a_released_message_joins_the_thread_that_it_answers(house: TriageHouse) -> None:
    first = a_message("My parcel never came.")
    away = a_message("I am away.", answers=first.names, automatic=ROBOT)
    case = house.file(first)
    house.publish(away)
    house.run()
    release(house)
    house.run()
    assert house.case_of(away).id == case.id
    assert house.case_of(away).needs_person


def test_a_released_message_has_the_flags_of_its_second_judgement(house: TriageHouse) -> None:
    text = "There is a fire."
    message = a_message(text, automatic=ROBOT)
    fire = a_flag(FlagName.SAFETY, "fire", text)
    house.judge = FakeJudge(
        lambda asked: (
            a_verdict(Kind.MACHINE) if asked.automatic else a_verdict(severity=Severity.CRITICAL, flags=[fire])
        )
    )
    house.publish(message)
    house.run()
    release(house)
    house.run()
    with house.database.reading() as unit:
        judged = unit.messages.get(message.id)
    assert judged.verdict.flags == (fire,)
    assert house.case_of(message).severity is Severity.CRITICAL


def test_a_batch_that_was_not_committed_leaves_nothing(house: TriageHouse) -> None:
    house.publish(a_message("My parcel never came."))
    before = house.rows()
    with house.database.unit() as unit:
        house.stage.apply(unit, house.stage.prepare(records_of(house), at=MONDAY), at=MONDAY)
    assert house.rows() == before


def test_a_failing_judge_loses_no_message(house: TriageHouse) -> None:
    message = a_message("My parcel never came.")

    def broken(_asked: object) -> object:
        raise ZeroDivisionError

    house.judge = FakeJudge(broken)  # type: ignore[arg-type]
    house.publish(message)
    house.runner().run(Event(), until_idle=lambda: True)
    with house.database.unit() as unit:
        (letter,) = unit.dead.listed(limit=10)
        assert letter.reason == "stage_failed"
        dead.retry(unit, letter.id, by="hana", at=house.clock.advance(minutes=1))
        unit.commit()
    house.judge = TriageHouse(house.database, house.clock).judge
    house.run_ignoring_the_dead()
    assert house.case_of(message).opened_at == message.received_at


def test_a_record_that_fails_again_and_again_keeps_an_id_that_fits(house: TriageHouse) -> None:
    house.publish(a_message("My parcel never came."))
    house.judge = FakeJudge(lambda _asked: a_verdict(confidence=7))
    for _ in range(4):
        house.runner().run(Event(), until_idle=lambda: True)
        house.clock.advance(minutes=1)
        with house.database.unit() as unit:
            (letter,) = unit.dead.listed(limit=10)
            dead.retry(unit, letter.id, by="hana", at=house.clock.now())
            unit.commit()
    assert overfull_columns(house.database.engine) == []
