"""Replies of a batch are marked, sent and settled together: what comes of it is as if one by one, for less."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from amends.domain.case import CaseState
from amends.domain.clock import ClockKind
from amends.domain.reply import Form, Purpose, Reply, ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Kind
from amends.errors import NotFound, Unavailable
from amends.ports import Delivered, DeliveryReport, Sender
from amends.unit_of_work import JudgedMessage
from respond.delivery import DeliverStage, Reported, begin, settle
from respond.senders.folder import FolderSender
from respond.thread import envelopes_of, name_before_sending
from storage.digest import TableDigest, digests
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.casework.office import PACK
from tests.conftest import PARTITIONS
from tests.respond.builders import OWN
from tests.respond.test_delivery import record_of
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, a_message, a_reply, a_verdict, mail_from
from tests.support.clock import MONDAY, FakeClock
from tests.support.fakes import FakeSender
from tests.support.meter import FakeMeter

SECRET = b"s" * 32
ACK, ANSWER = Purpose.ACKNOWLEDGEMENT, Purpose.ANSWER
YES, NO, UNKNOWN = (
    DeliveryReport(delivered=one, channel_name="", says="it says so")
    for one in (Delivered.YES, Delivered.NO, Delivered.UNKNOWN)
)


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    """A fresh database with all tables, of each kind in turn."""
    return database_of_each_kind


class SendsTogether(FakeSender):
    """Takes many at once, unless it is told to fail; counts how often it was handed how many."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.handed: list[int] = []
        self.fails = fails

    def send(self, reply: Reply) -> DeliveryReport:
        self.handed.append(1)
        return super().send(reply)

    def send_many(self, replies: Sequence[Reply]) -> list[DeliveryReport]:
        self.handed.append(len(replies))
        if self.fails:
            raise KeyError("nobody thought of this")
        return [super(SendsTogether, self).send(reply) for reply in replies]


def name_of(reply: Reply) -> str:
    return name_before_sending(reply, own=OWN, secret=SECRET)


def a_stage(database: Database, sender: Sender, *, at_once: int = 50, meter: FakeMeter | None = None) -> DeliverStage:
    return DeliverStage(
        sender,
        open_unit=database.unit,
        name_of=name_of,
        pack=PACK,
        secret=SECRET,
        now=FakeClock(MONDAY + timedelta(hours=1)),
        at_once=at_once,
        meter=meter or FakeMeter(),
    )


def deliver(database: Database, sender: Sender, replies: Sequence[Reply], *, at_once: int = 50) -> None:
    records = [record_of(reply) for reply in replies]
    a_stage(database, sender, at_once=at_once).prepare(records, at=MONDAY)


def folder_sender(database: Database, folder: Path) -> FolderSender:
    def envelopes_for(replies: Sequence[Reply]) -> Any:
        with database.reading() as unit:
            return envelopes_of(unit, replies, secret=SECRET)

    return FolderSender(folder, FakeClock(), OWN, envelopes_for)


def queued_in(database: Database, count: int, *, purpose: Purpose = ACK) -> list[Reply]:
    """Queue so many replies, each in a case of its own."""
    replies = []
    with database.unit() as unit:
        for number in range(count):
            who = mail_from(f"person{number}@example.org")
            case = add_case(unit, a_case(case_id=f"AM-{number}", contact=who), of=who)
            unit.clocks.start([a_clock(case_id=case.id)])
            message = a_message(f"Message {number}.", author=who)
            unit.messages.add([JudgedMessage(message=message, verdict=a_verdict(), case_id=case.id, number=1)])
            replies.append(
                a_reply(
                    state=ReplyState.QUEUED,
                    purpose=purpose,
                    message=message,
                    case_id=case.id,
                    is_automatic=purpose is ACK,
                    approved_by="" if purpose is ACK else "tom",
                )
            )
        unit.replies.add([(reply, (), "") for reply in replies])
        unit.commit()
    return replies


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("purpose", [ACK, ANSWER])
def test_twenty_replies_take_no_more_statements_than_one(database: Database, tmp_path: Path, purpose: Purpose) -> None:
    first, one, *twenty = queued_in(database, 22, purpose=purpose)
    sender = folder_sender(database, tmp_path / "sent")
    # What is noted first makes the place for all that follows.
    deliver(database, sender, [first])

    with counted(database) as for_one:
        deliver(database, sender, [one])
    with counted(database) as for_twenty:
        deliver(database, sender, twenty)

    assert len(list((tmp_path / "sent").iterdir())) == 22
    assert len(for_twenty) == len(for_one)
    assert len(for_one) <= 31


