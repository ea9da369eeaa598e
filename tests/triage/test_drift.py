"""Drift: what moved by more than chance and by enough to matter is told, and nothing else."""

from __future__ import annotations

import pytest

from storage.corrections import Lately
from triage.drift import ENOUGH, Drift, drifts


def days(count: int, complaints: int, referred: int) -> Lately:
    return Lately(count=count, complaints=complaints, referred=referred, confidence=0.9)


def test_a_share_that_moved_is_told_with_both_its_values() -> None:
    [moved] = drifts({"email": days(1000, 500, 100)}, {"email": days(400, 120, 40)})

    assert moved == Drift(channel="email", share="called complaints", before=50.0, lately=30.0)


@pytest.mark.parametrize(
    ("before", "lately", "why"),
    [
        (days(1000, 500, 100), days(60, 36, 6), "chance explains it"),
        (days(40_000, 20_000, 4000), days(20_000, 10_600, 2000), "it hardly matters"),
        (days(1000, 500, 100), days(ENOUGH - 1, 0, 0), "too few messages"),
        (days(1000, 0, 0), days(1000, 0, 0), "nothing moved"),
    ],
)
def test_what_chance_explains_or_hardly_matters_is_not_told(before: Lately, lately: Lately, why: str) -> None:
    assert list(drifts({"email": before}, {"email": lately})) == [], why


def test_a_channel_that_is_new_has_not_drifted() -> None:
    assert list(drifts({}, {"email": days(500, 250, 10)})) == []
