"""Names from outside that are longer than any index holds: nothing is lost, and no stage fails on them for ever."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from amends.domain.channel import Channel
from amends.domain.contact import IdentityKind
from amends.domain.message import Message
from amends.errors import Unprocessable
from amends.ports import Fetched
from ingest.intake import keep_and_read, publish
from ingest.mail.reader import mail_reader
from ingest.reading import Media
from ingest.social.x import x_reader
from storage.blobs import FolderBlobStore
from storage.columns import fitted
from storage.unit_of_work import Database
from tests.support.builders import a_message, an_arrival
from tests.support.clock import MONDAY, FakeClock
from tests.support.triage_house import TriageHouse

#: Longer than a page of the database, in letters of four bytes that no compression makes shorter.
_CHANCE = random.Random(20261123)  # noqa: S311 - seeded
LONG = "".join(chr(_CHANCE.randrange(0x20000, 0x2A6DF)) for _ in range(4_000))


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    return database_of_each_kind


def mail(raw: str, *, item: str = "1.eml") -> Fetched:
    return Fetched(
        source="files:inbox",
        item=item,
        channel=Channel.EMAIL,
        account="",
        media=Media.MAIL,
        raw=raw.encode(),
        fetched_at=MONDAY,
    )


def take_in(database: Database, folder: Path, *fetched: Fetched) -> list[Message]:
    taken = keep_and_read(fetched, FolderBlobStore(folder), {Media.MAIL: mail_reader()})
    with database.unit() as unit:
        publish(unit, taken)
        unit.commit()
    return [one.message for one in taken if one.message is not None]


def test_a_mail_with_endless_names_everywhere_becomes_a_case_and_its_answer_joins_it(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    house = TriageHouse(database, clock)
    head = f"From: {LONG} <{LONG[:900]}@example.org>\nSubject: {LONG}\n"
    first = (
        f"{head}Message-ID: <{LONG}@mail>\nReferences: <{LONG[5:]}@mail> <{LONG[9:]}@mail>\n\nMy parcel never came.\n"
    )
    answer = f"{head}Message-ID: <2@mail>\nIn-Reply-To: <{LONG}@mail>\n\nStill nothing.\n"
    messages = take_in(database, tmp_path, mail(first), mail(answer, item=f"{LONG}.eml"))
    house.run()
    one, two = (house.case_of(message) for message in messages)
    assert [message.author.kind for message in messages] == [IdentityKind.ANONYMOUS] * 2
    # Nobody can be known by an address that long, so the second is only suspected to belong to the first.
    assert [link.other_case_id for link in house.links_of(two)] == [one.id]


def test_of_a_thread_with_endless_names_every_message_is_found(database: Database, clock: FakeClock) -> None:
    house = TriageHouse(database, clock)
    named = replace(a_message("My parcel never came.", conversation=LONG), names=(f"mail:{LONG}",))
    answer = a_message("Still nothing.", answers=[f"mail:{LONG}"])
    nul = replace(a_message("Nothing yet."), names=("mail:a\0b",))
    assert house.file(named, answer).messages == 2
    case = house.file(nul)
    assert house.file(a_message("Still nothing from you.", answers=["mail:a\0b"])).id == case.id


@pytest.mark.parametrize("field", ["id", "author_id"])
def test_a_post_with_an_endless_id_is_set_aside(field: str) -> None:
    post = {"id": "1", "author_id": "2", "text": "Well?", "created_at": "2026-11-22T09:15:00Z", field: LONG}
    fetched = replace(mail(json.dumps({"post": post, "author": {}})), media=Media.X_POST, channel=Channel.X)
    with pytest.raises(Unprocessable, match=field) as refused:
        x_reader(own_handles=frozenset())(fetched, "00")
    assert (refused.value.reason, LONG[:9] in str(refused.value)) == ("bad_post", False)


def test_the_ledger_tells_endless_names_apart_by_what_they_end_in(database: Database) -> None:
    one, two = an_arrival(f"{LONG}1", source=f"files:{LONG}"), an_arrival(f"{LONG}2", source=f"files:{LONG}")
    with database.unit() as unit:
        unit.intake.remember_source(one.source, "{}")
        unit.intake.save_checkpoint(one.source, "9")
        unit.intake.record([one, two])
        unit.commit()
    with database.unit() as unit:
        assert unit.intake.fates(one.source, [one.item, two.item, LONG]) == {one.item: one, two.item: two}
        assert unit.intake.checkpoint(one.source) == "9"
        # A source is looked up by what it is called in the list of them, too.
        (called,) = unit.intake.sources()
        assert set(unit.intake.fates(called, [one.item])) == {one.item}


@pytest.mark.parametrize("most", [100, 1_000])
def test_a_name_that_fits_stays_and_another_is_cut_the_same_way_each_time(most: int) -> None:
    fits = "x" * most
    cut = fitted(LONG, most)
    assert fitted(fits, most) == fits
    assert fitted(LONG, most) == cut == fitted(cut, most)
    assert len(cut.encode()) <= most
    assert cut.startswith(LONG[: most // 4 - 10])
    assert fitted(LONG + "1", most) != fitted(LONG + "2", most)
