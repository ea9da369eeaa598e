"""Everything that is known of a case, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.desk.case.timeline import Entry, timeline
from amends.desk.case.words import Explain
from amends.domain.attachment import CaseAttachment
from amends.domain.case import Case
from amends.domain.check import Check
from amends.domain.clock import Clock
from amends.domain.ids import read_reference
from amends.domain.link import Link
from amends.domain.outcome import Outcome
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import Task
from amends.unit_of_work import JudgedMessage, UnitOfWork

#: A reply in one of these states can be changed.
OPEN_REPLY = (ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedCase:
    """A link, and the case on its other side."""

    link: Link
    other: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What the page of a case is made of. `seen` is the customer's last message as of now."""

    case: Case
    entries: Sequence[Entry]
    messages: Sequence[JudgedMessage]
    clocks: Sequence[Clock]
    replies: Sequence[Reply]
    links: Sequence[LinkedCase]
    tasks: Sequence[Task]
    outcomes: Sequence[Outcome]
    checks: Mapping[str, tuple[Check, ...]]
    advice: Mapping[str, list[dict[str, object]]]
    attachments: Sequence[CaseAttachment]

    @property
    def seen(self) -> str:
        """The id of the message that the case got last, "" where it has none."""
        return max(self.messages, key=_filed).message.id if self.messages else ""

    def attachments_of(self, message_id: str) -> list[CaseAttachment]:
        """Give the attachments of one of its messages."""
        return [one for one in self.attachments if one.message_id == message_id]

    @property
    def opened_by(self) -> JudgedMessage | None:
        """The message that the case has had longest."""
        return min(self.messages, key=_filed) if self.messages else None

    @property
    def next_due(self) -> Clock | None:
        """The clock that runs out first."""
        running = [clock for clock in self.clocks if clock.stopped_at is None]
        return min(running, key=lambda clock: clock.due_at, default=None)

    @property
    def open_replies(self) -> list[Reply]:
        """The replies that can be changed: answers first, the newest first."""
        found = [reply for reply in self.replies if reply.state in OPEN_REPLY]
        return sorted(found, key=lambda reply: (reply.purpose is not Purpose.ANSWER, -reply.drafted_at.timestamp()))

    @property
    def open_tasks(self) -> list[Task]:
        """What is not done."""
        return [task for task in self.tasks if task.done_at is None]

    @property
    def unsettled(self) -> list[Reply]:
        """Replies of which nobody knows whether they arrived."""
        return [reply for reply in self.replies if reply.state is ReplyState.UNKNOWN]

    @property
    def has_answer(self) -> bool:
        """Whether an answer stands that is not over."""
        return any(reply.purpose is Purpose.ANSWER and not reply.state.is_final for reply in self.replies)


def read_file(unit: UnitOfWork, reference: str, *, seen: str, explain: Explain) -> CaseFile:
    """Read a case's file. What came after the message `seen` is marked as new.

    Raises:
        NotFound: no such case.
    """
    case = unit.cases.get(read_reference(reference))
    messages = unit.messages.of_case(case.id)
    replies = unit.replies.of_case(case.id)
    links = unit.links.of_case(case.id)
    others = unit.cases.get_many({_other(link, case) for link in links})
    about = [f"case:{case.id}", *(f"reply:{reply.id}" for reply in replies)]
    trail = sorted((entry for subject in about for entry in unit.audit.about(subject)), key=lambda one: one.number)
    return CaseFile(
        case=case,
        entries=timeline(
            messages=messages,
            replies=replies,
            deliveries=unit.deliveries.of_case(case.id),
            notes=unit.notes.of_case(case.id),
            trail=trail,
            seen=seen,
            explain=explain,
        ),
        messages=messages,
        clocks=unit.clocks.of_cases([case.id]).get(case.id, []),
        replies=replies,
        links=[LinkedCase(link=link, other=others[_other(link, case)]) for link in links],
        tasks=unit.tasks.of_case(case.id),
        outcomes=unit.cases.outcomes(case.id),
        checks={reply.id: unit.replies.checks(reply.id) for reply in replies if reply.state in OPEN_REPLY},
        advice={reply.id: unit.replies.advice(reply.id) for reply in replies if reply.state in OPEN_REPLY},
        attachments=unit.attachments.of_case(case.id),
    )


def _filed(judged: JudgedMessage) -> tuple[int, datetime, str]:
    return judged.number, judged.message.received_at, judged.message.id


def _other(link: Link, case: Case) -> str:
    return link.other_case_id if link.case_id == case.id else link.case_id
