"""What delivery does when a sender does what no sender should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from amends.arrived import arrived_after_all
from amends.bus.port import Record
from amends.bus.runner import Witness
from amends.domain.case import CaseState
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Severity
from amends.errors import InDoubt, Unavailable
from amends.meter import NO_METER, Meter
from amends.ports import Delivered, DeliveryReport
from amends.wire import queued_record
from respond.delivery import DeliverStage
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.casework.office import MESSAGE, PACK, Office
from tests.support.builders import a_reply
from tests.support.clock import FakeClock
from tests.support.fakes import FakeSender
from tests.support.meter import FakeMeter


class BreaksDown(FakeSender):
    """Fails in a way that nobody thought of, after it may have sent something."""

    def send(self, reply: Reply) -> DeliveryReport:
        self.sent.append(reply)
        raise KeyError("nobody thought of this")


def a_stage(
    database: Database, sender: FakeSender, meter: Meter = NO_METER, clock: FakeClock | None = None
) -> DeliverStage:
    return DeliverStage(
        sender,
        open_unit=database.unit,
        name_of=lambda _reply: "",
        pack=PACK,
        secret=b"s" * 32,
        now=clock or FakeClock(MESSAGE.received_at),
        at_once=10,
        meter=meter,
    )


def record_of(reply: Reply) -> Record:
    queued = queued_record(reply, source="/test", at=MESSAGE.received_at)
    return Record(
        topic=queued.topic,
        partition=0,
        offset=0,
        key=queued.key,
        id=queued.id,
        type=queued.type,
        body=queued.body,
        at=queued.at,
    )


def deliver(database: Database, sender: FakeSender, reply: Reply, meter: Meter = NO_METER) -> None:
    a_stage(database, sender, meter).prepare([record_of(reply)], at=MESSAGE.received_at)


@pytest.fixture
def reply(database: Database) -> Reply:
    office = Office(database=database)
    office.case()
    return office.reply(state=ReplyState.QUEUED)


def test_a_sender_that_breaks_down_leaves_a_task_and_sends_nothing_again(database: Database, reply: Reply) -> None:
    sender = BreaksDown()

    deliver(database, sender, reply)
    deliver(database, sender, reply)

    with database.reading() as unit:
        assert unit.replies.get(reply.id).state is ReplyState.UNKNOWN
        assert [task.kind for task in unit.tasks.open_tasks()] == [TaskKind.SETTLE_DELIVERY]
    assert len(sender.sent) == 1


def test_a_reply_waits_in_the_queue_while_its_channel_is_down(database: Database, reply: Reply) -> None:
    sender = FakeSender()
    sender.is_down = True

    with pytest.raises(Unavailable):
        deliver(database, sender, reply)

    with database.reading() as unit:
        assert unit.replies.get(reply.id).state is ReplyState.QUEUED
        assert unit.tasks.open_tasks() == []


@pytest.mark.parametrize(
    ("since", "state", "says"),
    [
        ({"state": CaseState.ACKNOWLEDGED}, ReplyState.SENT, ""),
        ({"state": CaseState.ANSWERED}, ReplyState.SUPERSEDED, "a person has answered"),
        ({"state": CaseState.CLOSED}, ReplyState.SUPERSEDED, "a person has answered"),
        ({"severity": Severity.CRITICAL}, ReplyState.IN_REVIEW, "somebody may come to harm"),
    ],
)
def test_an_acknowledgement_that_waited_goes_only_while_it_may(
    database: Database, since: dict[str, Any], state: ReplyState, says: str
) -> None:
    case = Office(database=database).case()
    reply = a_reply(state=ReplyState.QUEUED, purpose=Purpose.ACKNOWLEDGEMENT, is_automatic=True, message=MESSAGE)
    with database.unit() as unit:
        unit.replies.add([(reply, (), "")])
        unit.cases.save([replace(case, version=case.version + 1, **since)])
        unit.commit()
    sender = FakeSender()

    deliver(database, sender, reply)

    with database.reading() as unit:
        stored = unit.replies.get(reply.id)
        [noted] = unit.deliveries.of_case(reply.case_id)
    assert (stored.state, stored.outcome.startswith(says)) == (state, True)
    assert len(sender.sent) == (state is ReplyState.SENT)
    # A person who lets it go makes it theirs.
    assert stored.is_automatic == (state is not ReplyState.IN_REVIEW)
    assert noted.came_to is (CameTo.SENT if sender.sent else CameTo.HELD_BACK)


def test_a_proof_that_was_faster_than_the_word_that_never_came_settles_the_reply(
    database: Database, reply: Reply
) -> None:
    """Our copy comes back while the sender still waits for the server's word."""

    class SlowServer(FakeSender):
        def send(self, reply: Reply) -> DeliveryReport:
            with database.unit() as unit:
                arrived_after_all(
                    unit, unit.replies.get(reply.id), says="our copy came", pack=PACK, at=MESSAGE.received_at
                )
                unit.commit()
            return super().send(reply)

    deliver(database, SlowServer(says=Delivered.UNKNOWN), reply)

    with database.reading() as unit:
        assert unit.replies.get(reply.id).state is ReplyState.SENT
        assert unit.tasks.open_tasks() == []
        assert [one.came_to for one in unit.deliveries.of_case(reply.case_id)] == [CameTo.SHOWN, CameTo.SENT]


