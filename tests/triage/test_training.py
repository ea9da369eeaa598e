"""Training is repeatable, its data is sound, and the shipped model keeps its scores."""

from __future__ import annotations

import numpy as np
import pytest

from amends.domain.verdict import Kind
from amends.ports import TextToJudge
from tests.support.places import shared_data
from triage.components import KINDS, KindClassifier
from triage.components.tokens import blank_pipeline
from triage.pipeline import Judge
from triage.training.calibrate import choose
from triage.training.learn import Settings, feature_rows, fit, softmax
from triage.training.sources import Example, kind_of, read_rows


def example(text: str, kind: Kind, fold: int = 0) -> Example:
    return Example(text=text, kind=kind, channel="email", source="ours", weight=1.0, fold=fold)


def test_the_component_reads_a_text_as_the_training_did(judge: Judge) -> None:
    texts = ["@one @two the boiler isn't working!!! https://x.example/y 12:30", "Grüße, thanks £5.50 …", "word " * 900]
    rows = feature_rows([example(text, Kind.OTHER) for text in texts])
    classifier = judge.nlp.get_pipe("amends_kind")
    assert isinstance(classifier, KindClassifier)

    for text, row in zip(texts, rows, strict=True):
        scores = classifier.weights[row].sum(axis=0) / np.sqrt(len(row)) + classifier.bias
        expected = softmax(scores[None, :] / classifier.temperature)[0]
        with judge.nlp.select_pipes(enable=["amends_kind"]):
            from_component = judge.nlp.pipe([text.replace("https://x.example/y", " ")])
            [doc] = list(from_component)
        assert [doc.cats[kind] for kind in KINDS] == pytest.approx(list(expected), abs=1e-4)


def test_the_same_seed_gives_the_same_weights() -> None:
    examples = [
        example("the parcel is late and broken", Kind.COMPLAINT),
        example("when do you open", Kind.ENQUIRY),
        example("thank you so much", Kind.PRAISE),
    ]
    rows = feature_rows(examples)
    kinds = np.array([KINDS.index(one.kind) for one in examples])
    weights = np.ones(3, dtype=np.float32)

    first, second = (fit(rows, kinds, weights, Settings(epochs=3)) for _ in range(2))
    other = fit(rows, kinds, weights, Settings(epochs=3, seed=7))

    assert np.array_equal(first.weights, second.weights)
    assert not np.array_equal(first.weights, other.weights)
    assert first.scores(rows).argmax(axis=1).tolist() == kinds.tolist()


def test_floors_are_chosen_so_that_enough_complaints_are_caught_or_referred() -> None:
    random = np.random.default_rng(5)
    kinds = np.array([0] * 200 + [1] * 200)
    scores = random.normal(0, 1, (400, len(KINDS))).astype(np.float32)
    scores[np.arange(400), kinds] += 2
    examples = [example(f"t{n}", KINDS[kind], fold=n % 100) for n, kind in enumerate(kinds)]

    chosen = choose(examples, kinds, scores)

    assert all(found["caught_or_referred"] >= 0.96 for found in chosen.found.values())
    assert chosen.calibration.unknown.confidence > max(f.confidence for f in chosen.calibration.channels.values())


def test_hard_ham_is_read_as_what_machines_send() -> None:
    assert kind_of({"topic": "hard-ham-1", "intent": "other"}) is Kind.MACHINE
    assert kind_of({"topic": "easy-ham-1", "intent": "other"}) is Kind.OTHER
    assert kind_of({"intent": None}) is None


def test_the_shipped_tokenizer_is_the_one_of_the_code(judge: Judge) -> None:
    text = "I don't know, my 84-year-old's kettle... £1,200.50 (see below)!!! @user #fail 😂😂"

    assert [token.text for token in judge.nlp.make_doc(text)] == [
        token.text for token in blank_pipeline().make_doc(text)
    ]


@pytest.mark.shared_data
def test_every_quote_on_the_dev_files_equals_its_span(judge: Judge) -> None:
    checked = 0
    for path in sorted((shared_data() / "triage").glob("*.dev.jsonl")):
        rows = list(read_rows(path))
        for row, verdict in zip(rows, judge.judge([TextToJudge(r["text"], r["channel"]) for r in rows]), strict=True):
            for flag in verdict.flags:
                assert row["text"][flag.start : flag.end] == flag.quote
                checked += 1

    assert checked > 300
