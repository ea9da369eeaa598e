"""What spaCy remembers of words: the first ones for good, later ones until there were many texts."""

from __future__ import annotations

from typing import Any

import pytest
from spacy.language import Language

from triage.components.tokens import blank_pipeline
from triage.words import Words

TEXTS = [f"Parcel w{number}q is late, isn't it? Order AB-{number}/7 came... never!" for number in range(60)]


@pytest.fixture
def nlp() -> Language:
    nlp = blank_pipeline()
    nlp.make_doc("Parcel late")
    return nlp


def test_later_words_are_given_back(nlp: Language) -> None:
    words = Words(nlp, remembered=len(nlp.vocab), at_most=100)
    kept = len(nlp.vocab.strings)

    words.begin(60)
    for text in TEXTS:
        words.cut(text)
    grown = len(nlp.vocab.strings)
    words.begin(60)

    assert grown > kept + 60
    assert len(nlp.vocab.strings) == kept


def test_later_words_are_kept_while_there_were_few_texts(nlp: Language) -> None:
    words = Words(nlp, remembered=len(nlp.vocab), at_most=100)
    words.begin(60)
    [*_] = map(words.cut, TEXTS)
    grown = len(nlp.vocab.strings)

    words.begin(40)

    assert len(nlp.vocab.strings) == grown


def test_the_first_words_are_kept_for_good_and_no_more_than_was_said(nlp: Language) -> None:
    words = Words(nlp, remembered=len(nlp.vocab) + 30, at_most=60)

    words.begin(60)
    [*_] = map(words.cut, TEXTS)
    words.begin(60)

    known = [number for number in range(60) if f"w{number}q" in nlp.vocab]
    assert known == list(range(len(known)))
    assert 3 < len(known) < 20


def test_words_are_cut_alike_however_well_they_are_known(nlp: Language) -> None:
    words = Words(nlp, remembered=len(nlp.vocab) + 40, at_most=1000)
    words.begin(60)

    # The zone begins among them, and none of the docs suffers.
    docs = [words.cut(text) for text in TEXTS]

    fresh = blank_pipeline()
    assert [[token.text for token in doc] for doc in docs] == [
        [token.text for token in fresh.make_doc(text)] for text in TEXTS
    ]
    assert [[token.lower_ for token in doc] for doc in docs] == [
        [token.text.lower() for token in doc] for doc in map(fresh.make_doc, TEXTS)
    ]


def test_what_is_cut_often_is_cut_from_memory(nlp: Language) -> None:
    calls = []
    tokenizer: Any = nlp.tokenizer
    infixes = tokenizer.infix_finditer

    def counted(word: str) -> object:
        calls.append(word)
        return infixes(word)

    tokenizer.infix_finditer = counted
    words = Words(nlp, remembered=1_000_000)
    words.begin(2)
    words.cut("Parcels vanish")
    first = len(calls)

    words.cut("Parcels vanish")

    assert first > 0
    assert len(calls) == first
