"""Ingest on a real database and a real blob folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from amends.bus.port import Record, Topic
from amends.domain.arrival import Arrival, Fate, Parked
from amends.domain.message import Message
from amends.ports import Connector, Fetched, LiveConnector
from amends.wire import decode_message
from ingest.files import FilesConnector
from ingest.intake import keep_and_read, publish
from ingest.mail.reader import mail_reader
from ingest.reading import STILL_IN_MAILBOX, Media
from ingest.reconcile import reconcile
from ingest.runner import take_in_all
from ingest.social.x import x_reader
from ingest.web_form.reader import form_reader
from storage.blobs import FolderBlobStore
from storage.unit_of_work import Database
from tests.support.clock import FakeClock

READERS = {
    Media.MAIL: mail_reader(),
    Media.X_POST: x_reader(own_handles=frozenset({"example_water"})),
    Media.FORM: form_reader(default_form="website"),
}


@dataclass(frozen=True, kw_only=True)
class IngestHouse:
    """Takes things in, and looks at what became of them."""

    database: Database
    clock: FakeClock
    folder: Path

    @property
    def blobs(self) -> FolderBlobStore:
        return FolderBlobStore(self.folder / "blobs")

    def take_in(self, *things: Fetched) -> list[Arrival]:
        """Take things in as one batch."""
        taken = keep_and_read(things, self.blobs, READERS)
        with self.database.unit() as unit:
            arrivals = publish(unit, taken)
            unit.commit()
        return arrivals

    def take_in_all(self, connector: Connector) -> Counter[Fate]:
        return take_in_all(connector, self.database.unit, self.blobs, READERS, stop=Event())

    def take_in_files(self, path: Path) -> Counter[Fate]:
        """Make one pass over files, as the command does."""
        return self.take_in_all(FilesConnector(path, now=self.clock, known=self._known))

    def take_in_mailbox(self, connector: LiveConnector) -> Counter[Fate]:
        """Take in what a mailbox holds, once, and show there what was."""

        def settle(batch: Sequence[Fetched]) -> None:
            connector.settle([one.item for one in batch])

        return take_in_all(connector, self.database.unit, self.blobs, READERS, stop=Event(), committed=settle)

    def fetched_whole(self, source: str, items: Collection[str]) -> Collection[str]:
        """Say of which items nothing is left to be fetched."""
        with self.database.reading() as unit:
            rows = unit.intake.fates(source, items)
        return {item for item, row in rows.items() if row.reason not in STILL_IN_MAILBOX}

    def unexplained(self, connector: Connector) -> list[tuple[str, str]]:
        """Say what of a source is not accounted for."""
        with self.database.reading() as unit:
            return reconcile(unit, connector.source, connector.holdings(), triage_group="triage").unexplained

    def published(self) -> list[Message]:
        """Give the messages on the log, partition by partition."""
        return [decode_message(record.body) for record in self.records()]

    def records(self) -> list[Record]:
        """Give the records on the log, partition by partition."""
        with self.database.reading() as unit:
            return [
                record
                for partition in range(4)
                for record in unit.log.read(unit.log.position("test", Topic.MESSAGES, partition), limit=1_000)
            ]

    def parked(self) -> list[Parked]:
        with self.database.reading() as unit:
            return unit.intake.parked()

    def _known(self, source: str, items: Collection[str]) -> Mapping[str, str]:
        with self.database.reading() as unit:
            return {item: row.raw_sha256 for item, row in unit.intake.fates(source, items).items()}
