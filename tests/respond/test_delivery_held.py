"""While public posting is held nothing that strangers can read goes out, and nothing of it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from amends.bus.local import LocalLog
from amends.bus.runner import StageRunner
from amends.casework.hold import hold, release
from amends.casework.review import approve, edit
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.delivery import CameTo
from amends.domain.reply import Form, Reply, ReplyState
from amends.ports import Delivered, DeliveryReport
from respond.delivery import DeliverStage
from storage.unit_of_work import Database
from tests.casework.office import PACK, Office
from tests.conftest import PARTITIONS
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_message, a_reply
from tests.support.clock import MONDAY, FakeClock
from tests.support.fakes import FakeSender

POST = replace(a_message("the kettle leaks"), channel=Channel.X, author=Identity(kind=IdentityKind.X, value="4711"))
HOUR = timedelta(hours=1)


class Desk:
    """A database with one case from a post, and workers of delivery on it."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database = database
        self.office = Office(database=database)
        self.clock = clock
        self.sender = FakeSender()
        self.case = self.office.case(message=POST)

    def approved(self, form: Form = Form.PUBLIC_REPLY) -> Reply:
        """Add a reply that uma approved."""
        reply = a_reply("We are on it.", state=ReplyState.IN_REVIEW, form=form, case_id=self.case.id, message=POST)
        with self.database.unit() as unit:
            unit.replies.add([(reply, (), "")])
            queued = approve(unit, reply.id, by="uma", at=self.clock(), holds=HOUR)
            unit.commit()
        return queued

    def hold(self) -> None:
        with self.database.unit() as unit:
            hold(unit, "a crisis", by="rita", at=self.clock())
            unit.commit()

    def release(self) -> None:
        with self.database.unit() as unit:
            release(unit, "it is over", by="rita", at=self.clock())
            unit.commit()

    def worker(self, sender: FakeSender | None = None, *, name: str = "w1", batch: int = 10) -> StageRunner[int]:
        stage = DeliverStage(
            sender or self.sender,
            open_unit=self.database.unit,
            reading=self.database.reading,
            name_of=lambda _reply: "",
            pack=PACK,
            secret=b"s" * 32,
            now=self.clock,
            at_once=10,
        )
        log = LocalLog(self.database, partitions=PARTITIONS, now=self.clock)
        return StageRunner(stage, log, self.database.unit, worker=name, now=self.clock, batch=batch)

    def work(self) -> None:
        """Let a new worker do all that there is."""
        self.worker().run(Event(), until_idle=lambda: True)

    def came_to(self) -> list[CameTo]:
        with self.database.reading() as unit:
            return [one.came_to for one in unit.deliveries.of_case(self.case.id)]

    def held(self) -> int:
        with self.database.reading() as unit:
            return unit.replies.public_in_queue()


@pytest.fixture
def desk(database: Database, clock: FakeClock) -> Desk:
    return Desk(database, clock)


def test_what_was_approved_waits_while_it_is_held_and_goes_once_when_it_is_released(desk: Desk) -> None:
    reply = desk.approved()
    desk.hold()

    desk.work()
    desk.work()

    assert desk.sender.sent == []
    assert desk.office.stored(reply).state is ReplyState.QUEUED
    assert desk.held() == 1
    with desk.database.reading() as unit:
        [noted] = unit.deliveries.of_case(desk.case.id)
    assert (noted.came_to, noted.approved_by) == (CameTo.HELD, "uma")
    assert "rita: a crisis" in noted.says

    desk.clock.advance(minutes=10)
    desk.release()
    desk.work()
    desk.work()

    assert [one.id for one in desk.sender.sent] == [reply.id]
    assert desk.came_to() == [CameTo.HELD, CameTo.SENT]
    assert desk.held() == 0


def test_what_is_approved_under_a_hold_waits_too_over_several_holds(desk: Desk) -> None:
    desk.hold()
    reply = desk.approved()
    for _ in range(3):
        desk.work()
        desk.clock.advance(minutes=5)
        desk.release()
        desk.hold()
    desk.work()
    assert desk.sender.sent == []

    desk.release()
    desk.work()

    assert [one.id for one in desk.sender.sent] == [reply.id]


def test_an_approval_that_runs_out_under_the_hold_takes_the_reply_back_to_review(desk: Desk) -> None:
    reply = desk.approved()
    desk.hold()
    desk.work()
    desk.clock.advance(minutes=59, seconds=59)
    desk.work()
    assert desk.office.stored(reply).state is ReplyState.QUEUED

    desk.clock.advance(seconds=2)
    desk.work()

    stored = desk.office.stored(reply)
    assert (stored.state, stored.approval) == (ReplyState.IN_REVIEW, None)
    assert stored.outcome == "its approval ran out before it could be sent"
    assert desk.held() == 0
    desk.release()
    desk.work()
    assert desk.sender.sent == []


