"""A case at the desk: what its customer wrote, what triage said of it, and a draft of an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amends.domain.case import Case
from amends.domain.channel import Channel
from amends.domain.clock import Anchor
from amends.domain.link import Link, LinkKind
from amends.domain.message import Message
from amends.domain.reply import Form, Reply, ReplyState
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.verdict import FlagName, Kind, Severity
from amends.unit_of_work import JudgedMessage
from storage.blobs import FolderBlobStore
from tests.desk.house import DeskHouse
from tests.support.builders import a_case, a_flag, a_message, a_verdict
from tests.support.clock import MONDAY

WORDS = "The kettle burned my son's arm. I have written three times and nobody answers."
ANSWER = (
    "Dear Ines,\n\nThank you for your message about the kettle. We are sorry that it hurt your son. We have looked into "
    "it: a whole batch had a bad lid. We will send you another one this week.\n\nWith kind regards\nNorthmoor\n"
)
RAW = (
    b"From: Ines Okafor <ines@example.org>\r\nTo: help@northmoor.example\r\nSubject: My kettle\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
)


@dataclass(frozen=True, kw_only=True)
class AtTheDesk:
    """Puts a case before the desk, and looks at what became of it."""

    house: DeskHouse

    def case(self, message: Message | None = None, *, kind: Kind = Kind.COMPLAINT, html: str = "<p>Hello</p>") -> Case:
        """Put a case before the desk that this message opened."""
        raw = RAW + html.encode()
        sha256 = FolderBlobStore(self.house.folder / "blobs").put(raw)
        first = replace(message or a_message(WORDS, subject="My kettle"), raw_sha256=sha256)
        words = first.own_words
        flags = [
            a_flag(name, quote, words, rule=rule)
            for name, quote, rule in (
                (FlagName.SAFETY, "burned my son's arm", "safety.burned"),
                (FlagName.REPEAT_CONTACT, "three times", "repeat.times"),
            )
            if quote in words
        ]
        severity = Severity.CRITICAL if flags else None
        verdict = a_verdict(kind, severity=severity if kind is Kind.COMPLAINT else None, flags=flags, confidence=0.87)
        case = replace(
            a_case(kind, severity=severity if kind is Kind.COMPLAINT else None, contact=first.author),
            channel=first.channel,
            subject=first.subject or words[:60],
        )
        with self.house.database.unit() as unit:
            unit.contacts.ensure({first.author: first.author_name}, at=MONDAY)
            unit.cases.add([case])
            unit.messages.add([JudgedMessage(message=first, verdict=verdict, case_id=case.id, number=1)])
            unit.clocks.start(
                self.house.house.pack.start(
                    Anchor.RECEIPT, case_id=case.id, kind=kind, severity=case.severity, flags=(), at=MONDAY
                )
            )
            unit.commit()
        return case

    def writes(self, case: Case, text: str, *, at: datetime = MONDAY + timedelta(minutes=5)) -> Message:
        """Let the customer write again."""
        with self.house.database.unit() as unit:
            author = unit.messages.last_filed(case.id).message.author
            message = a_message(text, author=author, at=at)
            stored = unit.cases.get(case.id)
            judged = JudgedMessage(
                message=message,
                verdict=a_verdict(),
                case_id=case.id,
                joined_via="reply token",
                number=stored.messages + 1,
            )
            unit.messages.add([judged])
            unit.cases.save([replace(stored, messages=stored.messages + 1, unanswered=2, version=stored.version + 1)])
            unit.commit()
        return message

    def draft(self, case: Case, text: str = "Dear Ines,\n\n[what happened]\n", *, form: Form | None = None) -> Reply:
        """Let Amends draft an answer."""
        with self.house.database.unit() as unit:
            framed = self.house.house.frame_answer(unit, unit.cases.get(case.id), form, MONDAY)
            reply = replace(framed.reply, text=text, parts=(), state=ReplyState.DRAFTED, is_automatic=False)
            unit.replies.add([(reply, self.house.house.check_draft(unit, reply), framed.advice)])
            unit.commit()
        return reply

    def other(self, case: Case) -> Case:
        """Put another case beside, which seems to be the same matter."""
        message = a_message("The kettle again, by the form.", channel=Channel.WEB_FORM, author="ines@example.net")
        other = a_case(case_id="AM-2222-2222-22", contact=message.author, channel=Channel.WEB_FORM)
        with self.house.database.unit() as unit:
            unit.contacts.ensure({message.author: "Ines Okafor"}, at=MONDAY)
            unit.cases.add([replace(other, subject="The kettle, once more")])
            unit.messages.add([JudgedMessage(message=message, verdict=a_verdict(), case_id=other.id, number=1)])
            unit.links.suggest(
                [
                    Link(
                        case_id=other.id,
                        other_case_id=case.id,
                        kind=LinkKind.SAME_MATTER,
                        reasons=("both name the order K-118", "they came within an hour"),
                        suggested_at=MONDAY,
                    )
                ]
            )
            unit.commit()
        return other

    def task(self, case: Case) -> Task:
        """Raise a task on a case."""
        task = Task(
            id=task_id(case.id, TaskKind.ACKNOWLEDGE_ANOTHER_WAY, "x"),
            case_id=case.id,
            kind=TaskKind.ACKNOWLEDGE_ANOTHER_WAY,
            reason="mail to this address came back",
            raised_at=MONDAY,
        )
        with self.house.database.unit() as unit:
            unit.tasks.raise_([task])
            unit.commit()
        return task

    def stored(self, case: Case) -> Case:
        with self.house.database.reading() as unit:
            return unit.cases.get(case.id)

    def replies(self, case: Case) -> list[Reply]:
        with self.house.database.reading() as unit:
            return unit.replies.of_case(case.id)
