"""Mail through a real Postfix, by TLS: it takes our mail, tells its queue id, and sends back what it cannot deliver."""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from amends.bus.port import Topic
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, free_port, run_amends, type_in, wait_until, work
from tests.journeys.test_mailbox import that_sends_by, the_settings
from tests.journeys.test_smtp_journey import Correspondence, Later, PostOffice, open_at, wait_for
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import a_postfix

pytestmark = pytest.mark.postfix


class Customers(PostOffice):
    """The mail server of all customers: Ines has no mailbox there, and so tells it after our Postfix took the mail."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == "ines@customer.example":
            return "550 5.1.1 no such user here"
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_a_mail_that_postfix_took_and_the_next_server_refused_comes_back_to_its_case(tmp_path: Path) -> None:
    clock = Later()
    customers, shop, customers_port, shop_port = Customers(), PostOffice(), free_port(), free_port()
    with (
        a_postfix({"customer.example": customers_port, "shop.example": shop_port}) as postfix,
        open_at(customers_port, customers),
        open_at(shop_port, shop),
        a_house(tmp_path / "data", now=clock, **that_sends_by(postfix)) as house,
    ):
        mail = Correspondence(house, tmp_path, clock)
        mail.arrives(a_letter())
        mail.arrives(a_letter(name="Tom Ash", address="tom@customer.example", message_id="tom-1@c"))
        work(house, "deliver")
        wait_for(lambda: len(customers.taken) == 1 and len(shop.taken) == 1)
        sent, bounce = message_from_bytes(customers.taken[0][2]), shop.taken[0][2]
        mail.arrives(bounce)

        [ines, tom] = mail.cases()
        shown = type_in("case", "show", ines.id, "--json", "--data-dir", str(house.settings.data_dir)).json
        taken, came_back = shown["deliveries"]
        assert "queued as" in taken["says"]
        assert taken["says"].rsplit(" ", 1)[-1] in postfix.log
        assert came_back["came_to"] == "came_back"
        assert "550 5.1.1 no such user here" in came_back["says"]
        assert came_back["name"].strip("<>") in message_from_bytes(bounce).as_string()
        assert [(task.kind, task.case_id) for task in mail.tasks()] == [(TaskKind.REACH_ANOTHER_WAY, ines.id)]
        assert mail.acknowledgement(ines).state is ReplyState.FAILED
        assert mail.acknowledgement(tom).state is ReplyState.SENT
        assert sent["Message-ID"] == mail.acknowledgement(tom).channel_name
        # Nothing but the envelope's id is left of the mail, as some servers have it.
        assert b"Original-Envelope-Id: " in bounce


@pytest.mark.dovecot
def test_a_mail_that_postfix_accepted_is_delivered_into_a_mailbox_and_becomes_a_case_in_the_queue(
    tmp_path: Path, dovecot: Dovecot
) -> None:
    with a_postfix(handed_to={"shop.example": dovecot.delivery}) as postfix:
        with smtplib.SMTP("localhost", postfix.port, timeout=30) as line:
            line.starttls(context=ssl.create_default_context(cafile=str(postfix.ca_file)))
            line.sendmail("ines@customer.example", ["anna@shop.example"], a_letter())

        def held() -> int:
            with dovecot.client() as client:
                return len(client.search())

        wait_until(lambda: held() == 1, for_s=60, saying="Postfix has delivered the mail into the mailbox")
        settings = the_settings(dovecot)
        for taken_in in (1, 1):
            run_amends("run", "ingest", "--until-idle", "--data-dir", "data", at=tmp_path, settings=settings)
            with a_house(tmp_path / "data") as house:
                assert house.log.lag("triage", Topic.MESSAGES) == taken_in
        with a_house(tmp_path / "data") as house:
            work(house, "triage", "respond")
        [case] = type_in("queue", "list", "--json", "--data-dir", str(tmp_path / "data")).json
        assert (case["kind"], case["channel"]) == ("complaint", "email")
        told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=settings).json
        assert [(one["held"], one["unexplained"]) for one in told["sources"]] == [(1, [])]