def test_what_only_the_customer_reads_goes_on(desk: Desk) -> None:
    private, public = desk.approved(Form.DIRECT_MESSAGE), desk.approved()
    desk.hold()

    desk.work()

    assert [one.id for one in desk.sender.sent] == [private.id]
    assert desk.office.stored(public).state is ReplyState.QUEUED


def test_a_reply_that_was_edited_under_the_hold_goes_with_its_new_words_alone(desk: Desk) -> None:
    reply = desk.approved()
    desk.hold()
    desk.work()
    with desk.database.unit() as unit:
        edit(unit, reply.id, "Better words.", by="hana", at=desk.clock(), check=lambda _unit, _reply: ())
        unit.commit()
    assert desk.held() == 0
    desk.release()
    desk.work()
    assert desk.sender.sent == []

    desk.clock.advance(minutes=1)
    with desk.database.unit() as unit:
        approve(unit, reply.id, by="uma", at=desk.clock(), holds=HOUR)
        unit.commit()
    desk.work()

    assert [one.text for one in desk.sender.sent] == ["Better words."]


class SenderThatMeets(FakeSender):
    """Does something else while it sends the first reply."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def send(self, reply: Reply) -> DeliveryReport:
        report = super().send(reply)
        if len(self.sent) == 1:
            self.meanwhile()
        return report


def test_a_hold_that_comes_between_two_of_one_batch_stops_the_second(desk: Desk) -> None:
    replies = {desk.approved(form).id for form in (Form.PUBLIC_REPLY, Form.PUBLIC_HOLDING)}
    sender = SenderThatMeets(desk.hold)

    desk.worker(sender).run(Event(), until_idle=lambda: True)

    [went] = [one.id for one in sender.sent]
    [waits] = replies - {went}
    with desk.database.reading() as unit:
        assert unit.replies.get(went).state is ReplyState.SENT
        assert unit.replies.get(waits).state is ReplyState.QUEUED
    assert desk.held() == 1


def test_a_reply_that_may_have_gone_before_the_hold_is_looked_up_and_not_sent_under_it(desk: Desk) -> None:
    reply = desk.approved()
    with desk.database.unit() as unit:
        queued = unit.replies.get(reply.id)
        unit.replies.save(queued.moved(ReplyState.SENDING), was=ReplyState.QUEUED, at=desk.clock())
        unit.commit()
    desk.hold()

    desk.work()

    assert desk.sender.sent == []
    assert desk.office.stored(reply).state is ReplyState.QUEUED
    assert desk.came_to() == [CameTo.HELD]


def test_the_other_side_putting_a_reply_off_is_not_mistaken_for_a_hold(desk: Desk) -> None:
    reply = desk.approved()
    desk.sender.says = Delivered.LATER
    desk.work()
    desk.hold()
    desk.release()
    desk.work()
    assert len(desk.sender.sent) == 1

    desk.sender.says = Delivered.YES
    desk.clock.advance(minutes=2)
    desk.work()

    assert desk.office.stored(reply).state is ReplyState.SENT
    assert desk.came_to() == [CameTo.PUT_OFF, CameTo.SENT]


@pytest.mark.slow
def test_of_two_workers_at_full_speed_neither_posts_anything_within_a_second_of_the_hold(desk: Desk) -> None:
    """A stream of replies in flight: what was sent when the command came back, and a second after, is the same."""
    sender = FakeSender()
    stop = Event()
    workers = [Thread(target=desk.worker(sender, name=f"w{number}", batch=3).run, args=(stop,)) for number in range(2)]
    wanted = []
    with desk.database.unit() as unit:
        for number in range(300):
            post = replace(POST, id=f"{number:032x}", author=Identity(kind=IdentityKind.X, value=str(number)))
            case = add_case(unit, a_case(case_id=f"AM-{number}"))
            add_message(unit, post, case_id=case.id)
            reply = a_reply("On it.", state=ReplyState.IN_REVIEW, form=Form.PUBLIC_REPLY, case_id=case.id, message=post)
            unit.replies.add([(reply, (), "")])
            wanted.append(approve(unit, reply.id, by="uma", at=MONDAY, holds=HOUR).id)
        unit.commit()
    for worker in workers:
        worker.start()
    try:
        while len(sender.sent) < 5:
            time.sleep(0.005)
        desk.hold()
        time.sleep(1.0)
        after_a_second = len(sender.sent)
        time.sleep(1.0)
        later = len(sender.sent)
    finally:
        stop.set()
        for worker in workers:
            worker.join(timeout=60)

    assert 5 <= after_a_second < len(wanted)
    assert later == after_a_second

    desk.release()
    for _ in range(4):
        desk.worker(sender).run(Event(), until_idle=lambda: True)
    assert sorted(one.id for one in sender.sent) == sorted(wanted)
