"""Signs that two cases may be about the same matter: who wrote, which references, and nearly the same words.

Marks are compared, never read: each is a hash. Nothing merges on them; they make a
suggestion, with the reason that a person reads.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection

from amends.domain.contact import Identity
from amends.domain.ids import derived_id

_WORD = re.compile(r"\w+")
#: What may be an order, account or booking number, if enough of it is digits.
_REFERENCE = re.compile(r"\b[A-Z0-9][A-Z0-9/-]{5,23}\b", re.IGNORECASE)
_ENOUGH_DIGITS = re.compile(r"(?:[^0-9]*[0-9]){3}")
#: Dates, times and plain years look like references and identify nothing.
_NO_REFERENCE = re.compile(r"\d{1,2}[/-]\d{1,2}([/-]\d{2,4})?|\d{4}[/-]\d{1,2}[/-]\d{1,2}")

_BINS = 6
#: A text shorter than this says too little to be recognised by its words.
_WORDS_AT_LEAST = 12
#: The words looked at: the beginning of a long mail is enough to recognise it.
_WORDS_AT_MOST = 400
#: Of six bins this many must agree: the texts share about half of their word triples, or more.
_BINS_TO_AGREE = 3


def matter_marks(author: Identity, text: str, subject: str = "") -> frozenset[str]:
    """Give the marks of a message: `who:…`, `ref:…` and `text:…`."""
    marks = {f"who:{author.ordering_key}"}
    for found in _REFERENCE.findall(f"{subject[:1_000]} {text[:20_000]}"):
        if _ENOUGH_DIGITS.match(found) and not _NO_REFERENCE.fullmatch(found):
            marks.add("ref:" + derived_id("reference", re.sub(r"[/-]", "", found).upper()))
    return frozenset(marks | _text_marks(text))


def reasons_to_link(shared: Collection[str], *, hours_apart: float) -> tuple[str, ...]:
    """Say why two cases that share these marks may be one matter, a sentence each; empty when they need not be."""
    reasons = []
    if any(mark.startswith("ref:") for mark in shared):
        reasons.append("both name the same reference number")
    if sum(mark.startswith("text:") for mark in shared) >= _BINS_TO_AGREE:
        reasons.append("both say nearly the same in the same words")
    if any(mark.startswith("who:") for mark in shared) and (reasons or hours_apart <= 72):
        reasons.append(
            "both come from the same address" if reasons else "the same address wrote both within three days"
        )
    return tuple(reasons)


def _text_marks(text: str) -> set[str]:
    """Sketch a text by the smallest hash of its word triples in each of six bins (one-permutation min-hash)."""
    words = _WORD.findall(text[:20_000].lower())[:_WORDS_AT_MOST]
    if len(words) < _WORDS_AT_LEAST:
        return set()
    smallest: dict[int, int] = {}
    for triple in zip(words, words[1:], words[2:], strict=False):
        hashed = zlib.crc32(" ".join(triple).encode("utf-8", "surrogatepass"))
        number = hashed % _BINS
        if hashed < smallest.get(number, 1 << 33):
            smallest[number] = hashed
    return {f"text:{number}:{hashed:08x}" for number, hashed in smallest.items()}
