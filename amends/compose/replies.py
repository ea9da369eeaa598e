"""How replies are drafted, checked and sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from amends.casework import writing
from amends.compose.foundations import Reading
from amends.compose.networks import Networks
from amends.domain.case import Case
from amends.domain.check import Check
from amends.domain.reply import Form, Reply
from amends.ports import Sender
from amends.unit_of_work import UnitOfWork
from respond.checks.personal_data import Customer
from respond.checks.post_rule import post_rule
from respond.checks.run import Limits, run_checks
from respond.policy import Caps
from respond.senders.by_channel import SenderByChannel
from respond.senders.folder import FolderSender
from respond.senders.mail import Envelope
from respond.senders.smtp import Security, SmtpSender, SmtpSettings
from respond.stage import Office, RespondStage
from respond.thread import envelopes_of, name_before_sending


@dataclass(frozen=True, kw_only=True)
class Replies(Networks):
    """What drafts, checks and sends."""

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

    def name_of(self, reply: Reply) -> str:
        """Say what a channel will call a reply, before it is sent."""
        return name_before_sending(reply, own=self.own_addresses, secret=self.secret)

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

    def _respond_stage(self, reading: Reading | None = None) -> RespondStage:
        return RespondStage(self.office, reading=reading or self.database.reading, pack=self.pack, secret=self.secret)

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

    def _envelope(self, reply: Reply) -> Envelope:
        return self._envelopes([reply])[0]

    def _envelopes(self, replies: Sequence[Reply]) -> list[Envelope]:
        with self.database.reading() as unit:
            return envelopes_of(unit, replies, secret=self.secret)
