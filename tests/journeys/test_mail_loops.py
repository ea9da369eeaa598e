"""Machines that answer machines: each of them stops, and a person hears of every acknowledgement that did not go."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

import pytest

from amends.compose import House
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from tests.journeys.letters import COMPLAINT, a_letter
from tests.journeys.running import a_house, free_port, type_in, work, written_mails
from tests.journeys.test_smtp_journey import Later, PostOffice, open_at

Change = Callable[[Message], None]


class Installation:
    """One Amends with a mailbox (a folder) and a mail server that it hands its mail to."""

    def __init__(self, house: House, inbox: Path) -> None:
        self.house = house
        self.inbox = inbox
        self.server = PostOffice()
        self._numbers = itertools.count()

    def gets(self, *mails: bytes) -> None:
        """Put mails into its mailbox and let it do all that follows by itself."""
        for mail in mails:
            (self.inbox / f"{next(self._numbers):05d}.eml").write_bytes(mail)
        type_in("ingest", "files", str(self.inbox), "--data-dir", str(self.house.settings.data_dir))
        with open_at(self.house.settings.smtp_port, self.server):
            work(self.house)

    def acknowledgements(self) -> dict[ReplyState, int]:
        """Count its acknowledgements by what became of them."""
        with self.house.database.reading() as unit:
            found = unit.replies.in_state(*ReplyState)
        states = [reply.state for reply in found if reply.purpose == "acknowledgement"]
        return {state: states.count(state) for state in set(states)}

    def tasks(self) -> list[str]:
        """Give the kinds of its open tasks."""
        with self.house.database.reading() as unit:
            return [task.kind for task in unit.tasks.open_tasks()]


@contextmanager
def an_installation(at: Path, name: str, clock: Later, **settings: object) -> Iterator[Installation]:
    with a_house(
        at / name,
        now=clock,
        sender="smtp",
        smtp_host="127.0.0.1",
        smtp_port=free_port(),
        smtp_security="plain",
        mail_from=f"complaints@{name}.example",
        mail_replies=f"replies@{name}.example",
        organisation=name.title(),
        **settings,
    ) as house:
        yield Installation(house, written_mails(at / f"{name}-inbox", []))


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def shop(tmp_path: Path, clock: Later) -> Iterator[Installation]:
    with an_installation(tmp_path, "shop", clock) as found:
        yield found


@pytest.fixture
def bank(tmp_path: Path, clock: Later) -> Iterator[Installation]:
    with an_installation(tmp_path, "bank", clock) as found:
        yield found


def as_it_is(_mail: Message) -> None:
    """Change nothing."""


def without_marks(mail: Message) -> None:
    """Take out whatever says that a machine wrote it, and in what thread: a gateway may."""
    for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Amends-Reply", "In-Reply-To", "References"):
        del mail[name]


def to_and_fro(one: Installation, other: Installation, change: Change, clock: Later) -> int:
    """Carry mails between two installations until none comes; gives how many went, the first one included."""
    one.gets(a_letter(COMPLAINT, name="Bank", address="complaints@bank.example", to="complaints@shop.example"))
    went, carried = 1, {id(one): 0, id(other): 0}
    for turn in range(40):
        here, there = (one, other) if turn % 2 == 0 else (other, one)
        new = here.server.taken[carried[id(here)] :]
        carried[id(here)] += len(new)
        if not new:
            break
        went += len(new)
        clock.by += timedelta(seconds=20)
        mails = []
        for _, _, content in new:
            mail = message_from_bytes(content, policy=policy.SMTP)
            change(mail)
            mails.append(mail.as_bytes())
        there.gets(*mails)
    return went


@pytest.mark.parametrize("change", [as_it_is, without_marks])
def test_two_installations_that_answer_each_other_stop(
    shop: Installation, bank: Installation, clock: Later, change: Change
) -> None:
    went = to_and_fro(shop, bank, change, clock)

    # The complaint and one acknowledgement. Where all marks are lost, the other side may answer once.
    assert went <= (2 if change is as_it_is else 3)
    assert len(shop.server.taken) == 1


def automatic_replies(count: int, **headers: str) -> list[bytes]:
    """Write what a machine sends that answers with a complaint, each under a number of its own."""
    return [
        a_letter(
            f"{COMPLAINT} Ticket {number}.",
            name="Help",
            address="help@elsewhere.example",
            subject=f"Ticket {number}",
            message_id=f"ticket-{number}@elsewhere.example",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {}])
def test_a_thousand_automatic_replies_from_one_sender_get_one_acknowledgement_at_most(
    shop: Installation, headers: dict[str, str]
) -> None:
    shop.gets(*automatic_replies(1_000, **headers))

    # Without any mark a machine cannot be told from a person, but for how quick it is.
    answered = 0 if headers else 1
    assert len(shop.server.taken) == answered
    # Whatever was held back is a person's task, each of them.
    counts = shop.acknowledgements()
    held_back = counts.get(ReplyState.SUPPRESSED, 0)
    assert held_back == (0 if headers else 999 - counts.get(ReplyState.IN_REVIEW, 0))
    assert shop.tasks().count(TaskKind.ACKNOWLEDGE_ANOTHER_WAY) == held_back


def test_a_machine_that_writes_from_another_sub_address_each_time_is_one_sender(shop: Installation) -> None:
    for turn in range(2):
        shop.gets(
            *(
                mail.replace(b"help@", b"help+%d.%d@" % (turn, number)).replace(b"ticket-", b"ticket-%d-" % turn)
                for number, mail in enumerate(automatic_replies(20))
            )
        )

    assert len(shop.server.taken) == 1
    assert shop.tasks().count(TaskKind.ACKNOWLEDGE_ANOTHER_WAY) == 39


def test_mail_from_an_address_of_our_own_is_not_answered(tmp_path: Path, clock: Later) -> None:
    with an_installation(tmp_path, "shop", clock, mail_own="sales@shop.example,office@shop.example") as shop:
        shop.gets(
            *(
                a_letter(address=f"{name}@shop.example", message_id=f"{name}@shop.example")
                for name in ("complaints", "replies+abc", "sales", "OFFICE")
            )
        )

        assert shop.server.taken == []
        assert shop.acknowledgements() == {ReplyState.SUPPRESSED: 4}
        assert shop.tasks() == [TaskKind.ACKNOWLEDGE_ANOTHER_WAY] * 4


def test_a_mail_that_runs_in_a_circle_is_read_and_not_answered(shop: Installation) -> None:
    hops = b"".join(b"Received: from a.example by b.example; Sat, 28 Nov 2026 10:00:00 +0000\n" for _ in range(31))
    shop.gets(hops + a_letter())

    assert shop.server.taken == []
    with shop.house.database.reading() as unit:
        [reply] = [one for one in unit.replies.in_state(ReplyState.IN_REVIEW) if one.purpose == "acknowledgement"]
        assert unit.cases.get(reply.case_id).messages == 1


def test_a_second_mail_soon_after_our_acknowledgement_is_acknowledged_by_a_person_and_a_later_one_is_not(
    shop: Installation, clock: Later
) -> None:
    shop.gets(a_letter())
    clock.by += timedelta(minutes=3)
    shop.gets(a_letter("The toaster broke as well, I want my money back.", message_id="2@c", subject="Toaster"))
    assert len(shop.server.taken) == 1
    assert shop.tasks() == [TaskKind.ACKNOWLEDGE_ANOTHER_WAY]
    clock.by += timedelta(minutes=8)
    shop.gets(a_letter("And the oven is broken, I want my money back.", message_id="3@c", subject="Oven"))
    assert len(shop.server.taken) == 2
