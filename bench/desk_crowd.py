"""Fills a database with open cases, in bulk: what the desk is measured against."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.contact import email_identity
from amends.domain.ids import case_reference
from amends.domain.message import Message, message_id
from amends.domain.search_words import words_of_message
from amends.domain.verdict import FlagName, Kind, Severity
from amends.wire import encode_message
from storage.numbers import Numbers
from storage.places import fill
from storage.rows import insert_rows
from storage.search import add_words
from storage.tables import cases, clocks, contacts, flags, identities, messages

HANDLERS = tuple(f"handler{number:02}" for number in range(20))
_AT_A_TIME = 2_000
#: Open cases are up to so old.
_AGES = timedelta(days=35)
_FIRST = "Ines Tom Hana Omar Ruth Kofi Mei Jan Priya Sean Lena Ivo Ana Max Zoe Eli".split()  # noqa: SIM905
_LAST = "Okafor Reed Novak Singh Meyer Costa Brown Ali Wong Hughes Kaya Silva Lund Bauer".split()  # noqa: SIM905
_THINGS = [
    "parcel", "boiler", "refund", "invoice", "engineer", "meter", "contract", "router", "ticket",
    "mattress", "voucher", "warranty", "deposit", "socket", "kettle", "bracket", "hinge", "cable", "tariff",
    "booking", "seat", "luggage", "window", "valve", "tenancy",
]  # fmt: skip
_SAID = (
    "never came although I rang twice",
    "broke again within a week",
    "was charged to me two times",
    "arrived with a crack across the front",
    "was promised for Monday and nobody told me otherwise",
    "does not work and your page says it does",
    "cost more than the letter said",
    "went to a neighbour who knows nothing of it",
)
_ONSETS, _VOWELS = "b br c d dr f g h j k l m n p pl r s st t tr v w".split(), "a e i o u ai ea oo".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What can be asked of a filled database: words that are common, rare, and names of people."""

    references: tuple[str, ...]
    addresses: tuple[str, ...]
    common: tuple[str, ...]
    rare: tuple[str, ...]


def fill_desk(
    engine: Engine, count: int, *, now: datetime, seed: int = 1, told: Callable[[int], None] = lambda _done: None
) -> Crowd:
    """Put `count` open cases into an empty database, each with a message, clocks and a place in the queue."""
    chance = random.Random(seed)  # noqa: S311
    rare = _names(chance, 4_000)
    references, addresses = [], []
    with engine.connect().execution_options(amends_writes=True) as connection:
        connection.begin()
        for start in range(0, count, _AT_A_TIME):
            made = [_case(chance, rare, number, now=now) for number in range(start, min(start + _AT_A_TIME, count))]
            _write(connection, made)
            references += [one["case"]["id"] for one in made[:20]]
            addresses += [one["identity"]["value"] for one in made[:20]]
            told(start + len(made))
        connection.commit()
    _settle(engine)
    with engine.connect().execution_options(amends_writes=True) as connection, connection.begin():
        fill(connection)
    _settle(engine)
    return Crowd(
        references=tuple(references), addresses=tuple(addresses), common=tuple(_THINGS), rare=tuple(rare[:500])
    )


def one_more(engine: Engine, number: int, *, now: datetime) -> None:
    """Open one more case, as triage would."""
    chance = random.Random(number)  # noqa: S311
    made = _case(chance, _names(chance, 50), number, now=now)
    with engine.connect().execution_options(amends_writes=True) as connection, connection.begin():
        _write(connection, [made])
        fill(connection, cases.c.id == made["case"]["id"])


