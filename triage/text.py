"""The text to judge, and how it is made safe to read.

What happens to a text before anything reads it, in this order:

1. Lone surrogates and NULs become U+FFFD, so that no later step can choke on them.
2. Curly quotes, no-break spaces and unusual dashes become their plain forms.
3. A run of more than 200 characters without white space (base64, a wall of `!`)
   keeps its first 200; the rest is read as spaces.
4. Addresses of web pages are read as spaces.
5. Letters become lower case (`folded`).

Every step keeps the length, so an offset into what is read is an offset into what
was given, and a quote is cut from the given text itself.
"""

from __future__ import annotations

import re

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
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LONG_RUN = re.compile(rf"(?<=\S{{{LONGEST_RUN_CHARS}}})\S+")


def readable(text: str) -> str:
    """Give the first `READ_CHARS` of `text` made safe and plain, in its own case and of the same length."""
    text = text[:READ_CHARS]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    text = text.translate(_PLAIN)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(_spaces, text)
    if len(text) > LONGEST_RUN_CHARS:
        text = _LONG_RUN.sub(_spaces, text)
    return text


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def folded(text: str) -> str:
    """Give `text` in lower case and of the same length.

    A few letters grow when they are lowered (Turkish dotted I); those stay as they are.
    """
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
