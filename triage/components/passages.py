"""The component that finds the passages of a message that its writer did not mean to tell us.

Nothing in them raises a flag or tells the kind:

1. History quoted from somebody else: lines that begin with `>`, and all that follows
   `On ... wrote:` or `-----Original Message-----`. A message that is nothing but such
   history is read as it is: then the customer sent it on to be read.
2. Orders to the machine: a sentence that tells the reader to ignore its rules or to
   mark, rate or classify the message. Such a sentence changes nothing, whatever it asks.
   "Please treat this as a complaint" is no such order; a customer may well say so.
"""

from __future__ import annotations

import re

from spacy.language import Language
from spacy.strings import StringStore
from spacy.tokens import Doc

from triage.text import folded

_KEY = "amends_passages"
_TEXT = "amends_text"

_HISTORY_MARK = re.compile(
    r"^[ \t]*>[^\n]*\n?"
    r"|^[ \t]*on (?=[^\n]{0,150}(?:\d{2}|@|\d:\d))(?![^\n]{0,150}\b(?:i|we|colleague|agent|manager|"
    r"adviser) (?:\w+ )?wrote:)[^\n]{6,150}(?:\n[^\n]{0,80})?\bwrote:[ \t]*\n[\s\S]*"
    r"|^[ \t]*-{3,}[ \t]*original message[ \t]*-{3,}[\s\S]*",
    re.MULTILINE,
)

_ORDER_WORDS = frozenset(
    [
        "ignore",
        "disregard",
        "forget",
        "override",
        "bypass",
        "mark",
        "label",
        "classify",
        "classified",
        "categorise",
        "categorize",
        "tag",
        "flag",
        "rate",
        "set",
        "output",
        "respond",
        "severity",
        "prompt",
        "instructions",
        "system",
        "assistant",
    ]
)

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |every |each )?(?:of )?"
    r"(?:your|the|previous|prior|above|earlier|all|these|those|system)\b[^.!?\n]{0,30}?"
    r"\b(?:rules?|instructions?|prompts?|guidelines?|training|policy|policies|directions?|orders?|settings)\b"
    r"|(?<!not )(?<!n't )\b(?:mark|label|classify|categori[sz]e|tag|flag|rate|triage) "
    r"(?:this|it|me|the following|my \w+|this \w+) (?:message |e-?mail |text |post |one )?(?:as|with|to be) (?:an? |"
    r"the )?"
    r"(?:low|medium|high|critical|urgent severity|severity|priority|enquiry|inquiry|praise|spam|other|machine|"
    r"not? |none|safe|harmless|positive|neutral|non|safety|fraud|safeguarding|gas|fire|emergency|injury)\b"
    r"|\bset (?:the |its |your )?(?:severity|priority|flags?|kind|confidence|label)\b"
    r"|\b(?:severity|needs_person|confidence|kind) ?[:=] ?\"?(?:low|none|null|medium|high|critical|false|true|\d|"
    r"enquiry|praise|spam)"
    r"|\b(?:system|assistant|developer) ?(?:prompt|message|override|note)? ?: "
    r"|<\|[a-z_]+\|>|\[/?inst\]|<</?sys>>"
    r"|\byou are (?:now )?an? (?:ai|language model|assistant|classifier)\b"
    r"|\b(?:respond|reply|answer|output) (?:only )?with (?:only )?(?:the (?:word|label|json)|\{|json|\"?(?:low|"
    r"praise|enquiry))"
)

#: A sentence is looked for this far on either side of an order.
_SENTENCE_CHARS = 400

_SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*(?=\s)|\n")


def text_of(doc: Doc) -> str:
    """Give the text of `doc`: the one it was made with where that was kept, for spaCy puts it together word by word."""
    kept = doc.user_data.get(_TEXT)
    return kept if isinstance(kept, str) else doc.text


def keep_text(doc: Doc, text: str) -> Doc:
    """Keep with `doc` the text it was made with."""
    doc.user_data[_TEXT] = text
    return doc


def others_words(doc: Doc) -> list[tuple[int, int]]:
    """Give the spans of characters in `doc` that are not the writer's own, in order; usually none."""
    spans: list[tuple[int, int]] = doc.user_data.get(_KEY, [])
    return spans


class Passages:
    """Marks history and orders in a document; costs next to nothing where there are none."""

    def __init__(self, strings: StringStore) -> None:
        self._order_ids = frozenset(strings.add(word) for word in sorted(_ORDER_WORDS))

    def __call__(self, doc: Doc) -> Doc:
        """Mark the passages of one document."""
        text = text_of(doc)
        spans: list[tuple[int, int]] = []
        if ">" in text or "rote:" in text or "---" in text:
            low = folded(text)
            spans += _history(low)
        if "<|" in text or not self._order_ids.isdisjoint(doc.to_array("LOWER").tolist()):
            spans += _orders(folded(text))
        if spans:
            doc.user_data[_KEY] = sorted(spans)
        return doc


def _history(text: str) -> list[tuple[int, int]]:
    spans = [mark.span() for mark in _HISTORY_MARK.finditer(text)]
    own, end = [], 0
    for start, stop in spans:
        own.append(text[end:start])
        end = stop
    own.append(text[end:])
    return spans if any(part.strip() for part in own) else []


#: Before an order that the writer tells of, and does not give: "they told me to ignore the instructions".
_REPORTED = re.compile(
    r"\b(?:told|asked|advised|instructed|said|says|refus\w+|fail\w+|declin\w+|forgot|would(?: not|n't)?|did(?: not|"
    r"n't)?|keeps?|always|never)"
    r"(?: (?:me|us|her|him|them|my \w+|that|just|even))?(?: to| not to)? $"
    r"|\b(?<!want )(?<!need )(?:i|we|they|he|she|you|who|operator|handler|nurse|pharmacist|engineer|doctor|gp|"
    r"staff|team|agent|office|lad|lady) (?:had |have |has |just |only )?$"
)


def _orders(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    done = 0
    for order in _ORDER.finditer(text):
        if order.start() < done or _REPORTED.search(text, max(0, order.start() - 60), order.start()):
            continue
        start = max(done, order.start() - _SENTENCE_CHARS)
        for end in _SENTENCE_END.finditer(text, start, order.start()):
            start = end.end()
        last = _SENTENCE_END.search(text, order.end(), order.end() + _SENTENCE_CHARS)
        done = last.end() if last else min(len(text), order.end() + _SENTENCE_CHARS)
        spans.append((start, done))
    return spans


@Language.factory("amends_passages")
def make_passages(nlp: Language, name: str) -> Passages:
    """Make the component for `nlp`; spaCy calls this by the factory's name."""
    return Passages(nlp.vocab.strings)