def _case(chance: random.Random, rare: list[str], number: int, *, now: datetime) -> dict[str, Any]:
    opened = now - _AGES * chance.random() ** 2
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    author = email_identity(f"{name.replace(' ', '.').lower()}{number}@example.org")
    thing = chance.choice(_THINGS)
    words = " ".join(chance.choice(rare) for _ in range(40))
    said = f"The {thing} {chance.choice(_SAID)}. {chance.choice(_THINGS)} {words}. Order {chance.randrange(10**7)}."
    native = f"{number}@bench.example"
    message = Message(
        id=message_id(Channel.EMAIL, "", native, said),
        channel=Channel.EMAIL,
        account="",
        native_id=native,
        author=author,
        author_name=name,
        subject=f"My {thing}, and {chance.choice(rare)}",
        text=said,
        own_words=said,
        sent_at=opened,
        received_at=opened,
        raw_sha256="0" * 64,
        names=(f"mail:{native}",),
    )
    kind = chance.choices([Kind.COMPLAINT, Kind.ENQUIRY], [4, 1])[0]
    is_complaint = kind is Kind.COMPLAINT
    severity = chance.choices(list(Severity), [40, 35, 20, 5])[0] if is_complaint else None
    state = chance.choices([CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IN_HAND], [2, 5, 3])[0]
    case_id = case_reference(message.id)
    owner = chance.choice(HANDLERS) if state is CaseState.IN_HAND else ""
    needs_person = chance.random() < 0.08
    channel = chance.choices(list(Channel)[:3], [6, 1, 3])[0]
    flagged = chance.sample(list(FlagName), chance.choice([0, 0, 0, 1, 2]))
    due = [(ClockKind.RESPONSE, 28.0)] if state is not CaseState.RECEIVED else [(ClockKind.ACKNOWLEDGEMENT, 4.0)]
    due.append((ClockKind.UPDATE, 14.0 + 20 * chance.random()))
    return {
        "contact": {"id": author.contact_id, "name": name, "first_seen_at": opened},
        "identity": {"kind": author.kind.value, "value": author.value, "contact_id": author.contact_id},
        "case": {
            "id": case_id,
            "contact_id": author.contact_id,
            "channel": channel.value,
            "kind": kind.value,
            "severity": severity,
            "needs_person": needs_person,
            "state": state.value,
            "subject": message.subject,
            "opened_at": opened,
            "last_message_at": opened,
            "complaint_since": opened if is_complaint else None,
            "owner": owner,
            "kind_set_by": "",
            "severity_set_by": "",
            "messages": 1,
            "unanswered": chance.choice([1, 1, 1, 2, 3, 8]),
            "version": 1,
        },
        "message": message,
        "row": {
            "id": message.id,
            "case_id": case_id,
            "channel": channel.value,
            "received_at": opened,
            "kind": kind.value,
            "confidence": 0.9,
            "severity": severity,
            "needs_person": needs_person,
            "model": "bench",
            "joined_via": "",
            "number": 1,
            "body": encode_message(message),
        },
        "flags": [
            {
                "message_id": message.id,
                "number": place,
                "name": flag.value,
                "quote": "The",
                "start": 0,
                "end": 3,
                "rule": "bench",
                "severity": None,
            }
            for place, flag in enumerate(flagged)
        ],
        "clocks": [
            {
                "case_id": case_id,
                "kind": kind_.value,
                "started_at": opened,
                "rule_id": f"bench.{kind_.value}",
                "source": "bench",
                "anchor": "received",
                "due_at": opened + timedelta(days=days),
                "steps": ["received", "due"],
                "stopped_at": None,
            }
            for kind_, days in due
        ],
    }


def _write(connection: Connection, made: list[dict[str, Any]]) -> None:
    insert_rows(connection, contacts, [one["contact"] for one in made])
    insert_rows(connection, identities, [one["identity"] for one in made])
    insert_rows(connection, cases, [one["case"] for one in made])
    insert_rows(connection, messages, [one["row"] for one in made])
    insert_rows(connection, flags, [row for one in made for row in one["flags"]])
    insert_rows(connection, clocks, [row for one in made for row in one["clocks"]])
    words = {one["message"].id: words_of_message(one["message"]) for one in made}
    add_words(connection, words, Numbers(connection))


def _names(chance: random.Random, count: int) -> list[str]:
    def syllables() -> Iterator[str]:
        for _ in range(3):
            yield chance.choice(_ONSETS) + chance.choice(_VOWELS)

    return ["".join(syllables()) for _ in range(count)]


def _settle(engine: Engine) -> None:
    """Let the server look at what it has, as it does by itself before long."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
