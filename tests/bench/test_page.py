from __future__ import annotations

from pathlib import Path

import pytest

from bench.measure import Measured
from bench.model import ENCODER, JUDGE, Model
from bench.page import BEGIN, END, write_page
from bench.report import KINDS, VARIANTS, Results, figures, median_of, processor


def a_run(*, wall_s: float = 1.0, cpu_s: float = 0.5, steps_s: float = 0.25) -> Measured:
    return Measured(
        messages=1000,
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_mib=180.0,
        before_mib=150.0,
        steps_s={"parse": steps_s, "judge": steps_s},
        facts={
            "ingested": 1000, "duplicate": 0, "parked": 0, "cases": 900, "set_aside": 100, "drafts": 950,
            "audit_entries": 4000, "delivered": 0, "delivery_cpu_us": 0, "failed": 0, "characters": 5000,
        },
    )  # fmt: skip


def results(**ours: float) -> Results:
    return {(kind, name): a_run(**ours) if name == "ours" else a_run() for kind in KINDS for name in VARIANTS}


MODELS = [
    Model(name=JUDGE, a_second=250.4, mib=30.0, load_s=0.5),
    Model(name=ENCODER, a_second=320.0, mib=None, load_s=None),
]


def test_what_is_written_by_hand_stays_and_what_was_measured_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n\nBefore.\n\n{BEGIN}\nold figures\n{END}\n\nAfter.\n")

    write_page(page, results(), MODELS, about="two cores")

    text = page.read_text()
    assert text.startswith("# Performance\n\nBefore.\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old figures" not in text
    assert "Measured on two cores." in text
    assert "| its encoder alone | 320 |  |  |" in text
    assert "not judging takes 50% of mails, 50% of letters, 50% of posts: 0.25, 0.25, 0.25 ms a message." in text
    assert "at most 1.1 times as much was aimed at.\n" in text
    assert "300 messages a second of one core: 320; at most 25 MiB: 30.0 (**not met**)" in text


def test_it_is_said_when_everything_but_judging_costs_more_than_inserting(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"{BEGIN}\n{END}\n")

    write_page(page, results(steps_s=0.28), MODELS, about="two cores")

    assert "at most 1.1 times as much was aimed at (**not met**)." in page.read_text()


def test_a_page_without_both_markers_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n{BEGIN}\n")

    with pytest.raises(ValueError, match="markers"):
        write_page(page, results(), MODELS, about="two cores")

    assert page.read_text() == f"# Performance\n{BEGIN}\n"


def test_figures_are_a_message_and_against_the_plain_pipeline() -> None:
    ours, plain, *_ = figures(results(wall_s=0.5, cpu_s=0.25), "posts")

    assert ours[1:] == ("2,000", "2.00", "0.25", "2.00", "180", "30")
    assert plain[1:] == ("1,000", "1.00", "0.50", "1.00", "180", "30")


def test_one_slow_round_does_not_move_the_median() -> None:
    found = median_of([a_run(), a_run(wall_s=60.0, cpu_s=9.0, steps_s=4.0), a_run()])

    assert (found.wall_s, found.cpu_s, found.steps_s["judge"]) == (1.0, 0.5, 0.25)


@pytest.mark.parametrize(("flags", "said"), [("fpu avx2 avx512_vnni", ", with VNNI"), ("fpu avx2", ", without VNNI")])
def test_it_is_said_whether_the_processor_multiplies_small_numbers_at_once(
    tmp_path: Path, flags: str, said: str
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor\t: 0\nflags\t\t: {flags} sse2\n")

    assert processor(told).endswith(said)
    assert "VNNI" not in processor(tmp_path / "none")
