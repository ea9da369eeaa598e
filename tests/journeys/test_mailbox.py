"""From a mailbox to cases and back: as an operator runs it, against a real Dovecot."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from amends.compose import House
from amends.domain.arrival import Fate
from amends.errors import Misconfigured
from tests.journeys.letters import COMPLAINT, a_letter
from tests.journeys.running import a_house, end, free_port, run_amends, service, start, type_in, wait_until, work
from tests.journeys.test_smtp_journey import PostOffice, open_at
from tests.servers.dovecot import PASSWORD, USER, Dovecot
from tests.servers.ports import HOST
from tests.servers.postfix import Postfix, a_postfix
from tests.servers.x import KEYS, OUR_ID, x_server
from tests.support.builders import a_mail

pytestmark = pytest.mark.dovecot


def the_settings(dovecot: Dovecot, **said: object) -> dict[str, str]:
    mailbox = {"host": HOST, "port": dovecot.port, "security": "plain", "user": USER, "name": "care", **said}
    return {"mailboxes": json.dumps([mailbox]), "mailbox_password": PASSWORD}


def that_sends_by(postfix: Postfix) -> dict[str, Any]:
    """Give the settings of a shop whose replies leave by this server."""
    return {
        "sender": "smtp", "smtp_host": "localhost", "smtp_port": postfix.port, "smtp_security": "starttls",
        "smtp_ca_file": str(postfix.ca_file), "mail_from": "complaints@shop.example",
        "mail_replies": "replies@shop.example", "organisation": "The Shop",
    }  # fmt: skip


def use(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    """Have commands in this process run with these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(f"AMENDS_{name.upper()}", value)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "data") as house:
        yield house


def fates(house: House, source: str = "imap:care/INBOX") -> dict[str, int]:
    with house.database.viewing() as connection:
        rows = connection.exec_driver_sql(
            "SELECT fate, count(*) FROM arrivals WHERE source = ? GROUP BY fate", (source,)
        ).all()
    return {str(fate): int(count) for fate, count in rows}


def test_a_mail_is_in_the_ledger_soon_after_it_came_and_the_server_agrees(
    tmp_path: Path, house: House, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = the_settings(dovecot)
    dovecot.put([a_mail(message_id="first@mail.example")])
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: fates(house) == {"ingested": 1}, for_s=60, saying="the first mail is taken in")
        delays = []
        for n in range(3):
            dovecot.put([a_mail(message_id=f"{n}@mail.example")])
            came = time.monotonic()
            wait_until(lambda n=n: fates(house) == {"ingested": n + 2}, saying="taken in")  # type: ignore[misc]
            delays.append(time.monotonic() - came)
    use(monkeypatch, settings)
    told = type_in("reconcile", "--json", "--data-dir", str(tmp_path / "data")).json
    assert told["unexplained"] == 0
    assert [one["held"] for one in told["sources"]] == [4]
    # By IDLE, and not at the next look in four minutes; a busy machine may take its time.
    assert min(delays) < 10


def test_one_service_reads_mailboxes_x_and_folders_side_by_side(tmp_path: Path, house: House, dovecot: Dovecot) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with x_server() as x:
        account = {f"x_{key}": value for key, value in KEYS.items()}
        settings = the_settings(dovecot) | account | {
            "x_api_url": x.url, "x_pause_s": "0.2", "watch": str(inbox), "watch_pause_s": "0.2",
        }  # fmt: skip
        sources = ("imap:care/INBOX", f"x:{OUR_ID}", f"files:{inbox}")
        with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
            for number in range(1, 3):
                dovecot.put([a_mail(message_id=f"{number}@mailbox.example")])
                x.post(f"@NorthmoorHelp number {number}")
                (inbox / f"{number}.eml").write_bytes(a_mail(message_id=f"{number}@folder.example"))
                wait_until(
                    lambda number=number: all(fates(house, one) == {"ingested": number} for one in sources),  # type: ignore[misc]
                    for_s=60, saying="all three were read",
                )  # fmt: skip
        told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=settings).json

    assert {one["source"]: one["held"] for one in told["sources"]} == dict.fromkeys(sources, 2)
    assert told["unexplained"] == 0


def test_reconcile_names_a_mail_that_was_not_taken_in_and_a_mailbox_that_is_not_there(
    tmp_path: Path, house: House, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = the_settings(dovecot)
    dovecot.put([a_mail()])
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: fates(house) == {"ingested": 1}, for_s=60, saying="the mail is taken in")
    dovecot.put([a_mail(message_id="late@mail.example")])
    data = ("--data-dir", str(tmp_path / "data"))

    assert "no longer name this mailbox" in " ".join(type_in("reconcile", *data, code=1).out.split())
    use(monkeypatch, settings)
    told = type_in("reconcile", "--json", *data, code=1).json
    assert [why for one in told["sources"] for _, why in one["unexplained"]] == ["it has no ledger row"]
    dovecot.stop()
    told = type_in("reconcile", "--json", *data, code=1).json
    assert "cannot be used now" in json.dumps(told)


