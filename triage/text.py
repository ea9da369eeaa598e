"""The text to judge, and how it is made safe to read.

What happens to a text before anything reads it, in this order:

1. Lone surrogates and NULs become U+FFFD, so that no later step can choke on them.
2. Invisible characters inside a word move behind it. Letters in fancy dress (wide, bold, in a circle, in a box) become
   plain ones, and a Cyrillic or Greek letter inside a Latin word becomes the Latin one that it looks like: nobody
   writes so by chance.
3. Curly quotes, no-break spaces and unusual dashes become their plain forms, and underscores around a word spaces.
4. A run of more than 200 characters without white space (base64, a wall of `!`)
   keeps its first 200; the rest is read as spaces.
5. Addresses of web pages are read as spaces, and so are underscores around a word.
6. Letters become lower case (`folded`).

Every step keeps the length, so an offset into what is read is an offset into what
was given, and a quote is cut from the given text itself.
"""

from __future__ import annotations

import re
import unicodedata

#: Characters of one text that are read. A longer one is read up to here: the first
#: part tells the kind, and a rule that has not fired in this much is unlikely to.
READ_CHARS = 60_000

#: The longest run without white space that is read as it is.
LONGEST_RUN_CHARS = 200

_PLAIN = str.maketrans(
    {
        "\0": "\ufffd",
        "\u2018": "'",
        "\u2019": "'",
        "\u02bc": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u200b": " ",
        "\u200c": " ",
        "\u200d": " ",
        "\u2060": " ",
        "\ufeff": " ",
        "\u00ad": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
    }
)
_INVISIBLE = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_CUT_WORD = re.compile(rf"(?<!\w)\w++(?:[{_INVISIBLE}]++\w++)+")
_CUTS = re.compile(f"[{_INVISIBLE}]+")
_IN_A_WORD = re.compile(rf"[\w'\u2019{_INVISIBLE}]")
_WORD_GOES_ON = re.compile(rf"(?:[^\W_]|['\u2019{_INVISIBLE}]+[^\W_])")
#: By so many letters a place is widened at most, at each end.
LONGEST_WORD = 40
#: Cyrillic and Greek letters, and the Latin ones that they look like.
_LOOKS = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
        "\u03b1\u03bf\u03bd\u03c1\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7",
        "aeopcyxijsABEKMHOPCTXaovpABEHIKMNOPTX",
        strict=True,
    )
)
_LOOK_ALIKES = str.maketrans(_LOOKS)
_DISGUISED = re.compile(rf"\b(?=\w*[A-Za-z])(?=\w*[{''.join(_LOOKS)}])\w+")
#: Where letters stand in wide forms, as signs, in the alphabets of mathematics, in a circle, and in a box.
_FANCY_BLOCKS = ((0xFF01, 0xFF5E), (0x2102, 0x2138), (0x1D400, 0x1D7FF), (0x24B6, 0x24E9), (0x1F130, 0x1F149))
#: Black circles and black boxes have no plain form in Unicode: where each row of A to Z begins.
_BLACK_ROWS = (0x1F150, 0x1F170)
_FANCY = {
    code: plain
    for first, last in _FANCY_BLOCKS
    for code in range(first, last + 1)
    if (plain := unicodedata.normalize("NFKC", chr(code))).isascii() and len(plain) == 1
} | {row + number: chr(ord("A") + number) for row in _BLACK_ROWS for number in range(26)}
_AROUND_A_WORD = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LONG_RUN = re.compile(rf"(?<=\S{{{LONGEST_RUN_CHARS}}})\S+")


def readable(text: str) -> str:
    """Give the first `READ_CHARS` of `text` made safe and plain, in its own case and of the same length."""
    text = text[:READ_CHARS]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = _CUT_WORD.sub(_joined, text.translate(_FANCY))
        text = _DISGUISED.sub(lambda word: word[0].translate(_LOOK_ALIKES), text)
    text = text.translate(_PLAIN)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(_spaces, text)
    if "_" in text:
        text = _AROUND_A_WORD.sub(_spaces, text)
    if len(text) > LONGEST_RUN_CHARS:
        text = _LONG_RUN.sub(_spaces, text)
    return text


def _joined(match: re.Match[str]) -> str:
    return _CUTS.sub("", match[0]).ljust(len(match[0]))


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place in a text so that it cuts no word, be it one with something invisible in it."""
    first, last = max(0, start - LONGEST_WORD), min(len(text), end + LONGEST_WORD)
    while start > first and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while 0 < end < last and _IN_A_WORD.match(text[end - 1]) and _WORD_GOES_ON.match(text, end):
        end += 1
    return start, end


def folded(text: str) -> str:
    """Give `text` in lower case and of the same length.

    A few letters grow when they are lowered (Turkish dotted I); those stay as they are.
    """
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
