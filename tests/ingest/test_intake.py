"""Taking things in: bytes first, one message each, and an account of every one."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select

from amends.casework.parked import retry
from amends.domain.arrival import Fate, Parked, ParkedState
from amends.domain.channel import Channel
from amends.errors import Unavailable, Unprocessable
from amends.ports import Fetched
from amends.unit_of_work import UnitOfWork
from ingest.intake import keep_and_read, publish
from ingest.reading import Media
from ingest.runner import take_in_all, watch
from storage.tables import looks
from tests.ingest.house import READERS, IngestHouse
from tests.support.builders import a_fetched, a_mail, sha256_of
from tests.support.clock import MONDAY
from tests.support.fakes import FakeConnector
from tests.support.meter import FakeMeter


def a_post(post_id: str, *, username: str = "ines", text: str = "No water.", kind: str = "") -> Fetched:
    referenced = [{"type": kind, "id": "1"}] if kind else []
    post = {
        "id": post_id,
        "text": text,
        "author_id": "77",
        "created_at": "2026-11-23T08:00:00Z",
        "referenced_tweets": referenced,
    }
    raw = json.dumps({"post": post, "author": {"id": "77", "username": username}}).encode()
    return a_fetched(raw, item=post_id, media=Media.X_POST, channel=Channel.X, account="files")


def test_a_mail_is_kept_published_and_accounted_for(ingest_house: IngestHouse) -> None:
    raw = a_mail("My parcel never came.")
    (arrival,) = ingest_house.take_in(a_fetched(raw))
    (message,) = ingest_house.published()
    assert (arrival.fate, arrival.message_id, arrival.raw_sha256) == (Fate.INGESTED, message.id, sha256_of(raw))
    assert (message.own_words.strip(), message.author.value) == ("My parcel never came.", "ines@example.org")
    assert ingest_house.blobs.get(message.raw_sha256) == raw


def test_the_same_thing_again_has_no_effect(ingest_house: IngestHouse) -> None:
    ingest_house.take_in(a_fetched(a_mail()))
    assert ingest_house.take_in(a_fetched(a_mail())) == []
    assert len(ingest_house.published()) == 1


@pytest.mark.parametrize("batches", [1, 2])
def test_the_same_mail_from_another_mailbox_is_a_duplicate(ingest_house: IngestHouse, batches: int) -> None:
    here, there = a_fetched(a_mail()), a_fetched(a_mail(), source="imap:other", item="7")
    if batches == 2:
        fates = [arrival.fate for one in (here, there) for arrival in ingest_house.take_in(one)]
    else:
        fates = [arrival.fate for arrival in ingest_house.take_in(here, there)]
    assert fates == [Fate.INGESTED, Fate.DUPLICATE]
    assert len(ingest_house.published()) == 1


def test_one_message_id_on_two_bodies_is_two_messages(ingest_house: IngestHouse) -> None:
    arrivals = ingest_house.take_in(
        a_fetched(a_mail("My parcel never came."), item="1.eml"),
        a_fetched(a_mail("My bill is wrong."), item="2.eml"),
    )
    assert [arrival.fate for arrival in arrivals] == [Fate.INGESTED, Fate.INGESTED]
    assert len({arrival.message_id for arrival in arrivals}) == 2


def test_our_own_post_is_seen_and_left_alone(ingest_house: IngestHouse) -> None:
    (arrival,) = ingest_house.take_in(a_post("1", username="Example_Water"))
    assert (arrival.fate, arrival.message_id) == (Fate.OWN, "")
    assert (ingest_house.published(), ingest_house.parked()) == ([], [])


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (a_fetched(b""), "empty"),
        (a_fetched(b"{", media=Media.FORM), "bad_json"),
        (a_fetched(b'{"post": 7}', media=Media.X_POST), "bad_post"),
        (a_post("2", kind="retweeted"), "repost"),
        (a_fetched(b"\x00", media=Media.UNKNOWN), "unknown_media"),
    ],
)
def test_what_cannot_be_read_is_kept_and_parked_with_its_reason(
    ingest_house: IngestHouse, thing: Fetched, reason: str
) -> None:
    (arrival,) = ingest_house.take_in(thing)
    (parked,) = ingest_house.parked()
    assert (arrival.fate, arrival.reason, parked.reason, parked.stage) == (Fate.PARKED, reason, reason, "ingest")
    assert (parked.source, parked.item, parked.parked_at) == (thing.source, thing.item, MONDAY)
    assert parked.says
    assert ingest_house.blobs.get(parked.raw_sha256) == thing.raw


def test_a_reader_that_fails_loses_nothing(ingest_house: IngestHouse) -> None:
    def broken(_fetched: Fetched, _sha256: str) -> None:
        raise ZeroDivisionError("Ines Okafor")

    (taken,) = keep_and_read([a_fetched(a_mail())], ingest_house.blobs, {Media.MAIL: broken})  # type: ignore[dict-item]
    assert taken.fault is not None
    assert (taken.fault.reason, str(taken.fault)) == ("reader_failed", "the reader failed on it (ZeroDivisionError)")


def test_a_parked_thing_is_taken_in_once_it_can_be_read(ingest_house: IngestHouse) -> None:
    thing = a_fetched(a_mail(), media=Media.UNKNOWN)
    ingest_house.take_in(thing)
    (parked,) = ingest_house.parked()

    def take_in_again(unit: UnitOfWork, one: Parked) -> None:
        raw = ingest_house.blobs.get(one.raw_sha256)
        again = a_fetched(raw, source=one.source, item=one.item)
        (taken,) = keep_and_read([again], ingest_house.blobs, READERS)
        if taken.fault is not None:
            raise taken.fault
        publish(unit, [taken])

    with ingest_house.database.unit() as unit:
        retry(unit, parked.id, by="hana", at=MONDAY, take_in_again=take_in_again)
        unit.commit()
    with ingest_house.database.reading() as unit:
        assert unit.intake.fates(thing.source, [thing.item])[thing.item].fate is Fate.INGESTED
        assert unit.intake.find_parked(parked.id).state is ParkedState.RETRIED
    assert len(ingest_house.published()) == 1
    assert ingest_house.take_in(thing) == []


def test_a_thing_parked_and_fetched_again_readable_is_no_longer_waiting(ingest_house: IngestHouse) -> None:
    ingest_house.take_in(a_fetched(b"", media=Media.UNREADABLE))
    (arrival,) = ingest_house.take_in(a_fetched(a_mail()))
    assert arrival.fate is Fate.INGESTED
    assert ingest_house.parked() == []


def test_a_crash_between_keeping_and_publishing_is_repeated_without_harm(ingest_house: IngestHouse) -> None:
    things = [a_fetched(a_mail(str(number)), item=f"{number}.eml") for number in range(3)]
    taken = keep_and_read(things, ingest_house.blobs, READERS)
    with ingest_house.database.unit() as unit:
        publish(unit, taken)
    assert ingest_house.published() == []
    ingest_house.take_in(*things)
    assert len(ingest_house.published()) == 3
    blobs = [path for path in (ingest_house.folder / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 3


def test_no_address_and_no_words_stand_in_the_audit_trail(ingest_house: IngestHouse) -> None:
    ingest_house.take_in(a_fetched(a_mail("My parcel never came.")), a_fetched(b"Ines Okafor", item="2.eml"))
    with ingest_house.database.reading() as unit:
        written = " ".join(entry.happening_json for entry in unit.audit.every())
    assert written.count('"action":"arrival.') == 2
    for secret in ("ines", "Okafor", "parcel", ".eml"):
        assert secret not in written


# The runner of connectors


def some_mails(count: int) -> list[Fetched]:
    return [
        a_fetched(a_mail(message_id=f"{number}@mail.example"), item=str(number), source="fake:inbox")
        for number in range(count)
    ]


def test_a_source_is_taken_in_batch_by_batch_up_to_its_checkpoint(ingest_house: IngestHouse) -> None:
    source = FakeConnector(some_mails(450))
    seen: list[int] = []
    fates = take_in_all(
        source, ingest_house.database.unit, ingest_house.blobs, READERS, stop=Event(), progress=seen.append
    )
    assert (fates, seen) == ({Fate.INGESTED: 450}, [200, 200, 50])
    with ingest_house.database.reading() as unit:
        assert unit.intake.checkpoint("fake:inbox") == "450"
    source.things += some_mails(452)[450:]
    assert ingest_house.take_in_all(source) == {Fate.INGESTED: 2}


def test_the_checkpoint_moves_only_with_the_messages(ingest_house: IngestHouse) -> None:
    class FailsLater(FakeConnector):
        def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
            self.is_down = checkpoint == "200"
            return super().fetch(checkpoint, limit=limit)

    with pytest.raises(Unavailable):
        ingest_house.take_in_all(FailsLater(some_mails(300)))
    with ingest_house.database.reading() as unit:
        assert unit.intake.checkpoint("fake:inbox") == "200"
    assert len(ingest_house.published()) == 200
    assert ingest_house.take_in_all(FakeConnector(some_mails(300))) == {Fate.INGESTED: 100}


def test_stop_ends_after_the_batch_in_hand(ingest_house: IngestHouse) -> None:
    stop = Event()
    fates = take_in_all(
        FakeConnector(some_mails(450)),
        ingest_house.database.unit,
        ingest_house.blobs,
        READERS,
        stop=stop,
        progress=lambda _count: stop.set(),
    )
    assert fates == {Fate.INGESTED: 200}


def test_one_source_that_is_down_does_not_stop_the_others(ingest_house: IngestHouse) -> None:
    stop, down, up = Event(), FakeConnector([], source="fake:down"), FakeConnector(some_mails(1))
    down.is_down = True

    class LastOfAll(FakeConnector):
        def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
            stop.set()
            return super().fetch(checkpoint, limit=limit)

    sources = {"down": lambda: down, "up": lambda: up, "last": lambda: LastOfAll([], source="fake:last")}
    watch(sources, ingest_house.database.unit, ingest_house.blobs, READERS, stop=stop, pause_s=0)
    assert len(ingest_house.published()) == 1
    with ingest_house.database.viewing() as connection:
        # One that is down was not looked at.
        assert set(connection.scalars(select(looks.c.source))) == {"fake:inbox", "fake:last"}


def test_what_a_reader_refuses_says_why_in_its_own_words() -> None:
    with pytest.raises(Unprocessable, match="the post cannot be read: post"):
        READERS[Media.X_POST](a_fetched(b'{"post": 7}', media=Media.X_POST), "00")


def test_a_record_bears_the_time_of_the_fetch_however_old_its_mail_is(ingest_house: IngestHouse) -> None:
    fetched_at = MONDAY + timedelta(days=400)
    ingest_house.take_in(a_fetched(a_mail(), at=fetched_at))

    (record,) = ingest_house.records()
    (message,) = ingest_house.published()

    assert message.received_at < MONDAY
    assert record.at == fetched_at
    assert record.headers["ce_time"] == fetched_at.isoformat()


def test_intake_counts_what_it_committed_and_says_whether_it_rests_or_waits(ingest_house: IngestHouse) -> None:
    stop = Event()

    class LastMeter(FakeMeter):
        """Stops the watching at the first pause."""

        def rests(self, pause_s: float) -> None:
            super().rests(pause_s)
            stop.set()

    meter = LastMeter()
    connector = FakeConnector([a_fetched(a_mail(), item="1"), a_fetched(a_mail(), item="2"), a_fetched(b"", item="3")])
    down = FakeConnector([], source="fake:down")
    looks: list[int] = []

    def mended() -> FakeConnector:
        looks.append(1)
        down.is_down = len(looks) == 1
        return down

    sources = {"up": lambda: connector, "down": mended}
    watch(sources, ingest_house.database.unit, ingest_house.blobs, READERS, stop=stop, pause_s=0, meter=meter)

    assert meter.outcomes == {("ingest", "ingested"): 1, ("ingest", "duplicate"): 1, ("ingest", "parked"): 1}
    assert [records for _, records, _ in meter.batches] == [3]
    assert [beat for beat in meter.beats if beat != "works"] == ["waits: Unavailable", "rests"]