def test_a_bounce_that_was_faster_than_our_note_is_not_written_over(database: Database, reply: Reply) -> None:
    """The next server refuses the mail while the word of ours that it took it still waits to be written."""

    class QuickBounce(FakeSender):
        def send(self, reply: Reply) -> DeliveryReport:
            with database.unit() as unit:
                came_back = delivery_of(reply, CameTo.CAME_BACK, at=MESSAGE.received_at, says="no such user")
                unit.deliveries.note([came_back])
                unit.commit()
            return super().send(reply)

    deliver(database, QuickBounce(), reply)

    with database.reading() as unit:
        assert (unit.replies.get(reply.id).state, unit.replies.get(reply.id).outcome) == (
            ReplyState.FAILED,
            "no such user",
        )
        assert [task.kind for task in unit.tasks.open_tasks()] == [TaskKind.REACH_ANOTHER_WAY]


def test_a_reply_that_is_put_off_is_handed_over_again_when_its_time_has_come_and_once(
    database: Database, reply: Reply
) -> None:
    sender, clock = FakeSender(says=Delivered.LATER), FakeClock(MESSAGE.received_at)
    stage = a_stage(database, sender, clock=clock)
    records = [record_of(reply)]
    handed_over: list[Record] = []
    for _ in range(3):
        stage.prepare(records, at=clock())
        stage.tend()
        clock.advance(minutes=5)
        stage.tend()
        stage.tend()
        with database.reading() as unit:
            position = unit.log.position("test", "outbox", partition_of(unit, reply))
            records = unit.log.read(position, limit=100)[len(handed_over) :]
        handed_over += records
        assert len(records) == 1

    assert len({record.id for record in handed_over}) == 3
    sender.says = Delivered.YES
    assert stage.prepare(records, at=clock()) == 1
    with database.reading() as unit:
        assert unit.replies.get(reply.id).state is ReplyState.SENT
        came_to = [one.came_to for one in unit.deliveries.of_case(reply.case_id)]
    assert came_to == [CameTo.PUT_OFF] * 3 + [CameTo.SENT]


def partition_of(unit: SqlUnitOfWork, reply: Reply) -> int:
    """Find the partition of the outbox in which records of a reply stand."""
    [found] = [
        partition for partition in range(4) if unit.log.read(unit.log.position("test", "outbox", partition), limit=1)
    ]
    return found


def test_a_reply_that_was_superseded_while_it_was_put_off_goes_no_more(database: Database, reply: Reply) -> None:
    sender, clock = FakeSender(says=Delivered.LATER), FakeClock(MESSAGE.received_at)
    stage = a_stage(database, sender, clock=clock)
    stage.prepare([record_of(reply)], at=clock())
    with database.unit() as unit:
        queued = unit.replies.get(reply.id)
        unit.replies.save(queued.moved(ReplyState.SUPERSEDED), was=ReplyState.QUEUED, at=clock())
        unit.commit()
    clock.advance(minutes=5)
    stage.tend()

    with database.reading() as unit:
        assert unit.deliveries.due(at=clock(), limit=10) == []
        assert unit.log.ends("outbox") == {}
    assert len(sender.sent) == 1


