"""From a customer's mail to our acknowledgement at a real mail server, and back again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from threading import Event

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from amends.bus.port import Topic
from amends.compose import House
from amends.domain.arrival import Parked
from amends.domain.case import Case, CaseState
from amends.domain.clock import ClockKind
from amends.domain.link import LinkKind
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import Task, TaskKind
from tests.journeys.letters import a_bounce_of, a_letter
from tests.journeys.running import a_house, free_port, type_in, work, written_mails


class PostOffice:
    """A mail server of somebody else. `says` is what it answers to a text; it keeps what it takes.

    `puts_off` is an address that it always puts off.
    """

    puts_off = ""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.says = "250 taken"
        self.offered = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.puts_off:
            return "451 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.offered += 1
        if self.says.startswith("250"):
            assert isinstance(envelope.original_content, bytes)
            self.taken.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content))
        return self.says


@contextmanager
def open_at(port: int, office: PostOffice) -> Iterator[None]:
    server = Controller(office, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def hangs_up_after_the_text(port: int) -> Iterator[list[bytes]]:
    """Serve mail that takes every text and hangs up instead of saying so; yields the texts."""
    texts: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(0.2)
    stop = Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n")
                while line := lines.readline():
                    if line.upper().startswith(b"DATA"):
                        connection.sendall(b"354 go on\r\n")
                        text = b""
                        while not text.endswith(b"\r\n.\r\n"):
                            text += lines.readline()
                        texts.append(text)
                        break
                    connection.sendall(b"250 yes\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield texts
    finally:
        stop.set()
        thread.join(timeout=10)
        listener.close()


class Later:
    """The time of day, which a test may put forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


class Correspondence:
    """One installation that sends by SMTP, and what the customer's letters are put into."""

    def __init__(self, house: House, at: Path, clock: Later) -> None:
        self.house = house
        self.clock = clock
        self.letters = written_mails(at / "letters", [])
        self._number = 0

    def arrives(self, mail: bytes) -> None:
        """Let a mail come in, be judged and be answered."""
        self._number += 1
        (self.letters / f"{self._number:03d}.eml").write_bytes(mail)
        type_in("ingest", "files", str(self.letters), "--data-dir", str(self.house.settings.data_dir))
        work(self.house, "triage", "respond")

    def cases(self) -> list[Case]:
        """Give all cases, the oldest first."""
        with self.house.database.reading() as unit:
            listed = unit.audit.every()
            opened = [entry.happening_json for entry in listed if '"case.opened"' in entry.happening_json]
            ids = [found.partition('"subject":"case:')[2][:15] for found in opened]
            return [unit.cases.get(case_id) for case_id in dict.fromkeys(ids)]

    def acknowledgement(self, case: Case) -> Reply:
        """Give the first acknowledgement of a case."""
        with self.house.database.reading() as unit:
            return next(one for one in unit.replies.of_case(case.id) if one.purpose is Purpose.ACKNOWLEDGEMENT)

    def tasks(self) -> list[Task]:
        """Give the open tasks."""
        with self.house.database.reading() as unit:
            return unit.tasks.open_tasks()

    def joined_via(self, case: Case) -> list[str]:
        """Say by what each message of a case joined it."""
        with self.house.database.reading() as unit:
            return [one.joined_via for one in sorted(unit.messages.of_case(case.id), key=lambda one: one.number)]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


@pytest.fixture
def mail(tmp_path: Path, port: int) -> Iterator[Correspondence]:
    clock = Later()
    with a_house(
        tmp_path / "data",
        now=clock,
        sender="smtp",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="plain",
        mail_from="complaints@shop.example",
        mail_replies="replies@shop.example",
        organisation="The Shop",
    ) as house:
        yield Correspondence(house, tmp_path, clock)


@pytest.fixture
def acknowledged(mail: Correspondence, office: PostOffice, port: int) -> Message:
    """Ines has complained, and our acknowledgement has reached her."""
    with open_at(port, office):
        mail.arrives(a_letter())
        work(mail.house, "deliver")
    [(_, _, sent)] = office.taken
    return message_from_bytes(sent)


