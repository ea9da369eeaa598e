"""Amounts of money read as values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.rules.words import SPECIAL

_AMOUNT = re.compile(rf"(?<![\w.]){SPECIAL['#money']}")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d{1,2})?")
_TIMES = {"k": 1e3, "grand": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "hundred": 1e2}
_TIMES_MARK = re.compile(r"(?<=[\d ])(k|m|bn|grand|thousand|million|hundred)\b")
_WORDS = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50,
}  # fmt: skip
#: "Thousands of pounds" says no figure; two of a thing is the least a plural can mean.
_VAGUE = {"hundreds": 200.0, "thousands": 2000.0}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount named in a text: its span and its value in the currency's own units, read as pounds."""

    start: int
    end: int
    value: float


def amounts_in(text: str) -> list[Amount]:
    """Find the amounts in lower-case text: `£1,200.50`, `1.5k pounds`, `two grand`, `thousands of pounds`."""
    return [Amount(found.start(), found.end(), _value(found[0])) for found in _AMOUNT.finditer(text)]


def _value(written: str) -> float:
    for word, value in _VAGUE.items():
        if written.startswith(word):
            return value
    mark = _TIMES_MARK.search(written)
    times = _TIMES[mark[1]] if mark else 1.0
    figure = _FIGURE.search(written)
    if figure is None:
        return _WORDS[written.split()[0]] * times
    value = float(figure[0].replace(",", "")) * times
    return value / 100 if re.search(r"\d ?(?:p|pence)$", written) else value