def test_only_a_reply_that_arrived_shows_that_the_channel_is_there(database: Database, reply: Reply) -> None:
    stage = a_stage(database, FakeSender())

    first, again = (
        stage.prepare([record_of(reply)], at=MESSAGE.received_at),
        stage.prepare([record_of(reply)], at=MESSAGE.received_at),
    )

    assert isinstance(stage, Witness)
    assert (stage.has_reached(first), stage.has_reached(again)) == (True, False)


def test_a_reply_that_the_channel_refuses_at_once_does_not_show_that_it_is_there(
    database: Database, reply: Reply
) -> None:
    stage = a_stage(database, FakeSender(says=Delivered.NO))

    assert not stage.has_reached(stage.prepare([record_of(reply)], at=MESSAGE.received_at))


def test_what_became_of_a_reply_is_counted_once_it_is_committed(database: Database, reply: Reply) -> None:
    meter = FakeMeter()

    deliver(database, FakeSender(), reply, meter)
    deliver(database, FakeSender(), reply, meter)

    assert meter.outcomes == {("deliver", "sent"): 1}
    assert meter.beats == ["works"]


def test_nothing_is_counted_of_a_reply_that_goes_back_into_the_queue(database: Database, reply: Reply) -> None:
    sender, meter = FakeSender(), FakeMeter()
    sender.is_down = True

    with pytest.raises(Unavailable):
        deliver(database, sender, reply, meter)

    assert meter.outcomes == {}


class BreaksOff(FakeSender):
    """Takes a reply and breaks off; knows later whether it went."""

    def __init__(self, *, went: bool) -> None:
        super().__init__()
        self.went = went
        self.breaks = True

    def send(self, reply: Reply) -> DeliveryReport:
        if self.breaks:
            self.breaks = False
            if self.went:
                super().send(reply)
            raise InDoubt("it broke off")
        return super().send(reply)

    def look_up(self, reply: Reply) -> DeliveryReport:
        if self.is_down:
            raise Unavailable("the channel is down")
        return super().look_up(reply)


@pytest.mark.parametrize("went", [True, False])
def test_a_reply_in_doubt_is_asked_about_before_it_is_sent_again(database: Database, reply: Reply, went: bool) -> None:
    sender = BreaksOff(went=went)
    office = Office(database=database)
    with pytest.raises(Unavailable):
        deliver(database, sender, reply)
    assert office.stored(reply).state is ReplyState.SENDING

    # Nobody can say now: it stays in doubt, rather than go back into the queue.
    sender.is_down = True
    with pytest.raises(Unavailable):
        deliver(database, sender, reply)
    assert office.stored(reply).state is ReplyState.SENDING

    sender.is_down = False
    deliver(database, sender, reply)

    assert [one.id for one in sender.sent] == [reply.id]
    assert office.stored(reply).state is ReplyState.SENT


def test_a_reply_that_did_not_go_is_sent_only_if_it_still_answers_the_last_message(
    database: Database, reply: Reply
) -> None:
    sender = BreaksOff(went=False)
    office = Office(database=database)
    with pytest.raises(Unavailable):
        deliver(database, sender, reply)
    with database.reading() as unit:
        case = unit.cases.get(reply.case_id)
    office.customer_writes(case, "Never mind, it has come.")

    deliver(database, sender, reply)

    assert sender.sent == []
    assert office.stored(reply).state is ReplyState.IN_REVIEW
    assert "wrote again" in office.stored(reply).outcome


def test_what_a_reply_answers_may_have_gone_meanwhile(database: Database, reply: Reply) -> None:
    sender, meter = FakeSender(says=Delivered.OVERTAKEN), FakeMeter()

    deliver(database, sender, reply, meter)

    stored = Office(database=database).stored(reply)
    assert (stored.state, stored.approval, stored.outcome) == (ReplyState.IN_REVIEW, None, "it says so")
    assert meter.outcomes == {("deliver", "in_review"): 1}
    with database.reading() as unit:
        [noted] = unit.deliveries.of_case(reply.case_id)
    assert (noted.came_to, noted.says) == (CameTo.HELD_BACK, "it says so")
