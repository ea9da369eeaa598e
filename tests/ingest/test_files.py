"""Files as a source: every kind, every oddity, nothing lost and nothing twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.domain.arrival import Fate
from amends.domain.channel import Channel
from amends.errors import NotFound
from amends.ports import Fetched
from ingest.files import FilesConnector
from ingest.reading import Media
from tests.ingest.house import IngestHouse
from tests.support.builders import a_mail
from tests.support.clock import FakeClock

FORM = {"text": "My parcel never came.", "submitted_at": "2026-11-22T09:15:00Z", "email": "ines@example.org"}


def fetched(path: Path) -> dict[str, Fetched]:
    things, _ = FilesConnector(path, now=FakeClock()).fetch("", limit=1_000)
    assert len({thing.item for thing in things}) == len(things)
    return {thing.item: thing for thing in things}


def held(path: Path) -> set[str]:
    return set(FilesConnector(path, now=FakeClock()).holdings())


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_there_has_to_be_something_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        FilesConnector(tmp_path / "nowhere", now=FakeClock())


def test_one_file_is_a_source_too(inbox: Path) -> None:
    (inbox / "1.eml").write_bytes(a_mail())
    assert list(fetched(inbox / "1.eml")) == ["1.eml"]


def test_folders_in_folders_are_read(inbox: Path) -> None:
    (inbox / "2026" / "11").mkdir(parents=True)
    (inbox / "2026" / "11" / "1.eml").write_bytes(a_mail())
    (inbox / "2026" / "1.eml").write_bytes(a_mail())
    assert set(fetched(inbox)) == {"2026/11/1.eml", "2026/1.eml"} == held(inbox)


def test_a_mail_without_an_ending_is_known_by_its_header(inbox: Path) -> None:
    (inbox / "msg1").write_bytes(a_mail())
    (inbox / "readme").write_bytes(b"Put your mails here")
    assert {item: thing.media for item, thing in fetched(inbox).items()} == {
        "msg1": Media.MAIL,
        "readme": Media.UNKNOWN,
    }


# mbox


def an_mbox(*mails: bytes, start: bytes = b"From ines@example.org Mon Nov 23 08:00:00 2026\n") -> bytes:
    return b"\n".join(start + mail.replace(b"\r\n", b"\n") for mail in mails)


@pytest.mark.parametrize("name", ["all.mbox", "all.mbx", "all", "All Mail"])
def test_an_mbox_is_taken_apart(inbox: Path, name: str) -> None:
    mails = [a_mail("One."), a_mail(">From here on it is quoted.\n\n>>From there too."), a_mail("Three.")]
    (inbox / name).write_bytes(an_mbox(*mails))
    things = fetched(inbox)
    assert set(things) == {f"{name}#1", f"{name}#2", f"{name}#3"} == held(inbox)
    assert all(thing.raw.startswith(b"From: Ines") for thing in things.values())
    assert b"\nFrom here on it is quoted.\n\n>From there too." in things[f"{name}#2"].raw


def test_an_mbox_of_one_mail_is_one(inbox: Path) -> None:
    (inbox / "one.mbox").write_bytes(an_mbox(a_mail()))
    (inbox / "none.mbox").write_bytes(a_mail())
    assert set(fetched(inbox)) == {"one.mbox#1", "none.mbox"}


def test_words_that_begin_like_a_separator_split_no_mail(inbox: Path) -> None:
    words = "It broke.\n\nFrom now on I shall tell everybody.\nFrom me you get nothing."
    (inbox / "all.mbox").write_bytes(an_mbox(a_mail(words), a_mail("Two.")))
    things = fetched(inbox)
    assert len(things) == 2
    assert b"From now on I shall tell everybody." in things["all.mbox#1"].raw


def test_separators_without_a_time_are_known_by_the_header_that_follows(inbox: Path) -> None:
    (inbox / "all.mbox").write_bytes(an_mbox(a_mail("One."), a_mail("Two."), start=b"From nobody\n"))
    assert len(fetched(inbox)) == 2


def test_what_stands_before_the_first_separator_is_not_lost(inbox: Path) -> None:
    (inbox / "all.mbox").write_bytes(a_mail("First.").replace(b"\r\n", b"\n") + b"\n" + an_mbox(a_mail("Second.")))
    things = fetched(inbox)
    assert [b"First." in thing.raw for thing in things.values()] == [True, False]
    assert len(things) == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from([b"From me", b"From a 10:00", b"", b">From", b"To: us", b"words"]), max_size=8))
def test_no_word_in_an_mbox_is_lost_but_its_separators(tmp_path: Path, lines: list[bytes]) -> None:
    path = tmp_path / "any.mbox"
    path.write_bytes(b"From x 10:00\nSubject: hello\n\n" + b"\n".join(lines) + b"\n")
    raw = b"\n".join(thing.raw for thing in fetched(path).values())
    for word in (b"To: us", b"words"):
        assert raw.count(word) == lines.count(word)


# Maildir


@pytest.fixture
def maildir(inbox: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (inbox / part).mkdir()
    return inbox


def test_a_mail_that_somebody_reads_keeps_its_name(maildir: Path) -> None:
    (maildir / "new" / "1700.host").write_bytes(a_mail())
    before = held(maildir)
    (maildir / "new" / "1700.host").rename(maildir / "cur" / "1700.host:2,S")
    assert held(maildir) == before == {"1700.host"}
    (maildir / "cur" / "1700.host:2,S").rename(maildir / "cur" / "1700.host:2,FRS")
    assert held(maildir) == before == set(fetched(maildir))


def test_a_mail_that_is_still_being_written_is_not_read(maildir: Path) -> None:
    (maildir / "tmp" / "1700.host").write_bytes(a_mail()[:20])
    assert fetched(maildir) == {}
    assert held(maildir) == set()


def test_a_maildir_inside_a_maildir_has_names_of_its_own(maildir: Path) -> None:
    for part in ("cur", "new"):
        (maildir / ".Complaints" / part).mkdir(parents=True)
    (maildir / "cur" / "1:2,").write_bytes(a_mail())
    (maildir / ".Complaints" / "cur" / "1:2,").write_bytes(a_mail())
    assert set(fetched(maildir)) == {"1", ".Complaints/1"}


def test_an_ordinary_folder_called_new_is_no_maildir(inbox: Path) -> None:
    (inbox / "new").mkdir()
    (inbox / "new" / "1.eml").write_bytes(a_mail("One."))
    (inbox / "1.eml").write_bytes(a_mail("Another."))
    assert set(fetched(inbox)) == {"new/1.eml", "1.eml"}


# JSON


def test_a_broken_line_costs_only_itself(ingest_house: IngestHouse, inbox: Path) -> None:
    lines = [json.dumps(FORM), '{"text": "broken', "", json.dumps({**FORM, "text": "Another."}), "[1]", "null", "7"]
    (inbox / "forms.jsonl").write_text("\r\n".join(lines))
    assert ingest_house.take_in_files(inbox) == {Fate.INGESTED: 2, Fate.PARKED: 4}
    assert {one.item: one.reason for one in ingest_house.parked()} == {
        "forms.jsonl#2": "bad_json",
        "forms.jsonl#5": "unknown_media",
        "forms.jsonl#6": "bad_shape",
        "forms.jsonl#7": "unknown_media",
    }


def test_posts_come_as_pages_one_by_one_and_line_by_line(ingest_house: IngestHouse, inbox: Path) -> None:
    posts = [
        {"id": str(number), "text": f"No water {number}", "author_id": "7", "created_at": "2026-11-23T08:00:00Z"}
        for number in range(6)
    ]
    users = {"users": [{"id": "7", "name": "Ines", "username": "ines"}]}
    (inbox / "page.json").write_text(json.dumps({"data": posts[:2], "includes": users, "meta": {}}))
    (inbox / "single.json").write_text(json.dumps({"data": posts[2], "includes": users}))
    lines = [json.dumps(posts[3]), json.dumps({"post": posts[4], "author": users["users"][0]}), json.dumps(posts[5])]
    (inbox / "stream.jsonl").write_text("\n".join(lines))
    assert set(fetched(inbox)) == {
        *("page.json#0", "page.json#1", "single.json#2"),
        *("stream.jsonl#1", "stream.jsonl#2", "stream.jsonl#3"),
    }
    assert ingest_house.take_in_files(inbox) == {Fate.INGESTED: 6}
    by_post = {message.native_id: message for message in ingest_house.published()}
    assert (by_post["0"].author_name, by_post["2"].author_name, by_post["3"].author_name) == ("Ines", "Ines", "")
    assert {message.channel for message in by_post.values()} == {Channel.X}


@pytest.mark.parametrize(
    "page",
    [
        {"data": [{"id": "1", "author_id": ["7"]}], "includes": {"users": [{"id": ["7"]}]}},
        {"data": [{"id": {"a": 1}, "author_id": 7}], "includes": [1]},
        {"data": [{"id": "\ud800"}, {"id": "x" * 5_000}, {"id": ""}], "includes": {"users": 5}},
        {"data": [1, None, "x", [], {}], "includes": {"users": [None]}},
        {"data": {"id": None}, "includes": "x"},
        {"data": [{"id": "1", "created_at": 7}, {"id": "2", "created_at": "2026"}]},
        {"data": 7},
        [],
        7,
        None,
    ],
)
@pytest.mark.parametrize("name", ["page.json", "page.jsonl"])
def test_a_page_of_any_shape_is_accounted_for(ingest_house: IngestHouse, inbox: Path, page: object, name: str) -> None:
    (inbox / name).write_text(json.dumps(page))
    (inbox / "z.eml").write_bytes(a_mail())
    fates = ingest_house.take_in_files(inbox)
    assert fates[Fate.INGESTED] == 1
    assert fates[Fate.PARKED] == len(held(inbox)) - 1
    assert fates[Fate.PARKED] >= 1


def test_deep_nesting_and_huge_numbers_stop_nothing(ingest_house: IngestHouse, inbox: Path) -> None:
    (inbox / "deep.jsonl").write_text("[" * 100_000 + "\n" + "9" * 10_000 + "\n" + '{"a":' * 50_000)
    (inbox / "z.eml").write_bytes(a_mail())
    assert ingest_house.take_in_files(inbox) == {Fate.INGESTED: 1, Fate.PARKED: 3}


# Passes


def test_a_second_pass_reads_nothing_again(ingest_house: IngestHouse, inbox: Path) -> None:
    (inbox / "1.eml").write_bytes(a_mail())
    (inbox / "all.mbox").write_bytes(an_mbox(a_mail("One."), a_mail("Two.")))
    (inbox / "forms.jsonl").write_text(json.dumps(FORM) + "\nbroken")
    assert ingest_house.take_in_files(inbox).total() == 5
    assert ingest_house.take_in_files(inbox) == {}
    (inbox / "0.eml").write_bytes(a_mail("New."))
    assert ingest_house.take_in_files(inbox) == {Fate.INGESTED: 1}


def test_a_file_that_goes_while_the_others_are_read_is_no_longer_held(inbox: Path) -> None:
    (inbox / "1.eml").write_bytes(a_mail())
    (inbox / "2.eml").write_bytes(a_mail())
    connector = FilesConnector(inbox, now=FakeClock())
    batch, _ = connector.fetch("", limit=1)
    (inbox / "2.eml").unlink()
    assert [thing.item for thing in batch] == ["1.eml"]
    assert connector.fetch("", limit=10)[0] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_file_that_may_not_be_opened_is_parked_and_tried_again(ingest_house: IngestHouse, inbox: Path) -> None:
    (inbox / "1.eml").write_bytes(a_mail())
    (inbox / "1.eml").chmod(0)
    (inbox / "2.eml").write_bytes(a_mail("Two."))
    assert ingest_house.take_in_files(inbox) == {Fate.PARKED: 1, Fate.INGESTED: 1}


def test_names_that_no_encoding_holds_stay_two_names(ingest_house: IngestHouse, inbox: Path) -> None:
    for name, text in [(b"caf\xe9.eml", "One."), (b"caf\xe8.eml", "Two.")]:
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + name)).write_bytes(a_mail(text))
    assert ingest_house.take_in_files(inbox) == {Fate.INGESTED: 2}


def test_a_very_long_name_is_cut_and_stays_its_own(inbox: Path) -> None:
    deep = inbox
    for _ in range(3):
        deep = deep / ("d" * 200)
    deep.mkdir(parents=True)
    for number in range(2):
        (deep / f"{number}.eml").write_bytes(a_mail(str(number)))
    names = set(fetched(inbox))
    assert len(names) == 2
    assert max(len(name) for name in names) <= 600


def test_an_empty_folder_holds_nothing(inbox: Path) -> None:
    assert (fetched(inbox), held(inbox)) == ({}, set())
