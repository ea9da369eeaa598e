"""What the classifier sees of a message: words, pieces of words, and neighbouring words.

Every feature is hashed to one of `BUCKETS` rows of a weight table. Because the model is
linear, the rows of one word (itself and its four-letter pieces) can be added up once and
remembered, so a known word costs one look-up however many pieces it has.

Words are made comparable first: handles become `@user`, digits become 0, addresses of
web pages and marks of omission vanish. (In X-CI the mark of a truncated tweet appears in
one class only; a model that sees it cheats.)
"""

from __future__ import annotations

import re
from zlib import crc32

import numpy as np
import numpy.typing as npt

#: Rows of the weight table; a power of two.
BUCKETS = 1 << 18

#: Words of one text that are looked at: so many from its start and so many from its end.
HEAD_WORDS, TAIL_WORDS = 240, 60

#: What every handle is read as.
HANDLE = "@user"

#: The key of the border before the first word and after the last.
EDGE_KEY = crc32(b"edge")

_PIECE_LETTERS = 4
_DIGIT = re.compile(r"\d")
_OMISSION = re.compile(r"[.\u2026\ufffd]{2,}|[\u2026\ufffd]")


def comparable(word: str) -> str:
    """Give the form of a lower-case word that is compared; an empty one is skipped."""
    if word.isalpha():
        return word[:30]
    if not word or word.isspace() or _OMISSION.fullmatch(word):
        return ""
    if word[0] == "@" and len(word) > 1:
        return HANDLE
    if word.startswith(("http:", "https:", "www.")):
        return ""
    if "@" in word[1:]:
        return "@mail"
    return _DIGIT.sub("0", word)[:8]


def key_of(word: str) -> int:
    """Give the number a comparable word is known by."""
    return crc32(word.encode("utf-8", "replace"))


def word_rows(word: str) -> list[int]:
    """Give the rows of a comparable word: its own, then one for each piece of four letters, `<` and `>` as its ends."""
    rows = [_row("w", word)]
    if word.isalpha():
        marked = f"<{word}>"
        rows += [_row("c", marked[start : start + _PIECE_LETTERS]) for start in range(len(marked) - _PIECE_LETTERS + 1)]
    return rows


def pair_rows(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Give the row of each two neighbours in `keys`; one row fewer than keys."""
    mixed = keys[:-1] * np.uint64(0x9E3779B97F4A7C15) + keys[1:] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    rows: npt.NDArray[np.int64] = (mixed >> np.uint64(40)).astype(np.int64) & (BUCKETS - 1)
    return rows


def words_seen(words: list[str]) -> list[str]:
    """Keep what is looked at: no skipped words, a run of handles as one, head and tail of a long text."""
    kept: list[str] = []
    for word in words:
        if word and not (word == HANDLE and kept and kept[-1] == HANDLE):
            kept.append(word)
    return kept if len(kept) <= HEAD_WORDS + TAIL_WORDS else kept[:HEAD_WORDS] + kept[-TAIL_WORDS:]


def all_rows(words: list[str]) -> list[int]:
    """Give every row of a text, as the training sees it; `words` as `words_seen` keeps them."""
    rows = [row for word in words for row in word_rows(word)]
    keys = np.array([EDGE_KEY, *map(key_of, words), EDGE_KEY], dtype=np.uint64)
    return rows + [int(row) for row in pair_rows(keys)]


def _row(sort: str, text: str) -> int:
    return crc32(f"{sort}:{text}".encode("utf-8", "replace")) & (BUCKETS - 1)
