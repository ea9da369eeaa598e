"""Search: what is found, in which order, and that no text a person types is anything but text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.search_words import asked_words
from storage.search import find
from storage.tables import cases
from storage.unit_of_work import Database
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_message, mail_from

REFERENCE = "AM-7KQ2-9XWD-4T"


def file(database: Database, case_id: str, *said: Message, state: CaseState = CaseState.RECEIVED) -> None:
    """Open a case and file what was said in it, one message a unit of work."""
    with database.unit() as unit:
        author = said[0].author
        unit.contacts.ensure({author: said[0].author_name}, at=said[0].received_at)
        add_case(unit, a_case(case_id=case_id, contact=author, state=state), of=author)
        unit.commit()
    for message in said:
        with database.unit() as unit:
            add_message(unit, message, case_id=case_id)
            unit.commit()


def found(database: Database, asked: str, *, limit: int = 10) -> list[str]:
    with database.viewing() as connection:
        return list(find(connection, asked, limit=limit).case_ids)


@pytest.fixture
def filed(database_of_each_kind: Database) -> Database:
    database = database_of_each_kind
    file(database, "AM-1", a_message("The boiler leaks. Three engineers came to the café.", subject="No hot water"))
    file(
        database,
        REFERENCE,
        a_message("My parcel 4711-AB never came.", author="o'neill@example.org", name="Zoë O'Neill"),
    )
    post = a_message("@acme your boilers are a joke", channel=Channel.X, author="778", name="Sam")
    file(database, "AM-3", replace_facts(post, handle="Sam_W"))
    file(
        database, "AM-4", a_message("返金してください", author="tanaka@example.jp", name="田中"), state=CaseState.CLOSED
    )
    return database


def replace_facts(message: Message, **facts: str) -> Message:
    return Message(**{name: getattr(message, name) for name in Message.__slots__ if name != "facts"}, facts=facts)


@pytest.mark.parametrize(
    ("asked", "cases_found"),
    [
        ("boiler", ["AM-3", "AM-1"]),
        ("BOILER leak", ["AM-1"]),
        ("boiler parcel", []),
        ("hot water", ["AM-1"]),
        ("cafe", ["AM-1"]),
        ("oiler", []),
        ("4711", [REFERENCE]),
        ("zoe", [REFERENCE]),
        ("Zoë O'Neill", [REFERENCE]),
        ("o'neill@example.org", [REFERENCE]),
        ("O'Neill@Example.ORG ", [REFERENCE]),
        ("@sam_w", ["AM-3"]),
        ("Sam_W", ["AM-3"]),
        ("am 7kq2 9xwd 4t", [REFERENCE]),
        ("AM-7KQ2-9XWD-4T", [REFERENCE]),
        ("返金", ["AM-4"]),
        ("", []),
        ("   ", []),
        ("!?", []),
    ],
)
def test_what_a_person_types_finds_what_was_said(filed: Database, asked: str, cases_found: list[str]) -> None:
    assert found(filed, asked) == cases_found


def test_a_short_word_stands_for_itself_alone(filed: Database) -> None:
    assert found(filed, "a") == ["AM-3"]


def test_what_is_named_exactly_comes_before_what_only_speaks_of_it(database_of_each_kind: Database) -> None:
    file(database_of_each_kind, REFERENCE, a_message("Where is it?", author="ines@example.org"))
    for number in range(3):
        file(
            database_of_each_kind,
            f"AM-{number}",
            a_message(f"{number}: see {REFERENCE}, from ines@example.org", author=f"p{number}@example.org"),
        )

    assert found(database_of_each_kind, REFERENCE) == [REFERENCE, "AM-2", "AM-1", "AM-0"]
    assert found(database_of_each_kind, "ines@example.org") == [REFERENCE, "AM-2", "AM-1", "AM-0"]


def test_pages_give_each_case_once_by_its_newest_message(database_of_each_kind: Database) -> None:
    database = database_of_each_kind
    for number in range(7):
        file(database, f"AM-{number}", a_message(f"lift {number}", author=f"p{number}@example.org"))
    with database.unit() as unit:
        for number in (1, 4, 1):
            again = a_message(f"the lift again {number}", native_id=f"{len(unit.messages.of_case('AM-1'))}{number}@x")
            add_message(unit, again, case_id=f"AM-{number}")
        unit.commit()

    seen: list[str] = []
    before, pages = None, 0
    with database.viewing() as connection:
        while True:
            told = find(connection, "lift", limit=2, before=before)
            seen += told.case_ids
            pages += 1
            if told.next is None:
                break
            before = told.next
    assert seen == ["AM-1", "AM-4", "AM-6", "AM-5", "AM-3", "AM-2", "AM-0"]
    assert pages == 4


def test_a_search_may_be_kept_to_some_cases(filed: Database) -> None:
    file(filed, "AM-5", a_message("a boiler, mended", author="eve@example.org"), state=CaseState.CLOSED)
    with filed.viewing() as connection:
        told = find(connection, "boiler", limit=9, among=[cases.c.state == "closed"])
    assert told.case_ids == ("AM-5",)


def test_a_message_that_a_person_takes_out_of_what_was_parked_is_found_from_then_on(
    database_of_each_kind: Database,
) -> None:
    database = database_of_each_kind
    with database.unit() as unit:
        add_case(unit, a_case(case_id="AM-1"))
        judged = add_message(unit, a_message("a newsletter about gardening"), case_id=None)
        unit.commit()
    assert found(database, "gardening") == []
    with database.unit() as unit:
        unit.messages.assign(type(judged)(message=judged.message, verdict=judged.verdict, case_id="AM-1"))
        unit.commit()
    assert found(database, "gardening") == ["AM-1"]


def test_what_is_rolled_back_is_not_found(database_of_each_kind: Database) -> None:
    with database_of_each_kind.unit() as unit:
        add_case(unit, a_case(case_id="AM-1"))
        add_message(unit, a_message("gone with the wind"), case_id="AM-1")
    assert found(database_of_each_kind, "wind") == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.text(max_size=40))
@example(asked='"')
@example(asked="boiler AND")
@example(asked="NEAR(a b)")
@example(asked="words:boiler")
@example(asked="boil* OR -x ^y")
@example(asked="'; DROP TABLE cases; --")
@example(asked="a & b | !c <-> d:*")
@example(asked="\\' \\\\ :*")
@example(asked="\0")
@example(asked="\ud800")
@example(asked="@" * 300)
@example(asked="x" * 5_000)
@example(asked=" ".join(f"w{number}" for number in range(500)))
@example(asked="ﬁ ½ ² ǅ İ ß")
def test_any_text_gives_an_answer(filed: Database, asked: str) -> None:
    found(filed, asked)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=30), number=st.integers(0, 10**9))
def test_a_message_is_found_by_all_of_its_own_words(database_of_each_kind: Database, text: str, number: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    said = f"{text} m{number}"
    with database_of_each_kind.unit() as unit:
        if not unit.cases.get_many(["AM-1"]):
            add_case(unit, a_case(case_id="AM-1"))
        add_message(unit, a_message(said, author=mail_from("a@example.org"), name=""), case_id="AM-1")
        assert list(find(unit._connection, said, limit=3).case_ids) == ["AM-1"], asked_words(said)
