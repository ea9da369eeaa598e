"""spaCy's own text classifier (`textcat`), to compare with: a bag of words, or its ensemble with a small network.

Learnt from the messages that ship with the training code, the same each time. It is here to
be measured, not to be right: it sees each text a few times.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.training import Example
from thinc.api import fix_random_seed

from amends.domain.verdict import Kind, Severity, Verdict
from amends.ports import TextToJudge
from triage.training.sources import OWN_DATA
from triage.words import Words

_SEED, _EPOCHS, _BATCH = 1, 4, 32
#: spaCy's architectures, by the name that a measurement gives them.
ARCHITECTURES: Mapping[str, Mapping[str, Any]] = {
    "bag of words": {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "length": 262144,
        "ngram_size": 1,
        "no_output_layer": False,
    },
    # As spaCy comes with it.
    "ensemble": {},
}
#: Texts that are judged together.
_AT_ONCE = 256


def learn(folder: Path, architecture: str = "bag of words", *, epochs: int = _EPOCHS) -> None:
    """Learn a classifier of this architecture and write it into `folder`."""
    fix_random_seed(_SEED)
    nlp = spacy.blank("en")
    model = ARCHITECTURES[architecture]
    nlp.add_pipe("textcat", config={"model": dict(model)} if model else {})
    examples = [
        Example.from_dict(
            nlp.make_doc(f"{row.get('subject', '')}\n\n{row['text']}"),
            {"cats": {kind.value: float(kind == row["kind"]) for kind in Kind}},
        )
        for path in sorted((OWN_DATA / "train").glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
    optimizer = nlp.initialize(lambda: examples)
    order = random.Random(_SEED)  # noqa: S311
    for _ in range(epochs):
        order.shuffle(examples)
        for start in range(0, len(examples), _BATCH):
            nlp.update(examples[start : start + _BATCH], sgd=optimizer)
    nlp.to_disk(folder)


class TextcatJudge:
    """The classifier as a judge of ours: it judges in batches, and raises no flags."""

    model = "textcat"

    def __init__(self, folder: Path) -> None:
        self._nlp: Language = spacy.load(folder)
        self._words = Words(self._nlp)

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        """Judge a batch, in order."""
        self._words.begin(len(texts))
        read = (self._words.cut(f"{text.subject}\n\n{text.text}") for text in texts)
        return [_verdict(doc.cats, self.model) for doc in self._nlp.pipe(read, batch_size=_AT_ONCE)]


class ConstantJudge:
    """Says of everything that it is a complaint: what is measured then is all that is not judging."""

    model = "constant"

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        """Judge a batch, in order."""
        return [_verdict({Kind.COMPLAINT.value: 1.0}, self.model) for _ in texts]


def _verdict(odds: dict[str, float], model: str) -> Verdict:
    kind = Kind(max(odds, key=odds.__getitem__))
    return Verdict(
        kind=kind,
        confidence=min(1.0, odds[kind.value]),
        severity=Severity.LOW if kind is Kind.COMPLAINT else None,
        flags=(),
        needs_person=False,
        model=model,
    )
