"""A customer's words, cut into pieces where flags mark them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from amends.domain.verdict import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why words are marked: the flag, what it means, the rule that found them and what that rule is for."""

    flag: str
    means: str
    rule: str
    says: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words; `whys` is empty where nothing marks them."""

    text: str
    whys: tuple[Why, ...] = ()


#: Says why a flag was raised.
Explain = Callable[[Flag], Why]


def pieces(text: str, flags: Sequence[Flag], explain: Explain) -> tuple[Piece, ...]:
    """Cut a text at the edges of its flags. Put together again the pieces are the text.

    A flag whose quote does not stand at its place marks nothing.
    """
    held = [flag for flag in flags if text[flag.start : flag.end] == flag.quote]
    edges = sorted({0, len(text), *(flag.start for flag in held), *(flag.end for flag in held)})
    cut = []
    for start, end in pairwise(edges):
        over = [flag for flag in held if flag.start <= start and end <= flag.end]
        cut.append(Piece(text=text[start:end], whys=tuple(dict.fromkeys(explain(flag) for flag in over))))
    return tuple(cut)
