"""A long day of an installation: everything that changes a database happens in it at least once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from amends.bus.port import Log, NewRecord, Position, Record, Topic
from amends.bus.runner import StageRunner
from amends.casework.channels import end_alert, raise_alert
from amends.casework.claims import free
from amends.casework.notes import view
from amends.cli.intake import take_in
from amends.compose import House
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind, ChannelAlert
from amends.domain.submission import Addition, Said
from amends.domain.webhook import CallState
from amends.samples import samples_dir
from ingest.form_intake import FormIntake
from storage.group_commit import GroupCommit
from tests.ingest.attachments.clamd import Clamd, running
from tests.journeys.letters import CRITICAL, ENQUIRY, a_bounce_of, a_letter
from tests.journeys.running import a_house, free_port, work, written_mails
from tests.journeys.test_people import ANSWER, NOTICE, POST, Desk
from tests.journeys.test_smtp_journey import PostOffice, hangs_up_after_the_text, open_at
from tests.support.builders import a_submission


class LateLog:
    """A worker's log that answers with what it read before another worker did it."""

    def __init__(self, log: Log, group: str, topic: str, partition: int) -> None:
        self._log = log
        self._partition = partition
        self._read = log.read(group, topic, partition, limit=3)
        self.has_answered = False
        self.rest_at_most_s = log.rest_at_most_s

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        return [self._partition]

    def release(self, group: str, topic: str, worker: str) -> None:
        """Nothing was claimed."""

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        if self.has_answered:
            return self._log.read(group, topic, partition, limit=limit)
        self.has_answered = True
        return self._read

    def lag(self, group: str, topic: str) -> int:
        return self._log.lag(group, topic)

    def workers(self, group: str, topic: str) -> int:
        return self._log.workers(group, topic)

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def a_long_day(folder: Path) -> Iterator[Desk]:
    """Live through the day in `folder`, and leave the desk as it is at its end."""
    letters = written_mails(folder / "letters", [a_letter()])
    (letters / "2-tom.eml").write_bytes(
        a_letter(CRITICAL, name="Tom Ash", address="tom@customer.example", subject="Your heater", message_id="tom-1@a")
    )
    (letters / "3-eve.eml").write_bytes(
        a_letter(ENQUIRY, name="Eve Lund", address="eve@customer.example", subject="Sundays", message_id="eve-1@a")
    )
    (letters / "4-notice.eml").write_bytes(
        a_letter(
            NOTICE,
            name="Parcel Notices",
            address="notices@parcels.example",
            message_id="notice-1@parcels.example",
            headers={"Auto-Submitted": "auto-generated"},
        )
    )
    (letters / "5-picture.eml").write_bytes(bytes(range(256)))
    (letters / "6-post.json").write_text(json.dumps(POST), "utf-8")
    with a_house(folder / "data", batch=10, organisation="Kettles & Sons", cap_per_sender_a_day=2) as house:
        desk = Desk(house, letters)
        desk.type("ingest", "files", str(letters))
        _forms(house)
        work(house)
        _people(desk)
        _poison(desk)
        _a_mail_of_unknown_fate(desk)
        _samples_and_a_late_worker(house)
        _a_hold(desk)
        _links(desk)
        _a_scan(house)
        _a_quiet_channel(desk)
        for task in desk.type("task", "list", "--json").json[:2]:
            desk.type("task", "done", task["id"], "--as", "hana")
        _casework(desk)
        yield desk


def _samples_and_a_late_worker(house: House) -> None:
    for kind in ("mail", "x", "mastodon", "bluesky", "forms"):
        take_in(house, samples_dir() / kind)
    late = LateLog(house.log, "triage", Topic.MESSAGES, 0)
    work(house, "triage")
    runner = StageRunner(
        house.stage("triage"), late, house.database.unit, worker="late", now=house.now, batch=3, model=house.judge.model
    )
    runner.run(Event(), until_idle=lambda: late.has_answered)
    work(house)


