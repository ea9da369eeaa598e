"""Contacts that a colleague logs come in by the same door as everything else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from amends.domain.arrival import Fate
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.ids import case_reference
from amends.domain.threading import Join, Via, decide_thread
from amends.errors import NotFound, Refused, Unprocessable
from amends.ports import Fetched
from ingest.logged import Contact, ContactLog, contact_reader
from ingest.reading import Media
from tests.ingest.house import READERS, IngestHouse
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_message
from tests.support.clock import FakeClock

BY_PHONE = (Channel.PHONE, Channel.LETTER, Channel.COUNTER)


@pytest.fixture
def log(ingest_house: IngestHouse) -> ContactLog:
    return ContactLog(
        open_unit=ingest_house.database.unit,
        reading=ingest_house.database.reading,
        blobs=ingest_house.blobs,
        readers={**READERS, Media.LOGGED: contact_reader},
        now=ingest_house.clock,
    )


def a_contact(clock: FakeClock, text: str = "My parcel never came.", **more: Any) -> Contact:
    return replace(Contact(channel=Channel.PHONE, text=text, happened_at=clock() - timedelta(hours=1)), **more)


@pytest.mark.parametrize("channel", BY_PHONE)
def test_a_logged_contact_is_one_published_message_with_its_bytes_its_row_and_who_logged_it(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock, channel: Channel
) -> None:
    contact = replace(a_contact(clock, name="Ines Okafor", reach="0131 496 0000"), channel=channel)

    logged = log.log(contact, by="hana")

    (message,) = ingest_house.published()
    assert (message.channel, message.own_words, message.author_name) == (channel, contact.text, "Ines Okafor")
    assert message.received_at == contact.happened_at
    assert message.facts == {"logged_by": "hana", "reach": "0131 496 0000"}
    assert message.author.kind is IdentityKind.ANONYMOUS
    assert logged.reference == case_reference(message.id)
    assert json.loads(ingest_house.blobs.get(message.raw_sha256))["text"] == contact.text
    with ingest_house.database.reading() as unit:
        [row] = unit.intake.fates(f"desk:{channel.value}", [message.native_id]).values()
        told = [json.loads(one.happening_json) for one in unit.audit.every()]
    assert (row.fate, row.message_id) == (Fate.INGESTED, message.id)
    assert [(one["actor"], one["action"]) for one in told] == [
        ("amends:ingest", "arrival.ingested"),
        ("user:hana", "contact.logged"),
    ]


def test_the_same_logged_twice_is_one_message_and_other_words_under_the_key_another(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock
) -> None:
    first = log.log(a_contact(clock, key="page-1"), by="hana")
    clock.advance(seconds=2)

    again = log.log(a_contact(clock, key="page-1"), by="hana")
    other = log.log(a_contact(clock, "It came, broken.", key="page-1"), by="hana")

    assert (again.is_repeat, again.message_id) == (True, first.message_id)
    assert not other.is_repeat
    assert len(ingest_house.published()) == 2


def test_on_a_case_its_author_is_the_cases_customer_and_it_joins_that_case(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock
) -> None:
    with ingest_house.database.unit() as unit:
        case = add_case(unit)
        mail = a_message()
        add_message(unit, mail, case_id=case.id)
        unit.commit()

    logged = log.log(a_contact(clock, "Well?", case_id=case.id.lower()), by="hana")

    (message,) = ingest_house.published()
    with ingest_house.database.reading() as unit:
        pointers = unit.threads.pointers([message])[message.id]
    assert (logged.reference, message.author) == (case.id, mail.author)
    assert decide_thread(message.author, pointers) == Join(case_id=case.id, via=Via.LOGGED)


def test_what_came_by_mail_joins_no_case_by_a_fact_of_its_own(ingest_house: IngestHouse) -> None:
    with ingest_house.database.unit() as unit:
        case = add_case(unit)
        unit.commit()
    forged = replace(a_message("I am a colleague."), facts={"case": case.id})
    with ingest_house.database.reading() as unit:
        assert unit.threads.pointers([forged]) == {}


def test_an_address_that_a_colleague_wrote_down_has_not_been_proven(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock
) -> None:
    log.log(a_contact(clock, email="Ines@Example.org"), by="hana")
    (message,) = ingest_house.published()
    assert message.author == Identity(kind=IdentityKind.TYPED_EMAIL, value="ines@example.org")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"text": " "}, "what the customer said"),
        ({"text": "a" * 100_001}, "log it in two parts"),
        ({"email": "nobody"}, "will not work"),
        ({"name": "n" * 201}, "name has 201"),
    ],
)
def test_what_cannot_be_logged_is_refused_with_the_remedy(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock, changed: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        log.log(replace(a_contact(clock), **changed), by="hana")
    assert ingest_house.published() == []


def test_nothing_is_logged_of_the_future_by_mail_or_on_a_case_that_is_not_there(
    log: ContactLog, ingest_house: IngestHouse, clock: FakeClock
) -> None:
    with pytest.raises(Refused, match="future"):
        log.log(replace(a_contact(clock), happened_at=clock() + timedelta(minutes=1)), by="hana")
    with pytest.raises(Refused, match="read by itself"):
        log.log(replace(a_contact(clock), channel=Channel.EMAIL), by="hana")
    with pytest.raises(NotFound):
        log.log(a_contact(clock, case_id="AM-0000-0000-00"), by="hana")
    assert ingest_house.published() == []


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"channel": "email"}', b"[]"])
def test_bytes_that_we_did_not_write_are_no_contact(raw: bytes, clock: FakeClock) -> None:
    fetched = Fetched(
        source="desk:phone",
        item="1",
        channel=Channel.PHONE,
        account="desk",
        media=Media.LOGGED,
        raw=raw,
        fetched_at=clock(),
    )
    with pytest.raises(Unprocessable, match="no contact"):
        contact_reader(fetched, "0" * 64)