def test_a_wrong_password_stops_nothing_else_and_is_told_by_doctor_and_health(
    tmp_path: Path, house: House, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "one.eml").write_bytes(a_mail())
    settings = {
        **the_settings(dovecot),
        "mailbox_password": "pa55-of-yesterday",
        "watch": str(inbox),
        "watch_pause_s": "0.2",
    }
    port = free_port()
    words = ("run", "ingest", "--data-dir", "data", "--ops-port", str(port))
    with service(*words, at=tmp_path, settings=settings):
        wait_until(lambda: fates(house, f"files:{inbox}") == {"ingested": 1}, for_s=60, saying="the file is taken in")
        wait_until(
            lambda: "refuses the sign-in" in httpx.get(f"http://{HOST}:{port}/readyz").text,
            for_s=30, saying="/readyz tells",
        )  # fmt: skip
    log = (tmp_path / "run-ingest.log").read_text("utf-8")
    assert "source needs a person" in log
    assert "pa55" not in log
    use(monkeypatch, settings)
    told = type_in("doctor", "--json", "--data-dir", str(tmp_path / "data"), code=1)
    assert "check its user and its password" in told.out


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"host": "mail.example"}, "unprotected"),
        ({"handled": "move"}, "move_to"),
        ({"handled": "flag", "flag": r"\Deleted"}, "no flag"),
        ({"password_file": "a", "token_file": "b"}, "say one of"),
        ({"size_mb": 0}, "AMENDS_MAILBOXES"),
        ({"nonsense": 1}, "AMENDS_MAILBOXES"),
    ],
)
def test_a_mailbox_that_cannot_be_right_is_refused_at_the_start(
    tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], told: str
) -> None:
    use(monkeypatch, the_settings(dovecot, **said))
    with pytest.raises(Misconfigured, match=told), a_house(tmp_path / "data") as house:
        assert house.mailboxes


def test_a_service_does_not_start_when_a_password_would_go_unprotected(tmp_path: Path, dovecot: Dovecot) -> None:
    ended = run_amends("run", "ingest", at=tmp_path, settings=the_settings(dovecot, host="mail.example"), code=1)
    assert "unprotected" in ended.err