def _forms(house: House) -> None:
    door = FormIntake(
        in_one_commit=GroupCommit(house.database.unit).run,
        reading=house.database.reading,
        blobs=house.blobs,
        readers=house.readers,
        secret=house.secret,
        now=house.now,
    )
    just_now = datetime.now(UTC) - timedelta(minutes=1)
    for number, email in enumerate(("ines@example.org", "", "kit@example.org")):
        door.accept(
            a_submission(
                f"My parcel number {number} never came.", submission_id=f"page-{number}", email=email, at=just_now
            )
        )
    door.accept(a_submission(submission_id="page-0", at=just_now))
    receipt = door.accept(a_submission("The lamp flickers.", submission_id="page-5", at=just_now))
    door.add(
        receipt.status_token, Addition(addition_id="added-1", said=Said.WITHDRAWN, text="Mended.", said_at=just_now)
    )
    door.accept(a_submission("I am a person.", submission_id="page-9", honeypot="x", email="", at=just_now))


def _people(desk: Desk) -> None:
    ines, eve = desk.case_of("ines@customer.example"), desk.case_of("eve@customer.example")
    tom = desk.case_of("tom@customer.example")
    desk.type("desk", "create-admin", "ada", "--link", "--as", "omar")
    desk.type("desk", "token", "create", "reports", "--role", "auditor", "--as", "omar")
    desk.type("desk", "token", "revoke", "reports", "--as", "omar")
    desk.type("webhook", "add", "ledger", "https://9.9.9.9/calls", "--as", "omar")
    with desk.house.database.aside() as unit:
        # A call that was given up. Calls are not derived from the log.
        number, _ = unit.audit.head()
        unit.calls.make_out([("ledger", number)], upto=number, targets=["ledger"], at=desk.house.now())
        [call] = unit.calls.of_state(CallState.WAITING, limit=1)
        unit.calls.failed(call, "it answered 500", next_at=None)
        unit.commit()
    desk.type("webhook", "retry", "ledger", "--as", "omar")
    desk.type("webhook", "remove", "ledger", "--as", "omar")
    desk.type("case", "claim", ines, "--as", "tom")
    desk.type("case", "let-go", ines, "--as", "tom")
    desk.type("case", "take", ines, "--as", "hana")
    desk.type("case", "set", eve, "--kind", "complaint", "--severity", "high", "--because", "Heard her", "--as", "hana")
    answer = desk.reply(ines, "answer", "drafted")
    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")
    desk.type("review", "approve", desk.reply(tom, "acknowledgement", "in_review"), "--as", "rita")
    work(desk.house, "deliver")
    [post] = [one for one in desk.type("review", "list", "--json").json if "kettle broke" in one["answers"]]
    desk.type("review", "reject", post["id"], "--because", "Ring them instead", "--as", "rita")
    desk.type("review", "submit", desk.reply(eve, "answer", "drafted"), "--as", "hana")
    # A letter from somebody who takes the case over before the stage answers it: see respond/stage.py.
    desk.arrives("ines-2", a_letter("I want my money.", message_id="kettle-2@a", answers="<kettle-1@customer.example>"))
    work(desk.house, "triage")
    desk.type("case", "take", ines, "--as", "omar")
    work(desk.house)
    # An approval that runs out because the customer wrote meanwhile.
    again = desk.reply(ines, "answer", "drafted")
    desk.type("review", "edit", again, "--text", ANSWER.replace("another", "a third"), "--as", "hana")
    desk.type("review", "approve", again, "--as", "rita")
    desk.arrives("ines-3", a_letter("Well?", message_id="kettle-3@a", answers="<kettle-1@customer.example>"))
    work(desk.house)
    desk.type("case", "set", ines, "--kind", "complaint", "--because", "I have read it", "--as", "hana")
    desk.type("case", "close", ines, "--upheld", "upheld", "--resolved", "yes", "--summary", "New.", "--as", "hana")
    parked = desk.type("parked", "list", "--json").json
    [notice] = [one for one in parked if one["item"].find("notice-1") >= 0]
    [picture] = [one for one in parked if one["reason"] == "not_a_mail" and one["item"].endswith("5-picture.eml")]
    [form] = [one for one in parked if one["reason"] == "honeypot" and one["item"] == "page-9"]
    desk.type("parked", "retry", notice["id"], "--as", "hana")
    desk.type("parked", "retry", form["id"], "--as", "hana")
    desk.type("parked", "discard", picture["id"], "--because", "A picture of nothing", "--as", "hana")
    work(desk.house)


