"""Replies in review on the desk's database, and a worker that delivers what was approved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from amends.bus.local import LocalLog
from amends.bus.runner import StageRunner
from amends.domain.channel import Channel
from amends.domain.check import Check
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message
from amends.domain.reply import Form, Purpose, Reply, ReplyState
from amends.domain.verdict import FlagName, Kind, Severity
from amends.unit_of_work import JudgedMessage
from respond.delivery import DeliverStage
from tests.casework.office import PACK
from tests.conftest import PARTITIONS
from tests.desk.house import DeskHouse
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_flag, a_message, a_reply, a_verdict
from tests.support.fakes import FakeSender

#: In public it ends with the way to a private conversation, so that no check blocks it.
GOOD = (
    "We are sorry about your kettle, and thank you for telling us. A colleague looks into it today. "
    "Please send us a private message with the details, so that we can put it right."
)


@dataclass(kw_only=True)
class Reviewing:
    """Fills the desk of `house` with posts and replies to them."""

    house: DeskHouse
    sender: FakeSender = field(default_factory=FakeSender)
    _made: int = 0

    def reply(
        self,
        text: str = GOOD,
        *,
        wrote: str = "@Northmoor my kettle gave me a shock, and nobody answers!",
        author: str = "Ines Okafor",
        form: Form = Form.PUBLIC_REPLY,
        authors: tuple[str, ...] = ("amends",),
        checks: tuple[Check, ...] | None = None,
        purpose: Purpose = Purpose.ANSWER,
    ) -> Reply:
        """Add a case with a post and a reply to it that waits for review; each later one was drafted a minute later."""
        self._made += 1
        number = self._made
        at = self.house.clock() - timedelta(hours=2) + timedelta(minutes=number)
        message = self.post(wrote, author=author, at=at, number=number)
        with self.house.database.unit() as unit:
            case = add_case(
                unit,
                a_case(
                    Kind.COMPLAINT, case_id=f"AM-{number:04}-TEST-00", severity=Severity.HIGH, contact=message.author
                ),
                of=message.author,
            )
            unit.messages.add([_judged(message, case.id, 1)])
            reply = a_reply(
                text,
                state=ReplyState.IN_REVIEW,
                form=form,
                purpose=purpose,
                case_id=case.id,
                message=message,
                authors=authors,
                drafted_at=at,
            )
            unit.replies.add([(reply, self.house.parts.check(unit, reply) if checks is None else checks, "")])
            unit.commit()
        return reply

    def post(self, text: str, *, author: str = "Ines Okafor", at: datetime, number: int) -> Message:
        """Make a post, as X brings it."""
        return replace(
            a_message(text, at=at),
            id=f"{number:032x}",
            channel=Channel.X,
            native_id=f"19900000000000{number:05}",
            author=Identity(kind=IdentityKind.X, value=str(77_000 + number)),
            author_name=author,
        )

    def customer_writes(self, reply: Reply, text: str) -> None:
        """Let the customer write again in the case of a reply."""
        self._made += 1
        with self.house.database.unit() as unit:
            message = self.post(text, at=self.house.clock(), number=self._made)
            unit.messages.add([_judged(message, reply.case_id, self._made)])
            unit.commit()

    def deliver(self) -> list[str]:
        """Let a worker of delivery do all that there is; gives the words that went out so far."""
        stage = DeliverStage(
            self.sender,
            open_unit=self.house.database.unit,
            reading=self.house.database.reading,
            name_of=lambda _reply: "",
            pack=PACK,
            secret=b"s" * 32,
            now=self.house.clock,
            at_once=10,
        )
        log = LocalLog(self.house.database, partitions=PARTITIONS, now=self.house.clock)
        runner = StageRunner(stage, log, self.house.database.unit, worker="w", now=self.house.clock, batch=10)
        runner.run(Event(), until_idle=lambda: True)
        return [reply.text for reply in self.sender.sent]

    def stored(self, reply: Reply) -> Reply:
        """Give a reply as it stands now."""
        with self.house.database.reading() as unit:
            return unit.replies.get(reply.id)


def _judged(message: Message, case_id: str, number: int) -> JudgedMessage:
    shock = "gave me a shock"
    flags = (a_flag(FlagName.SAFETY, shock, message.own_words),) if shock in message.own_words else ()
    return JudgedMessage(message=message, verdict=a_verdict(flags=flags), case_id=case_id, number=number)
