"""Judging messages: a pass through the spaCy pipeline, a second look where it was unsure, then a decision for each.

How the pieces of a verdict come about:

0. Every message is read by the thinner layers of the encoder. Where those are unsure whether a tweet is a complaint,
   the whole ones read it again, and what they say counts instead (`Calibration.is_worth_another_look`).
1. `kind` and `confidence` are the likeliest kind and its probability, made honest for the
   channel. An automatic message is `machine` and a text without any word is `other`, both
   with confidence 1.
2. `flags` come from the rules, and from the words that the encoder takes for a flag's; below
   critical, none that it is sure is not there, and on what is surely spam or a machine's only
   a rights request. On a complaint, words and the grade of harm may raise a flag together that
   neither would alone. They index into `text`. Tone never lowers anything.
3. A complaint's severity is the highest of what its flags give and of the encoder's grade
   of harm, at least low.
4. Where the learned grade alone says high or critical, a person looks, and a flag quotes the
   sentence that drove it: the one without which the grade falls most. A high grade whose words
   are denied, supposed or joked counts as medium.
5. `needs_person` also when the probability of a complaint lies in the channel's band, when a
   flag of high severity stands on what does not look like a complaint, when words of the
   subject would raise such a flag, and when the text hardly holds an English word. Then the
   severity says what the message would be as a complaint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import spacy
from spacy.lang.en.stop_words import STOP_WORDS
from spacy.language import Language
from spacy.tokens import Doc

from amends.domain.verdict import Flag, FlagName, Kind, Severity, Verdict, severity_of
from amends.errors import Misconfigured
from amends.ports import TextToJudge
from triage.calibration import Calibration
from triage.components import flags_of, keep_text, text_of
from triage.components.encoder import harm_of, kinds_of, looks_at
from triage.components.learned import (
    agreed_flag,
    driving_flag,
    learned_flags,
    likeliest_first,
    sentences_of,
    standing_flags,
)
from triage.rules import all_rules
from triage.text import readable, whole_words
from triage.words import TEXTS_AT_MOST, Words

#: The pipeline that is shipped.
MODEL_DIR = Path(__file__).parent / "model"

#: The confidence from which on a high flag alone is no reason to ask a person: on spam and machine mail, for
#: advertisements are full of courts and fraud; and on an enquiry or thanks that only tell that somebody is
#: vulnerable ("My husband uses a wheelchair; is there a lift?"). A critical flag is always shown.
SURE = 0.9

#: Flags that may stand on a message of any kind, for they tell a state or a request and nothing that went wrong.
_STATES = frozenset({FlagName.VULNERABLE, FlagName.RIGHTS_REQUEST})

#: Words from which on a text without one common English word is taken to be in another language.
FOREIGN_WORDS = 10

#: Characters of a subject that are read.
SUBJECT_CHARS = 500

#: Sentences of a text that are left out in turn, to find the one that drove a grade, the likeliest first, and the
#: characters that may be read again for it. The one that drove was among the first eight in all of 42 messages where
#: forty were tried.
SENTENCES_TRIED, READ_AGAIN = 8, 20_000

_BREAK = "\n\n"
_SEVERAL = 2


class Judge:
    """Says what messages are and why. Deterministic; not thread-safe (one for each worker)."""

    def __init__(self, nlp: Language, calibration: Calibration, *, model: str) -> None:
        self.nlp = nlp
        #: The name written into each verdict: weights and rules.
        self.model = model
        self._calibration = calibration
        self._words = Words(nlp)
        self._common = frozenset(nlp.vocab.strings.add(word) for word in sorted(STOP_WORDS))

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        """Give a verdict on each text, in the order given. Never raises for what a text holds."""
        verdicts: list[Verdict] = []
        stream = iter(texts)
        while buffer := list(islice(stream, TEXTS_AT_MOST)):
            self._words.begin(len(buffer))
            docs = list(self.nlp.pipe((self._read(text) for text in buffer), batch_size=256))
            self.look_again(buffer, docs)
            verdicts += [self._decide(text, doc) for text, doc in zip(buffer, docs, strict=True)]
        return verdicts

    def look_again(self, texts: Sequence[TextToJudge], docs: Sequence[Doc]) -> None:
        """Give those docs a second look of which the first was unsure."""
        chosen = self._calibration
        unsure = [
            doc
            for text, doc in zip(texts, docs, strict=True)
            if not text.automatic
            and (odds := kinds_of(doc, chosen.source_of(text.channel)))
            and chosen.is_worth_another_look(text.channel, odds[Kind.COMPLAINT])
        ]
        if unsure:
            encoder: Any = self.nlp.get_pipe("amends_encoder")
            encoder.look_again(unsure)

    def _read(self, text: TextToJudge) -> Doc:
        read = readable(text.text)
        if text.subject:
            read = f"{readable(text.subject[:SUBJECT_CHARS])}{_BREAK}{read}"
        return keep_text(self._words.cut(read), read)

    def _decide(self, text: TextToJudge, doc: Doc) -> Verdict:
        offset = min(len(text.subject), SUBJECT_CHARS) + len(_BREAK) if text.subject else 0
        chosen = self._calibration
        found = standing_flags(doc, flags_of(doc), chosen.rule_from, chosen.rule_from_long)
        found += tuple(learned_flags(doc, {flag.name for flag in found}, chosen.span_from))
        worst = severity_of(found)
        if text.automatic:
            return self._verdict(
                Kind.MACHINE, 1.0, _own(found, text.text, offset), worst, needs_person=worst >= Severity.CRITICAL
            )
        if not doc.cats:
            return self._verdict(Kind.OTHER, 1.0, _own(found, text.text, offset), worst, needs_person=bool(found))
        odds = chosen.honest(text.channel, kinds_of(doc, chosen.source_of(text.channel)))
        kind = chosen.kind_of(text.channel, odds)
        confidence = min(1.0, odds[kind])
        if not kind.is_from_a_customer and confidence >= SURE:
            found = tuple(
                flag for flag in found if flag.severity is Severity.CRITICAL or flag.name is FlagName.RIGHTS_REQUEST
            )
            worst = severity_of(found)
        doubtful = chosen.is_doubtful(text.channel, odds[Kind.COMPLAINT])
        needs_person = doubtful or self._is_foreign(doc)
        if kind is Kind.COMPLAINT or doubtful:
            harm = harm_of(doc)
            if (agreed := self._agreed(doc, harm, worst)) is not None:
                found += (agreed,)
                worst = severity_of(found)
            grade = chosen.grade_of(harm)
            if grade > worst and grade >= Severity.HIGH:
                driving = driving_flag(doc, grade, self._driving_sentence(doc, grade))
                if driving is None:
                    grade = Severity.MEDIUM
                else:
                    needs_person = True
                    found += (driving,)
            worst = max(worst, grade)
        flags = _own(found, text.text, offset)
        if kind is not Kind.COMPLAINT and worst >= Severity.HIGH:
            may_pass = not kind.is_from_a_customer or all(flag.name in _STATES for flag in found)
            is_sure = may_pass and confidence >= SURE
            needs_person = needs_person or worst >= Severity.CRITICAL or not is_sure
        elif worst >= Severity.HIGH and worst > severity_of(flags):
            # Only the subject says so, and it cannot be quoted.
            needs_person = True
        return self._verdict(kind, confidence, flags, worst, needs_person=needs_person)

    def _agreed(self, doc: Doc, harm: Mapping[Severity, float], worst: Severity) -> Flag | None:
        """Give the flag that words and grade raise together, where it is graver than `worst`."""
        for step in (Severity.CRITICAL, Severity.HIGH):
            if step > worst and self._calibration.reaches_with_words(step, harm):
                agreed = agreed_flag(doc, step, self._calibration.worded_from)
                if agreed is not None:
                    return agreed
        return None

    def _driving_sentence(self, doc: Doc, grade: Severity) -> tuple[int, int]:
        """Leave each sentence out in turn, and give the one without which the grade falls most."""
        text = text_of(doc)
        tried = min(SENTENCES_TRIED, max(_SEVERAL, READ_AGAIN // max(1, len(text))))
        sentences = likeliest_first(doc, sentences_of(text), grade)[:tried]
        if len(sentences) < _SEVERAL:
            return sentences[0] if sentences else (0, len(text))
        without = [text[:start] + " " * (end - start) + text[end:] for start, end in sentences]
        encoder: Any = self.nlp.get_pipe("amends_encoder")
        docs = list(encoder.pipe(keep_text(self._words.cut(one), one) for one in without))
        if looks_at(doc) > 1:
            encoder.look_again(docs)
        left = [harm_of(one).get(grade, 1.0) for one in docs]
        return sentences[left.index(min(left))]

    def _verdict(
        self, kind: Kind, confidence: float, flags: tuple[Flag, ...], worst: Severity, *, needs_person: bool
    ) -> Verdict:
        return Verdict(
            kind=kind,
            confidence=confidence,
            severity=worst if kind is Kind.COMPLAINT or needs_person else None,
            flags=flags,
            needs_person=needs_person,
            model=self.model,
        )

    def _is_foreign(self, doc: Doc) -> bool:
        return len(doc) >= FOREIGN_WORDS and self._common.isdisjoint(doc.to_array("LOWER").tolist())


def load_judge(model_dir: Path | None = None) -> Judge:
    """Load the pipeline in `model_dir`, or the one shipped. Reads files only, never the network.

    Raises:
        Misconfigured: there is no readable pipeline; the message says how to make one.
    """
    folder = model_dir or MODEL_DIR
    try:
        nlp = spacy.load(folder)
        calibration = Calibration.read(folder)
    except (OSError, ValueError, KeyError) as cause:
        raise Misconfigured(f"{folder} holds no pipeline that can be read ({cause}); make one: make model") from cause
    return Judge(nlp, calibration, model=f"{nlp.meta['name']}-{nlp.meta['version']}+rules-{rules_digest()}")


def rules_digest() -> str:
    """Give eight letters that change whenever a rule does."""
    return hashlib.sha256(repr(all_rules()).encode()).hexdigest()[:8]


def _own(found: Sequence[Flag], text: str, offset: int) -> tuple[Flag, ...]:
    """Give the flags that stand in the text itself, with offsets into it and quotes cut from it."""
    return tuple(
        Flag(
            name=flag.name,
            quote=text[start:end],
            start=start,
            end=end,
            rule=flag.rule,
            severity=flag.severity,
        )
        for flag in sorted(found, key=lambda flag: (flag.start, flag.end, flag.name))
        if flag.end > flag.start >= offset
        for start, end in (whole_words(text, flag.start - offset, flag.end - offset),)
    )