def _a_hold(desk: Desk) -> None:
    """Approve a public reply while public posting is held, and let it go."""
    posts = [one for one in desk.type("review", "list", "--public", "--json").json if not one["checks"]]
    desk.type("review", "hold", "--because", "A post went wrong", "--as", "rita")
    desk.type("review", "approve", posts[0]["id"], "--as", "rita")
    work(desk.house, "deliver")
    with desk.house.database.reading() as unit:
        assert unit.replies.public_in_queue() == 1
    desk.type("review", "release", "--because", "It was taken down", "--as", "rita")
    work(desk.house, "deliver")
    assert desk.type("review", "show", posts[0]["id"], "--json").json["state"] == "sent"


def _a_quiet_channel(desk: Desk) -> None:
    at = desk.house.now()
    alert = ChannelAlert(
        id="c0ffee", channel=Channel.EMAIL, kind=AlertKind.SILENT, says="nothing has come", raised_at=at
    )
    with desk.house.database.unit() as unit:
        raise_alert(unit, alert)
        unit.commit()
    desk.type("channels", "seen", "c0ffee", "--as", "hana")
    with desk.house.database.unit() as unit:
        end_alert(unit, alert.id, at=at)
        unit.commit()


def _a_scan(house: House) -> None:
    with running(Clamd()) as clamd, a_house(house.settings.data_dir, clamd=clamd.address) as scanned:
        while scanned.scanning is not None and scanned.scanning.scan_some():
            continue


def _links(desk: Desk) -> None:
    with desk.house.database.reading() as unit:
        cases = [row["id"] for row in desk.type("queue", "list", "--limit", "500", "--json").json]
        found = {(link.case_id, link.other_case_id) for case in cases for link in unit.links.of_case(case)}
    (one, two), (three, four), *_ = sorted(found)
    desk.type("case", "link", one, two, "--as", "hana")
    desk.type("case", "link", three, four, "--refuse", "--as", "hana")
    desk.type("case", "unlink", three, four, "--as", "hana")


def _casework(desk: Desk) -> None:
    tom = desk.case_of("tom@customer.example")
    desk.type("case", "note", tom, "--text", "He sounded calm.", "--as", "hana")
    desk.type("case", "handover", tom, "--to", "omar", "--because", "He knows heaters", "--as", "hana")
    desk.type("case", "reply", tom, "--text", ANSWER.replace("Ines", "Tom"), "--as", "omar")
    desk.type("case", "log", "--channel", "phone", "--case", tom, "--text", "It still smells of gas.", "--as", "omar")
    desk.type("case", "log", "--channel", "counter", "--text", "My new lamp is broken.", "--as", "omar")
    work(desk.house)
    called = desk.shown(tom)["messages"][-1]["message"]["id"]
    apart = desk.type("case", "split", tom, called, "--because", "Another heater", "--as", "omar").out.split()[0]
    desk.type("case", "unsplit", apart, "--as", "omar")
    desk.type("case", "split", tom, called, "--because", "Another heater after all", "--as", "omar")
    asked = "I ask you for a copy of all the personal data that you hold about me, as the GDPR says."
    desk.type("case", "log", "--channel", "letter", "--case", tom, "--text", asked, "--as", "omar")
    work(desk.house)
    desk.type("case", "rights", tom, "--how", "The copy went by post", "--as", "omar")
    with desk.house.database.unit() as unit:
        view(unit, tom, by="omar", at=desk.house.now())
        free(unit, tom, of="omar", by="ada", at=desk.house.now())
        unit.commit()


