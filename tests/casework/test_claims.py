"""Claiming a case: one gets it, the other is told who has it; and who works on what at this moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from amends.casework import claims
from amends.casework.cases import take
from amends.domain.case import CaseState
from amends.domain.work import VIEWS_AT_MOST, WORKS_FOR
from amends.errors import AmendsError, Refused
from storage.digest import derived_tables
from storage.unit_of_work import Database
from tests.storage.stock import add_case
from tests.support.builders import a_case
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(minutes=1)


@pytest.fixture
def one_case(database_of_each_kind: Database) -> Database:
    with database_of_each_kind.unit() as unit:
        add_case(unit, a_case(case_id="AM-1"))
        unit.commit()
    return database_of_each_kind


def owner(database: Database) -> str:
    with database.reading() as unit:
        return unit.cases.get("AM-1").owner


def test_a_claimed_case_is_in_hand_and_the_audit_trail_says_by_whom(one_case: Database) -> None:
    with one_case.unit() as unit:
        claimed = claims.claim(unit, "AM-1", by="hana", at=MONDAY)
        unit.commit()
    assert (claimed.owner, claimed.state) == ("hana", CaseState.IN_HAND)
    with one_case.reading() as unit:
        assert ["case.claimed" in entry.happening_json for entry in unit.audit.about("case:AM-1")] == [True]


def test_of_two_who_claim_at_once_one_gets_it_and_the_other_is_told_who_has_it(one_case: Database) -> None:
    ready, got, told = threading.Barrier(2), [], []

    def claim(name: str) -> None:
        ready.wait()
        try:
            with one_case.unit() as unit:
                got.append(claims.claim(unit, "AM-1", by=name, at=MONDAY).owner)
                unit.commit()
        except Refused as why:
            told.append(str(why))

    two = [threading.Thread(target=claim, args=(name,)) for name in ("hana", "tom")]
    for one in two:
        one.start()
    for one in two:
        one.join()

    assert got == [owner(one_case)]
    assert len(told) == 1
    assert told[0].startswith(f"{got[0]} has AM-1 already")


def test_to_claim_what_is_yours_already_changes_nothing(one_case: Database) -> None:
    for at in (MONDAY, LATER):
        with one_case.unit() as unit:
            case = claims.claim(unit, "AM-1", by="hana", at=at)
            unit.commit()
    assert case.version == 2


def test_a_case_that_is_given_back_may_be_claimed_by_anybody(one_case: Database) -> None:
    with one_case.unit() as unit:
        claims.claim(unit, "AM-1", by="hana", at=MONDAY)
        with pytest.raises(Refused, match="it is hana's"):
            claims.let_go(unit, "AM-1", by="tom", at=LATER)
        claims.let_go(unit, "AM-1", by="hana", at=LATER)
        claims.claim(unit, "AM-1", by="tom", at=LATER)
        unit.commit()
    assert owner(one_case) == "tom"


def test_a_case_is_given_back_for_its_owner_alone_and_the_audit_trail_says_for_whom(one_case: Database) -> None:
    with one_case.unit() as unit:
        claims.claim(unit, "AM-1", by="hana", at=MONDAY)
        with pytest.raises(Refused, match="AM-1 is not tom's"):
            claims.free(unit, "AM-1", of="tom", by="ada", at=LATER)
        claims.free(unit, "AM-1", of="hana", by="ada", at=LATER)
        unit.commit()
    assert owner(one_case) == ""
    with one_case.reading() as unit:
        told = unit.audit.about("case:AM-1")[-1].happening_json
    assert '"action":"case.freed"' in told
    assert '"facts":{"from":"hana"}' in told


def test_a_closed_case_is_not_claimed_by_accident(database: Database) -> None:
    with database.unit() as unit:
        add_case(unit, a_case(case_id="AM-1", state=CaseState.CLOSED))
        with pytest.raises(Refused, match="opens it again"):
            claims.claim(unit, "AM-1", by="hana", at=MONDAY)


def test_to_take_a_case_still_makes_anybody_its_owner(one_case: Database) -> None:
    with one_case.unit() as unit:
        claims.claim(unit, "AM-1", by="hana", at=MONDAY)
        take(unit, "AM-1", by="tom", at=LATER)
        unit.commit()
    assert owner(one_case) == "tom"


def works(database: Database, by: str, *, at: timedelta) -> str:
    with database.unit() as unit:
        other = claims.work_on(unit, "AM-1", by=by, at=MONDAY + at)
        unit.commit()
    return "" if other is None else other.holder


def test_one_works_on_a_case_until_they_stop_saying_so(one_case: Database) -> None:
    almost = WORKS_FOR - timedelta(seconds=1)
    assert works(one_case, "hana", at=timedelta()) == ""
    assert works(one_case, "tom", at=almost) == "hana"
    assert works(one_case, "hana", at=almost) == ""
    assert works(one_case, "tom", at=WORKS_FOR) == "hana"
    assert works(one_case, "tom", at=almost + WORKS_FOR) == ""
    assert works(one_case, "hana", at=almost + WORKS_FOR) == "tom"


def test_who_leaves_lets_others_work_and_nobody_can_send_another_away(one_case: Database) -> None:
    works(one_case, "hana", at=timedelta())
    with one_case.unit() as unit:
        unit.work.let_go("AM-1", "tom")
        unit.commit()
    assert works(one_case, "tom", at=timedelta(seconds=1)) == "hana"
    with one_case.unit() as unit:
        unit.work.let_go("AM-1", "hana")
        unit.commit()
    assert works(one_case, "tom", at=timedelta(seconds=2)) == ""


def test_a_clock_that_was_set_back_locks_nobody_out(one_case: Database) -> None:
    works(one_case, "hana", at=timedelta(days=300))
    assert works(one_case, "tom", at=timedelta()) == ""


def test_a_view_is_its_owners_alone(one_case: Database) -> None:
    with one_case.unit() as unit:
        claims.keep_view(unit, "  My   overdue ", "due=overdue&owner=me", by="hana", at=MONDAY)
        claims.keep_view(unit, "My overdue", "due=overdue", by="hana", at=LATER)
        unit.work.drop_view("tom", "My overdue")
        unit.commit()
    with one_case.reading() as unit:
        assert [(view.name, view.query) for view in unit.work.views("hana")] == [("My overdue", "due=overdue")]
        assert unit.work.views("tom") == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_view_needs_a_name_that_fits(one_case: Database, name: str) -> None:
    with one_case.unit() as unit, pytest.raises(AmendsError):
        claims.keep_view(unit, name, "", by="hana", at=MONDAY)


def test_one_person_keeps_only_so_many_views(one_case: Database) -> None:
    with one_case.unit() as unit:
        for number in range(VIEWS_AT_MOST):
            claims.keep_view(unit, f"view {number}", "", by="hana", at=MONDAY)
        with pytest.raises(Refused, match="forget one first"):
            claims.keep_view(unit, "one more", "", by="hana", at=MONDAY)
        claims.keep_view(unit, "view 3", "due=today", by="hana", at=MONDAY)


def test_what_is_not_derived_is_left_out_of_digests() -> None:
    assert {"case_leases", "saved_views"}.isdisjoint(derived_tables())
