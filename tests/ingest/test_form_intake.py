"""The web form's door: durable before it answers, and the same answer to the same form."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amends.domain.arrival import Fate
from amends.domain.case import CaseState
from amends.domain.clock import ClockKind
from amends.domain.contact import IdentityKind
from amends.domain.ids import case_reference
from amends.domain.submission import Receipt, Submission
from amends.errors import Unavailable
from ingest.form_intake import FormIntake
from storage.group_commit import GroupCommit
from storage.unit_of_work import Database
from tests.ingest.house import READERS, IngestHouse
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, a_submission
from tests.support.clock import MONDAY, FakeClock
from tests.support.meter import FakeMeter

SECRET = b"s" * 32


@pytest.fixture
def door(ingest_house: IngestHouse) -> FormIntake:
    return FormIntake(
        in_one_commit=GroupCommit(ingest_house.database.unit).run,
        reading=ingest_house.database.reading,
        blobs=ingest_house.blobs,
        readers=READERS,
        secret=SECRET,
        now=ingest_house.clock,
    )


def test_a_submission_is_one_message_with_a_receipt(door: FormIntake, ingest_house: IngestHouse) -> None:
    receipt = door.accept(a_submission("My parcel never came."))
    (message,) = ingest_house.published()
    assert (message.own_words, message.author.kind) == ("My parcel never came.", IdentityKind.TYPED_EMAIL)
    assert receipt == Receipt(reference=case_reference(message.id), status_token=receipt.status_token, is_repeat=False)


def test_the_same_submission_twice_is_one_message_and_the_same_receipt(
    door: FormIntake, ingest_house: IngestHouse, clock: FakeClock
) -> None:
    first = door.accept(a_submission())
    clock.advance(minutes=5)
    again = door.accept(replace(a_submission(), submitted_at=clock.now()))
    assert again == replace(first, is_repeat=True)
    assert len(ingest_house.published()) == 1


def test_another_submission_of_the_same_words_is_another_message(door: FormIntake, ingest_house: IngestHouse) -> None:
    one, two = door.accept(a_submission(submission_id="1")), door.accept(a_submission(submission_id="2"))
    assert one.reference != two.reference
    assert one.status_token != two.status_token
    assert len(ingest_house.published()) == 2


def test_a_double_click_in_two_threads_is_one_message(door: FormIntake, ingest_house: IngestHouse) -> None:
    start, receipts = threading.Barrier(8), []

    def click() -> None:
        start.wait()
        receipts.append(door.accept(a_submission()))

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(receipt.reference, receipt.status_token) for receipt in receipts}) == 1
    assert sorted(receipt.is_repeat for receipt in receipts) == [False] + [True] * 7
    assert len(ingest_house.published()) == 1


def test_a_honeypot_hit_is_parked_and_gets_a_receipt_like_any_other(
    door: FormIntake, ingest_house: IngestHouse
) -> None:
    receipt = door.accept(a_submission(honeypot="http://spam.example"))
    (parked,) = ingest_house.parked()
    assert (parked.reason, parked.source, ingest_house.published()) == ("honeypot", "form:website", [])
    assert not receipt.is_repeat
    assert door.progress(receipt.status_token) is not None
    assert door.accept(a_submission(honeypot="http://spam.example")) == replace(receipt, is_repeat=True)


def test_nothing_is_promised_when_nothing_could_be_kept(ingest_house: IngestHouse, door: FormIntake) -> None:
    def down(_work: object) -> bool:
        raise Unavailable("the disk is full")

    broken = replace(door, in_one_commit=down)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        broken.accept(a_submission())
    assert ingest_house.published() == []
    assert not door.accept(a_submission()).is_repeat


def test_a_token_that_nobody_gave_out_shows_nothing(door: FormIntake) -> None:
    door.accept(a_submission())
    assert door.progress("guess") is None
    assert door.progress("") is None


def test_before_anybody_read_it_a_submission_is_received(door: FormIntake) -> None:
    receipt = door.accept(a_submission())
    progress = door.progress(receipt.status_token)
    assert progress is not None
    assert (progress.reference, progress.received_at, progress.next_by) == (receipt.reference, MONDAY, None)
    assert progress.stage == "We have received it."


def receipt_with_case(door: FormIntake, database: Database, state: CaseState, *, acknowledged: bool) -> Receipt:
    receipt = door.accept(a_submission())
    with database.unit() as unit:
        case = add_case(unit, a_case(case_id=receipt.reference, state=state))
        done_at = MONDAY if acknowledged else None
        unit.clocks.start(
            [
                a_clock(case_id=case.id, due_in=timedelta(days=5), stopped_at=done_at),
                a_clock(ClockKind.RESPONSE, case_id=case.id, due_in=timedelta(days=14)),
                a_clock(ClockKind.UPDATE, case_id=case.id, due_in=timedelta(days=1)),
            ]
        )
        unit.commit()
    return receipt


@pytest.mark.parametrize(
    ("state", "acknowledged", "stage", "next_by"),
    [
        (CaseState.RECEIVED, False, "We have received it.", MONDAY + timedelta(days=5)),
        (CaseState.ACKNOWLEDGED, True, "We have acknowledged it.", MONDAY + timedelta(days=14)),
        (CaseState.IN_HAND, True, "Somebody is looking into it.", MONDAY + timedelta(days=14)),
        (CaseState.ANSWERED, True, "We have answered it.", None),
        (CaseState.CLOSED, True, "It is closed.", None),
    ],
)
def test_the_status_page_tells_where_the_case_stands_and_what_was_promised(
    door: FormIntake,
    database: Database,
    state: CaseState,
    acknowledged: bool,
    stage: str,
    next_by: datetime | None,
) -> None:
    receipt = receipt_with_case(door, database, state, acknowledged=acknowledged)
    progress = door.progress(receipt.status_token)
    assert progress is not None
    assert (progress.stage, progress.next_by) == (stage, next_by)
    assert progress.next_step


def test_the_ledger_accounts_for_a_form_as_for_any_source(door: FormIntake, database: Database) -> None:
    submission: Submission = a_submission(submission_id="page-7")
    door.accept(submission)
    with database.reading() as unit:
        assert unit.intake.fates("form:website", ["page-7"])["page-7"].fate is Fate.INGESTED
        assert "form:website" in unit.intake.sources()


def test_each_form_is_counted_once_it_is_kept(door: FormIntake) -> None:
    meter = FakeMeter()
    counted = replace(door, meter=meter)

    for submission in (a_submission(), a_submission(), a_submission(submission_id="2", honeypot="spam")):
        counted.accept(submission)

    assert meter.outcomes == {("ingest", "ingested"): 1, ("ingest", "parked"): 1}