def _poison(desk: Desk) -> None:
    """Publish what is no message between two that are: the batch fails and is done one by one."""
    for number in (1, 2):
        desk.arrives(f"kit-{number}", a_letter(address="kit@customer.example", message_id=f"kit-{number}@a"))
        if number == 1:
            with desk.house.database.reading() as unit:
                [key] = {
                    record.key
                    for partition in range(desk.house.settings.partitions)
                    for record in unit.log.read(
                        Position(group="", topic=Topic.MESSAGES, partition=partition, next_offset=0), limit=1000
                    )
                    if b"kit-1@a" in record.body
                }
            with desk.house.database.unit() as unit:
                record = NewRecord(
                    topic=Topic.MESSAGES,
                    key=key,
                    id="poison",
                    type="amends.message.received",
                    body=b"{}",
                    at=desk.house.now(),
                    headers={"channel": Channel.EMAIL.value},
                )
                unit.log.publish([record])
                unit.commit()
    work(desk.house)
    [dead] = [one for one in desk.type("dead", "list", "--json").json if one["record_id"] == "poison"]
    desk.type("dead", "retry", dead["id"], "--as", "hana")
    work(desk.house)
    [again] = desk.type("dead", "list", "--json").json
    desk.type("dead", "discard", again["id"], "--because", "It is no message", "--as", "hana")


def _a_mail_of_unknown_fate(desk: Desk) -> None:
    port = free_port()
    data = desk.house.settings.data_dir
    smtp: dict[str, Any] = {
        "sender": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "plain",
    }
    with hangs_up_after_the_text(port) as texts, a_house(data, **smtp) as house:
        for number in (1, 2):
            desk.arrives(
                f"uma-{number}",
                a_letter("It broke.", name="Uma", address=f"uma-{number}@customer.example", message_id=f"u-{number}@a"),
            )
        work(house)
        assert len(texts) == 2
    # Nobody listens any more: what was to go waits in the queue.
    desk.arrives("vic-1", a_letter("It broke.", name="Vic", address="vic@customer.example", message_id="v-1@a"))
    with a_house(data, **smtp) as house:
        work(house, "triage", "respond")
        assert house.runner("deliver").step(Event()) == 0
    work(desk.house)
    unknown = [one for one in desk.type("task", "list", "--json").json if one["kind"] == "settle_delivery"]
    desk.type("task", "settle", unknown[0]["reply_id"], "--arrived", "--as", "hana")
    desk.type("task", "settle", unknown[1]["reply_id"], "--lost", "--as", "hana")
    sent = sorted((data / "sent").glob("*.eml"))[0].read_bytes()
    desk.arrives("bounce", a_bounce_of(sent, failed="ines@customer.example"))
    work(desk.house)
    [blocked] = desk.type("mail", "blocked", "--json").json
    desk.type("mail", "allow", blocked["address"], "--as", "hana")
    _a_mail_that_is_put_off(desk, smtp)


def _a_mail_that_is_put_off(desk: Desk, smtp: dict[str, Any]) -> None:
    data, office = desk.house.settings.data_dir, PostOffice()
    office.says = "451 come back later"
    desk.arrives("wyn-1", a_letter("It broke.", name="Wyn", address="wyn@customer.example", message_id="w-1@a"))
    with open_at(smtp["smtp_port"], office):
        with a_house(data, **smtp) as house:
            work(house)
        office.says = "250 taken"
        with a_house(data, now=lambda: datetime.now(UTC) + timedelta(minutes=2), **smtp) as house:
            work(house, "deliver")
    assert len(office.taken) == 1