def test_an_acknowledgement_says_that_a_machine_wrote_it_and_how_to_answer(
    mail: Correspondence, office: PostOffice, acknowledged: Message
) -> None:
    [(sender, recipients, _)] = office.taken
    [case] = mail.cases()
    reply = mail.acknowledgement(case)

    assert (sender, recipients) == ("complaints@shop.example", ["ines@customer.example"])
    assert acknowledged["Auto-Submitted"] == "auto-replied"
    assert acknowledged["X-Auto-Response-Suppress"] == "All"
    assert acknowledged["Precedence"] is None
    assert acknowledged["In-Reply-To"] == "<kettle-1@customer.example>"
    assert acknowledged["References"] == "<kettle-1@customer.example>"
    assert reply.id in acknowledged["Message-ID"]
    assert acknowledged["Message-ID"].endswith("@shop.example>")
    assert acknowledged["Reply-To"].startswith("replies+")
    assert case.id in str(acknowledged.get_payload(decode=True))
    assert (reply.state, reply.channel_name) == (ReplyState.SENT, acknowledged["Message-ID"])
    assert case.state is CaseState.ACKNOWLEDGED
    with mail.house.database.reading() as unit:
        clocks = {clock.kind: clock for clock in unit.clocks.of_cases([case.id])[case.id]}
    assert clocks[ClockKind.ACKNOWLEDGEMENT].stopped_at is not None
    assert clocks[ClockKind.RESPONSE].stopped_at is None


def test_an_answer_to_our_acknowledgement_joins_the_case(mail: Correspondence, acknowledged: Message) -> None:
    mail.arrives(
        a_letter("I forgot the order number: it is 4711.", message_id="2@c", answers=str(acknowledged["Message-ID"]))
    )

    [case] = mail.cases()
    assert case.messages == 2
    assert mail.joined_via(case) == ["", "answer to our reply"]


def test_an_answer_that_has_nothing_but_our_address_joins_the_case(mail: Correspondence, acknowledged: Message) -> None:
    mail.arrives(a_letter("The order number is 4711.", message_id="2@c", to=str(acknowledged["Reply-To"])))

    [case] = mail.cases()
    assert mail.joined_via(case) == ["", "reply token"]


@pytest.mark.parametrize(
    ("to", "answers"),
    [("{}", ""), ("complaints@shop.example", "{}"), ("complaints@shop.example", "<kettle-1@customer.example>")],
    ids=["our address", "our mail", "her mail"],
)
def test_a_stranger_who_got_hold_of_our_mail_does_not_get_into_the_case(
    mail: Correspondence, acknowledged: Message, to: str, answers: str
) -> None:
    mail.arrives(
        a_letter(
            "What did she complain about?", name="Mal", address="mal@elsewhere.example", message_id="mal-1@elsewhere",
            to=to.format(acknowledged["Reply-To"]), answers=answers.format(acknowledged["Message-ID"]),
        )
    )  # fmt: skip

    ines, stranger = mail.cases()
    assert (ines.messages, stranger.messages) == (1, 1)
    with mail.house.database.reading() as unit:
        [link] = unit.links.of_case(ines.id)
    assert (link.kind, link.case_id, link.other_case_id) == (LinkKind.POSSIBLE_FOLLOW_UP, stranger.id, ines.id)


def test_a_case_number_in_a_subject_alone_joins_nothing(mail: Correspondence, acknowledged: Message) -> None:
    [case] = mail.cases()

    mail.arrives(a_letter("And another thing.", message_id="2@c", subject=f"About {case.id.lower()}"))

    _, other = mail.cases()
    with mail.house.database.reading() as unit:
        assert LinkKind.POSSIBLE_FOLLOW_UP in {link.kind for link in unit.links.of_case(other.id)}


