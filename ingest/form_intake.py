"""Takes in what the web form sends: durable before it answers, once however often it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol, TypeVar

from amends.domain.arrival import Arrival, Fate
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.ids import case_reference
from amends.domain.message import Attachment, message_id
from amends.domain.secrets import status_token
from amends.domain.submission import Addition, Progress, Receipt, Submission
from amends.errors import AmendsError, Unavailable
from amends.meter import NO_METER, Meter
from amends.ports import BlobStore, Fetched, Now
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import UnitOfWork
from ingest.attachments.assess import assess
from ingest.form_progress import progress_of
from ingest.intake import STAGE, Entry, keep_and_read, promise, publish
from ingest.reading import FORM_MEDIA, Media, Reader, read
from ingest.web_form.addition import addition_bytes, addition_id
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

    def keep_file(self, claimed: Attachment, file: BinaryIO, *, place: int) -> Attachment:
        """Keep the bytes of a file. One that is refused is kept too: it is part of what was sent."""
        sha256, size_bytes = self.blobs.put_file(file)
        return assess(replace(claimed, sha256=sha256, size_bytes=size_bytes), file, place=place)

    def accept(self, submission: Submission, *, traceparent: str = "") -> Receipt:
        """Keep a submission for good."""
        fetched = self._fetched("form", submission.form, submission.submission_id, submission_bytes(submission))
        identity = message_id(Channel.WEB_FORM, submission.form, submission.submission_id)
        return self._keep(fetched, identity, traceparent=traceparent)

    def take_webhook(self, hook: str, item: str, raw: bytes) -> Receipt:
        """Keep what another form tool sends."""
        return self._keep(self._fetched("webhook", hook, item, raw), message_id(Channel.WEB_FORM, hook, item))

    def add(self, status_token: str, addition: Addition) -> bool:
        """Keep what a customer says on the status page."""
        with self.reading() as unit:
            promised = unit.intake.status_promise(status_token)
            if promised is None:
                return False
            follows = promised[0]
            arrival = unit.intake.arrival_of(follows)
            judged = unit.messages.get_many([follows]).get(follows)
        author, name, form = self._author_of(follows, arrival)
        case = judged.case_id if judged is not None and judged.case_id else case_reference(follows)
        raw = addition_bytes(addition, follows=follows, subject=f"About {case}", author=author, author_name=name)
        fetched = self._fetched("status", form, addition.addition_id, raw)
        self._keep(fetched, addition_id(form, addition.addition_id))
        return True

    def progress(self, status_token: str) -> Progress | None:
        """Say where a submission stands."""
        with self.reading() as unit:
            promised = unit.intake.status_promise(status_token)
            return None if promised is None else progress_of(unit, promised[0], received_at=promised[1])

    def _fetched(self, kind: str, account: str, item: str, raw: bytes) -> Fetched:
        return Fetched(
            source=f"{kind}:{account}",
            item=item,
            channel=Channel.WEB_FORM,
            account=account,
            media=FORM_MEDIA.get(kind, Media.FORM),
            raw=raw,
            fetched_at=self.now(),
        )

    def _keep(self, fetched: Fetched, identity: str, *, traceparent: str = "") -> Receipt:
        token = status_token(self.secret, identity)
        with self.tracer.batch(STAGE, [traceparent]) as traces:
            if traces:
                fetched = replace(fetched, trace=traces[0])
            taken = keep_and_read([fetched], self.blobs, self.readers)

            def keep(unit: UnitOfWork) -> list[Arrival]:
                arrivals = publish(unit, taken, with_=Entry(source=fetched.source, how=""))
                if unit.intake.status_promise(token) is None:
                    promise(unit, identity, at=fetched.fetched_at, secret=self.secret)
                return arrivals

            arrivals = self.in_one_commit(keep)
        for arrival in arrivals:
            self.meter.came_to(STAGE, arrival.fate)
        is_repeat = not arrivals or arrivals[0].fate is Fate.DUPLICATE
        return Receipt(reference=case_reference(identity), status_token=token, is_repeat=is_repeat)

    def _author_of(self, identity: str, arrival: Arrival | None) -> tuple[Identity, str, str]:
        """Say who wrote the message of a status page, by its bytes: it may not have been judged yet."""
        if arrival is not None:
            kind, _, account = arrival.source.partition(":")
            fetched = self._fetched(kind, account, arrival.item, self.blobs.get(arrival.raw_sha256))
            try:
                message = read(fetched, arrival.raw_sha256, self.readers).message
            except Unavailable:
                raise
            except AmendsError:
                return Identity(kind=IdentityKind.ANONYMOUS, value=f"status/{identity}"), "", account
            return message.author, message.author_name, account
        # It was parked: nobody knows who wrote it, and what is added stands by itself.
        return Identity(kind=IdentityKind.ANONYMOUS, value=f"status/{identity}"), "", "parked"
