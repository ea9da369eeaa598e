"""Messages come back as they were, and what points at a case is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from amends.domain.channel import Channel
from amends.domain.contact import Identity
from amends.domain.message import Attachment, Automatic
from amends.domain.threading import Pointer, Via
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import NotFound, Refused
from amends.unit_of_work import GivenName, JudgedMessage
from storage.tables import thread_names
from storage.unit_of_work import Database
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_flag, a_message, a_verdict, mail_from, typed
from tests.support.clock import MONDAY

FIRE = "There was a fire. My daughter was hurt."
FLAGS = (
    a_flag(FlagName.SAFETY, "fire", FIRE),
    a_flag(FlagName.ABUSIVE_LANGUAGE, "hurt", FIRE),
)


def test_a_message_comes_back_with_verdict_flags_and_everything(database: Database) -> None:
    message = replace(
        a_message(FIRE, subject="Fire \N{FIRE}", answers=["mail:a", "mail:b"], tokens=["abc"], conversation="c"),
        automatic=Automatic(reason="list", says="from a list", failed_addresses=("a@example.org",)),
        attachments=(Attachment(filename="fire.jpg", content_type="image/jpeg", size_bytes=9, sha256="00"),),
        defects=("no date",),
        facts={"reference": "AB-1"},
        hidden_text="\x00 nothing",
        sent_at=MONDAY - timedelta(minutes=3, microseconds=7),
    )
    verdict = a_verdict(severity=Severity.CRITICAL, flags=FLAGS, needs_person=True, confidence=0.123456789)
    with database.unit() as unit:
        case = add_case(unit)
        judged = JudgedMessage(message=message, verdict=verdict, case_id=case.id, joined_via="reply token")
        unit.messages.add([judged])
        assert unit.messages.get(message.id) == judged
        assert unit.messages.get_many([message.id, "nobody"]) == {message.id: judged}
        assert unit.messages.known([message.id, "nobody"]) == {message.id}


def test_a_message_is_stored_once_whoever_stores_it(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, a_message(), case_id=case.id)
        with pytest.raises(IntegrityError):
            add_message(unit, a_message(), case_id=case.id)


def test_a_message_that_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as unit, pytest.raises(NotFound):
        unit.messages.get("nobody")


def test_messages_of_a_case_come_oldest_first(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        for text, hours in [("second", 2), ("first", 1), ("third", 3)]:
            add_message(unit, a_message(text, at=MONDAY + timedelta(hours=hours)), case_id=case.id)
        add_message(unit, a_message("parked"), case_id=None)
        assert [one.message.text for one in unit.messages.of_case(case.id)] == ["first", "second", "third"]


def test_many_messages_are_found_at_once(database: Database) -> None:
    many = [a_message(f"message {number}") for number in range(1_200)]
    with database.unit() as unit:
        case = add_case(unit)
        unit.messages.add([JudgedMessage(message=one, verdict=a_verdict(), case_id=case.id) for one in many])
        assert unit.messages.known([one.id for one in many]) == {one.id for one in many}
        assert len(unit.messages.get_many([one.id for one in many])) == 1_200


def test_a_parked_message_is_put_into_a_case_once_with_the_verdict_that_stands_now(database: Database) -> None:
    message = a_message(FIRE)
    now = a_verdict(Kind.OTHER, severity=Severity.CRITICAL, needs_person=True, flags=FLAGS[:1])
    with database.unit() as unit:
        add_message(unit, message, case_id=None, verdict=a_verdict(Kind.SPAM, flags=FLAGS[1:]))
        case = add_case(unit)
        assigned = JudgedMessage(message=message, verdict=now, case_id=case.id)
        unit.messages.assign(assigned)
        assert unit.messages.get(message.id) == assigned
        with pytest.raises(Refused, match="in a case already"):
            unit.messages.assign(assigned)
        answer = a_message("More.", answers=message.names)
        assert unit.threads.pointers([answer])[answer.id][0].case_id == case.id


def test_what_points_at_a_case_is_found_with_whom_it_was_given_to(database: Database) -> None:
    ines, tom = mail_from("ines@example.org"), mail_from("tom@example.org")
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, a_message("My parcel.", native_id="one@mail", conversation="talk"), case_id=case.id)
        unit.threads.promise_token("secret", case.id, ines)
        unit.threads.name_reply("mail:ours@us", case.id, "reply-1", typed("ines@example.org"))
        asks = a_message(
            "And now?",
            author=tom,
            answers=["mail:one@mail", "mail:ours@us"],
            tokens=["secret"],
            conversation="talk",
            subject=f"Re: {case.id.lower()}",
        )
        nothing = a_message("Nothing.", answers=["mail:unknown@mail"], tokens=["guess"], conversation="other")
        found = unit.threads.pointers([asks, nothing])

    def to(via: Via, known: object) -> tuple[str, Via, object]:
        return case.id, via, known

    def facts(pointer: Pointer) -> tuple[str, Via, object]:
        return pointer.case_id, pointer.via, pointer.known

    assert {facts(one) for one in found[asks.id]} == {
        to(Via.ANSWER_TO_MESSAGE, ines),
        to(Via.ANSWER_TO_US, typed("ines@example.org")),
        to(Via.TOKEN, ines),
        to(Via.CONVERSATION, ines),
        to(Via.REFERENCE, ines),
    }
    assert nothing.id not in found


def test_a_name_longer_than_is_stored_is_found_by_its_beginning(database: Database) -> None:
    long = "mail:" + "x" * 900
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, replace(a_message(), names=(long,)), case_id=case.id)
        answer = a_message("Well?", answers=[long])
        assert [one.case_id for one in unit.threads.pointers([answer])[answer.id]] == [case.id]


def test_names_of_a_case_come_in_order_for_the_references_of_the_next_mail(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, a_message("One.", native_id="1@mail"), case_id=case.id)
        unit.threads.name_reply("mail:2@us", case.id, "reply-1", mail_from())
        add_message(unit, a_message("Three.", native_id="3@mail"), case_id=case.id)
        unit.threads.promise_token("secret", case.id, mail_from())
        assert unit.threads.names_in_case(case.id) == ["mail:1@mail", "mail:2@us", "mail:3@mail"]


def test_only_our_own_replies_are_known_by_name(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, a_message("One.", native_id="1@mail"), case_id=case.id)
        unit.threads.name_reply("mail:2@us", case.id, "reply-1", mail_from())
        assert unit.threads.reply_named("mail:2@us") == "reply-1"
        assert unit.threads.reply_named("mail:1@mail") is None
        assert unit.threads.reply_named("") is None


def test_a_promise_made_twice_is_one(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        for _ in range(2):
            unit.threads.promise_token("secret", case.id, mail_from())
        asks = a_message("And now?", tokens=["secret"])
        assert len(unit.threads.pointers([asks])[asks.id]) == 1


def test_two_contacts_stand_behind_an_address_written_and_the_same_address_typed(database: Database) -> None:
    with database.unit() as unit:
        for _ in range(2):
            unit.contacts.ensure({mail_from(): "Ines", typed(): ""}, at=MONDAY)
        unit.cases.add([a_case(case_id="AM-1", contact=mail_from()), a_case(case_id="AM-2", contact=typed())])
        assert set(unit.cases.get_many(["AM-1", "AM-2"])) == {"AM-1", "AM-2"}


def test_a_case_needs_its_contact(database: Database) -> None:
    with database.unit() as unit, pytest.raises(IntegrityError):
        unit.cases.add([a_case(channel=Channel.X)])


def test_the_message_filed_last_is_the_last_whatever_its_date_says(database: Database) -> None:
    dated_back = a_message("second", at=MONDAY - timedelta(days=400))
    with database.unit() as unit:
        case = add_case(unit)
        for number, message in enumerate([a_message("first"), dated_back], start=1):
            judged = JudgedMessage(message=message, verdict=a_verdict(), case_id=case.id, number=number)
            unit.messages.add([judged])
        assert unit.messages.last_filed(case.id).message == dated_back
        assert unit.messages.of_case(case.id)[0].message == dated_back


def test_the_messages_filed_last_are_found_for_many_cases(database: Database) -> None:
    with database.unit() as unit:
        ids = []
        for case_id, count in (("AM-1", 3), ("AM-2", 1)):
            case = add_case(unit, a_case(case_id=case_id))
            for number in range(1, count + 1):
                message = a_message(f"{case_id} {number}", at=MONDAY - timedelta(days=number))
                judged = JudgedMessage(message=message, verdict=a_verdict(), case_id=case.id, number=number)
                unit.messages.add([judged])
            ids.append(message.id)
        assert unit.messages.last_filed_in(["AM-1", "AM-2", "AM-1"]) == dict(zip(["AM-1", "AM-2"], ids, strict=True))
        assert unit.messages.last_filed_in([]) == {}
        with pytest.raises(NotFound, match="AM-3"):
            unit.messages.last_filed_in(["AM-1", "AM-3"])


def test_names_given_together_are_numbered_as_if_one_by_one(database: Database) -> None:
    """What was given before, by whichever spelling of an address that is too long, takes no number."""
    long = mail_from("x" * 2_000 + "@example.org")
    with database.unit() as unit:
        case = add_case(unit)

        def given(name: str, via: Via = Via.ANSWER_TO_US, to: Identity = long) -> GivenName:
            return GivenName(
                name=name, via=via, case_id=case.id, given_to=to, reply_id="r" if via is not Via.TOKEN else ""
            )

        unit.threads.give([])
        unit.threads.give([given("secret", Via.TOKEN), given("mail:1")])
        unit.threads.give(
            [given("secret", Via.TOKEN), given("mail:2"), given("mail:2"), given("mail:1"), given("mail:3")]
        )
        unit.threads.promise_token("secret", case.id, mail_from())
        rows = unit._connection.execute(
            select(thread_names.c.number, thread_names.c.name).order_by(thread_names.c.number)
        ).all()
        assert [tuple(row) for row in rows] == [
            (1, "secret"), (2, "mail:1"), (3, "mail:2"), (4, "mail:3"), (5, "secret"),
        ]  # fmt: skip
        assert unit.threads.names_in_cases([case.id, "AM-none"]) == {case.id: ["mail:1", "mail:2", "mail:3"]}