@pytest.mark.parametrize("named_by", ["Reply-To", "X-Original-From"])
def test_customers_in_whose_place_a_list_put_our_own_address_are_kept_apart_and_can_be_answered(
    mail: Correspondence, office: PostOffice, port: int, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    monkeypatch.setenv("AMENDS_MAIL_FROM", "complaints@shop.example")
    for name in ("ines", "tom"):
        mail.arrives(
            a_letter(
                name=f"'{name}' via Complaints",
                address="complaints@shop.example",
                message_id=f"1@{name}.example",
                headers={named_by: f"{name.title()} <{name}@strict.example>"},
            )
        )
    with open_at(port, office):
        work(mail.house, "deliver")

    cases = mail.cases()
    assert sorted(to for _, [to], _ in office.taken) == ["ines@strict.example", "tom@strict.example"]
    assert len({case.contact_id for case in cases}) == 2
    # An answer from the address itself shows that it is theirs.
    answered = next(message_from_bytes(text) for _, [to], text in office.taken if to == "tom@strict.example")
    mail.arrives(
        a_letter("It is order 4711.", address="tom@strict.example", message_id="2@c", answers=answered["Message-ID"])
    )
    assert sorted(case.messages for case in mail.cases()) == [1, 2]


def test_an_acknowledgement_that_bounces_is_a_task_and_is_never_answered(
    mail: Correspondence, office: PostOffice, port: int, acknowledged: Message
) -> None:
    [(_, _, sent)] = office.taken
    mail.arrives(a_bounce_of(sent, failed="ines@customer.example"))
    with open_at(port, office):
        work(mail.house, "deliver")

    [case] = mail.cases()
    reply = mail.acknowledgement(case)
    assert reply.state is ReplyState.FAILED
    assert "came back" in reply.outcome
    [task] = mail.tasks()
    assert (task.kind, task.reply_id, task.case_id) == (TaskKind.REACH_ANOTHER_WAY, reply.id, case.id)
    assert len(office.taken) == 1


def test_two_automatic_answers_do_not_talk_to_each_other(
    mail: Correspondence, office: PostOffice, port: int, acknowledged: Message
) -> None:
    absence = a_letter(
        "I am away.",
        message_id="away@c",
        answers=str(acknowledged["Message-ID"]),
        headers={"Auto-Submitted": "auto-replied"},
    )
    mail.arrives(absence)
    with open_at(port, office):
        work(mail.house, "deliver")

    assert len(office.taken) == 1
    assert [one.reason for one in _parked(mail)] == ["auto-submitted"]


def _parked(mail: Correspondence) -> list[Parked]:
    with mail.house.database.reading() as unit:
        return unit.intake.parked()


def test_our_own_mail_that_comes_back_to_us_is_no_case(
    mail: Correspondence, office: PostOffice, acknowledged: Message
) -> None:
    [(_, _, sent)] = office.taken

    mail.arrives(sent)

    assert len(mail.cases()) == 1


def test_a_mail_that_is_refused_is_failed_and_a_persons_task(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    office.says = "550 no such user here"
    with open_at(port, office):
        mail.arrives(a_letter())
        work(mail.house, "deliver")
        work(mail.house, "deliver")

    [case] = mail.cases()
    reply = mail.acknowledgement(case)
    assert reply.state is ReplyState.FAILED
    assert "550" in reply.outcome
    assert [task.kind for task in mail.tasks()] == [TaskKind.REACH_ANOTHER_WAY]
    assert office.offered == 1
    assert case.state is CaseState.RECEIVED


def test_a_mail_of_which_nobody_knows_whether_it_went_is_shown_to_a_person_and_never_sent_again(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    with hangs_up_after_the_text(port) as texts:
        mail.arrives(a_letter())
        work(mail.house, "deliver")
    with open_at(port, office):
        work(mail.house, "deliver")

    assert len(texts) == 1
    assert office.offered == 0
    [case] = mail.cases()
    reply = mail.acknowledgement(case)
    assert reply.state is ReplyState.UNKNOWN
    assert [(task.kind, task.reply_id) for task in mail.tasks()] == [(TaskKind.SETTLE_DELIVERY, reply.id)]

    type_in(
        "task", "settle", reply.id[:8], "--arrived", "--as", "hana", "--data-dir", str(mail.house.settings.data_dir)
    )
    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []
    assert mail.cases()[0].state is CaseState.ACKNOWLEDGED


def test_mail_waits_for_a_server_that_is_down_and_goes_when_it_is_back(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    mail.arrives(a_letter())
    stop = Event()
    worker = threading.Thread(target=mail.house.runner("deliver").run, args=(stop,))
    worker.start()
    try:
        stop.wait(1.0)
        [case] = mail.cases()
        assert mail.acknowledgement(case).state in {ReplyState.QUEUED, ReplyState.SENDING}
        assert mail.house.log.lag("deliver", Topic.OUTBOX) == 1
        with open_at(port, office):
            for _ in range(200):
                if office.taken and mail.acknowledgement(case).state is ReplyState.SENT:
                    break
                stop.wait(0.1)
    finally:
        stop.set()
        worker.join(timeout=30)

    assert len(office.taken) == 1
    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []


def test_a_server_that_puts_us_off_is_tried_again(mail: Correspondence, office: PostOffice, port: int) -> None:
    office.says = "451 greylisted, come back later"
    mail.arrives(a_letter())
    [case] = mail.cases()
    with open_at(port, office):
        for minutes, offered in ((0, 1), (0.5, 1), (1, 2), (1, 2), (1.5, 3)):
            mail.clock.by += timedelta(minutes=minutes)
            work(mail.house, "deliver")
            assert (office.offered, mail.acknowledgement(case).state) == (offered, ReplyState.QUEUED)
        office.says = "250 taken"
        mail.clock.by += timedelta(minutes=5)
        work(mail.house, "deliver")

    assert len(office.taken) == 1
    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []


def test_a_worker_takes_up_what_was_put_off_without_being_told(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    office.says = "451 greylisted, come back later"
    mail.arrives(a_letter())
    stop = Event()
    with open_at(port, office):
        worker = threading.Thread(target=mail.house.runner("deliver").run, args=(stop,))
        worker.start()
        try:
            wait_for(lambda: waits_to_be_tried_again(mail))
            office.says = "250 taken"
            mail.clock.by += timedelta(minutes=2)
            wait_for(lambda: len(office.taken) == 1)
        finally:
            stop.set()
            worker.join(timeout=30)

    assert len(office.taken) == 1


def waits_to_be_tried_again(mail: Correspondence) -> bool:
    with mail.house.database.reading() as unit:
        return bool(unit.deliveries.due(at=datetime.now(UTC) + timedelta(hours=1), limit=1))


def wait_for(what: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def test_an_address_that_is_always_put_off_holds_nobody_up_and_is_given_up_after_two_days(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    office.puts_off = "ines@customer.example"
    mail.arrives(a_letter())
    for number in range(12):
        mail.arrives(a_letter(name="Tom Ash", address=f"tom{number}@customer.example", message_id=f"t{number}@x"))
    with open_at(port, office):
        work(mail.house, "deliver")
        assert {to for _, [to], _ in office.taken} == {f"tom{number}@customer.example" for number in range(12)}
        tries = 0
        while mail.tasks() == []:
            mail.clock.by += timedelta(hours=1)
            work(mail.house, "deliver")
            tries += 1
            assert tries <= 49, "it is never given up"
        work(mail.house, "deliver")

    [task] = mail.tasks()
    assert task.kind is TaskKind.REACH_ANOTHER_WAY
    assert "put off" in task.reason
    assert "451 greylisted" in task.reason
    assert mail.house.log.lag("deliver", Topic.OUTBOX) == 0
    assert len(office.taken) == 12


def test_a_reply_that_was_put_off_goes_when_it_is_taken(mail: Correspondence, office: PostOffice, port: int) -> None:
    office.puts_off = "ines@customer.example"
    mail.arrives(a_letter())
    with open_at(port, office):
        work(mail.house, "deliver")
        office.puts_off = ""
        mail.clock.by += timedelta(hours=30)
        work(mail.house, "deliver")
        work(mail.house, "deliver")

    assert [to for _, [to], _ in office.taken] == ["ines@customer.example"]


def test_while_every_address_is_put_off_no_reply_is_given_up(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    office.says = "452 no room"
    for number in range(4):
        mail.arrives(a_letter(name="Tom Ash", address=f"tom{number}@customer.example", message_id=f"t{number}@x"))
    with open_at(port, office):
        for _ in range(10):
            work(mail.house, "deliver")
            mail.clock.by += timedelta(minutes=65)
        with mail.house.database.reading() as unit:
            assert unit.dead.count() == {}
        assert mail.tasks() == []
        office.says = "250 taken"
        work(mail.house, "deliver")

    assert len(office.taken) == 4
