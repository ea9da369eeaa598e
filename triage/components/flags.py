"""The component that raises flags: wakes the rules a text may concern, tries them, and keeps the words.

A text that holds no wake word costs one set comparison. A woken pattern is tried once on
each sentence that holds its wake word, so the cost grows with the text, never faster.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from spacy.language import Language
from spacy.strings import StringStore
from spacy.tokens import Doc

from amends.domain.verdict import LARGE_LOSS_GBP, Flag, FlagName, Severity
from triage.components.passages import others_words, text_of
from triage.rules import all_rules
from triage.rules.money import amounts_in
from triage.rules.phrase import NEGATOR
from triage.rules.rule import CompiledRule, Rule, compile_rule
from triage.rules.scope import is_claimed
from triage.text import folded

#: Flags of one name kept for one text: the first ones.
FLAGS_OF_ONE_NAME = 3

#: A sentence is read this far on either side of a wake word, for texts without full stops.
SENTENCE_CHARS = 320

#: What takes a claim back by a rule's own `unless` is looked for this far from the words.
UNLESS_CHARS = 45

#: Wake words that stand this near in a text without full stops share one reading of it.
STEP_CHARS = 160

_KEY = "amends_flags"
_BOUNDARY = re.compile(
    r"[.!?\n](?:(?<![\n])(?<!\bmr\.)(?<!\bmrs\.)(?<!\bms\.)(?<!\bdr\.)(?<!\bst\.)[.!?]{0,9}[\"')\]]{0,3}\s+"
    r"|(?<=\n)(?:[ \t\r]*\n\s*|(?=[ \t]*[>*\u2022-])))"
)


def flags_of(doc: Doc) -> tuple[Flag, ...]:
    """Give the flags found in `doc`, by their place in it; quotes are cut from its text."""
    flags: tuple[Flag, ...] = doc.user_data.get(_KEY, ())
    return flags


class FlagFinder:
    """Finds flags in documents by a fixed list of rules."""

    def __init__(self, strings: StringStore, rules: Sequence[Rule]) -> None:
        self._rules: list[CompiledRule] = [compile_rule(rule) for rule in rules]
        woken: dict[int, list[tuple[int, int]]] = {}
        for number, rule in enumerate(self._rules):
            for place, phrase in enumerate(rule.phrases):
                for word in sorted(phrase.wakes):
                    woken.setdefault(strings.add(word), []).append((number, place))
        self._also: list[list[tuple[frozenset[int], ...]]] = [
            [tuple(frozenset(map(strings.add, sorted(words))) for words in phrase.also) for phrase in rule.phrases]
            for rule in self._rules
        ]
        self._woken = {word: tuple(patterns) for word, patterns in woken.items()}
        self._wake_words = frozenset(woken)

    def __call__(self, doc: Doc) -> Doc:
        """Find the flags of one document."""
        words = _words_of(doc)
        if not self._wake_words.isdisjoint(words):
            found = self._find(doc, words)
            if found:
                doc.user_data[_KEY] = found
        return doc

    def _find(self, doc: Doc, words: list[int]) -> tuple[Flag, ...]:
        own_text = text_of(doc)
        text = folded(own_text)
        masked = others_words(doc)
        starts = doc.to_array("IDX").tolist()
        ends = [boundary.end() for boundary in _BOUNDARY.finditer(text)]
        tried: set[tuple[int, int, int]] = set()
        flags: list[Flag] = []
        heard: set[int] = set()
        heard_from = (-1, -1)
        for place, word in enumerate(words):
            patterns = self._woken.get(word)
            if patterns is None:
                continue
            at = starts[place]
            if masked and any(start <= at < end for start, end in masked):
                continue
            number = bisect_right(ends, at)
            first = ends[number - 1] if number else 0
            last = ends[number] if number < len(ends) else len(text)
            near = at - at % STEP_CHARS
            sentence = (max(first, near - SENTENCE_CHARS), min(last, near + STEP_CHARS + SENTENCE_CHARS))
            around = (
                max(ends[number - 2] if number > 1 else 0, first - SENTENCE_CHARS),
                min(ends[number + 1] if number + 1 < len(ends) else len(text), last + SENTENCE_CHARS),
            )
            if heard_from != sentence:
                heard_from = sentence
                heard = set(words[bisect_left(starts, sentence[0]) : bisect_left(starts, sentence[1])])
            for pattern in patterns:
                trial = (*pattern, sentence[0])
                if trial in tried:
                    continue
                tried.add(trial)
                if not any(map(heard.isdisjoint, self._also[pattern[0]][pattern[1]])):
                    flag = self._try(pattern, own_text, text, sentence, around)
                    if flag is not None:
                        flags.append(flag)
        return _tidy(flags)

    def _try(
        self, pattern: tuple[int, int], own_text: str, text: str, sentence: tuple[int, int], around: tuple[int, int]
    ) -> Flag | None:
        compiled = self._rules[pattern[0]]
        rule = compiled.rule
        start, end = sentence
        phrase = compiled.phrases[pattern[1]]
        for match in phrase.pattern.finditer(text, start, end):
            if not phrase.negates and NEGATOR.search(match[0]):
                continue
            if compiled.unless is not None and compiled.unless.search(
                text, max(start, match.start() - UNLESS_CHARS), min(end, match.end() + UNLESS_CHARS)
            ):
                continue
            if compiled.needs is not None and not compiled.needs.search(text, around[0], around[1]):
                return None
            if is_claimed(text, sentence, match.span(), rule.claim, recent=rule.recent):
                severity = rule.severity
                if rule.by_amount and _is_large(text, sentence, match.span()):
                    severity = Severity.HIGH
                return Flag(
                    name=rule.flag,
                    quote=own_text[match.start() : match.end()],
                    start=match.start(),
                    end=match.end(),
                    rule=rule.name,
                    severity=severity,
                )
        return None


def _is_large(text: str, sentence: tuple[int, int], match: tuple[int, int]) -> bool:
    """Say whether the amount in the match, or else the nearest one in its sentence, is a large loss."""
    amounts = amounts_in(text[sentence[0] : sentence[1]])
    if not amounts:
        return False
    left, right = match[0] - sentence[0], match[1] - sentence[0]
    nearest = min(amounts, key=lambda amount: (max(left - amount.end, amount.start - right, 0), -amount.value))
    return nearest.value > LARGE_LOSS_GBP


def _tidy(flags: list[Flag]) -> tuple[Flag, ...]:
    """Keep, of flags of one name that overlap, the weightier and then the longer; at most three of one name."""
    kept: list[Flag] = []
    for name in FlagName:
        mine = [flag for flag in flags if flag.name is name]
        mine.sort(key=lambda flag: (-(flag.severity or 0), flag.start - flag.end, flag.start, flag.rule))
        chosen: list[Flag] = []
        for flag in mine:
            if all(flag.end <= other.start or other.end <= flag.start for other in chosen):
                chosen.append(flag)
        kept += sorted(chosen, key=lambda flag: (-(flag.severity or 0), flag.start))[:FLAGS_OF_ONE_NAME]
    return tuple(sorted(kept, key=lambda flag: (flag.start, flag.end, flag.name)))


def _words_of(doc: Doc) -> list[int]:
    """Give the words in small letters; of `@ofgem` and `#ofgem` the name alone."""
    words: list[int] = doc.to_array("LOWER").tolist()
    if not {"@", "#"}.intersection(text_of(doc)):
        return words
    strings = doc.vocab.strings
    plain = {word: strings[word].lstrip("@#") for word in set(words) if strings[word].startswith(("@", "#"))}
    return [strings.add(plain[word]) if plain.get(word) else word for word in words]


@Language.factory("amends_flags")
def make_flag_finder(nlp: Language, name: str) -> FlagFinder:
    """Make the component for `nlp`; spaCy calls this by the factory's name."""
    return FlagFinder(nlp.vocab.strings, all_rules())
