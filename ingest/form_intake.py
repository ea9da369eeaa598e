"""Takes in what the web form sends: durable before it answers, once however often it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from amends.domain.arrival import Arrival, Fate
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import Clock, ClockKind
from amends.domain.ids import case_reference
from amends.domain.message import message_id
from amends.domain.secrets import status_token
from amends.domain.submission import Progress, Receipt, Submission
from amends.meter import NO_METER, Meter
from amends.ports import BlobStore, Fetched, Now
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import UnitOfWork
from ingest.intake import STAGE, Entry, keep_and_read, promise, publish
from ingest.reading import Media, Reader
from ingest.web_form.submission import submission_bytes

T = TypeVar("T")


class InOneCommit(Protocol):
    """Runs work in a transaction that may be shared with other threads' work, and returns when it is committed."""

    def __call__(self, work: Callable[[UnitOfWork], T], /) -> T:
        """Run `work`; it must not commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormIntake:
    """The web form's door into the log. See `amends.ports.Intake` for what it promises."""

    in_one_commit: InOneCommit
    reading: Callable[[], AbstractContextManager[UnitOfWork]]
    blobs: BlobStore
    readers: Mapping[str, Reader]
    secret: bytes
    now: Now
    meter: Meter = NO_METER
    tracer: Tracer = NO_TRACER

    def accept(self, submission: Submission, *, traceparent: str = "") -> Receipt:
        """Keep a submission for good."""
        now = self.now()
        source = f"form:{submission.form}"
        identity = message_id(Channel.WEB_FORM, submission.form, submission.submission_id)
        token = status_token(self.secret, identity)
        fetched = Fetched(
            source=source,
            item=submission.submission_id,
            channel=Channel.WEB_FORM,
            account=submission.form,
            media=Media.FORM,
            raw=submission_bytes(submission),
            fetched_at=now,
        )
        with self.tracer.batch(STAGE, [traceparent]) as traces:
            if traces:
                fetched = replace(fetched, trace=traces[0])
            taken = keep_and_read([fetched], self.blobs, self.readers)

            def keep(unit: UnitOfWork) -> list[Arrival]:
                arrivals = publish(unit, taken, with_=Entry(source=source, how=""))
                if unit.intake.status_promise(token) is None:
                    promise(unit, identity, at=now, secret=self.secret)
                return arrivals

            arrivals = self.in_one_commit(keep)
        for arrival in arrivals:
            self.meter.came_to(STAGE, arrival.fate)
        is_repeat = not arrivals or arrivals[0].fate is Fate.DUPLICATE
        return Receipt(reference=case_reference(identity), status_token=token, is_repeat=is_repeat)

    def progress(self, status_token: str) -> Progress | None:
        """Say where a submission stands."""
        with self.reading() as unit:
            promised = unit.intake.status_promise(status_token)
            if promised is None:
                return None
            identity, received_at = promised
            reference = case_reference(identity)
            case = unit.cases.get_many([reference]).get(reference)
            clocks = unit.clocks.of_cases([reference]).get(reference, [])
        stage, next_step = _SAYS[case.state] if case is not None else _NOT_READ_YET
        return Progress(
            reference=reference,
            received_at=received_at,
            stage=stage,
            next_step=next_step,
            next_by=_next_due(case, clocks),
        )


_NOT_READ_YET = ("We have received it.", "Somebody will look at it.")
_SAYS = {
    CaseState.RECEIVED: ("We have received it.", "We will tell you who is looking into it, and what happens next."),
    CaseState.ACKNOWLEDGED: ("We have acknowledged it.", "Somebody looks into it and answers you."),
    CaseState.IN_HAND: ("Somebody is looking into it.", "You get an answer."),
    CaseState.ANSWERED: ("We have answered it.", "If our answer does not settle it, reply to it and we look again."),
    CaseState.CLOSED: ("It is closed.", "If you are not satisfied, write to us again and quote the reference."),
}
_PROMISED = {ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE}


def _next_due(case: Case | None, clocks: list[Clock]) -> datetime | None:
    if case is None or case.state in {CaseState.ANSWERED, CaseState.CLOSED}:
        return None
    return min((clock.due_at for clock in clocks if clock.stopped_at is None and clock.kind in _PROMISED), default=None)
