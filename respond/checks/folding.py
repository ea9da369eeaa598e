"""Letters without case and accents, with the way back to where they stood, to find names however they are written."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> tuple[str, list[int]]:
    """Give the text in small letters without accents, and for each of its characters its offset in `text`.

    The list has one entry more, the length of `text`, so that the end of a span can be looked up as well.
    """
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    letters: list[str] = []
    offsets: list[int] = []
    for offset, letter in enumerate(text):
        for plain in unicodedata.normalize("NFKD", letter).casefold():
            if not unicodedata.combining(plain):
                letters.append(plain)
                offsets.append(offset)
    offsets.append(len(text))
    return "".join(letters), offsets


def span_in_original(offsets: list[int], start: int, end: int) -> tuple[int, int]:
    """Give the span of the original text that the span `[start, end)` of the folded text was made from."""
    return offsets[start], offsets[end - 1] + 1
