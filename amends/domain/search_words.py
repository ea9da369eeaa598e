"""Cuts text into the words that are searched, of messages and of questions alike.

1. A word is letters and digits in a row, without case and without accents: “Café” is found as
   “cafe”. Where a script writes no spaces between words, each sign is a word.
2. A word counts once a message. So much is kept of a message that no one text fills the index.
3. An address or a handle is also kept whole, with an @ before it, to be found exactly.

Whatever a person types is cut by the same rules, and nothing else of it reaches the database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from amends.domain.message import Message

#: Longer words are cut; further ones are left out.
WORD_AT_MOST, WORDS_AT_MOST = 60, 4_000
#: More words of a question are not looked at.
ASKED_AT_MOST = 20
_TEXT_AT_MOST = 200_000
#: One sign of a script without spaces, or other letters and digits in a row.
_SIGNS = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+")
_NOT_IN_MARK = re.compile(r"[^\w@.+-]")


def words_of_message(message: Message) -> str:
    """Give the words by which a message is found: its text, subject, author, addresses and files."""
    return words_of(
        author_name=message.author_name,
        author=message.author.value,
        address=message.author.address or "",
        facts=message.facts,
        subject=message.subject,
        text=message.text,
        files=[attachment.filename for attachment in message.attachments],
    )


def words_of(
    *,
    author_name: str,
    author: str,
    address: str,
    facts: Mapping[str, str],
    subject: str,
    text: str,
    files: Sequence[str],
) -> str:
    """Give the words of a message from its parts."""
    marks = (mark(value) for value in (address, facts.get("handle", "")) if value)
    return " ".join(dict.fromkeys((*marks, *_words((author_name, author, *facts.values(), subject, text, *files)))))


def asked_words(text: str) -> list[str]:
    """Give the words that a person asks for, each once."""
    return list(dict.fromkeys(_words([text])))[:ASKED_AT_MOST]


def mark(value: str) -> str:
    """Write an address or a handle as the one word by which it is found exactly."""
    return "@" + _NOT_IN_MARK.sub("_", value.strip().casefold().lstrip("@"))[: WORD_AT_MOST * 4]


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    # A long text has few different signs: each is looked at once.
    for sign in filter(unicodedata.combining, set(plain)):
        plain = plain.replace(sign, "")
    return plain


def _words(texts: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(_without_accents(text[:_TEXT_AT_MOST])):
            found.setdefault(word[:WORD_AT_MOST])
            if len(found) == WORDS_AT_MOST:
                return list(found)
    return list(found)