@pytest.mark.slow
def test_of_two_processes_one_reads_the_mailbox_and_the_other_takes_over_from_the_dead(
    tmp_path: Path, house: House, dovecot: Dovecot
) -> None:
    settings = the_settings(dovecot)
    dovecot.put([a_mail()])
    first = start("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings)
    try:
        wait_until(lambda: fates(house) == {"ingested": 1}, for_s=60, saying="the first one reads")
        with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
            # Long enough for a process to start and to sign in, if it did.
            time.sleep(15)
            assert len(dovecot.serving()) == 1
            first.send_signal(signal.SIGKILL)
            first.wait()
            dovecot.put([a_mail(message_id="second@mail.example")])
            wait_until(lambda: fates(house) == {"ingested": 2}, for_s=90, saying="the other one goes on")
    finally:
        end(first)


def letter(number: int) -> bytes:
    return a_letter(
        f"{COMPLAINT} It was order {number}.",
        address=f"customer{number}@customer.example",
        message_id=f"{number}@customer.example",
    )


def nasty(count: int) -> list[bytes]:
    """Write mails: one in two is plain, the others are bad in a way of their own."""
    found: list[bytes] = []
    for number in range(count):
        plain = letter(number)
        bad = {
            1: plain.replace(b"Message-ID", b"X-Was"),
            3: plain.replace(b"<%d@customer.example>" % number, b"<>"),
            5: plain + b"caf\xe9 \xff\xfe\x80\r\n",
            7: plain[: len(plain) // 3],
            9: found[number // 2] if found else plain,
            11: plain.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
            13: b"\x01" * (number + 1),
            15: b"Auto-Submitted: auto-replied\r\n" + plain,
        }
        found.append(bad.get(number % 16, plain))
    return found


@pytest.mark.slow
@pytest.mark.postfix
def test_two_hundred_nasty_mails_and_ten_kills_leave_nothing_unexplained_and_one_acknowledgement_each(
    tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Customers' mails come by SMTP, through Postfix into Dovecot, and acknowledgements leave by the same Postfix.

    Two sorts of mail are put into the mailbox by APPEND, since SMTP carries lines and they have none:
    those whose lines end by CR alone, and those of nothing but control characters. Postfix would take each for
    one long line of text and put a header before it, so that they came as other mails than they are. Whatever
    else is bad about a mail it carries as it is: no Message-ID or an empty one, bytes of no charset, an end in the
    middle of the header, twenty million bytes. Ten mails more are deleted by somebody, before they are listed,
    while they are fetched, or after that: those that were listed have a row in the ledger, too.
    """
    customers, port = PostOffice(), free_port()
    settings = the_settings(dovecot, handled="flag", size_mb=5)
    large = letter(900) + b"".join(b"%076d\r\n" % number for number in range(20_000_000 // 78))
    letters = [large, *nasty(198), letter(901)]
    drawn = random.Random(7)  # noqa: S311
    killed, deleted = 0, set[int]()
    words = ("run", "ingest", "--data-dir", "data", "--worker", "here")
    with (
        a_postfix({"customer.example": port}, handed_to={"shop.example": dovecot.delivery}) as postfix,
        open_at(port, customers),
        a_house(tmp_path / "data", **that_sends_by(postfix)) as house,
    ):
        running = start(*words, at=tmp_path, settings=settings)
        try:
            for n in range(10):
                hand_over(letters[n * 20 : n * 20 + 10], postfix, dovecot)
                wait_for_mails(dovecot, n * 21 + 10)
                with dovecot.client() as person:
                    person.fetch([max(person.search("ALL"))], ["BODY[]"])
                wait_for_more_than(house, n * 20)
                hand_over([*letters[n * 20 + 10 : n * 20 + 20], letter(1_000 + n)], postfix, dovecot)
                time.sleep(drawn.random() * 0.6)
                deleted.add(delete(dovecot, f"<{1_000 + n}@customer.example>"))
                time.sleep(drawn.random() * 0.2)
                running.send_signal(signal.SIGKILL)
                running.wait()
                killed += 1
                wait_for_mails(dovecot, n * 21 + 21)
                running = start(*words, at=tmp_path, settings=settings)
            wait_until(
                lambda: uids(house) | deleted == set(range(1, 211)), for_s=90, saying="all 200 are accounted for"
            )
            # What was in hand is put away, too.
            wait_until(lambda: unflagged(dovecot) == 1, for_s=30, saying="all but the large one are flagged")
        finally:
            end(running)
        work(house)

        use(monkeypatch, settings)
        told = type_in("reconcile", "--json", "--data-dir", str(tmp_path / "data")).json
        (source,) = told["sources"]
        assert (killed, told["unexplained"], source["held"]) == (10, 0, 200)
        counted = fates(house)
        were_listed = deleted & uids(house)
        assert sum(counted[fate] for fate in (Fate.INGESTED, Fate.DUPLICATE, Fate.PARKED)) == 200 + len(were_listed)
        assert counted[Fate.DUPLICATE] > 0
        with house.database.reading() as unit:
            assert "over_size" in {one.reason for one in unit.intake.parked()}
        with house.database.viewing() as connection:
            cases = connection.exec_driver_sql("SELECT count(*) FROM cases").scalar_one()
        wait_until(lambda: len(customers.taken) >= cases, saying="every acknowledgement is with its customer")
        assert cases > 100
        got = Counter(to for _, [to], _ in customers.taken)
        assert (len(got), set(got.values())) == (cases, {1})


def hand_over(mails: Sequence[bytes], postfix: Postfix, dovecot: Dovecot) -> None:
    """Send mails, those that SMTP carries by SMTP."""
    for mail in mails:
        if b"\n" in mail:
            postfix.take(mail, to="complaints@shop.example")
        else:
            dovecot.put([mail])


def wait_for_mails(dovecot: Dovecot, count: int) -> None:
    """Wait until the mailbox has got so many, whatever became of them since."""

    def got() -> int:
        with dovecot.client() as person:
            return int(person.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"]) - 1

    wait_until(lambda: got() == count, saying="Postfix has delivered them all")


def delete(dovecot: Dovecot, name: str) -> int:
    """Delete a mail by its Message-ID, as soon as it is there."""
    with dovecot.client() as person:
        asked = ["HEADER", "Message-ID", name]
        wait_until(lambda: bool(person.search(asked)), saying=f"{name} is there")
        [uid] = person.search(asked)
        person.delete_messages([uid])
        person.expunge()
    return int(uid)


def uids(house: House) -> set[int]:
    """Give the UIDs that have a row in the ledger."""
    with house.database.viewing() as connection:
        items = connection.exec_driver_sql("SELECT item FROM arrivals").scalars()
        return {int(str(item).rpartition("/")[2]) for item in items}


def wait_for_more_than(house: House, count: int) -> None:
    wait_until(lambda: sum(fates(house).values()) > count, for_s=60, saying="it works again")


def unflagged(dovecot: Dovecot) -> int:
    with dovecot.client() as person:
        return len(person.search(["UNKEYWORD", "$Amends"]))
