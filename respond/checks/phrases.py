"""Phrases as one pattern: the word lists of the checks are written with it."""

from __future__ import annotations

import re

_APOSTROPHE = "['\N{RIGHT SINGLE QUOTATION MARK}]"


def any_of(*phrases: str, case_matters: bool = False) -> re.Pattern[str]:
    """Find any of these phrases as whole words. Each is a pattern; an apostrophe stands for the typeset one too."""
    joined = "|".join(phrases).replace("'", _APOSTROPHE)
    return re.compile(rf"\b(?:{joined})\b", 0 if case_matters else re.IGNORECASE)


def one_of(words: str) -> str:
    """Give the pattern for any one of these words, which are separated by spaces (an underscore stands for one)."""
    return "(?:" + "|".join(words.split()).replace("_", " ") + ")"


def words(text: str) -> frozenset[str]:
    """Give the words of a list written in one line."""
    return frozenset(text.split())
