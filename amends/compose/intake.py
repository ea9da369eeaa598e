"""Where messages come from, and how they are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from amends.compose.networks import Networks
from amends.domain.arrival import Parked
from amends.domain.attachment import CaseAttachment, Download, safe_filename
from amends.domain.channel import Channel
from amends.domain.ids import read_reference
from amends.errors import Misconfigured, NotFound, Refused
from amends.ports import Fetched
from amends.settings import MailboxSettings, WebhookSettings
from amends.unit_of_work import UnitOfWork
from ingest.attachments.clamd import ClamdScanner
from ingest.attachments.scan import Scanning
from ingest.files import FilesConnector, Looks
from ingest.intake import keep_and_read, publish
from ingest.logged import ContactLog, contact_reader
from ingest.mail.imap.connector import ImapConnector
from ingest.mail.imap.mailbox import Handled, Mailbox, said_secret, secret_in_file, secret_of_command
from ingest.mail.imap.mailbox import Security as Protection
from ingest.mail.reader import bytes_of_attachment, mail_reader
from ingest.reading import FORM_MEDIA, MEDIA_WITHOUT_MAIL, STILL_IN_MAILBOX, UNREADABLE, Media, Reader
from ingest.social.bluesky import bluesky_reader
from ingest.social.mastodon import mastodon_reader
from ingest.social.x import x_message_reader, x_reader
from ingest.troubles import Troubles
from ingest.web_form.addition import addition_reader
from ingest.web_form.hooks import Webhook, read_key
from ingest.web_form.reader import form_reader
from ingest.web_form.webhook import webhook_reader

#: How what came by a channel is read.
_MEDIA_OF = {
    Channel.EMAIL: Media.MAIL,
    Channel.X: Media.X_POST,
    Channel.MASTODON: Media.MASTODON_STATUS,
    Channel.BLUESKY: Media.BLUESKY_POST,
    Channel.WEB_FORM: Media.FORM,
}


@dataclass(frozen=True, kw_only=True)
class Intake(Networks):
    """The sources of messages and their readers."""

    @cached_property
    def readers(self) -> Mapping[str, Reader]:
        """A reader for each kind of media."""
        own_ids = frozenset(account.own_id for account in self.accounts.values() if account.channel is Channel.X)
        return {
            Media.MAIL: mail_reader(owns=self.own_addresses.owns, copy_to=self.settings.mail_copy_to),
            Media.X_POST: x_reader(own_handles=self._own_handles, own_ids=own_ids),
            Media.X_MESSAGE: x_message_reader(own_ids=own_ids),
            Media.MASTODON_STATUS: mastodon_reader(),
            Media.BLUESKY_POST: bluesky_reader(),
            Media.FORM: form_reader(default_form=self.settings.form_name),
            Media.LOGGED: contact_reader,
            Media.ADDITION: addition_reader(),
            Media.WEBHOOK: webhook_reader(self.webhooks),
        }

    @cached_property
    def webhooks(self) -> tuple[Webhook, ...]:
        """The form tools that send here.

        Raises:
            Misconfigured: a key is none, or its file cannot be read.
        """
        return tuple(_webhook(one) for one in self.settings.form_webhooks)

    def files(self, path: Path, *, skip_known: bool = True, looks: Looks | None = None) -> FilesConnector:
        """Open a file or folder as a source. `looks` is kept by whoever watches it."""
        return FilesConnector(path, now=self.now, known=self._known if skip_known else None, looks=looks)

    @cached_property
    def mailboxes(self) -> Mapping[str, tuple[Mailbox, tuple[str, ...]]]:
        """The mailboxes that are read, by their names, each with its folders.

        Raises:
            Misconfigured: a connection would not be protected.
        """
        return {one.ledger_name: (self._mailbox(one), one.folders) for one in self.settings.mailboxes}

    def mailbox_folders(self) -> list[ImapConnector]:
        """Make a connector for each folder of each mailbox."""
        return [self.imap(mailbox, folder) for mailbox, folders in self.mailboxes.values() for folder in folders]

    def imap(self, mailbox: Mailbox, folder: str) -> ImapConnector:
        """Open one folder of a mailbox as a source, when it is first asked for anything."""
        return ImapConnector(mailbox, folder, now=self.now, known=self._fetched_whole)

    def _mailbox(self, said: MailboxSettings) -> Mailbox:
        name = said.ledger_name
        secret = said_secret(self.settings.mailbox_password.get_secret_value())
        if said.token_command:
            secret = secret_of_command(said.token_command, mailbox=name)
        elif said.token_file or said.password_file:
            secret = secret_in_file(Path(said.token_file or said.password_file), mailbox=name)
        return Mailbox(
            name=name,
            host=said.host,
            user=said.user,
            secret=secret,
            has_token=bool(said.token_file or said.token_command),
            port=said.port,
            security=Protection(said.security),
            ca_file=Path(said.ca_file) if said.ca_file else None,
            size_at_most=said.size_mb * 1024 * 1024,
            handled=Handled(said.handled),
            flag=said.flag,
            move_to=said.move_to,
            poll_s=said.poll_s,
        )

    @cached_property
    def troubles(self) -> Troubles:
        """Which mailboxes cannot be read now, as this process finds."""
        return Troubles()

    @cached_property
    def watched_troubles(self) -> Troubles:
        """Which folders and networks cannot be read now, as this process finds."""
        return Troubles()

    def take_in_again(self, unit: UnitOfWork, one: Parked) -> None:
        """Read a parked message's bytes once more and take it in.

        Raises:
            Unprocessable: it still cannot be read.
        """
        kind = one.source.partition(":")[0]
        media = _MEDIA_OF.get(Channel(one.channel), Media.LOGGED)
        media = Media.X_MESSAGE if kind == "x-messages" else FORM_MEDIA.get(kind, media)
        # What never left its mailbox has no bytes here: nothing but a connection can take it in.
        media = MEDIA_WITHOUT_MAIL.get(one.reason, media)
        fetched = Fetched(
            source=one.source,
            item=one.item,
            channel=one.channel,
            account="",
            media=media,
            raw=self.blobs.get(one.raw_sha256),
            fetched_at=self.now(),
        )
        released = form_reader(default_form=self.settings.form_name, believes_honeypot=False)
        taken = keep_and_read([fetched], self.blobs, {**self.readers, Media.FORM: released})
        if taken[0].fault is not None:
            raise taken[0].fault
        publish(unit, taken)

    @cached_property
    def contact_log(self) -> ContactLog:
        """The door by which colleagues log contacts by telephone, letter and counter."""
        return ContactLog(
            open_unit=self.database.unit,
            reading=self.database.reading,
            blobs=self.blobs,
            readers=self.readers,
            now=self.now,
        )

    def attachment(self, reference: str, number: int) -> Download:
        """Give an attachment of a case as a file to be saved.

        Raises:
            NotFound: no such case, or no such attachment.
            Refused: it was refused, or a scanner found harm in it.
            Unavailable: its bytes cannot be read now.
        """
        case_id = read_reference(reference)
        with self.database.reading() as unit:
            unit.cases.get(case_id)
            one = next((one for one in unit.attachments.of_case(case_id) if one.number == number), None)
            if one is None:
                raise NotFound(f"{case_id} has no attachment {number}; see `amends case attachments {case_id}`")
            raw = unit.messages.get(one.message_id).message.raw_sha256
        if one.why_not:
            raise Refused(
                f"attachment {number} of {case_id} is not given out: {one.why_not}; the message is blob {raw}"
            )
        return Download(content=self.attachment_bytes(one), filename=safe_filename(one))

    def attachment_bytes(self, one: CaseAttachment) -> bytes:
        """Give the bytes of an attachment: as they are kept, or out of the mail that came before they were.

        Raises:
            NotFound: they are in neither.
            Unavailable: the store is down.
        """
        try:
            return self.blobs.get(one.attachment.sha256)
        except NotFound:
            with self.database.reading() as unit:
                raw = unit.messages.get(one.message_id).message.raw_sha256
            return bytes_of_attachment(self.blobs.get(raw), one.attachment.sha256)

    @cached_property
    def scanner(self) -> ClamdScanner | None:
        """What looks for harm in attachments; None where nothing does."""
        return ClamdScanner(self.settings.clamd) if self.settings.clamd else None

    @property
    def scanning(self) -> Scanning | None:
        """What has attachments scanned; None where there is no scanner."""
        if self.scanner is None:
            return None
        return Scanning(
            self.scanner,
            self.database.unit,
            reading=self.database.reading,
            content_of=self.attachment_bytes,
            now=self.now,
        )

    def _known(self, source: str, items: Collection[str]) -> Mapping[str, str]:
        with self.database.reading() as unit:
            rows = unit.intake.fates(source, items)
        return {item: row.raw_sha256 for item, row in rows.items() if row.reason != UNREADABLE}

    def _fetched_whole(self, source: str, items: Collection[str]) -> Collection[str]:
        with self.database.reading() as unit:
            rows = unit.intake.fates(source, items)
        return {item for item, row in rows.items() if row.reason not in STILL_IN_MAILBOX}


def _webhook(said: WebhookSettings) -> Webhook:
    keys = [key.get_secret_value() for key in said.keys]
    if said.key_file:
        try:
            keys += Path(said.key_file).read_text("utf-8").split()
        except (OSError, UnicodeDecodeError) as why:
            raise Misconfigured(f"the keys of webhook {said.name} cannot be read: {why}; mend its key_file") from why
    if not keys:
        raise Misconfigured(f"webhook {said.name} has no key: say it with keys or key_file")
    return Webhook(
        name=said.name, keys=tuple(map(read_key, keys)), fields={str(box): paths for box, paths in said.fields.items()}
    )
