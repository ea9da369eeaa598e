"""What delivery does when a sender does what no sender should."""

from __future__ import annotations

import pytest

from amends.bus.port import Record
from amends.domain.reply import Reply, ReplyState
from amends.domain.task import TaskKind
from amends.errors import Unavailable
from amends.ports import DeliveryReport
from amends.wire import queued_record
from respond.delivery import DeliverStage
from storage.unit_of_work import Database
from tests.casework.office import MESSAGE, PACK, Office
from tests.support.clock import FakeClock
from tests.support.fakes import FakeSender


class BreaksDown(FakeSender):
    """Fails in a way that nobody thought of, after it may have sent something."""

    def send(self, reply: Reply) -> DeliveryReport:
        self.sent.append(reply)
        raise KeyError("nobody thought of this")


def deliver(database: Database, sender: FakeSender, reply: Reply) -> None:
    stage = DeliverStage(
        sender,
        open_unit=database.unit,
        name_of=lambda _reply: "",
        pack=PACK,
        secret=b"s" * 32,
        now=FakeClock(MESSAGE.received_at),
        at_once=10,
    )
    queued = queued_record(reply, source="/test", at=MESSAGE.received_at)
    record = Record(
        topic=queued.topic,
        partition=0,
        offset=0,
        key=queued.key,
        id=queued.id,
        type=queued.type,
        body=queued.body,
        at=queued.at,
    )
    stage.prepare([record], at=MESSAGE.received_at)


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
