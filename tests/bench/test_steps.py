from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.steps import StepTimer


def test_a_step_within_a_step_is_charged_to_the_inner_one_alone() -> None:
    ticks: Iterator[float] = iter([0.0, 1.0, 4.0, 6.0])
    timer = StepTimer(clock=lambda: next(ticks))

    with timer.step("file"), timer.step("judge"):
        pass

    assert timer.spent_s == {"file": 1.0 + 2.0, "judge": 3.0}


def test_what_happens_between_two_steps_is_charged_to_neither() -> None:
    ticks: Iterator[float] = iter([0.0, 1.0, 10.0, 12.0])
    timer = StepTimer(clock=lambda: next(ticks))

    with timer.step("parse"):
        pass
    with timer.step("judge"):
        pass

    assert timer.spent_s == {"parse": 1.0, "judge": 2.0}


def test_a_step_that_fails_is_charged_all_the_same() -> None:
    ticks: Iterator[float] = iter([0.0, 5.0])
    timer = StepTimer(clock=lambda: next(ticks))

    with pytest.raises(KeyError), timer.step("parse"):
        raise KeyError

    assert timer.spent_s == {"parse": 5.0}
