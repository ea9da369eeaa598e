"""The little language that rules are written in, and its translation to linear patterns.

    my @kin [was|were|got] _2 burned      one of a class, then one of a list, a gap, a word

* a word stands for itself; an apostrophe in it may be missing in the text
* `(a|b c)` is one of a list; `(a|b)?` or `word?` may be missing
* `[a|b]` is one of a list too, and *wakes* the pattern: it is only tried in texts that
  hold the first word of one of them. Each pattern has exactly one such part
* `@name` is a class of `triage.rules.words`; `#name` is a number, an amount, an age
* `_3` lets up to three other words pass, never the end of a sentence

Between two words may stand white space, a hyphen, quotes or a bracket, and after a word
a contraction (`'s`, `'ve`). Patterns hold no nested repetition, so their cost is bounded
by the length of the sentence they are tried on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.rules.words import CLASSES, SPECIAL

# Possessive (`+` after a count): in a ruler of dashes, which are letters of a word and blanks between words alike, a
# search that gives back what it took tries every way to cut it, and 300 characters took ten seconds.
_JOIN = r"(?:'(?:s|ve|d|m|re|ll))?[\s\"'*_()/,-]{1,4}+"
_GAP_WORD = r"(?:(?:[^\s.!?;:,]|,(?=\d)){1,30}+[\s\"'*_()-]{1,4}+)"
#: A word that denies; one in a gap denies what the gap is part of.
NEGATOR = re.compile(
    r"\b(?:not|never|no|nobody|without|hardly|none|neither|cannot)\b|n't\b|\b(?:don|didn|isn|wasn|haven|hasn|won|"
    r"can)t\b"
)
_PART = re.compile(r"\(([^()]*)\)(\??)|\[([^\[\]]*)\]|_(\d)|([^\s()\[\]]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One pattern.

    `wakes` are the words that wake it. Of each set in `also` one word must stand in the
    sentence too, which is cheaper to see than to match. `negates` says that the pattern
    holds a denying word itself.
    """

    source: str
    pattern: re.Pattern[str]
    negates: bool
    wakes: frozenset[str]
    also: tuple[frozenset[str], ...]


def compile_phrase(source: str) -> Phrase:
    """Translate one pattern.

    Raises:
        ValueError: it has no part in square brackets, or more than one, or names an unknown class.
    """
    parts: list[tuple[str, bool]] = []
    wakes: set[str] = set()
    also: list[frozenset[str]] = []
    brackets = 0
    at = 0
    while at < len(source):
        if source[at] == " ":
            at += 1
            continue
        part = _PART.match(source, at)
        if part is None:
            raise ValueError(f"cannot read the pattern {source!r} at {source[at:]!r}")
        at = part.end()
        group, maybe, wake, gap, word = part.groups()
        if gap is not None:
            parts.append((f"{_GAP_WORD}{{0,{gap}}}?", True))
        elif wake is not None:
            brackets += 1
            choices = _choices(wake, source)
            wakes |= {choice.split(" ")[0] for choice in choices}
            parts.append((_one_of(choices), False))
        elif group is not None:
            parts.append((_one_of(_choices(group, source)), bool(maybe)))
            also += [] if maybe else _first_words(_choices(group, source))
        else:
            optional = word.endswith("?")
            choices = _choices(word.removesuffix("?"), source)
            parts.append((_one_of(choices), optional))
            also += [] if optional else _first_words(choices)
    if brackets != 1:
        raise ValueError(f"the pattern {source!r} needs exactly one part in square brackets, not {brackets}")
    odd = [word for word in wakes if not word.isalnum()]
    if odd:
        raise ValueError(f"the pattern {source!r} cannot be woken by {odd}; use whole words of letters or digits")
    return Phrase(
        source=source,
        pattern=re.compile(_join(parts)),
        negates=bool(NEGATOR.search(source)),
        wakes=frozenset(wakes),
        also=tuple(also),
    )


def _choices(words: str, source: str) -> list[str]:
    choices: list[str] = []
    for choice in words.split("|"):
        for word in choice.split(" "):
            if (word.startswith("@") and word[1:] not in CLASSES) or (word.startswith("#") and word not in SPECIAL):
                raise ValueError(f"the pattern {source!r} names {word}, which is no class of words")
        if choice.startswith("@") and " " not in choice:
            choices += _choices(CLASSES[choice[1:]], source)
        else:
            choices.append(choice)
    return choices


def _first_words(choices: list[str]) -> list[frozenset[str]]:
    """Give the words that a token must be one of, or nothing where a token need not be a whole word of the list."""
    words = {choice.split(" ")[0] for choice in choices}
    words = {word for first in words for word in (_choices(first, first) if first.startswith("@") else [first])}
    words = {word.split(" ")[0] for word in words}
    return [frozenset(words)] if all(word.isalnum() for word in words) else []


def _one_of(choices: list[str]) -> str:
    # The longest first, so that `got burned` is preferred to `got` where both are listed.
    written = [_JOIN.join(_word(word) for word in choice.split(" ")) for choice in sorted(choices, key=len)[::-1]]
    return written[0] if len(written) == 1 else f"(?:{'|'.join(written)})"


def _word(word: str) -> str:
    if word.startswith("@"):
        return _one_of(_choices(word, word))
    return SPECIAL[word] if word in SPECIAL else re.escape(word).replace("'", "'?")


def _join(parts: list[tuple[str, bool]]) -> str:
    """Write the parts one after the other; `parts` are patterns, each with whether it may be missing.

    A gap swallows the separator after each of its words, so none is written after it.
    """
    solid = max(index for index, (_, optional) in enumerate(parts) if not optional)
    written, is_open = "", False
    for part, optional in parts[: solid + 1]:
        written += _JOIN if is_open else ""
        is_open = not optional
        if _is_gap(part):
            written += part
        else:
            written += f"(?:{part}{_JOIN})?" if optional else part
    gap = ""
    for part, _ in parts[solid + 1 :]:
        if _is_gap(part):
            gap = part
        else:
            written += f"(?:{_JOIN}{gap}{part})?"
            gap = ""
    return rf"(?<![\w'])(?:{written})(?![\w])"


def _is_gap(part: str) -> bool:
    return part.startswith(_GAP_WORD)
