"""What was learnt of flags, beside what the rules say.

1. A rule's flag of critical severity always stands. Another stands unless the encoder is sure that nothing in the
   text tells of it: rules take "the solicitor's bill" for a threat. Of a short text it is never as sure as of a
   letter, so that a flag falls there only far lower (`Calibration.rule_from`, `rule_from_long`), and of a text of few
   words it knows nothing that the rule did not see.
2. Words that no rule knows add flags of other names. They must be likely enough (`Calibration.span_from`).
3. What tells of harm or wrong must really be claimed: the scope that holds for rules (`triage/rules/scope.py`) takes
   back what is denied, supposed or joked here too.
4. Words that are less likely raise a flag of high or critical severity where the grade of harm says so too: either
   alone would not do (`Calibration.graded_from`, `worded_from`).
5. The flag is named `learned.NAME` after its flag, and quotes the words as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from spacy.tokens import Doc

from amends.domain.verdict import LARGE_LOSS_GBP, SEVERITY_OF_FLAG, Flag, FlagName, Severity
from triage.components.encoder import Span, likely_of, spans_of, surest_of
from triage.components.passages import text_of
from triage.rules.money import amounts_in
from triage.rules.rule import Claim
from triage.rules.scope import is_claimed
from triage.text import folded

#: The family of learnt rules.
FAMILY = "learned"

#: From so many words on a text is long: of a shorter one the encoder is less sure than its rule.
LONG_WORDS = 25

#: In a text of so few words a rule's flag stands, whatever the encoder says.
FEW_WORDS = 6

#: Flags of one name that are raised for one text.
_OF_ONE_NAME = 2

#: What must be claimed; the words of other flags hold their own negation ("no heating", "never rang back").
_CLAIMED = {
    FlagName.SAFETY: Claim.DANGER,
    FlagName.SAFEGUARDING: Claim.DANGER,
    FlagName.SELF_HARM: Claim.DANGER,
    FlagName.FRAUD: Claim.DANGER,
    FlagName.DISCRIMINATION: Claim.DANGER,
    FlagName.LEGAL_THREAT: Claim.THREAT,
    FlagName.REGULATOR: Claim.THREAT,
    FlagName.MEDIA: Claim.THREAT,
    FlagName.RIGHTS_REQUEST: Claim.REQUEST,
}

#: "Do not write to me" asks for something; "do not delete my account" asks for nothing.
_KEEP_IT = re.compile(r"\b(?:do not|don'?t|never) (?:delete|erase|remove|destroy|close|cancel)\b")

#: Wrongs that a sentence does not tell of which gives thanks and denies nothing.
_WRONGS = frozenset(
    {FlagName.BROKEN_PROMISE, FlagName.REPEAT_CONTACT, FlagName.STAFF_MISCONDUCT, FlagName.FINANCIAL_LOSS}
)
_THANKS = re.compile(r"\b(?:thank you|thanks|thankful|grateful) (?:so much |very much )?(?:for|to)\b")
_BUT = re.compile(
    r"\b(?:but|however|yet|though|still|not|cannot|never|nobody|no one|nothing|no thanks)\b"
    r"|n't\b|\b(?:are|ca|could|did|does|do|had|has|have|is|should|was|were|wo|would)nt\b"
)

#: Who read something in a newspaper does not turn to it, and what was not cut off is not lost.
_READ_THERE = re.compile(r"\b(?:saw|seen|read|heard) (?:it|this|that|you|about \w+) (?:in|on) the\b")
_NOT_LOST = re.compile(
    r"(?:\b(?:not|never)|n'?t)(?: yet)?(?: been)? (?:stopped|cut|lost|disconnected|suspended|frozen)\b"
)

#: What the writer handed over themselves was not lost by anybody, unless the sentence goes on.
_OWN_DOING = re.compile(
    r"\b(?:i|we)(?: have|'ve)? (?:sent|gave|given|e-?mailed|posted|uploaded|provided|filled in) (?:you |in )?"
    r"(?:my|our) (?:\w+ ){0,2}(?:details|data|information|form|documents|address|id)\b"
)
_AND_THEN = re.compile(r"\b(?:and|but|yet|then|which|so|where|who)\b")

#: Words of a flag in another sense, and what is expressly not said.
_NOT_MEANT: Mapping[FlagName, re.Pattern[str]] = {
    FlagName.VULNERABLE: re.compile(
        r"\bpregnant pause\b|"
        r"\b(?:phone|battery|laptop|tablet|car|engine|boiler|signal|line|wifi|tv|freezer|fridge|screen) "
        r"(?:has |just )?died\b|"
        r"\bdisabled (?:my|our|the|this|that|your|all) (?!(?:son|daughter|child|mother|father|mum|dad|wife|husband)\b)"
        r"(?!.*\bdisabled\b)"
    ),
    # What is not there, and what is ended that is no life, where the sentence says nothing else.
    FlagName.SAFETY: re.compile(
        r"\bno(?: more| trace of| signs? of)? (?:gas (?:leaks?|smell)|smell of (?:gas|smoke|burning))\b[^,;]*$"
    ),
    FlagName.SELF_HARM: re.compile(
        r"\bend (?:my|our|the|this) (?:\w+ )?(?:contract|subscription|account|policy|membership|agreement|tenancy|"
        r"lease|plan|trial|booking|call|chat|insurance)\b(?![^.!?]*\b(?:li(?:fe|ves)|myself|die|dead|but|and)\b)[^,;]*$"
    ),
    FlagName.MEDIA: re.compile(r"\b(?:i am|i'm|as) (?:a|the) (?:freelance )?(?:journalist|reporter)\b"),
    FlagName.REPEAT_CONTACT: re.compile(
        r"\bfirst time (?:that )?(?:i|we)(?:'ve| have)? (?:ever )?"
        r"(?:asked|called|rung|written|e-?mailed|contacted|complained)\b"
    ),
}
_DISCLAIMED = re.compile(r"\b(?:i am|i'm|im|we are|we're) not (?:saying|claiming|suggesting) (?:that )?")

_SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*\s+|\n+")


def standing_flags(
    doc: Doc, raised: Collection[Flag], rule_from: float, rule_from_long: float = 0.0
) -> tuple[Flag, ...]:
    """Give those of the flags that rules raised which the encoder does not rule out."""
    likely, words = likely_of(doc), len(text_of(doc).split())
    if words <= FEW_WORDS:
        return tuple(raised)
    least = max(rule_from, rule_from_long) if words >= LONG_WORDS else rule_from
    return tuple(flag for flag in raised if flag.severity is Severity.CRITICAL or likely.get(flag.name, 1.0) >= least)


def learned_flags(doc: Doc, raised: Collection[FlagName], span_from: float) -> Iterator[Flag]:
    """Give the learnt flags of `doc` that are not among those `raised` already."""
    text = ""
    count: dict[FlagName, int] = {}
    for span in sorted(spans_of(doc), key=lambda span: -span.probability):
        if span.probability < span_from or span.flag in raised or count.get(span.flag, 0) == _OF_ONE_NAME:
            continue
        text = text or folded(text_of(doc))
        sentence = sentence_at(text, span.start)
        if _is_taken_back(text, sentence, span):
            continue
        count[span.flag] = count.get(span.flag, 0) + 1
        yield _flag(doc, span, sentence)


def agreed_flag(doc: Doc, step: Severity, worded_from: float) -> Flag | None:
    """Give the likeliest flag of the severity `step`, for a text whose grade of harm reaches that severity.

    None where its words are not even `worded_from` likely, or are denied, supposed or joked.
    """
    likely = [span for span in surest_of(doc) if SEVERITY_OF_FLAG.get(span.flag) == step]
    surest = max(likely, key=lambda span: (span.probability, span.flag), default=None)
    if surest is None or surest.probability < worded_from:
        return None
    text = folded(text_of(doc))
    sentence = sentence_at(text, surest.start)
    if _is_taken_back(text, sentence, surest):
        return None
    # A single piece of a word quotes nothing.
    around = [span for span in spans_of(doc) if span.flag is surest.flag and span.start <= surest.start < span.end]
    words = text[slice(*sentence)].rstrip()
    whole = Span(flag=surest.flag, start=sentence[0], end=sentence[0] + len(words), probability=surest.probability)
    return _flag(doc, next(iter(around), whole), sentence)


def driving_flag(doc: Doc, grade: Severity, sentence: tuple[int, int]) -> Flag | None:
    """Give a flag of the severity `grade` on the sentence that drove the learned grade: the likeliest one.

    None where the words of a high one are denied, supposed or joked: then nothing speaks for the grade. A critical one
    is shown all the same, unless the sentence says no more than that there is no smell of gas, and the like.
    """
    likely = [span for span in surest_of(doc) if SEVERITY_OF_FLAG.get(span.flag) == grade]
    if not likely:
        return None
    surest = max(likely, key=lambda span: (span.probability, span.flag))
    folded_text = folded(text_of(doc))
    its_sentence = sentence_at(folded_text, surest.start)
    if _is_not_meant(folded_text, its_sentence, surest.flag) or (
        grade < Severity.CRITICAL and _is_taken_back(folded_text, its_sentence, surest)
    ):
        return None
    flag = surest.flag
    start, end = sentence
    quote = text_of(doc)[start:end].rstrip()
    end = start + len(quote)
    return Flag(name=flag, quote=quote, start=start, end=end, rule=f"{FAMILY}.{grade.word}_grade", severity=grade)


def likeliest_first(doc: Doc, sentences: Sequence[tuple[int, int]], grade: Severity) -> list[tuple[int, int]]:
    """Give sentences with those first that hold the surest piece of a flag of the severity `grade`, else in order."""
    pieces = [(span.start, span.probability) for span in surest_of(doc) if SEVERITY_OF_FLAG.get(span.flag) == grade]

    def likely(sentence: tuple[int, int]) -> float:
        return max((odds for at, odds in pieces if sentence[0] <= at < sentence[1]), default=0.0)

    return sorted(sentences, key=lambda sentence: -likely(sentence))


def sentence_at(text: str, place: int) -> tuple[int, int]:
    """Give the sentence of `text` that holds a place."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.end() > place:
            return start, end.end()
        start = end.end()
    return start, len(text)


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Give the sentences of `text` that hold a letter."""
    ends = [end.end() for end in _SENTENCE_END.finditer(text)]
    edges = [0, *ends, len(text)]
    return [(start, end) for start, end in pairwise(edges) if any(map(str.isalpha, text[start:end]))]


def _is_taken_back(text: str, sentence: tuple[int, int], span: Span) -> bool:
    """Whether the sentence denies, supposes or jokes what a span tells, means something else, or gives thanks."""
    claim = _CLAIMED.get(span.flag)
    places = [(span.start, span.end)]
    if claim is Claim.THREAT:
        # What denies it may stand within: "I will not go to the ombudsman".
        places.append(_last_word(text, span))
    if claim is not None and not all(is_claimed(text, sentence, place, claim, recent=False) for place in places):
        return True
    if claim is Claim.REQUEST and _KEEP_IT.search(text, sentence[0], span.end):
        return True
    if span.flag is FlagName.MEDIA and _READ_THERE.search(text, *sentence):
        return True
    if span.flag is FlagName.ESSENTIAL_SUPPLY and _NOT_LOST.search(text, *sentence):
        return True
    if _is_not_meant(text, sentence, span.flag):
        return True
    if _DISCLAIMED.search(text, *sentence) and not _AND_THEN.search(text, *sentence):
        return True
    if (
        span.flag is FlagName.DATA_BREACH
        and _OWN_DOING.search(text, *sentence)
        and not _AND_THEN.search(text, *sentence)
    ):
        return True
    return span.flag in _WRONGS and _is_thanks(text, sentence)


def _is_not_meant(text: str, sentence: tuple[int, int], flag: FlagName) -> bool:
    other = _NOT_MEANT.get(flag)
    return other is not None and other.search(text, *sentence) is not None


def _last_word(text: str, span: Span) -> tuple[int, int]:
    """Give where the last word of a span stands."""
    words = text[span.start : span.end].rstrip()
    return span.start + words.rfind(" ") + 1, span.end


def _is_thanks(text: str, sentence: tuple[int, int]) -> bool:
    return bool(_THANKS.search(text, *sentence)) and not _BUT.search(text, *sentence)


def _flag(doc: Doc, span: Span, sentence: tuple[int, int]) -> Flag:
    own = text_of(doc)
    severity = SEVERITY_OF_FLAG.get(span.flag)
    if span.flag is FlagName.FINANCIAL_LOSS:
        amounts = amounts_in(folded(own)[sentence[0] : sentence[1]])
        inside = [
            amount
            for amount in amounts
            if amount.end + sentence[0] > span.start and amount.start + sentence[0] < span.end
        ]
        if inside and max(amount.value for amount in inside) > LARGE_LOSS_GBP:
            severity = Severity.HIGH
    return Flag(
        name=span.flag,
        quote=own[span.start : span.end],
        start=span.start,
        end=span.end,
        rule=f"{FAMILY}.{span.flag.value}",
        severity=severity,
    )
