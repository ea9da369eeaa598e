"""What the page of a case is put together from: words with their flags, the trail in plain words, presence, HTML."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.desk.case.original import html_of, safe_html
from amends.desk.case.presence import Presence
from amends.desk.case.told import told
from amends.desk.case.words import Why, pieces
from amends.domain.audit import AuditEntry, Happening, canonical
from amends.domain.verdict import Flag, FlagName
from tests.support.builders import a_flag
from tests.support.clock import MONDAY


def explain(flag: Flag) -> Why:
    return Why(flag=flag.name.value, means="", rule=flag.rule, says="", severity="")


@given(text=st.text(min_size=1, max_size=60), spans=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60))))
def test_the_pieces_of_a_text_are_the_text_and_each_flag_marks_its_quote(
    text: str, spans: list[tuple[int, int]]
) -> None:
    held = [(start, end) for start, end in spans if start < end <= len(text)]
    flags = [
        Flag(name=FlagName.SAFETY, quote=text[start:end], start=start, end=end, rule=f"safety.{number}")
        for number, (start, end) in enumerate(held)
    ]

    cut = pieces(text, flags, explain)

    assert "".join(piece.text for piece in cut) == text
    for flag in flags:
        marked = "".join(piece.text for piece in cut if any(why.rule == flag.rule for why in piece.whys))
        assert marked == flag.quote


def test_a_flag_whose_words_are_not_there_marks_nothing() -> None:
    flag = a_flag(FlagName.SAFETY, "burned", "It burned me.")
    assert all(not piece.whys for piece in pieces("Other words.", [flag], explain))


def entry(action: str, by: str = "user:hana", /, **facts: Any) -> AuditEntry:
    happening = Happening(at=MONDAY, actor=by, action=action, subject="case:AM", facts=facts)
    return AuditEntry(number=1, happening_json=canonical(happening), previous_hash="", hash="")


@pytest.mark.parametrize(
    ("one", "who", "what"),
    [
        (entry("case.taken", **{"from": None}), "hana", "took the case"),
        (entry("case.taken", **{"from": "tom"}), "hana", "took the case from tom"),
        (
            entry("case.freed", "user:ada", **{"from": "tom"}),
            "ada",
            "gave the case back for tom, whose account was disabled",
        ),
        (entry("link.accepted", other="AM-2"), "hana", "said that this belongs together with AM-2"),
        (entry("reply.sent", "amends:deliver"), "Amends", "sent a reply"),
        (
            entry("case.corrected", kind="complaint", kind_before="enquiry", severity="low", severity_before=None),
            "hana",
            "changed kind from enquiry to complaint and severity from none to low",
        ),
        (
            entry("case.corrected", kind="complaint", kind_before="complaint", severity="low", severity_before="low"),
            "hana",
            "confirmed: complaint, low",
        ),
        (entry("case.some_later_thing"), "hana", "case some later thing"),
    ],
)
def test_what_happened_is_told_in_plain_words(one: AuditEntry, who: str, what: str) -> None:
    found = told(one)
    assert found is not None
    assert (found.who, found.what) == (who, what)


@pytest.mark.parametrize("action", ["case.viewed", "case.noted", "message.judged"])
def test_what_the_timeline_says_elsewhere_is_not_told_twice(action: str) -> None:
    assert told(entry(action)) is None


def test_who_has_not_been_heard_of_for_a_while_has_gone() -> None:
    presence = Presence()
    assert presence.here("AM-1", "hana", shown_as="Hana", at=MONDAY) == []
    [hana] = presence.here("AM-1", "tom", shown_as="Tom", at=MONDAY + timedelta(seconds=20))
    assert (hana.shown_as, hana.writes) == ("Hana", False)
    presence.here("AM-1", "hana", shown_as="Hana", writes=True, at=MONDAY + timedelta(seconds=40))
    [hana] = presence.here("AM-1", "tom", shown_as="Tom", at=MONDAY + timedelta(seconds=60))
    assert (hana.since, hana.writes) == (MONDAY, True)
    assert presence.here("AM-2", "tom", shown_as="Tom", at=MONDAY + timedelta(seconds=60)) == []
    assert presence.here("AM-1", "tom", shown_as="Tom", at=MONDAY + timedelta(seconds=100)) == []


def test_a_mail_without_html_has_none_and_an_attached_page_is_not_its_words() -> None:
    assert html_of(b"Subject: x\r\n\r\n<p>plain</p>") is None
    attached = b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>page</p>"
    assert html_of(attached) is None


@pytest.mark.parametrize(
    "html",
    [
        '<a href="javascript:alert(1)">x</a>',
        "<svg onload=alert(1)>",
        '<a href="https://x.example" onclick="alert(1)">y</a>',
        '<form action="https://x.example"><input></form>',
        '<meta http-equiv="refresh" content="0;url=https://x.example">',
        '<base href="https://x.example"><link rel=stylesheet href=//x.example>',
        "<style>@import '//x.example'</style>",
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    ],
)
def test_nothing_that_loads_runs_or_leads_away_is_left_of_html(html: str) -> None:
    clean = safe_html(html).lower()
    assert "<a" not in clean
    for word in (
        "<script",
        "<svg",
        "<form",
        "<input",
        "<meta",
        "<base",
        "<link",
        "<style",
        "<img",
        " on",
        "javascript:",
    ):
        assert word not in clean
