"""Amounts of money read as values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from triage.rules.words import SPECIAL

_AMOUNT = re.compile(rf"(?<![\w.]){SPECIAL['#money']}")
_FIGURE = re.compile(r"\d{1,3}(?: 000|[.\u00a0\u202f]\d{3})+(?!\d)|\d[\d,]*(?:\.\d{1,2})?")
_BETWEEN = re.compile(r"[,\s\u00a0\u202f]|\.(?=\d{3}(?!\d))")
_TIMES = {"k": 1e3, "grand": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "hundred": 1e2}
_TIMES_MARK = re.compile(r"(?<=[\d ])(k|m|bn|grand|thousand|million|hundred)\b")
_WORDS = {
    "a": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0,
    "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "thirteen": 13.0, "fourteen": 14.0, "fifteen": 15.0,
    "sixteen": 16.0, "seventeen": 17.0, "eighteen": 18.0, "nineteen": 19.0, "twenty": 20.0, "thirty": 30.0,
    "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
    "couple": 2.0, "few": 2.0, "half": 0.5,
}  # fmt: skip
_A_PART = re.compile(r"\ba (?=couple|few|half)")
#: So many rupees are a pound, about.
_RUPEES = 100.0
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
        return _spoken(_A_PART.sub("", written).split())
    value = float(_BETWEEN.sub("", figure[0])) * times
    if written.startswith("rs"):
        return value / _RUPEES
    return value / 100 if re.search(r"\d ?(?:p|pence)$", written) else value


def _spoken(words: Iterable[str]) -> float:
    """Add up an amount in words: `eighteen hundred pounds`, `one thousand two hundred`, `two and a half grand`."""
    whole = last = 0.0
    for word in words:
        if word in _WORDS:
            last += _WORDS[word]
        elif word == "hundred":
            last *= _TIMES[word]
        elif word in _TIMES:
            whole, last = whole + last * _TIMES[word], 0.0
    return whole + last