def test_replies_delivered_together_leave_what_those_leave_that_go_one_by_one(
    migrated_file: Path, tmp_path: Path
) -> None:
    """Many batches drawn at random, of everything that a batch may hold."""
    for seed in range(4):
        together, one_by_one = (
            after_a_random_day(
                Path(shutil.copy(migrated_file, tmp_path / f"{seed}-{at_once}.db")), seed, at_once=at_once
            )
            for at_once in (50, 1)
        )
        assert together == one_by_one, f"seed {seed}"


def after_a_random_day(file: Path, seed: int, *, at_once: int) -> list[TableDigest]:
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    engine = open_engine(file)
    database = Database(engine, partitions=PARTITIONS)
    replies = random_replies(database, chance)
    told = {reply.id: chance.choice([YES, YES, YES, NO, UNKNOWN]) for reply in replies}
    for hour in range(3):
        at = MONDAY + timedelta(hours=hour)
        ids = chance.sample(list(told), k=len(told) * 2 // 3)
        tried: list[str] = []
        for some in cut(ids, at_once):
            with database.unit() as unit:
                attempts = begin(unit, some, at=at, name_of=name_of, secret=SECRET)
                unit.commit()
            tried += [attempt.reply.id for attempt in attempts]
        sent = len(tried) * 4 // 5
        for some in cut(tried[:sent], at_once):
            reported = tuple(
                Reported(reply_id=one, report=replace(told[one], channel_name=f"post:{one}")) for one in some
            )
            with database.unit() as unit:
                settle(unit, reported, (), at=at, pack=PACK)
                unit.commit()
        for some in cut(tried[sent:], at_once):
            with database.unit() as unit:
                settle(unit, (), some, at=at, pack=PACK)
                unit.commit()
    # What was done was noted in other pieces; all else is the same.
    found = [one for one in digests(database) if not one.table.startswith("log_")]
    engine.dispose()
    return found


def cut(ids: Sequence[str], at_once: int) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + at_once]) for start in range(0, len(ids), at_once)]


def random_replies(database: Database, chance: random.Random) -> list[Reply]:
    """Make cases in any state, each with some messages and replies to them, some of one case to several people."""
    people = [mail_from(f"person{number}@example.org") for number in range(3)]
    replies = []
    with database.unit() as unit:
        for number in range(4):
            who, kind = chance.choice(people), chance.choice([Kind.COMPLAINT, Kind.ENQUIRY])
            case = a_case(kind, case_id=f"AM-{number}", contact=who, state=chance.choice(list(CaseState)))
            add_case(unit, case, of=who)
            started = MONDAY - timedelta(hours=1)
            kinds = [kind for kind in ClockKind if chance.random() < 0.5]
            unit.clocks.start([a_clock(kind, case_id=case.id, started_at=started) for kind in kinds])
            for place in range(1, 4):
                message = a_message(f"Message {place} of {number}.", author=who)
                filed = JudgedMessage(message=message, verdict=a_verdict(), case_id=case.id, number=place)
                unit.messages.add([filed])
                for purpose, form in ((ACK, Form.EMAIL), (ANSWER, Form.EMAIL), (ANSWER, Form.PUBLIC_HOLDING)):
                    reply = a_reply(
                        state=chance.choice([ReplyState.QUEUED, ReplyState.QUEUED, ReplyState.SENDING]),
                        purpose=purpose,
                        form=form,
                        message=message,
                        case_id=case.id,
                        is_automatic=purpose is ACK,
                        approved_by="" if purpose is ACK else "tom",
                        addressee=chance.choice([who, *people]),
                    )
                    if reply.approval is not None and chance.random() < 0.2:
                        ran_out = replace(reply.approval, expires_at=MONDAY - timedelta(minutes=1))
                        reply = replace(reply, approval=ran_out)
                    replies.append(reply)
        unit.replies.add([(reply, (), "") for reply in replies])
        unit.commit()
    return replies


