"""What people may do to a dead letter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.bus.port import Topic
from amends.casework.dead import AT_ONCE, carry_out, discard, plan_retry, retry
from amends.domain.dead import DeadLetter, DeadState
from amends.errors import NotFound, Refused
from storage.unit_of_work import Database
from tests.casework.office import Office
from tests.support.builders import a_dead_letter
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(hours=3)


def bury(database: Database, *letters: DeadLetter) -> None:
    with database.unit() as unit:
        unit.dead.add(letters)
        unit.commit()


def found(database: Database, letter: DeadLetter) -> DeadLetter:
    with database.reading() as unit:
        return unit.dead.find(letter.id)


def test_a_dead_letter_is_handed_to_its_stage_again_as_it_was_under_a_new_id(office: Office) -> None:
    letter = a_dead_letter(body=b"words", headers={"channel": "email", "ce_id": "r1"})
    bury(office.database, letter)
    with office.database.unit() as unit:
        retry(unit, letter.id[:6], by="hana", at=LATER)
        unit.commit()
    with office.database.reading() as unit:
        again = unit.log.find(Topic.MESSAGES, "r1~20261123120000000000")
    assert (again.body, again.key, again.type, again.headers) == (b"words", "ines", "amends.test", letter.headers)
    settled = found(office.database, letter)
    assert (settled.state, settled.settled_by, settled.settled_at) == (DeadState.RETRIED, "hana", LATER)
    [told] = office.told()
    assert (told["actor"], told["action"], told["subject"]) == ("user:hana", "dead.retried", f"dead:{letter.id}")
    assert told["facts"] == {"stage": "triage", "died_of": "stage_failed", "record": again.id}


def test_what_was_handed_over_before_gets_an_id_that_is_no_longer(office: Office) -> None:
    letter = a_dead_letter("r1~20261123090000000000")
    bury(office.database, letter)
    with office.database.unit() as unit:
        retry(unit, letter.id, by="hana", at=LATER)
        assert unit.log.find(Topic.MESSAGES, "r1~20261123120000000000").id


def test_many_are_handed_over_in_the_order_in_which_they_died(office: Office) -> None:
    letters = [a_dead_letter(f"r{number}", at=MONDAY + timedelta(minutes=number)) for number in range(4)]
    other = a_dead_letter("q1", stage="respond", topic=Topic.TRIAGED, reason="bad_record")
    bury(office.database, *reversed(letters), other)
    with office.database.unit() as unit:
        plan = plan_retry(unit, stage="triage")
        assert (plan.by_stage_and_reason, plan.left) == ({("triage", "stage_failed"): 4}, 0)
        carry_out(unit, plan, by="hana", at=LATER)
        unit.commit()
    with office.database.reading() as unit:
        again = unit.log.read(unit.log.position("test", Topic.MESSAGES, 3), limit=10)
        assert unit.dead.count() == {("respond", "bad_record"): 1}
    assert [record.id.partition("~")[0] for record in again] == ["r0", "r1", "r2", "r3"]
    assert len(office.told()) == 4


def test_two_letters_of_one_record_become_two_records(office: Office) -> None:
    bury(office.database, a_dead_letter("r1"), a_dead_letter("r1~20261101000000000000"))
    with office.database.unit() as unit:
        carry_out(unit, plan_retry(unit, reason="stage_failed"), by="hana", at=LATER)
        assert len(unit.log.read(unit.log.position("test", Topic.MESSAGES, 3), limit=10)) == 2


def test_no_more_are_handed_over_at_once_than_one_transaction_should_hold(office: Office) -> None:
    bury(office.database, *(a_dead_letter(f"r{number}") for number in range(AT_ONCE + 3)))
    with office.database.reading() as unit:
        plan = plan_retry(unit)
    assert (len(plan.letters), plan.left) == (AT_ONCE, 3)


@pytest.mark.parametrize("state", [DeadState.RETRIED, DeadState.DISCARDED])
def test_what_was_settled_is_not_settled_again(office: Office, state: DeadState) -> None:
    letter = a_dead_letter()
    bury(office.database, letter)
    with office.database.unit() as unit:
        unit.dead.settle(letter.id, state, by="tom", at=MONDAY)
        with pytest.raises(Refused, match=f"was {state.value} before"):
            retry(unit, letter.id, by="hana", at=MONDAY)
        with pytest.raises(Refused, match=f"was {state.value} before"):
            discard(unit, letter.id, "a test", by="hana", at=MONDAY)
        assert plan_retry(unit).letters == ()


def test_to_discard_a_letter_takes_a_reason_which_is_kept(office: Office) -> None:
    letter = a_dead_letter()
    bury(office.database, letter)
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="say why"):
            discard(unit, letter.id, " ", by="hana", at=LATER)
        discard(unit, letter.id, "written by a test of ours", by="hana", at=LATER)
        unit.commit()
    settled = found(office.database, letter)
    assert (settled.state, settled.settled_because) == (DeadState.DISCARDED, "written by a test of ours")
    assert settled.body == letter.body
    assert [one["facts"]["reason"] for one in office.told()] == ["written by a test of ours"]


def test_what_did_not_die_is_not_found(office: Office) -> None:
    with office.database.unit() as unit, pytest.raises(NotFound, match="no dead letter"):
        retry(unit, "nothing", by="hana", at=MONDAY)
