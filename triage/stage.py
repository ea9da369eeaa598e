"""The triage stage: judges messages, puts each into a case, starts the clocks, suggests what may belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from amends.bus.port import Record, Topic
from amends.domain.clock import Pack
from amends.domain.matter import matter_marks
from amends.domain.message import Message
from amends.domain.search_words import words_of_message
from amends.domain.verdict import Kind, Verdict
from amends.ports import Judge, TextToJudge
from amends.tracer import TRACEPARENT
from amends.unit_of_work import UnitOfWork
from amends.wire import RECEIVED, RELEASED, body_of, decode_message
from triage.filing import Filing


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A message and what triage says of it, not yet filed."""

    message: Message
    verdict: Verdict
    #: A person took it out of what was parked: it is from a customer, whatever triage thinks.
    is_released: bool
    #: By what the same matter is found again. It takes a while to make and needs no transaction.
    marks: frozenset[str]
    #: By what it is found. They take a while, too.
    words: str
    #: The trace that its record came with.
    trace: str = ""


class TriageStage:
    """Reads `messages`, publishes `triaged`."""

    name = "triage"
    topic = Topic.MESSAGES

    def __init__(self, judge: Judge, *, pack: Pack) -> None:
        self._judge = judge
        self._pack = pack

    def prepare(self, records: Sequence[Record], *, at: datetime) -> list[Judged]:
        """Judge a batch in one pass. What a message is depends on no moment."""
        messages = [decode_message(body_of(record, RECEIVED, RELEASED)) for record in records]
        verdicts = self._judge.judge([to_judge(message) for message in messages])
        return [
            _judged(record, message, verdict)
            for record, message, verdict in zip(records, messages, verdicts, strict=True)
        ]

    def apply(self, unit: UnitOfWork, prepared: list[Judged], *, at: datetime) -> Mapping[str, int]:
        """File a judged batch; counts the kinds that it was filed under, what was parked, and what was filed before."""
        stored = unit.messages.known([one.message.id for one in prepared])
        traces = {one.message.id: one.trace for one in prepared if one.trace}
        marks = {one.message.id: one.marks for one in prepared}
        words = {one.message.id: one.words for one in prepared}
        filing = Filing(unit, pack=self._pack, now=at, marks=marks, words=words, traces=traces)
        filing.look_up([one.message for one in prepared])
        for one in prepared:
            if one.is_released:
                if unit.messages.get(one.message.id).case_id is None:
                    filing.file_released(one.message, one.verdict)
            elif one.message.id not in stored:
                stored.add(one.message.id)
                filing.file(one.message, one.verdict)
        filing.write()
        outcomes = filing.outcomes()
        if repeats := len(prepared) - outcomes.total():
            outcomes["repeat"] = repeats
        return outcomes


def to_judge(message: Message) -> TextToJudge:
    """Give what is judged of a message."""
    return TextToJudge(
        text=message.own_words,
        channel=message.channel.value,
        subject=message.subject,
        automatic=message.automatic is not None and not message.automatic.may_be_from_a_person,
    )


def _judged(record: Record, message: Message, verdict: Verdict) -> Judged:
    is_released = record.type == RELEASED
    if is_released:
        kind = verdict.kind if verdict.kind.is_from_a_customer else Kind.OTHER
        verdict = replace(verdict, kind=kind, needs_person=True)
    trace = record.headers.get(TRACEPARENT, "")
    marks = matter_marks(message.author, message.own_words, message.subject)
    words = words_of_message(message)
    return Judged(message=message, verdict=verdict, is_released=is_released, marks=marks, words=words, trace=trace)
