"""Thousands of strangers' mails, most of them from machines: all are accounted for, and no bounce is answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from amends.compose import House
from amends.domain.arrival import Fate
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.unit_of_work import JudgedMessage
from tests.journeys.running import a_house, run_amends, type_in, work
from tests.support.places import shared_data

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

CORPORA = ("sisimai", "flufl_bounce", "ruby-mail", "spamassassin", "stalwart_mail_parser")
#: Labelled a bounce by its corpus, where it shows that a detector finds none: somebody's answer from Outlook.
_NO_BOUNCE = "flufl_bounce/data/groupwise_03.txt"
#: Replies in these states have left, or would leave by themselves.
_GOING = {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNKNOWN, ReplyState.FAILED}
#: Caps and the age of a mail hold back what should not go anyway; here nothing but the rules may.
_NOTHING_HELD_BACK: dict[str, Any] = {
    "acknowledge_within_days": 36_500,
    "cap_per_sender_a_day": 100_000,
    "acknowledge_pause_minutes": 0,
    "cap_per_case": 100_000,
    "cap_an_hour": 1_000_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpora:
    """All corpora, taken in and gone through every stage."""

    house: House
    said: dict[str, int]
    before: dict[str, Any]
    after: dict[str, Any]
    by_file: dict[str, JudgedMessage]
    replies: dict[str, list[Reply]]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpora]:
    at = tmp_path_factory.mktemp("corpora")
    data, mail = at / "data", shared_data() / "mail"
    said = run_amends(
        "ingest", "files", *(str(mail / name) for name in CORPORA), "--json", "--data-dir", str(data), at=at
    ).json
    before = type_in("reconcile", "--json", "--data-dir", str(data)).json
    with a_house(data, **_NOTHING_HELD_BACK) as house:
        work(house)
        after = type_in("reconcile", "--json", "--data-dir", str(data)).json
        replies: dict[str, list[Reply]] = {}
        with house.database.reading() as unit:
            for reply in unit.replies.in_state(*ReplyState):
                replies.setdefault(reply.message_id, []).append(reply)
        yield Corpora(
            house=house, said=said, before=before, after=after, by_file=_by_file(house, mail), replies=replies
        )


def _by_file(house: House, mail: Path) -> dict[str, JudgedMessage]:
    found: dict[str, str] = {}
    with house.database.reading() as unit:
        for name in CORPORA:
            items = list(house.files(mail / name).holdings())
            rows = unit.intake.fates(f"files:{(mail / name).resolve()}", items)
            found |= {f"{name}/{item}": row.message_id for item, row in rows.items() if row.message_id}
        messages = unit.messages.get_many(set(found.values()))
    return {file: messages[message_id] for file, message_id in found.items()}


def labels() -> list[dict[str, Any]]:
    lines = (shared_data() / "mail" / "bounce.jsonl").read_text("utf-8").splitlines()
    return [label for label in map(json.loads, lines) if label["corpus"] in CORPORA]


@pytest.mark.parametrize("when", ["before", "after"])
def test_every_file_is_ingested_or_a_duplicate_or_parked(corpora: Corpora, when: str) -> None:
    proof = corpora.before if when == "before" else corpora.after
    files = sum(path.is_file() for name in CORPORA for path in (shared_data() / "mail" / name).rglob("*"))

    assert proof["unexplained"] == 0
    assert [source["unexplained"] for source in proof["sources"]] == [[]] * len(CORPORA)
    held = sum(source["held"] for source in proof["sources"])
    fates: Counter[str] = Counter()
    for source in proof["sources"]:
        fates.update(source["fates"])
    assert held == sum(fates.values()) == sum(corpora.said.values())
    assert held >= files
    assert fates[Fate.INGESTED] > 1_500
    waiting = sum(source["waiting"] for source in proof["sources"])
    assert waiting == (fates[Fate.INGESTED] if when == "before" else 0)


def test_nothing_was_set_aside_because_a_part_of_ours_failed(corpora: Corpora) -> None:
    with corpora.house.database.reading() as unit:
        assert unit.dead.count(state=None) == {}
        assert "reader_failed" not in {parked.reason for parked in unit.intake.parked()}


def test_no_bounce_is_answered(corpora: Corpora) -> None:
    bounces = [label["file"] for label in labels() if label["expect"]["bounce"] and label["file"] != _NO_BOUNCE]
    known = [file for file in bounces if file in corpora.by_file]
    replies = {file: corpora.replies.get(corpora.by_file[file].message.id, []) for file in known}

    answered = {file for file, found in replies.items() if any(reply.state in _GOING for reply in found)}
    assert len(known) > 600
    assert answered == set()


def test_what_says_that_a_machine_sent_it_is_not_answered(corpora: Corpora) -> None:
    automatic = {one.message.id for one in corpora.by_file.values() if one.message.automatic is not None}
    went = [reply for found in corpora.replies.values() for reply in found if reply.state in _GOING]

    assert went, "nothing was acknowledged at all: this shows nothing"
    assert [reply.id for reply in went if reply.message_id in automatic] == []
    assert {reply.purpose for reply in went} == {Purpose.ACKNOWLEDGEMENT}


def test_every_mail_that_went_is_marked_as_automatic_and_goes_to_one_address(corpora: Corpora) -> None:
    sent = [message_from_bytes(path.read_bytes()) for path in (corpora.house.settings.data_dir / "sent").glob("*.eml")]

    assert sent
    assert {mail["Auto-Submitted"] for mail in sent} == {"auto-replied"}
    assert [mail["To"] for mail in sent if mail["To"].count("@") != 1] == []


def test_reading_all_of_it_again_changes_nothing(corpora: Corpora) -> None:
    paths = [str(shared_data() / "mail" / name) for name in CORPORA]

    again = type_in("ingest", "files", *paths, "--json", "--data-dir", str(corpora.house.settings.data_dir)).json

    assert set(again.values()) == {0}
