"""What became of each reply, as its case shows it: the other side's words, bounces, proofs, and who approved it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from amends.domain.case import Case, CaseState
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from tests.journeys.letters import a_bounce_of, a_letter
from tests.journeys.running import a_house, free_port, type_in, work
from tests.journeys.test_people import ANSWER
from tests.journeys.test_smtp_journey import (
    Correspondence,
    Later,
    PostOffice,
    hangs_up_after_the_text,
    open_at,
    wait_for,
)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def office() -> PostOffice:
    office = PostOffice()
    office.says = "250 2.0.0 Ok: queued as 4F1C22"
    return office


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
        mail_copy_to="sent@shop.example",
        organisation="The Shop",
    ) as house:
        yield Correspondence(house, tmp_path, clock)


def type_(mail: Correspondence, *words: str) -> Any:
    ended = type_in(*words, "--data-dir", str(mail.house.settings.data_dir))
    return ended.json if "--json" in words else ended.out


def log_of(mail: Correspondence, case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = type_(mail, "case", "show", case.id, "--json")["deliveries"]
    return found


def test_the_case_shows_what_went_when_where_by_whose_word_and_what_the_server_said(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    mail.arrives(a_letter())
    [case] = mail.cases()
    with open_at(port, office):
        work(mail.house, "deliver")
        [answer] = [
            one
            for one in type_(mail, "case", "show", case.id, "--json")["replies"]
            if (one["purpose"], one["state"]) == ("answer", "drafted")
        ]
        type_(mail, "review", "edit", answer["id"], "--text", ANSWER, "--as", "hana")
        type_(mail, "review", "approve", answer["id"], "--as", "rita")
        work(mail.house, "deliver")

    acknowledged, answered = log_of(mail, case)
    assert (acknowledged["came_to"], acknowledged["approved_by"]) == ("sent", "")
    assert (answered["came_to"], answered["approved_by"], answered["form"]) == ("sent", "rita", "email")
    assert answered["sent_to"] == "ines@customer.example"
    assert "queued as 4F1C22" in answered["says"]
    assert answered["name"] == message_from_bytes(office.taken[1][2])["Message-ID"]
    assert answered["at"] >= acknowledged["at"]
    shown = re.sub(r"\W+", " ", type_(mail, "case", "show", case.id))
    assert "Delivery log" in shown
    assert "approved by rita" in shown
    assert "4F1C22" in shown


def test_the_whole_thread_is_named_as_its_last_writer_tells_it(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    mail.arrives(
        a_letter(
            answers="<order-2@shop.example>", headers={"X-None": "1"}, message_id="kettle-1@customer.example"
        ).replace(b"References: <order-2@shop.example>", b"References: <order-1@shop.example> <order-2@shop.example>")
    )
    with open_at(port, office):
        work(mail.house, "deliver")

    sent = message_from_bytes(office.taken[0][2])
    assert sent["References"].split() == [
        "<order-1@shop.example>",
        "<order-2@shop.example>",
        "<kettle-1@customer.example>",
    ]
    assert sent["In-Reply-To"] == "<kettle-1@customer.example>"


class RefusesOne(PostOffice):
    """Refuses one address for good."""

    refuses = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refuses:
            return "550 5.1.1 no such user here"
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_a_refusal_is_on_its_case_at_once_and_the_others_go(mail: Correspondence, port: int) -> None:
    office = RefusesOne()
    office.refuses = "ines@customer.example"
    mail.arrives(a_letter())
    for number in range(5):
        mail.arrives(a_letter(name="Tom Ash", address=f"tom{number}@customer.example", message_id=f"t{number}@x"))
    stop = Event()
    with open_at(port, office):
        worker = threading.Thread(target=mail.house.runner("deliver").run, args=(stop,))
        worker.start()
        try:
            wait_for(lambda: len(office.taken) == 5 and bool(mail.tasks()), seconds=60)
        finally:
            stop.set()
            worker.join(timeout=30)

    [task] = mail.tasks()
    assert task.kind is TaskKind.REACH_ANOTHER_WAY
    shown = type_(mail, "case", "show", task.case_id, "--json")
    assert [one["came_to"] for one in shown["deliveries"]] == ["refused"]
    assert "550 5.1.1 no such user here" in shown["deliveries"][0]["says"]
    assert "550 5.1.1 no such user here" in shown["tasks"][0]["reason"]


# A reply of which nobody knows whether it went


@pytest.fixture
def unknown(mail: Correspondence, port: int) -> tuple[Case, bytes]:
    """Ines has complained; the server took our acknowledgement and hung up. Gives the case and the mail."""
    with hangs_up_after_the_text(port) as texts:
        mail.arrives(a_letter())
        work(mail.house, "deliver")
    [case] = mail.cases()
    assert mail.acknowledgement(case).state is ReplyState.UNKNOWN
    assert [task.kind for task in mail.tasks()] == [TaskKind.SETTLE_DELIVERY]
    return case, texts[0].removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")


def nothing_more_goes(mail: Correspondence, office: PostOffice, port: int) -> bool:
    with open_at(port, office):
        work(mail.house, "deliver")
    return office.offered == 0


def test_our_copy_shows_that_it_went(
    mail: Correspondence, office: PostOffice, port: int, unknown: tuple[Case, bytes]
) -> None:
    case, sent = unknown
    mail.arrives(sent)

    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []
    assert mail.cases()[0].state is CaseState.ACKNOWLEDGED
    assert [one["came_to"] for one in log_of(mail, case)] == ["unknown", "shown"]
    with mail.house.database.reading() as unit:
        assert unit.intake.parked() == []
    assert nothing_more_goes(mail, office, port)


def test_our_copy_that_comes_back_says_nothing_of_the_customers(
    mail: Correspondence, office: PostOffice, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_MAIL_COPY_TO", "sent@shop.example")
    mail.arrives(a_letter())
    with open_at(port, office):
        work(mail.house, "deliver")
    mail.arrives(a_bounce_of(office.taken[0][2], failed="Sent@shop.example"))

    [case] = mail.cases()
    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []
    with mail.house.database.reading() as unit:
        assert unit.deliveries.unreachable() == {}
        assert [one.reason for one in unit.intake.parked()] == ["bounce"]


def test_a_copy_with_other_words_shows_nothing(mail: Correspondence, unknown: tuple[Case, bytes]) -> None:
    case, sent = unknown
    mail.arrives(sent.replace(b"Thank you", b"Blame you"))

    assert mail.acknowledgement(case).state is ReplyState.UNKNOWN
    with mail.house.database.reading() as unit:
        assert [one.reason for one in unit.intake.parked()] == ["own-loop"]


def test_an_answer_shows_that_it_went(
    mail: Correspondence, office: PostOffice, port: int, unknown: tuple[Case, bytes]
) -> None:
    case, sent = unknown
    to = message_from_bytes(sent)
    mail.arrives(a_letter("It is 4711.", message_id="2@c", to=to["Reply-To"], answers=to["Message-ID"]))

    assert mail.acknowledgement(case).state is ReplyState.SENT
    assert mail.tasks() == []
    assert [one["came_to"] for one in log_of(mail, case)] == ["unknown", "shown"]
    assert nothing_more_goes(mail, office, port)


def test_an_answer_of_somebody_else_shows_nothing(mail: Correspondence, unknown: tuple[Case, bytes]) -> None:
    case, sent = unknown
    to = message_from_bytes(sent)
    mail.arrives(
        a_letter(
            "Hello?", name="Mal", address="mal@elsewhere.example", message_id="m@c", to=to["Reply-To"],
            answers=to["Message-ID"],
        )
    )  # fmt: skip

    assert mail.acknowledgement(case).state is ReplyState.UNKNOWN


def test_a_bounce_shows_that_it_came_back(
    mail: Correspondence, office: PostOffice, port: int, unknown: tuple[Case, bytes]
) -> None:
    case, sent = unknown
    mail.arrives(a_bounce_of(sent, failed="ines@customer.example"))

    assert mail.acknowledgement(case).state is ReplyState.FAILED
    assert [task.kind for task in mail.tasks()] == [TaskKind.REACH_ANOTHER_WAY]
    assert nothing_more_goes(mail, office, port)


# A reply that comes back


def bounced(mail: Correspondence, office: PostOffice, port: int, *, as_: str = "headers") -> Case:
    mail.arrives(a_letter())
    with open_at(port, office):
        work(mail.house, "deliver")
    sent = office.taken[0][2]
    bounce = a_bounce_of(sent, failed="ines@customer.example")
    if as_ == "envelope id":
        # A server that returns nothing of the mail, but says what its sender called the envelope (RFC 3461).
        name = str(message_from_bytes(sent)["Message-ID"]).strip("<>")
        head, _, rest = bounce.partition(b"--cut\r\nContent-Type: text/rfc822-headers")
        assert rest
        bounce = (
            head.replace(b"Reporting-MTA:", f"Original-Envelope-Id: {name}\r\nReporting-MTA:".encode()) + b"--cut--"
        )
    mail.arrives(bounce)
    [case] = mail.cases()
    return case


@pytest.mark.parametrize("as_", ["headers", "envelope id"])
def test_a_bounce_is_on_the_case_of_the_very_reply_that_came_back(
    mail: Correspondence, office: PostOffice, port: int, as_: str
) -> None:
    case = bounced(mail, office, port, as_=as_)

    assert mail.acknowledgement(case).state is ReplyState.FAILED
    sent, came_back = log_of(mail, case)
    assert (sent["came_to"], came_back["came_to"]) == ("sent", "came_back")
    assert sent["reply_id"] == came_back["reply_id"] == mail.acknowledgement(case).id
    assert "550 5.1.1 no such user" in came_back["says"]
    [task] = mail.tasks()
    assert (task.kind, task.case_id) == (TaskKind.REACH_ANOTHER_WAY, case.id)


def test_no_automatic_mail_goes_to_an_address_that_mail_came_back_from_until_a_person_says_so(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    bounced(mail, office, port)
    mail.clock.by += type(mail.clock.by)(hours=2)
    mail.arrives(a_letter("The toaster broke, too. I want my money back.", message_id="2@c", subject="My toaster"))
    with open_at(port, office):
        work(mail.house, "deliver")

    assert len(office.taken) == 1
    held = [task for task in mail.tasks() if task.kind is TaskKind.ACKNOWLEDGE_ANOTHER_WAY]
    assert ["came back" in task.reason for task in held] == [True]
    assert [one["came_to"] for one in log_of(mail, mail.cases()[1])] == ["held_back"]

    [blocked] = type_(mail, "mail", "blocked", "--json")
    assert blocked["address"] == "ines@customer.example"
    type_(mail, "mail", "allow", "ines@customer.example", "--as", "hana")
    assert type_(mail, "mail", "blocked", "--json") == []
    mail.clock.by += type(mail.clock.by)(hours=2)
    mail.arrives(a_letter("Now the oven broke. I want my money back.", message_id="3@c", subject="My oven"))
    with open_at(port, office):
        work(mail.house, "deliver")
    assert len(office.taken) == 2


def test_an_acknowledgement_that_waits_in_the_queue_does_not_go_once_mail_came_back(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    mail.arrives(a_letter())
    with open_at(port, office):
        work(mail.house, "deliver")
    sent = office.taken[0][2]
    mail.clock.by += type(mail.clock.by)(hours=2)
    mail.arrives(a_letter("The toaster broke, too. I want my money back.", message_id="2@c", subject="My toaster"))
    mail.arrives(a_bounce_of(sent, failed="ines@customer.example"))
    with open_at(port, office):
        work(mail.house, "deliver")

    assert len(office.taken) == 1
    second = mail.acknowledgement(mail.cases()[1])
    assert second.state is ReplyState.SUPPRESSED
    assert TaskKind.ACKNOWLEDGE_ANOTHER_WAY in {task.kind for task in mail.tasks()}


def test_a_person_may_still_write_there_and_an_answer_lifts_the_block(
    mail: Correspondence, office: PostOffice, port: int
) -> None:
    case = bounced(mail, office, port)
    [answer] = [
        one
        for one in type_(mail, "case", "show", case.id, "--json")["replies"]
        if (one["purpose"], one["state"]) == ("answer", "drafted")
    ]
    type_(mail, "review", "edit", answer["id"], "--text", ANSWER, "--as", "hana")
    type_(mail, "review", "approve", answer["id"], "--as", "rita")
    with open_at(port, office):
        work(mail.house, "deliver")
    assert len(office.taken) == 2
    assert len(type_(mail, "mail", "blocked", "--json")) == 1

    mail.arrives(
        a_letter("Thank you.", message_id="2@c", answers=str(message_from_bytes(office.taken[1][2])["Message-ID"]))
    )
    assert type_(mail, "mail", "blocked", "--json") == []
