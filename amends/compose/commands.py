"""What the history knows: who changed the database by what, and what its results depend on."""

from __future__ import annotations

from typing import Any

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
from amends.history import Command
from ingest.attachments.scan import record_scans
from ingest.intake import enter, promise
from ingest.logged import note_logged
from respond.delivery import begin, settle, take_up

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
    claims.free,
    cases.say_what_it_is,
    cases.answer_rights,
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
