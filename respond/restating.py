"""What of a customer's own words may be said back in a draft.

A greeting and a subject are the customer's words in our mouth. Anyone can write
anything into them: a link, to make us mail it to a third person; a line break, to forge a
header; "we accept liability", to have it from us in writing; a stranger's telephone number.

1. A name is letters, with spaces, hyphens and apostrophes between them: up to four words.
2. A subject is one line of up to 100 characters without links, addresses, numbers that
   identify somebody, brackets or quotation marks.
3. Either that holds something a check would stop at is left out whole, never mended.
4. What came through a web form is not said back by mail: nobody has shown that the address
   typed there belongs to whoever typed it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from respond.checks.admission import admits
from respond.checks.personal_data import identifies_somebody
from respond.checks.phrases import words
from respond.checks.post_length import links
from respond.checks.tone import check_tone
from respond.checks.unfilled import check_unfilled

_LONGEST_NAME, _MOST_NAMES = 40, 4
_LONGEST_SUBJECT = 100
#: A message's acknowledgement and the draft of its answer greet and name the same things.
_REMEMBERED = 256
_PREFIX = re.compile(r"^(?:(?:re|aw|sv|vs|fwd?|wg|tr)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
#: What looks like a way to somewhere, whether or not such a domain exists.
_LEADS_AWAY = re.compile(r"://|@|\bwww\.|[^\W\d_]{2,}\.[^\W\d_]{2,}")
_BETWEEN_LETTERS = frozenset(" '-\N{RIGHT SINGLE QUOTATION MARK}")
_NO_NAMES = words("admin customer info no-reply noreply unknown anonymous none test user the team dear sir madam")
_QUOTES = dict.fromkeys(map(ord, '"\u201c\u201d\u201e\u00ab\u00bb[]{}<>'), None)


def one_line(text: str) -> str:
    """Give the text as one line: control, format and separator characters become single spaces."""
    kept = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


@lru_cache(_REMEMBERED)
def safe_name(name: str) -> str:
    """Give a customer's name fit for a greeting, or "" where it is not plainly one."""
    line = one_line(name)
    names = line.split()
    if not names or len(line) > _LONGEST_NAME or len(names) > _MOST_NAMES:
        return ""
    if any(word.casefold() in _NO_NAMES for word in names) or not _is_lettered(line):
        return ""
    if line.isupper() or line.islower():
        line = line.title()
    return line if _is_harmless(line) else ""


@lru_cache(_REMEMBERED)
def safe_subject(subject: str) -> str:
    """Give a subject fit to be said back, or "" where it is not."""
    line = one_line(_PREFIX.sub("", one_line(subject)).translate(_QUOTES)).strip(" .,;:-")
    return line if len(line) <= _LONGEST_SUBJECT and _is_harmless(line) else ""


def _is_lettered(line: str) -> bool:
    """Whether a line is made of letters, with few marks on them and nothing odd between them."""
    marks = 0
    for before, letter in zip(" " + line, line, strict=False):
        category = unicodedata.category(letter)[0]
        marks = marks + 1 if category == "M" else 0
        if marks > 2 or (category not in "LM" and letter not in _BETWEEN_LETTERS):
            return False
        if letter in _BETWEEN_LETTERS and before in _BETWEEN_LETTERS:
            return False
    return unicodedata.category(line[0])[0] == "L"


def _is_harmless(line: str) -> bool:
    stops = (_LEADS_AWAY.search(line), links(line), identifies_somebody(line), admits(line), list(check_unfilled(line)))
    return not any(stops) and next(check_tone(line), None) is None
