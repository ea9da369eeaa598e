"""The overview for managers: its figures, the links behind them, its sheets, and how it looks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page
from selectolax.lexbor import LexborHTMLParser

from amends.desk.figures import share, took
from amends.desk.sheets import defused, sheet
from tests.desk.busy import make_busy
from tests.desk.house import DeskHouse


@pytest.fixture
def busy(desk_house: DeskHouse) -> DeskHouse:
    """An office with cases on every channel, some late, some closed."""
    make_busy(desk_house)
    return desk_house


def rows(html: str, key: str) -> list[list[str]]:
    table = LexborHTMLParser(html).css_first(f"section[aria-labelledby='{key}-heading'] table")
    assert table is not None
    return [[cell.text().strip() for cell in row.css("th,td")] for row in table.css("tr")]


def test_a_manager_sees_figures_that_add_up(busy: DeskHouse) -> None:
    html = busy.client("manager").get("/desk/overview").text
    headlines = [int(one.text()) for one in LexborHTMLParser(html).css(".headline")]
    for key in ("open-by-channel", "open-by-severity", "open-by-kind", "open-by-owner"):
        head, *body = rows(html, key)
        in_all = head.index("In all")
        assert [sum(int(row[column]) for row in body) for column in (1, 2, in_all)] == [*headlines[1:3], headlines[0]]
        assert all(sum(map(int, row[1:in_all])) == int(row[in_all]) for row in body)
    assert headlines[0] == 49
    assert sum(int(row[1]) for row in rows(html, "flow")[1:]) == 61


def test_figures_lead_to_the_queue_narrowed_alike(busy: DeskHouse) -> None:
    page = LexborHTMLParser(busy.client("manager").get("/desk/overview?channel=email&kind=complaint").text)
    links = [str(one.attributes["href"]) for one in page.css(".headlines a")]
    assert {urlsplit(link).path for link in links} == {"/desk/queue"}
    assert parse_qs(urlsplit(links[1]).query) == {"channel": ["email"], "kind": ["complaint"], "due": ["overdue"]}
    narrowed = LexborHTMLParser(busy.client("manager").get("/desk/overview?severity=high").text)
    assert narrowed.css(".headlines a") == [], "the queue cannot be narrowed to one severity that is not the worst"


def test_the_filters_narrow_every_figure(busy: DeskHouse) -> None:
    html = busy.client("manager").get("/desk/overview?channel=x").text
    assert [row[0] for row in rows(html, "open-by-channel")[1:]] == ["X"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=2026-13-01", "The first day was left out"),
        ("since=2026-11-20&until=2026-11-01", "That period was left out"),
        ("since=0001-01-01&until=0001-01-02", "That period was left out"),
        ("until=9999-12-31", "That period was left out"),
        ("since=2026-01-01&until=2026-11-20&by=day", "It is counted by week"),
        ("channel=<script>alert(1)</script>", "The channel was left out"),
        ("by=month", "The step was left out"),
        ("severity=5", "The severity was left out"),
    ],
)
def test_what_is_asked_wrongly_is_left_out_and_said(busy: DeskHouse, query: str, says: str) -> None:
    answer = busy.client("manager").get(f"/desk/overview?{query}")
    assert answer.status_code == 200
    assert says in answer.text
    assert "<script>alert" not in answer.text


def test_each_table_is_a_sheet_and_formulas_in_it_are_words(busy: DeskHouse) -> None:
    client = busy.client("manager")
    answer = client.get("/desk/overview/open-by-owner.csv?since=2026-11-01&until=2026-11-23")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="open-by-owner-2026-11-01-2026-11-23.csv"'
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == ["owner", "overdue", "due today", "due later", "no date", "in all", "not acknowledged"]
    assert {row[0] for row in table[1:]} == {"nobody yet", "hana", "tom", "'=cmd|' /c calc'!A1"}
    assert sum(int(row[5]) for row in table[1:]) == 49
    for key in ("open-by-channel", "open-by-severity", "open-by-kind", "flow", "in-time", "endings"):
        assert client.get(f"/desk/overview/{key}.csv").status_code == 200
    assert client.get("/desk/overview/secrets.csv").status_code == 404


@pytest.mark.parametrize(
    "cell", ["=1+1", "+44 7700", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\ufeff=1", "\uff1d1", "%x"]
)
def test_what_a_spreadsheet_would_reckon_out_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    assert sheet(["what", "count"], [["late", -3], ["a, b", 1]]) == b'\xef\xbb\xbfwhat,count\r\nlate,-3\r\n"a, b",1\r\n'


def test_small_numbers_are_told_as_numbers() -> None:
    assert [share(3, 4), share(19, 19), share(15, 20)] == ["3 of 4", "19 of 19", "15 of 20 (75%)"]
    assert [
        took(timedelta(minutes=45)),
        took(timedelta(hours=7)),
        took(timedelta(days=3.5)),
        took(timedelta(days=3)),
    ] == [
        "45 min",
        "7 h",
        "3.5 days",
        "3 days",
    ]


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1440])
def test_the_overview_fits_every_screen(busy: DeskHouse, open_page: Callable[..., Page], width: int) -> None:
    page = open_page("manager", width=width)
    page.goto("/desk/overview")
    for fold in page.locator("details.behind > summary").all():
        fold.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # Nothing is drawn outside the frame of its chart, and no text lies on another.
    assert page.evaluate(OUTSIDE) == []


OUTSIDE = """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
  const out = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  const over = boxes.filter(([, a], i) => boxes.some(([, b], j) => j > i && a.left < b.right - 1
    && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3));
  return [...out, ...over].map(([words]) => svg.querySelector('title').textContent + ': ' + words);
})"""
