"""Triage on a real database, with a judge that goes by a word in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from sqlalchemy import func, select

from amends.bus.local import LocalLog
from amends.bus.port import NewRecord, Topic
from amends.bus.runner import StageRunner
from amends.domain.case import Case
from amends.domain.clock import Clock
from amends.domain.link import Link
from amends.domain.message import Message
from amends.domain.verdict import FlagName, Kind, Severity, Verdict
from amends.policies.load import load_pack
from amends.ports import TextToJudge
from amends.wire import RECEIVED, Triaged, cloud_headers, decode_triaged, encode_message
from storage.tables import metadata
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_flag, a_verdict
from tests.support.clock import FakeClock
from tests.support.fakes import FakeJudge
from triage.stage import Judged, TriageStage


def by_word(asked: TextToJudge) -> Verdict:
    """Judge by a word: each test shows in its texts what they are to be."""
    text = asked.text
    if asked.automatic:
        return a_verdict(Kind.MACHINE)
    if "lottery" in text:
        return a_verdict(Kind.SPAM)
    if "?" in text:
        flags = [a_flag(FlagName.REPEAT_CONTACT, "again", text)] if "again" in text else []
        return a_verdict(Kind.ENQUIRY, flags=flags, needs_person="perhaps" in text)
    if "thank" in text.lower():
        return a_verdict(Kind.PRAISE)
    if "fire" in text:
        return a_verdict(severity=Severity.CRITICAL, flags=[a_flag(FlagName.SAFETY, "fire", text)])
    if "my data" in text:
        return a_verdict(flags=[a_flag(FlagName.RIGHTS_REQUEST, "my data", text)])
    return a_verdict()


@dataclass
class TriageHouse:
    """A database, a log and the triage stage on it."""

    database: Database
    clock: FakeClock
    judge: FakeJudge = field(default_factory=lambda: FakeJudge(by_word))

    def publish(self, *messages: Message) -> None:
        """Put messages on the log, all with one key, so that they come in one batch."""
        records = [
            NewRecord(
                topic=Topic.MESSAGES,
                key="one key",
                id=message.id,
                type=RECEIVED,
                body=encode_message(message),
                at=message.received_at,
                headers=cloud_headers(
                    message.id, RECEIVED, source="/test", at=message.received_at, channel=message.channel, raw="00"
                ),
            )
            for message in messages
        ]
        with self.database.unit() as unit:
            unit.log.publish(records)
            unit.commit()

    def run(self) -> None:
        """Let triage do what is on the log; a stage that fails fails the test."""
        self.runner().run(Event(), until_idle=lambda: True)
        with self.database.reading() as unit:
            assert unit.dead.listed(limit=10) == []

    def run_ignoring_the_dead(self) -> None:
        """Let triage do what is on the log, whatever dies of it."""
        self.runner().run(Event(), until_idle=lambda: True)

    def runner(self) -> StageRunner[list[Judged]]:
        log = LocalLog(self.database, partitions=PARTITIONS, now=self.clock)
        return StageRunner(self.stage, log, self.database.unit, worker="anna", now=self.clock, batch=100)

    @property
    def stage(self) -> TriageStage:
        return TriageStage(self.judge, pack=load_pack("service-standard"))

    def file(self, *messages: Message) -> Case:
        """File messages in one batch; gives the case of the last of them."""
        self.publish(*messages)
        self.run()
        return self.case_of(messages[-1])

    def case_of(self, message: Message) -> Case:
        with self.database.reading() as unit:
            case_id = unit.messages.get(message.id).case_id
            assert case_id is not None
            return unit.cases.get(case_id)

    def links_of(self, case: Case) -> list[Link]:
        with self.database.reading() as unit:
            return unit.links.of_case(case.id)

    def clocks_of(self, case: Case, *, running: bool = True) -> list[Clock]:
        with self.database.reading() as unit:
            clocks = unit.clocks.of_cases([case.id]).get(case.id, [])
        return [clock for clock in clocks if (clock.stopped_at is None) == running]

    def triaged(self) -> list[Triaged]:
        """Give what triage told respond, in order."""
        log = LocalLog(self.database, partitions=PARTITIONS, now=self.clock)
        return [
            decode_triaged(record.body)
            for partition in range(PARTITIONS[Topic.TRIAGED])
            for record in log.read("test", Topic.TRIAGED, partition, limit=1_000)[1]
        ]

    def rows(self) -> dict[str, int]:
        """Count the rows of every table, to see that nothing changed."""
        with self.database.engine.connect() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
            }
