"""Signs that a machine filled a form in. Whoever reads it is told of them; nothing is dropped for them.

1. It was sent sooner than anybody can write.
2. It is full of links, as an advertisement is.
3. It has links as pages are written, which no box of ours asks for.

What fills in the field that people do not see is parked (`submission.py`), which is the
one sign that hardly ever lies.
"""

from __future__ import annotations

import re
from datetime import datetime

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s[^>]{0,200}href|\[(?:url|link)[=\]]", re.IGNORECASE)
_SHOWN_AT = re.compile(r"([0-9a-f]{8,9})-")
#: Nobody reads the form, writes a sentence and sends it in less.
_SECONDS_AT_LEAST = 3
_LINKS_ALWAYS_MANY, _LINKS_AT_LEAST, _WORDS_PER_LINK = 10, 3, 8


def page_key(now: datetime, random: str) -> str:
    """Make the key that a page is shown with: the moment, for the first sign, and what makes it unique."""
    return f"{int(now.timestamp()):x}-{random}"


def signs_of_a_machine(text: str, *, key: str, now: datetime) -> tuple[str, ...]:
    """Find the signs in a form; `key` is the one that its page was shown with, or a program's own."""
    found = []
    shown = _SHOWN_AT.match(key)
    if shown and 0 <= (seconds := int(now.timestamp()) - int(shown[1], 16)) < _SECONDS_AT_LEAST:
        found.append(f"it was sent {seconds} s after the form was shown")
    links, words = len(_LINK.findall(text)), len(text.split())
    if links >= _LINKS_ALWAYS_MANY or (links >= _LINKS_AT_LEAST and words < links * _WORDS_PER_LINK):
        found.append(f"{links} links in {words} words")
    if _MARKUP.search(text):
        found.append("links written as for a web page")
    return tuple(found)
