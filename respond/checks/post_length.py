"""How long a post is, by the network's own published rule.

X (docs.x.com, "Counting characters", and version 3 of the configuration that X publishes
for its text library; read on 22 November 2026):

1. The text is brought into Unicode normal form C.
2. A link counts 23, however long it is; so does a bare domain whose last label is a
   top-level domain.
3. An emoji counts 2, however many code points it is made of (joined families, flags,
   skin tones, keycaps).
4. A code point in U+0000-10FF, U+2000-200D, U+2010-201F or U+2032-2037 counts 1, any
   other counts 2.
5. The limit is 280.

Two things cannot be known from outside: the list of top-level domains that X uses at
the moment (ours is dated), and joined emoji that are younger than its library or that no
vendor draws, which X may count by their parts. The rest is compared with that library in
`tests/respond/test_twitter_text.py`. Names that X puts before a reply by itself are not
part of the text.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import regex

#: The longest post on X, weighted.
X_LIMIT = 280
#: What a link counts on X.
X_LINK = 23

#: What counts 2 (rule 4), if it is no part of an emoji.
_HEAVY = regex.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
#: Without one of these nothing can be a link: every link has a top-level domain.
_MAY_BE_LINK = regex.compile(r"\.\w")

# One drawn element: a symbol with an optional skin tone or emoji selector. A text selector (U+FE0E)
# makes it a letter again. The digits, #, * and the signs (c) and (r) are emoji only with a selector.
_ELEMENT = (
    r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}"
    r"|[\p{Emoji}--[0-9#*\u00A9\u00AE]--\p{Regional_Indicator}]\uFE0F?+(?!\uFE0E)"
    r"|[\u00A9\u00AE]\uFE0F)"
)
_EMOJI = (
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F"
    rf"|{_ELEMENT}(?:\u200D{_ELEMENT})*+"
)


def links(text: str) -> list[tuple[int, int]]:
    """Give the spans of what X turns into links: addresses with http(s), and bare domains."""
    return [match.span() for match in _link().finditer(text)] if _MAY_BE_LINK.search(text) else []


def x_length(text: str) -> int:
    """Give the weighted length of a post on X."""
    normal = unicodedata.normalize("NFC", text)
    found = emojis = 0
    if _MAY_BE_LINK.search(normal):
        # A space takes each link's place, so that what stood on both its sides does not meet there.
        normal, found = _link().subn(" ", normal)
    # The digits and some signs become emoji only together with what is not in ASCII.
    if not normal.isascii():
        normal, emojis = _emoji().subn("", normal)
    weight = len(normal) + len(_HEAVY.findall(normal))
    return weight - found + found * X_LINK + emojis * 2


@cache
def _emoji() -> regex.Pattern[str]:
    return regex.compile(_EMOJI, regex.VERSION1)


@cache
def _link() -> regex.Pattern[str]:
    table = files(__package__).joinpath("top_level_domains.txt").read_text(encoding="utf-8")
    words = [word for line in table.splitlines() if not line.startswith("#") for word in line.split()]
    ends = "|".join(sorted(map(regex.escape, words), key=len, reverse=True))
    end = rf"(?:{ends}|xn--[0-9a-z-]+)(?![0-9A-Za-z@+-])"
    # Any sign that is no punctuation and no space may be in a domain that follows http://.
    sign = r"[^\s\p{C}!-/:-@\[-`{-~\u2010-\u206F\u3000-\u303F\uFF00-\uFF20]"
    plain = r"[0-9A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F]"
    named = rf"(?:(?:{sign}|(?<={sign})[-_]+(?={sign}))+\.)*(?:{sign}|(?<={sign})-+(?={sign}))+\.{end}"
    bare = rf"(?:(?:{plain}|(?<={plain})[-_]+(?={plain}))+\.)*(?:{plain}|(?<={plain})-+(?={plain}))+\.{end}"
    letters = r"0-9A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0400-\u04FF"
    inner = rf"[{letters}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
    balanced = rf"\({inner}+\)"
    path = rf"(?:/(?:(?:{inner}|{balanced})*(?:[{letters}=_#/+\-]|{balanced}))?)?"
    query = r"(?:\?[0-9A-Za-z!?*'@();:&=+$/%#\[\]\-_.,~|]*[0-9A-Za-z\-_&=#/])?"
    tail = rf"(?::[0-9]+)?{path}{query}"
    link = rf"(?<![0-9A-Za-z@\uFF20$#\uFF03])(?:https?://{named}|(?<![-_./]){bare}){tail}"
    return regex.compile(link, regex.IGNORECASE | regex.VERSION1)
