"""What the broker loses, or what others put on the topic, costs a warning and some seconds, never a record."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kafka import TopicPartition

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.records import encode
from amends.bus.kafka.topics import TopicPlan
from amends.bus.kafka.whole import WholeTopics
from amends.bus.port import Record
from amends.errors import NotFound
from storage.blobs import FolderBlobStore
from tests.bus.kafka.received import a_stored_record
from tests.bus.kafka.works import GROUP, PARTITIONS, TOPIC, Works, in_the_end, key_in

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

#: Everything is in one partition, so that the order of all is known.
HERE = 1
KEY = key_in(HERE)


def ids(records: list[Record]) -> list[str]:
    return [record.id for record in records]


def names(count: int, start: int = 0) -> list[str]:
    return [f"r{number}" for number in range(start, start + count)]


def cut(works: Works, before: int) -> None:
    """Have the broker forget everything before an offset of its own."""
    with an_admin(works.connection) as admin:
        admin.delete_records({TopicPartition(works.connection.topic(TOPIC), HERE): before})


def remove(works: Works) -> None:
    with an_admin(works.connection) as admin:
        admin.delete_topics([works.connection.topic(TOPIC)])


def make(works: Works) -> None:
    plan = TopicPlan(name=TOPIC, partitions=PARTITIONS[TOPIC])
    in_the_end(lambda: bool(works.topics().ensure({TOPIC: plan})) or works.topics().has(TOPIC))


def test_a_topic_that_was_cut_short_is_read_from_the_table_and_then_from_the_broker_again(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    works.publish(*names(50), key=KEY)
    works.ship_all()
    cut(works, 30)
    log = works.joined()

    records = works.read_all(log, 50, limit=8)

    assert ids(records) == names(50)
    assert not any(record.mark for record in records[:30])
    assert all(record.mark for record in records[32:])
    assert [one.message for one in caplog.records].count("read from the table: the broker has lost records") == 1


def test_a_topic_that_is_cut_under_its_reader_loses_nothing(works: Works) -> None:
    works.publish(*names(20), key=KEY)
    works.ship_all()
    log = works.joined()
    seen = works.read_all(log, 20)
    works.publish(*names(5_000, 20), key=KEY)
    works.ship_all()
    cut(works, 4_000)
    works.publish(*names(20, 5_020), key=KEY)
    works.ship_all()

    seen += works.read_all(log, 5_020, limit=500)

    assert ids(seen) == names(5_040)


def test_a_topic_that_was_deleted_and_made_anew_loses_nothing(works: Works) -> None:
    works.publish(*names(20), key=KEY)
    works.ship_all()
    first = works.joined()
    seen: list[Record] = []
    while len(seen) < 5:
        seen += works.read_once(first, limit=5)
    first.close()
    works.publish(*names(20, 20), key=KEY)
    works.ship_all()
    remove(works)
    make(works)
    works.publish(*names(20, 40), key=KEY)
    works.ship_all()

    seen += works.read_all(works.joined(), 60 - len(seen), limit=7)

    assert ids(seen) == names(60)


def test_a_topic_that_is_deleted_and_made_anew_under_its_reader_loses_nothing(works: Works) -> None:
    log = works.joined()
    works.publish(*names(20), key=KEY)
    works.ship_all()
    seen = works.read_all(log, 20)
    works.publish(*names(20, 20), key=KEY)
    works.ship_all()
    remove(works)
    make(works)
    works.publish(*names(200, 40), key=KEY)
    relay = works.relay()
    in_the_end(lambda: bool(relay.step() or True) and works.shipped() == 240)

    seen += works.read_all(log, 220, limit=50, seconds=90)

    assert ids(seen) == names(240)
    assert seen[-1].mark > 0


def test_a_position_behind_the_end_of_a_new_topic_loses_nothing(works: Works) -> None:
    works.publish(*names(500), key=KEY)
    works.ship_all()
    first = works.joined()
    works.read_all(first, 500)
    first.close()
    remove(works)
    make(works)
    works.publish(*names(3, 500), key=KEY)
    works.ship_all()

    assert ids(works.read_all(works.joined(), 3)) == names(3, 500)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("amends_offset", b"")],
        [("amends_offset", b"twelve")],
        [("amends_offset", b"\xff\xfe")],
        [("amends_offset", b"9" * 100_000)],
        [("huge", b"x" * 500_000)],
        [("amends_offset", b"1")],
        [("amends_offset", b"1"), ("ce_id", b"\xff"), ("ce_type", b"t"), ("ce_time", b"yesterday")],
        [("amends_offset", b"123456789")],
    ],
    ids=["none", "empty", "words", "bytes", "many digits", "huge", "of ours", "of ours, garbled", "far ahead"],
)
@pytest.mark.parametrize("body", [None, b"", b"{}"], ids=["tombstone", "empty", "body"])
def test_a_foreign_record_is_passed_over(works: Works, headers: list[tuple[str, bytes]], body: bytes | None) -> None:
    log = works.joined()
    works.publish("r0", key=KEY)
    works.ship_all()
    works.put_on_broker(partition=HERE, key=None if body is not None else b"k", value=body, headers=headers)
    works.publish("r1", "r2", key=KEY)
    works.ship_all()

    assert ids(works.read_all(log, 3)) == ["r0", "r1", "r2"]


def test_foreign_records_are_told_of_once_a_poll(works: Works, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(30):
        works.put_on_broker(partition=HERE, value=b"not ours")
    works.publish("r0", key=KEY)
    works.ship_all()

    works.read_all(works.joined(), 1)

    said = [one for one in caplog.records if one.message == "foreign records passed over"]
    assert 1 <= len(said) <= 5
    assert sum(one.__dict__["records"] for one in said) == 30


def test_a_body_whose_blob_is_gone_is_read_from_the_table(works: Works, tmp_path: Path) -> None:
    works.publish("before", key=KEY)
    works.publish("large", key=KEY, body=b"x" * 800_000)
    works.publish("after", key=KEY)
    works.ship_all()
    shutil.rmtree(tmp_path / "blobs")

    found = works.read_all(works.joined(), 3)

    assert [(record.id, len(record.body)) for record in found] == [("before", 2), ("large", 800_000), ("after", 2)]


def test_a_body_whose_blob_is_damaged_is_read_from_the_table(works: Works, tmp_path: Path) -> None:
    works.publish("large", key=KEY, body=b"x" * 800_000)
    works.ship_all()
    (blob,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    blob.write_bytes(b"something else")

    assert [len(record.body) for record in works.read_all(works.joined(), 1)] == [800_000]


def test_a_record_that_came_too_early_waits_for_the_one_before_it(works: Works, tmp_path: Path) -> None:
    # A relay sent 0, was refused 1, sent 2, and has not come back yet.
    log, blobs = works.joined(), FolderBlobStore(tmp_path / "other")
    works.publish(*names(3), key=KEY)
    for offset in (0, 2):
        record = a_stored_record(offset)
        value, headers = encode(record, blobs, body_at_most=1_000)
        works.put_on_broker(partition=HERE, key=KEY.encode(), value=value, headers=headers)
    in_the_end(lambda: ids(works.read(log, HERE)) == ["r0"])

    position, (record,) = log.read(GROUP, TOPIC, HERE, limit=9)
    with works.database.unit() as unit:
        unit.log.advance(position, record.next_offset, mark=record.mark)
        unit.commit()
    assert works.read(log, HERE) == []
    works.ship_all()

    assert ids(works.read_all(log, 2)) == ["r1", "r2"]


def test_a_rebuild_reads_a_topic_on_which_a_record_came_too_early(works: Works, tmp_path: Path) -> None:
    works.publish(*names(3), key=KEY)
    for offset in (0, 2):
        value, headers = encode(a_stored_record(offset), works.blobs, body_at_most=1_000)
        works.put_on_broker(partition=HERE, key=KEY.encode(), value=value, headers=headers)
    works.ship_all()

    assert ids(list(WholeTopics(works.connection, works.blobs).records(TOPIC))) == names(3)


def test_a_rebuild_refuses_a_topic_that_lacks_records(works: Works) -> None:
    works.publish(*names(9), key=KEY)
    works.ship_all()
    cut(works, 4)

    with pytest.raises(NotFound, match="lacks the records from 0 to 4"):
        list(WholeTopics(works.connection, works.blobs).records(TOPIC))
