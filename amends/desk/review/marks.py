"""Cuts a text where remarks begin and end, so that a page can mark the words that each is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something said of `text[start:end]`. `is_grave` sets it apart from a mere hint."""

    start: int
    end: int
    says: str
    is_grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words of a text, with all that is said of them; nothing is said of most."""

    text: str
    says: str = ""
    is_grave: bool = False


def pieces(text: str, remarks: Sequence[Remark]) -> list[Piece]:
    """Cut a text into pieces that are the same in all that is said of them; together they are the text."""
    inside = [one for one in remarks if 0 <= one.start < one.end <= len(text)]
    cuts = sorted({0, len(text), *(one.start for one in inside), *(one.end for one in inside)})
    found: list[Piece] = []
    for start, end in pairwise(cuts):
        about = [one for one in inside if one.start <= start and end <= one.end]
        found.append(
            Piece(
                text=text[start:end],
                says=" ".join(dict.fromkeys(one.says for one in about)),
                is_grave=any(one.is_grave for one in about),
            )
        )
    return found
