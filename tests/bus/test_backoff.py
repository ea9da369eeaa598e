"""Pauses: they grow to a bound, are drawn at random, and never become a rush."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.bus.backoff import Backoff

BACKOFF = Backoff(least_s=0.1, first_s=0.4, most_s=30.0)


def test_the_longest_pause_doubles_up_to_its_bound() -> None:
    almost = [round(BACKOFF.pause_s(failures, 1.0), 1) for failures in range(1, 10)]
    assert almost == [0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_pauses_are_spread_over_all_that_is_allowed() -> None:
    assert [round(BACKOFF.pause_s(5, drawn), 6) for drawn in (0.0, 0.5, 1.0)] == [0.1, 3.25, 6.4]


@given(failures=st.integers(1, 10**9), drawn=st.floats(0, 1, exclude_max=True))
def test_a_pause_lies_between_floor_and_bound_however_often_it_failed(failures: int, drawn: float) -> None:
    assert 0.1 <= BACKOFF.pause_s(failures, drawn) <= 30.0


@pytest.mark.parametrize("wrong", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_pauses_that_shrink_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="pauses grow"):
        Backoff(least_s=wrong[0], first_s=wrong[1], most_s=wrong[2])
