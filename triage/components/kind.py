"""The component that tells the kind of a message: a softmax over hashed words, pieces of words and pairs.

It fills `doc.cats` with a calibrated probability for each kind. Words inside passages that
somebody else wrote (`amends_passages`) are not read. A text without any word gets no cats.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from amends.domain.verdict import Kind
from triage.components.features import (
    BUCKETS,
    EDGE_KEY,
    HANDLE,
    HEAD_WORDS,
    TAIL_WORDS,
    comparable,
    key_of,
    pair_rows,
    word_rows,
)
from triage.components.passages import others_words

#: The kinds in the order of the weight table's columns.
KINDS: tuple[Kind, ...] = (Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.MACHINE, Kind.SPAM, Kind.OTHER)

#: Words remembered before the memory starts again; keeps it flat on a long stream.
REMEMBERED_WORDS = 100_000

_SKIPPED = 0

Floats = npt.NDArray[np.float32]


class KindClassifier:
    """A linear classifier that remembers what each word contributes.

    Not thread-safe: the memory of words is filled while reading.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self.weights: Floats = np.zeros((BUCKETS, len(KINDS)), dtype=np.float32)
        self.bias: Floats = np.zeros(len(KINDS), dtype=np.float32)
        self.temperature = 1.0
        self._forget()

    def __call__(self, doc: Doc) -> Doc:
        """Judge one document."""
        self._judge([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 256) -> Iterator[Doc]:
        """Judge a stream, `batch_size` documents at a time."""
        documents = iter(stream)
        while batch := list(islice(documents, batch_size)):
            self._judge(batch)
            yield from batch

    def _judge(self, docs: list[Doc]) -> None:
        if len(self._place_of) > REMEMBERED_WORDS:
            self._forget()
        places: list[int] = []
        lengths: list[int] = []
        read: list[Doc] = []
        for doc in docs:
            seen = self._places(doc)
            if seen:
                read.append(doc)
                places.append(self._edge)
                places += seen
                lengths.append(len(seen) + 1)
        if not read:
            return
        places.append(self._edge)
        at = np.array(places)
        starts = np.cumsum([0, *lengths[:-1]])
        counts = np.add.reduceat(self._counts[at[:-1]], starts) + np.array(lengths)
        # The weights of a pair lie at the pair's first word, so one reduceat adds up words and pairs together.
        parts = self._parts[at[:-1]] + self.weights[pair_rows(self._keys[at])]
        scores = np.add.reduceat(parts, starts, axis=0) / np.sqrt(counts)[:, None] + self.bias
        scores /= self.temperature
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        for doc, row in zip(read, odds.tolist(), strict=True):
            doc.cats = dict(zip(KINDS, row, strict=True))

    def _places(self, doc: Doc) -> list[int]:
        """Give where each word of `doc` that is looked at is remembered."""
        place_of = self._place_of
        words: list[int] = doc.to_array("LOWER").tolist()
        masked = others_words(doc)
        if masked:
            starts = [token.idx for token in doc]
            words = [word for word, at in zip(words, starts, strict=True) if not any(a <= at < b for a, b in masked)]
        try:
            places = [place_of[word] for word in words]
        except KeyError:
            self._remember(words)
            places = [place_of[word] for word in words]
        places = [place for place in places if place]
        handle = self._handle
        if places.count(handle) > 1:
            before = [_SKIPPED, *places]
            places = [here for here, last in zip(places, before, strict=False) if here != handle or last != handle]
        if len(places) > HEAD_WORDS + TAIL_WORDS:
            places = places[:HEAD_WORDS] + places[-TAIL_WORDS:]
        return places

    def _forget(self) -> None:
        self._place_of: dict[int, int] = {}
        self._place_of_form: dict[str, int] = {"": _SKIPPED}
        self._used = 1
        self._keys: npt.NDArray[np.uint64] = np.zeros(1024, dtype=np.uint64)
        self._counts: Floats = np.zeros(1024, dtype=np.float32)
        self._parts: Floats = np.zeros((1024, len(KINDS)), dtype=np.float32)
        self._edge = self._claim(EDGE_KEY, [])
        self._handle = self._place_of_form[HANDLE] = self._claim(key_of(HANDLE), word_rows(HANDLE))

    def _claim(self, key: int, rows: list[int]) -> int:
        if self._used == len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
            self._parts = np.concatenate([self._parts, np.zeros_like(self._parts)])
        place = self._used
        self._used += 1
        self._keys[place] = key
        self._counts[place] = len(rows)
        self._parts[place] = self.weights[rows].sum(axis=0)
        return place

    def _remember(self, words: list[int]) -> None:
        strings = self.vocab.strings
        for word in words:
            if word not in self._place_of:
                form = comparable(strings[word])
                place = self._place_of_form.get(form)
                if place is None:
                    place = self._place_of_form[form] = self._claim(key_of(form), word_rows(form))
                self._place_of[word] = place

    def set_model(self, *, weights: Floats, bias: Floats, temperature: float) -> None:
        """Take weights of shape (`BUCKETS`, number of kinds), a bias for each kind, and a temperature above 0."""
        self.weights, self.bias, self.temperature = weights, bias, temperature
        self._forget()

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the weights, as float16, and what belongs to them."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "weights.npy", self.weights.astype(np.float16), allow_pickle=False)
        about = {
            "kinds": [kind.value for kind in KINDS],
            "bias": [round(float(value), 6) for value in self.bias],
            "temperature": self.temperature,
        }
        (folder / "classifier.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> KindClassifier:
        """Read what `to_disk` wrote.

        Raises:
            ValueError: the weights were trained for other kinds or another table.
        """
        folder = Path(path)
        about: Any = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
        weights = np.load(folder / "weights.npy", allow_pickle=False).astype(np.float32)
        if about["kinds"] != [kind.value for kind in KINDS] or weights.shape != (BUCKETS, len(KINDS)):
            raise ValueError(
                f"{folder} was trained for other kinds or features; train again: python -m triage.training"
            )
        self.set_model(
            weights=weights,
            bias=np.array(about["bias"], dtype=np.float32),
            temperature=float(about["temperature"]),
        )
        return self


@Language.factory("amends_kind", assigns=["doc.cats"])
def make_kind_classifier(nlp: Language, name: str) -> KindClassifier:
    """Make an untrained classifier for `nlp`; spaCy calls this by the factory's name."""
    return KindClassifier(nlp.vocab)
