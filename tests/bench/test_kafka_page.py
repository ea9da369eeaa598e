from __future__ import annotations

from pathlib import Path

import pytest

from bench.journey import PAGE
from bench.kafka.latency import percentile
from bench.kafka.page import BEGIN, END, write_page
from bench.kafka.report import (
    BUS_ALONE,
    JOURNEY_WITH_TEXTCAT,
    PLAIN,
    PLAIN_TEXTCAT,
    VARIANTS,
    WITH_TEXTCAT,
    Results,
    aims,
    figures,
    times_plain,
)
from bench.measure import Measured

LATENCIES_S = [0.05] * 98 + [0.4, 0.5]


def a_run(*, wall_s: float = 1.0) -> Measured:
    return Measured(
        messages=1000,
        wall_s=wall_s,
        cpu_s=0.9,
        peak_mib=0.0,
        before_mib=0.0,
        steps_s={"database": 0.2, "broker": 0.1, "triage": 0.4, "relay": 0.2},
        facts={"messages": 1000, "cases": 900},
    )


def results(**wall_s: float) -> Results:
    return {name: a_run(wall_s=wall_s.get(name, 1.0)) for name in VARIANTS}


def test_the_block_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n\nBefore.\n\n{BEGIN}\nold figures\n{END}\n\nAfter.\n")

    write_page(page, results(), LATENCIES_S, rate=100, about="two cores")

    text = page.read_text()
    assert text.startswith("# Performance\n\nBefore.\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old figures" not in text
    assert "Measured on two cores." in text
    assert "p50 50 ms, p99 401 ms" in text
    for variant in VARIANTS.values():
        assert f"| {variant.title} |" in text


def test_our_page_has_both_markers() -> None:
    text = PAGE.read_text()

    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)


def test_ours_is_compared_with_the_plain_consumer_that_has_the_same_model() -> None:
    found = {**results(), PLAIN: a_run(wall_s=2.0), PLAIN_TEXTCAT: a_run(wall_s=5.0)}

    assert times_plain(found, f"{WITH_TEXTCAT} 1") == pytest.approx(5.0)
    assert times_plain(found, PLAIN) == 1.0
    rows = {row[0]: row for row in figures(found)}
    assert rows[VARIANTS[PLAIN].title][1:4] == ("500", "1.00", "0.90")
    assert rows[VARIANTS[f"{BUS_ALONE} 1"].title][2] == ""


def test_processor_time_is_told_apart_by_whose_it_is() -> None:
    row = figures({**results()})[0]

    assert row[3:] == ("0.90", "0.60", "0.20", "0.10")


def test_what_is_missed_is_said_to_be_missed() -> None:
    slow = {**results(), PLAIN_TEXTCAT: a_run(wall_s=2.5)}
    fast = {
        **results(),
        f"{BUS_ALONE} 2": a_run(wall_s=0.25),
        PLAIN_TEXTCAT: a_run(wall_s=3.5),
        f"{JOURNEY_WITH_TEXTCAT} 1": a_run(wall_s=3.0),
    }

    assert [is_met for _, _, is_met in aims(slow, 1.5)] == [False, False, False]
    assert [is_met for _, _, is_met in aims(fast, 0.5)] == [True, True, True]
    assert "4,000" in aims(fast, 0.5)[0][1]


def test_a_percentile_is_what_so_many_do_not_exceed() -> None:
    assert percentile([float(n) for n in range(1, 102)], 50) == 51.0
    assert percentile(LATENCIES_S, 50) == 0.05
