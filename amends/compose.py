"""The only wiring: which adapter stands behind which port.

Everything else takes what it needs as arguments. Nothing here decides anything.
spaCy, the web framework and kafka-python take a second to import; they are imported where
they are asked for, so that a command that needs none of them does not wait for them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amends.accounts import Account, Around, accounts_of
from amends.bus.local import LocalLog
from amends.bus.port import TOPICS, Log, Topic
from amends.bus.relay import Relay
from amends.bus.replay import Replay
from amends.bus.runner import Stage, StageRunner
from amends.casework import (
    accounts,
    cases,
    channels,
    claims,
    dead,
    hold,
    notes,
    parked,
    programs,
    review,
    splitting,
    writing,
)
from amends.domain.arrival import Parked
from amends.domain.attachment import CaseAttachment, Download, safe_filename
from amends.domain.case import Case
from amends.domain.channel import Channel
from amends.domain.check import Check
from amends.domain.clock import Pack
from amends.domain.ids import read_reference
from amends.domain.message import Message
from amends.domain.reply import Form, Reply, ReplyState
from amends.domain.verdict import Flag
from amends.errors import Misconfigured, NotFound, Refused
from amends.history import Command
from amends.house import installation_secret
from amends.meter import NO_METER, Levels, Meter
from amends.policies.load import load_pack
from amends.ports import Fetched, Judge, Now, Sender, SendsMany
from amends.settings import MailboxSettings, Settings, WebhookSettings
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import UnitOfWork
from ingest.attachments.clamd import ClamdScanner
from ingest.attachments.scan import Scanning, record_scans
from ingest.files import FilesConnector, Looks
from ingest.form_intake import FormIntake
from ingest.intake import enter, keep_and_read, promise, publish
from ingest.logged import ContactLog, contact_reader, note_logged
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
from respond.checks.personal_data import Customer
from respond.checks.post_rule import post_rule
from respond.checks.run import Limits, run_checks
from respond.delivery import DeliverStage, begin, settle, take_up
from respond.policy import Caps
from respond.senders.by_channel import SenderByChannel
from respond.senders.folder import FolderSender
from respond.senders.mail import Envelope, OwnAddresses
from respond.senders.smtp import Security, SmtpSender, SmtpSettings
from respond.stage import Office, RespondStage
from respond.thread import envelopes_of, name_before_sending
from storage.blobs import FolderBlobStore, FsspecBlobStore, open_blob_store
from storage.engine import open_engine
from storage.group_commit import GroupCommit
from storage.levels import levels
from storage.migrate import upgrade
from storage.unit_of_work import Database

if TYPE_CHECKING:
    from fastapi import FastAPI

    from amends.bus.kafka.connection import Connection
    from amends.bus.kafka.topics import TopicPlan, Topics
    from amends.bus.kafka.whole import WholeTopics
    from amends.desk.case.words import Why
    from amends.desk.openid import Provider
    from amends.desk.parts import Finding, Reconciled
    from amends.tell.http import Way
    from amends.tell.service import Teller

Reading = Callable[[], AbstractContextManager[UnitOfWork]]

#: The stages, in the order of the journey.
STAGES = ("triage", "respond", "deliver")
#: What `amends run` knows: the watcher of sources, the relay to Kafka, the stages, the web form, the desk, and what
#: tells programs.
SERVICES = ("ingest", "relay", *STAGES, "form", "desk", "webhooks")
#: Which topic each of them reads.
TOPIC_OF = {"triage": Topic.MESSAGES, "respond": Topic.TRIAGED, "deliver": Topic.OUTBOX}
#: Topics that the broker never forgets: a rebuild begins with them.
KEPT_FOR_GOOD = frozenset({Topic.MESSAGES, Topic.HISTORY})


#: Everything that people, intake and delivery do to the database, as the history knows it.
COMMANDS: tuple[Command[..., Any], ...] = (
    enter,
    promise,
    note_logged,
    record_scans,
    channels.raise_alert,
    channels.end_alert,
    channels.see_alert,
    cases.take,
    claims.claim,
    claims.let_go,
    cases.say_what_it_is,
    cases.close,
    cases.settle_link,
    cases.hand_over,
    cases.undo_link,
    notes.note,
    notes.view,
    writing.begin_reply,
    splitting.split,
    splitting.join_again,
    cases.finish_task,
    cases.settle_delivery,
    cases.allow_mail,
    review.submit,
    review.edit,
    review.approve,
    review.reject,
    hold.hold,
    hold.release,
    parked.put_back,
    parked.discard,
    dead.hand_over,
    dead.discard,
    programs.make_token,
    programs.revoke_token,
    programs.add_webhook,
    programs.remove_webhook,
    programs.note_given_up,
    accounts.tell,
    begin,
    settle,
    take_up,
)
#: The settings that results depend on: a rebuild does everything again under those of its time.
RESULTS_DEPEND_ON = (
    "organisation",
    "contact_line",
    "urgent_contact",
    "acknowledge_by_itself",
    "acknowledge_within_days",
    "acknowledge_pause_minutes",
    "cap_per_sender_a_day",
    "cap_per_case",
    "cap_an_hour",
    "form_host",
    "form_port",
    "form_url",
    "mail_from",
    "mail_replies",
    "mail_own",
    "x_handles",
    "x_sends",
)

#: How what came by a channel is read.
_MEDIA_OF = {
    Channel.EMAIL: Media.MAIL,
    Channel.X: Media.X_POST,
    Channel.MASTODON: Media.MASTODON_STATUS,
    Channel.BLUESKY: Media.BLUESKY_POST,
    Channel.WEB_FORM: Media.FORM,
}


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class House:
    """One installation, its parts made when they are first asked for."""

    settings: Settings
    now: Now = utc_now
    #: What traces call this process.
    service: str = "amends"

    @cached_property
    def secret(self) -> bytes:
        """What tokens are derived from."""
        said = self.settings.secret.get_secret_value()
        return said.encode() if said else installation_secret(self.settings.data_dir)

    @cached_property
    def partitions(self) -> Mapping[str, int]:
        """How many partitions each topic has."""
        return {**dict.fromkeys(TOPICS, self.settings.partitions), Topic.HISTORY: 1}

    @cached_property
    def database(self) -> Database:
        """The database, brought to this version's tables."""
        engine = open_engine(self.settings.database)
        upgrade(engine)
        return Database(engine, partitions=self.partitions, in_force=self.in_force)

    @cached_property
    def log(self) -> Log:
        """The log between the stages."""
        return self.log_of("")

    def log_of(self, worker: str) -> Log:
        """Make the log as a worker reads it. One with a name takes its share up again when it comes back."""
        if self.kafka is None:
            return LocalLog(self.database, partitions=self.partitions, now=self.now)
        from amends.bus.kafka.log import KafkaLog

        return KafkaLog(self.kafka, self.database.reading, self.blobs, is_named=bool(worker))

    @cached_property
    def kafka(self) -> Connection | None:
        """How the broker is reached; None where the log is read from the database."""
        s = self.settings
        if not s.kafka_servers:
            return None
        from amends.bus.kafka.connection import Connection

        return Connection(
            servers=s.kafka_servers,
            security=s.kafka_security,
            ca_file=s.kafka_ca_file,
            user=s.kafka_user,
            password=s.kafka_password.get_secret_value(),
            mechanism=s.kafka_mechanism,
            prefix=s.kafka_prefix,
            body_at_most=s.kafka_body_bytes,
            session_timeout_ms=int(s.kafka_session_s * 1000),
        )

    @cached_property
    def topics(self) -> Topics:
        """The topics on the broker.

        Raises:
            Misconfigured: there is no broker.
        """
        if self.kafka is None:
            raise Misconfigured("there is no broker: the log is read from the database; set AMENDS_KAFKA_SERVERS")
        from amends.bus.kafka.topics import Topics

        return Topics(self.kafka)

    @property
    def topic_plans(self) -> Mapping[str, TopicPlan]:
        """What the topics on the broker should be. What a rebuild needs is kept for good."""
        from amends.bus.kafka.topics import TopicPlan

        s = self.settings
        return {
            name: TopicPlan(
                name=name,
                partitions=count,
                keep_hours=None if name in KEPT_FOR_GOOD else s.kafka_keep_hours,
                replicas=s.kafka_replicas,
                record_bytes=self.kafka.record_at_most if self.kafka is not None else 0,
            )
            for name, count in self.partitions.items()
        }

    def levels(self) -> Levels:
        """Count what waits.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self.database.viewing() as connection:
            return levels(connection, groups=TOPIC_OF, now=self.now())

    @cached_property
    def tracer(self) -> Tracer:
        """What follows messages across the stages; nothing does unless a setting says where traces go."""
        s = self.settings
        if not s.traces_to:
            return NO_TRACER
        try:
            from amends.ops.tracing import OtlpTracer
        except ImportError as why:
            raise Misconfigured(
                f"AMENDS_TRACES_TO asks for traces, and the packages for them are not installed ({why.name}): "
                "install Amends with its extra `traces`, or leave the setting out"
            ) from why
        return OtlpTracer(s.traces_to, service=self.service, share=s.traces_share)

    def relay(self, *, meter: Meter = NO_METER) -> Relay:
        """Make a relay.

        Raises:
            Misconfigured: there is no broker to bring anything to.
        """
        if self.kafka is None:
            raise Misconfigured("a relay brings records to Kafka: set AMENDS_KAFKA_SERVERS, or leave the relay out")
        from amends.bus.kafka.shipper import KafkaShipper

        return Relay(KafkaShipper(self.kafka, self.blobs), self.database.shipping, meter=meter)

    def whole_topics(self) -> WholeTopics:
        """Make what reads the broker's topics as a whole, for a rebuild.

        Raises:
            Misconfigured: there is no broker.
        """
        if self.kafka is None:
            raise Misconfigured("there is no broker to read the log from: set AMENDS_KAFKA_SERVERS")
        from amends.bus.kafka.whole import WholeTopics

        return WholeTopics(self.kafka, self.blobs)

    @cached_property
    def blobs(self) -> FsspecBlobStore:
        """The store of raw bytes."""
        if self.settings.blob_store:
            return open_blob_store(self.settings.blob_store)
        return FolderBlobStore(self.settings.data_dir / "blobs")

    @cached_property
    def pack(self) -> Pack:
        """The policy pack in force."""
        return load_pack(self.settings.policy_pack)

    def in_force(self) -> Mapping[str, object]:
        """Say what results depend on beside the records and the database, for the history."""
        settings = self.settings.model_dump(mode="json", include=set(RESULTS_DEPEND_ON))
        return {"pack": self.pack.edition, "settings": settings}

    def replay(self) -> Replay:
        """Make what repeats the history, under the settings of its time. It has no sender."""
        houses: dict[str, House] = {}

        def under(settings: Mapping[str, Any]) -> House:
            known = repr(sorted(settings.items()))
            if known not in houses:
                houses[known] = House(settings=self.settings.model_copy(update=dict(settings)), now=self.now)
            return houses[known]

        def stage_of(name: str, settings: Mapping[str, Any], unit: UnitOfWork) -> Stage[Any] | None:
            if name == "deliver":
                return None
            if name == "triage":
                return self.stage(name)
            return under(settings).stage(name, reading=lambda: nullcontext(unit))

        def given(settings: Mapping[str, Any]) -> Mapping[str, object]:
            house = under(settings)
            return {
                "pack": house.pack,
                "secret": house.secret,
                "name_of": house.name_of,
                "check": house.check_draft,
                "frame": house.frame_answer,
            }

        return Replay(COMMANDS, stage_of=stage_of, given=given)

    def name_of(self, reply: Reply) -> str:
        """Say what a channel will call a reply, before it is sent."""
        return name_before_sending(reply, own=self.own_addresses, secret=self.secret)

    @cached_property
    def judge(self) -> Judge:
        """The triage model that was activated, or the one shipped. Loading it takes a second or two."""
        from triage.activation import active_judge

        return active_judge(self.triage_dir)

    @property
    def triage_dir(self) -> Path:
        """Where the golden set lies, and what was activated."""
        return self.settings.data_dir / "triage"

    @cached_property
    def readers(self) -> Mapping[str, Reader]:
        """A reader for each kind of media."""
        own_ids = frozenset(account.own_id for account in self.accounts.values() if account.channel is Channel.X)
        return {
            Media.MAIL: mail_reader(),
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

    @property
    def _own_handles(self) -> frozenset[str]:
        return frozenset(handle.casefold().lstrip("@") for handle in self.settings.x_handles)

    @cached_property
    def office(self) -> Office:
        """What respond needs to know of the organisation and of what may go by itself."""
        s = self.settings
        return Office(
            organisation=s.organisation,
            contact_line=s.contact_line,
            urgent_contact=s.urgent_contact,
            acknowledges_by_itself=s.acknowledge_by_itself,
            acknowledges_within=timedelta(days=s.acknowledge_within_days),
            status_url=lambda token: f"{s.form_base_url.rstrip('/')}/status/{token}",
            acknowledges_again_after=timedelta(minutes=s.acknowledge_pause_minutes),
            owns=self.own_addresses.owns,
            caps=Caps(per_sender_a_day=s.cap_per_sender_a_day, per_case=s.cap_per_case, in_all_an_hour=s.cap_an_hour),
            publishes_as=self._own_handles if s.x_sends else frozenset(),
        )

    @cached_property
    def own_addresses(self) -> OwnAddresses:
        """What we are called in mail."""
        local, _, domain = self.settings.mail_replies.partition("@")
        return OwnAddresses(
            name=self.settings.organisation,
            address=self.settings.mail_from,
            domain=domain,
            reply_local=local,
            further=self.settings.mail_own,
        )

    @cached_property
    def sender(self) -> Sender:
        """What puts replies in front of customers."""
        posts = {account.channel: account.sender for account in self.accounts.values() if account.sends}
        return SenderByChannel(posts=posts, otherwise=self._mail_sender) if posts else self._mail_sender

    @property
    def _mail_sender(self) -> Sender:
        s = self.settings
        if s.sender == "folder":
            return FolderSender(s.data_dir / "sent", self.now, self.own_addresses, self._envelopes)
        smtp = SmtpSettings(
            host=s.smtp_host,
            port=s.smtp_port,
            security=Security(s.smtp_security),
            username=s.smtp_user,
            password=s.smtp_password.get_secret_value(),
            ca_file=Path(s.smtp_ca_file) if s.smtp_ca_file else None,
            copy_to=s.mail_copy_to,
        )
        return SmtpSender(smtp, self.now, self.own_addresses, self._envelope)

    def stage(self, name: str, *, reading: Reading | None = None, meter: Meter = NO_METER) -> Stage[Any]:
        """Make a stage, which looks things up through `reading`; otherwise in the database.

        Raises:
            Misconfigured: there is no such stage.
        """
        if name == "triage":
            from triage.stage import TriageStage

            return TriageStage(self.judge, pack=self.pack)
        if name == "respond":
            return self._respond_stage(reading)
        if name == "deliver":
            return DeliverStage(
                self.sender,
                open_unit=self.database.unit,
                name_of=self.name_of,
                pack=self.pack,
                secret=self.secret,
                now=self.now,
                # A folder can always say whether a reply is there, and takes many at once; no other channel does.
                at_once=50 if isinstance(self.sender, SendsMany) else 1,
                meter=meter,
                reading=self.database.reading,
            )
        raise Misconfigured(f"there is no stage {name!r}; the stages are {', '.join(STAGES)}")

    def _respond_stage(self, reading: Reading | None = None) -> RespondStage:
        return RespondStage(self.office, reading=reading or self.database.reading, pack=self.pack, secret=self.secret)

    def runner(self, name: str, *, worker: str = "", meter: Meter = NO_METER) -> StageRunner[Any]:
        """Make a worker of a stage. Workers of one stage on one machine are told apart by their process."""
        return StageRunner(
            self.stage(name, meter=meter),
            self.log_of(worker),
            self.database.unit,
            worker=worker or f"{socket.gethostname()}:{os.getpid()}",
            now=self.now,
            batch=self.settings.batch,
            meter=meter,
            tracer=self.tracer,
            model=self.judge.model if name == "triage" else "",
        )

    def is_idle(self, name: str) -> Callable[[], bool]:
        """Give the question whether a stage has nothing left to do, for all its workers together."""
        return lambda: self.log.lag(name, TOPIC_OF[name]) == 0

    def files(self, path: Path, *, skip_known: bool = True, looks: Looks | None = None) -> FilesConnector:
        """Open a file or folder as a source. `looks` is kept by whoever watches it."""
        return FilesConnector(path, now=self.now, known=self._known if skip_known else None, looks=looks)

    @cached_property
    def troubles(self) -> Troubles:
        """Which mailboxes cannot be read now, as this process finds."""
        return Troubles()

    @cached_property
    def watched_troubles(self) -> Troubles:
        """Which folders and networks cannot be read now, as this process finds."""
        return Troubles()

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

    def form(self, *, meter: Meter = NO_METER) -> FastAPI:
        """Make the web form."""
        from ingest.web_form.app import make_app
        from ingest.web_form.settings import FormSettings

        s = self.settings
        intake = FormIntake(
            in_one_commit=GroupCommit(self.database.unit).run,
            reading=self.database.reading,
            blobs=self.blobs,
            readers=self.readers,
            secret=self.secret,
            now=self.now,
            meter=meter,
            tracer=self.tracer,
        )
        settings = FormSettings(
            organisation=s.organisation,
            form=s.form_name,
            public_base_url=s.form_base_url,
            contact_line=s.contact_line,
            time_zone=self.pack.calendar.zone.key,
            trusted_proxies=s.form_proxies,
            frame_ancestors=s.form_framed_by or ("'none'",),
            webhooks=self.webhooks,
        )
        return make_app(intake, settings=settings, now=self.now)

    def explain_flag(self, flag: Flag) -> Why:
        """Say why a flag was raised, for a page."""
        from amends.desk.case.words import Why
        from triage.taxonomy import meaning_of

        means, says = meaning_of(flag)
        return Why(
            flag=flag.name.value.replace("_", " "),
            means=means,
            rule=flag.rule,
            says=says or "Not a rule: the model took these words for such a flag's.",
            severity=flag.severity.word if flag.severity else "",
        )

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

    def workers(self, stage: str) -> int:
        """Count the workers of a stage."""
        if self.kafka is not None:
            return self.topics.members(stage)
        return self.log.workers(stage, TOPIC_OF[stage])

    def desk(
        self,
        *,
        examine: Callable[[], Sequence[Finding]] | None = None,
        reconcile: Callable[[], Sequence[Reconciled]] | None = None,
    ) -> FastAPI:
        """Make the desk. `examine` and `reconcile` are what its operators may have done on request.

        Raises:
            Misconfigured: its address cannot be one.
        """
        from amends.desk.app import make_desk
        from amends.desk.openid import OpenId
        from amends.desk.parts import Desk, Entry

        s = self.settings
        return make_desk(
            Desk(
                organisation=s.organisation,
                entry=Entry(
                    url=s.desk_base_url,
                    idle=timedelta(minutes=s.desk_idle_minutes),
                    longest=timedelta(hours=s.desk_session_hours),
                    trusted_proxies=s.desk_proxies,
                ),
                unit=self.database.unit,
                reading=self.database.reading,
                aside=self.database.aside,
                viewing=self.database.viewing,
                looking=self.database.looking,
                blobs=self.blobs,
                pack=self.pack,
                secret=self.secret,
                now=self.now,
                check=self.check_draft,
                frame=self.frame_answer,
                explain=self.explain_flag,
                contact_log=self.contact_log,
                attachment=self.attachment,
                name_of=self.name_of,
                take_in_again=self.take_in_again,
                openid=None if self._openid is None else OpenId(self._openid, now=self.now),
                approval_holds=timedelta(minutes=s.approval_minutes),
                levels=self.levels,
                workers=self.workers,
                examine=examine,
                reconcile=reconcile,
                api_calls_a_minute=s.api_calls_a_minute,
            )
        )

    @cached_property
    def webhook_way(self) -> Way:
        """Where webhooks may go."""
        from amends.tell.http import Way

        s = self.settings
        return Way(
            inside=tuple(ip_network(network) for network in s.webhooks_inside),
            timeout_s=s.webhooks_timeout_s,
            ca_file=s.webhooks_ca_file,
        )

    def teller(self) -> Teller:
        """Make what tells programs of what happens to cases."""
        from amends.tell.http import post
        from amends.tell.service import Teller

        return Teller(
            unit=self.database.unit,
            reading=self.database.reading,
            post=partial(post, way=self.webhook_way),
            secret=self.secret,
            now=self.now,
        )

    @property
    def _openid(self) -> Provider | None:
        s = self.settings
        if not s.openid_issuer:
            return None
        from amends.desk.openid import Provider, roles_of_groups

        return Provider(
            issuer=s.openid_issuer,
            client_id=s.openid_client_id,
            client_secret=s.openid_client_secret.get_secret_value(),
            returns_to=f"{s.desk_base_url.rstrip('/')}/sign-in/openid/back",
            roles_of=roles_of_groups(s.openid_roles),
            groups_claim=s.openid_groups_claim,
            name_claim=s.openid_name_claim,
            scope=s.openid_scope,
        )

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

    def channel_watch(self, service: str, *, worker: str = "") -> channels.ChannelWatch:
        """Make what watches the channels, in the process of a service."""
        return channels.ChannelWatch(
            self.database.unit,
            reading=self.database.reading,
            calendar=self.pack.calendar,
            holder=f"{service}:{worker or f'{socket.gethostname()[:40]}:{os.getpid()}'}",
            now=self.now,
            serves=(f"form:{self.settings.form_name}", Channel.WEB_FORM) if service == "form" else None,
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

    def close(self) -> None:
        """Let go of what was opened: groups of the broker, connections to the database."""
        if "log" in self.__dict__:
            self.log.close()
        if "database" in self.__dict__:
            self.database.engine.dispose()

    def check_draft(self, unit: UnitOfWork, reply: Reply) -> tuple[Check, ...]:
        """Check a draft's words again, after a person changed them."""
        message = unit.messages.get(reply.message_id).message
        return run_checks(
            reply.text,
            form=reply.form,
            purpose=reply.purpose,
            kind=unit.cases.get(reply.case_id).kind,
            channel=reply.channel,
            parts=reply.parts,
            customer=Customer(names=(message.author_name,), addresses=(message.author.value,)),
            limits=Limits(
                public_contacts=(self.settings.contact_line,), post=post_rule(message.channel, message.facts)
            ),
        )

    def frame_answer(self, unit: UnitOfWork, case: Case, form: Form | None, at: datetime) -> writing.Frame:
        """Draft the frame of an answer that a person begins.

        Raises:
            Refused: the form cannot be used here, or has no text.
        """
        reply, advice = self._respond_stage().frame(unit, case, form, at=at)
        return writing.Frame(reply=reply, advice=advice)

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

    def is_posting_held(self) -> bool:
        """Whether public posting is held at this moment.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self.database.reading() as unit:
            return unit.holds.standing() is not None

    @cached_property
    def accounts(self) -> Mapping[Channel, Account]:
        """Our accounts on networks.

        Raises:
            Misconfigured: what belongs to one of them is missing, or is none.
        """
        around = Around(
            # Asked for when they are used: that an account is set must not open the database.
            open_unit=lambda: self.database.unit(),
            reading=lambda: self.database.reading(),
            now=self.now,
            waiting=self._waiting,
            answered=self._answered,
            is_held=self.is_posting_held,
        )
        return accounts_of(self.settings, around)

    def _waiting(self, channel: Channel) -> Sequence[Message]:
        """Give the messages of a network whose replies wait for a person, or to be sent."""
        with self.database.reading() as unit:
            replies = unit.replies.in_state(ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED)
            wanted = {reply.message_id for reply in replies if reply.channel is channel}
            found = unit.messages.get_many(sorted(wanted)) if wanted else {}
        return [found[message_id].message for message_id in sorted(found)]

    def _answered(self, reply: Reply) -> Message:
        with self.database.reading() as unit:
            return unit.messages.get(reply.message_id).message

    def _envelope(self, reply: Reply) -> Envelope:
        return self._envelopes([reply])[0]

    def _envelopes(self, replies: Sequence[Reply]) -> list[Envelope]:
        with self.database.reading() as unit:
            return envelopes_of(unit, replies, secret=self.secret)

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
