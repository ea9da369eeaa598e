"""Charts: every number is told in words, and nothing in them is style or a stranger's markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from amends.desk.charts import SERIES_AT_MOST, WIDTH, Series, bars, lines, stacked_bars

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>'


def read(svg: str) -> ElementTree.Element:
    # Our own words, made a moment ago.
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


def texts(root: ElementTree.Element) -> list[str]:
    return [found.text or "" for found in root.iter(f"{SVG}text")]


def test_a_stacked_bar_has_a_pattern_for_each_series_its_numbers_and_its_sum() -> None:
    root = read(
        stacked_bars(
            "open",
            "Open cases",
            ["E-mail", "X"],
            [Series(name="overdue", values=[30, 0]), Series(name="due later", values=[90, 7])],
        )
    )
    fills = [bar.get("fill") for bar in root.iter(f"{SVG}rect") if "chart-bar-" in (bar.get("class") or "")]
    assert fills == ["url(#open-1)", "url(#open-2)", "url(#open-2)"]
    assert {pattern.get("id") for pattern in root.iter(f"{SVG}pattern")} == {"open-1", "open-2"}
    assert [words for words in texts(root) if words.isdigit()] == ["30", "90", "120", "7"]
    assert root.findtext(f"{SVG}desc") == "E-mail: 120 (30 overdue, 90 due later); X: 7 (7 due later)"


def test_bars_are_as_long_as_their_numbers() -> None:
    root = read(bars("owners", "By owner", ["hana", "tom"], [10, 5]))
    wide = [float(bar.get("width", "0")) for bar in root.iter(f"{SVG}rect") if "chart-bar-" in (bar.get("class") or "")]
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.2)
    assert texts(root) == ["hana", "10", "tom", "5"]


def test_lines_differ_by_class_and_mark_and_their_names_do_not_lie_on_each_other() -> None:
    root = read(
        lines(
            "flow",
            "Opened and closed",
            ["1", "2"],
            [Series(name="opened", values=[3, 4]), Series(name="closed", values=[1, 4])],
        )
    )
    assert [line.get("class") for line in root.iter(f"{SVG}polyline")] == [
        "chart-line chart-line-1",
        "chart-line chart-line-2",
    ]
    ends = [float(end.get("y", "0")) for end in root.iter(f"{SVG}text") if end.get("class") == "chart-end"]
    assert abs(ends[0] - ends[1]) >= 14
    assert root.findtext(f"{SVG}desc") == "opened: 7 in all, at most 4; closed: 5 in all, at most 4"


@pytest.mark.parametrize("names", [[], ["one"], [str(number) for number in range(105)]])
def test_a_chart_of_nothing_of_one_and_of_many_stays_within_its_frame(names: list[str]) -> None:
    values = [number * 1_000 for number in range(len(names))]
    for svg in (bars("a", "A", names, values), lines("b", "B", names, [Series(name="opened", values=values)])):
        root = read(svg)
        across = [float(x) for found in root.iter() for name in ("x", "cx", "x1", "x2") if (x := found.get(name))]
        assert all(0 <= one <= WIDTH for one in across)


def test_strangers_words_stay_words_and_nothing_is_styled() -> None:
    for svg in (
        bars("a", HOSTILE, [HOSTILE], [1]),
        lines("b", HOSTILE, [HOSTILE], [Series(name=HOSTILE, values=[1])]),
    ):
        assert "<script" not in svg
        assert HOSTILE in read(svg).findtext(f"{SVG}title", "")
        assert not re.search(r"\sstyle=|<style|\son\w+=", svg)


def test_what_cannot_be_told_apart_is_refused() -> None:
    too_many = [Series(name=str(number), values=[1]) for number in range(SERIES_AT_MOST + 1)]
    with pytest.raises(ValueError, match="cannot be told apart"):
        stacked_bars("a", "A", ["x"], too_many)
    with pytest.raises(ValueError, match="a number for each"):
        stacked_bars("a", "A", ["x", "y"], [Series(name="s", values=[1])])