def test_replies_of_one_case_see_what_those_before_them_did(database: Database) -> None:
    """The clocks that the acknowledgement starts are stopped by the answer in the same batch."""
    [reply] = queued_in(database, 1)
    answer = a_reply(
        state=ReplyState.QUEUED,
        message=a_message("Message 0.", author=mail_from("person0@example.org")),
        case_id=reply.case_id,
        approved_by="tom",
    )
    with database.unit() as unit:
        unit.replies.add([(answer, (), "")])
        unit.commit()

    deliver(database, FakeSender(), [reply, answer])

    with database.reading() as unit:
        case = unit.cases.get(reply.case_id)
        assert (case.state, case.version, case.unanswered) == (CaseState.ANSWERED, 3, 0)
        clocks = unit.clocks.of_cases([case.id])[case.id]
        assert ClockKind.RESPONSE in {clock.kind for clock in clocks}
        assert all(clock.stopped_at is not None for clock in clocks)


def test_the_word_of_another_worker_stands_and_the_others_go_on(database: Database) -> None:
    replies = queued_in(database, 3)
    ids = tuple(reply.id for reply in replies)
    with database.unit() as unit:
        begin(unit, ids, at=MONDAY, name_of=name_of, secret=SECRET)
        settle(unit, (Reported(reply_id=ids[1], report=NO),), (), at=MONDAY, pack=PACK)
        unit.commit()

    with database.unit() as unit:
        states = settle(unit, tuple(Reported(reply_id=one, report=YES) for one in ids), (), at=MONDAY, pack=PACK)
        unit.commit()

    assert states == [ReplyState.SENT, ReplyState.SENT]
    with database.reading() as unit:
        found = unit.replies.get_many(ids)
        assert [found[one].state for one in ids] == [ReplyState.SENT, ReplyState.FAILED, ReplyState.SENT]
        assert [task.kind for task in unit.tasks.open_tasks()] == [TaskKind.REACH_ANOTHER_WAY]
        assert unit.cases.get(replies[1].case_id).state is CaseState.RECEIVED


def test_a_reply_that_is_not_there_leaves_the_batch_as_it_was(database: Database) -> None:
    [reply] = queued_in(database, 1)

    with database.unit() as unit, pytest.raises(NotFound, match="nobody"):
        begin(unit, (reply.id, "nobody"), at=MONDAY, name_of=name_of, secret=SECRET)

    with database.reading() as unit:
        assert unit.replies.get(reply.id).state is ReplyState.QUEUED


def test_what_a_sender_takes_together_is_handed_over_together(database: Database) -> None:
    sender, meter = SendsTogether(), FakeMeter()
    replies = queued_in(database, 5)

    sent = a_stage(database, sender, meter=meter).prepare([record_of(reply) for reply in replies], at=MONDAY)

    assert (sent, sender.handed) == (5, [5])
    assert meter.outcomes == {("deliver", "sent"): 5}


def test_where_one_reply_at_a_time_goes_it_is_handed_over_by_itself(database: Database) -> None:
    sender = SendsTogether()

    deliver(database, sender, queued_in(database, 3), at_once=1)

    assert sender.handed == [1, 1, 1]


def test_what_cannot_go_together_goes_one_by_one(database: Database) -> None:
    sender = SendsTogether(fails=True)
    replies = queued_in(database, 3)

    deliver(database, sender, replies)

    assert sender.handed == [3, 1, 1, 1]
    with database.reading() as unit:
        assert {one.state for one in unit.replies.get_many([reply.id for reply in replies]).values()} == {
            ReplyState.SENT
        }


def test_what_went_together_is_settled_though_the_channel_is_down_for_what_broke_off_before(
    database: Database,
) -> None:
    broken_off, *new = queued_in(database, 3)
    with database.unit() as unit:
        begin(unit, (broken_off.id,), at=MONDAY, name_of=name_of, secret=SECRET)
        unit.commit()

    class GoesDown(SendsTogether):
        def send(self, reply: Reply) -> DeliveryReport:
            raise Unavailable("the channel is down")

    with pytest.raises(Unavailable):
        deliver(database, GoesDown(), [broken_off, *new])

    with database.reading() as unit:
        assert unit.replies.get(broken_off.id).state is ReplyState.QUEUED
        assert {one.id for one in unit.replies.in_state(ReplyState.SENT)} == {reply.id for reply in new}
