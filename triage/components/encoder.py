"""The component that reads a message with a fine-tuned sentence encoder: kind, harm, and the words behind each flag.

A text is cut into pieces of words (`tokenizers`), a long one into windows, and each window goes through the encoder
(`onnxruntime`). What the last layer makes of the pieces is averaged over the whole text, and the piece that says most
is heard besides; on that stand

`doc.cats`
    the probability of each kind, by our own definition of them;
`kinds_of(doc, source)`
    the same by the definition of a public set, whose labels are not quite ours;
`harm_of(doc)`
    the probability that what happened is at least of medium, high, critical severity;
`spans_of(doc)`
    the words that tell of something that must be flagged, each with its probability.

Texts are buffered and sorted by length, so that little is computed for filling up. Nothing here needs torch, and
nothing is fetched from anywhere.

There may be two looks (`looks.py`): the first by an encoder with thinner layers, which every text gets, and the second
by the whole one, at twice the cost, for texts of which the first was unsure. `pipe` gives the first; `look_again`
replaces what it found by what the second finds. Who judges says which texts are worth it (`triage/pipeline.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc
from tokenizers import Tokenizer

from amends.domain.verdict import FlagName, Kind, Severity
from triage.components.looks import Floats, Look, Words
from triage.components.passages import others_words, text_of

#: The kinds in the order in which the encoder's head gives them.
KINDS: tuple[Kind, ...] = (Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.MACHINE, Kind.SPAM, Kind.OTHER)

#: Pieces of a window, without the two that mark its ends, and how many two neighbours share.
WINDOW_PIECES, SHARED_PIECES = 254, 48
#: Windows of one text that are read: all of some 3,500 words. Of a longer text its beginning and its end.
MOST_WINDOWS, LAST_WINDOWS = 24, 6
#: Windows that are held and sorted by length.
BUFFER_WINDOWS = 1024
#: Pieces that go through the encoder together, about: what is between two layers of so many stays near the processor.
BATCH_PIECES = 256
#: A piece that is this likely belongs to a span; the surest one gives the span its probability.
SPAN_FROM = 0.25

#: Of texts that tell of high harm at least this likely, the surest piece of each flag is kept.
SUREST_FROM = 0.2

_HARM, _SPANS, _SUREST, _LIKELY = "amends_harm", "amends_spans", "amends_surest", "amends_likely"
_BY_SOURCE, _LOOKS = "amends_kinds_by_source", "amends_looks"
#: What the names of heads begin with that add what a public set calls differently.
SOURCE_HEAD = "kind by "
_FLAGS = tuple(FlagName)
_STEPS = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_WORDS, _LOOK = "words.onnx", "look-{}"
#: Pieces that are read together: of which text, from which of its pieces on, and their ids.
_Window: TypeAlias = tuple[int, int, Sequence[int]]
_HANDLE = re.compile(r"(?<![\w@.])@\w{3,}")
_OMISSION = re.compile(r"[.\u2026\ufffd]{2,}|[\u2026\ufffd]")
_USER = "@user"


def readable_by_the_encoder(text: str) -> str:
    """Give `text` of the same length, with every handle alike and no marks of omission.

    In X-CI the mark of a truncated tweet appears in one class only; a model that sees it cheats.
    """
    if "@" in text:
        text = _HANDLE.sub(lambda handle: _USER[: len(handle[0])].ljust(len(handle[0])), text)
    return _OMISSION.sub(lambda mark: " " * len(mark[0]), text)


def windows_of(pieces: int) -> list[tuple[int, int]]:
    """Give the windows of a text of so many pieces: first and end. They overlap, and there is always one."""
    step = WINDOW_PIECES - SHARED_PIECES
    firsts = list(range(0, max(1, pieces - SHARED_PIECES), step))
    if len(firsts) > MOST_WINDOWS:
        firsts[MOST_WINDOWS - LAST_WINDOWS : -LAST_WINDOWS] = []
    return [(first, min(pieces, first + WINDOW_PIECES)) for first in firsts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words that raise a flag: characters of the text, and how likely it is that they do."""

    flag: FlagName
    start: int
    end: int
    probability: float


def harm_of(doc: Doc) -> dict[Severity, float]:
    """Give the probability that a message tells of at least this much harm; empty where it was not read."""
    found: dict[Severity, float] = doc.user_data.get(_HARM, {})
    return found


def kinds_of(doc: Doc, source: str = "") -> dict[str, float]:
    """Give the probability of each kind by the definition of a public set, or by ours; empty where it was not read."""
    found: dict[str, dict[str, float]] = doc.user_data.get(_BY_SOURCE, {})
    return found.get(source, doc.cats)


def spans_of(doc: Doc) -> list[Span]:
    """Give the words behind flags, in order."""
    found: list[Span] = doc.user_data.get(_SPANS, [])
    return found


def surest_of(doc: Doc) -> list[Span]:
    """Give for each flag the piece that most likely belongs to it, however unlikely that is."""
    found: list[Span] = doc.user_data.get(_SUREST, [])
    return found


def likely_of(doc: Doc) -> dict[FlagName, float]:
    """Give for each flag how likely its surest piece is; empty where a message was not read."""
    found: dict[FlagName, float] = doc.user_data.get(_LIKELY, {})
    return found


def looks_at(doc: Doc) -> int:
    """Give how often a message was looked at; 0 where it was not read."""
    found: int = doc.user_data.get(_LOOKS, 0)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readings:
    """What is known of texts while their windows are read: of text `n`, row `n`, and the pieces from `firsts[n]` on."""

    docs: list[Doc]
    #: Where each piece stands in its text: (first character, end), by text.
    offsets: list[list[tuple[int, int]]]
    #: Shape (texts + 1,): the last is the count of all pieces.
    firsts: npt.NDArray[np.int64]
    #: Shape (texts, width), and how many pieces it is the sum of, their ends among them.
    total: Floats
    pieces: npt.NDArray[np.int64]
    #: Shape (texts, kinds and steps), and (pieces of all texts, flags).
    peak: Floats
    scores: Floats

    @classmethod
    def of(cls, docs: list[Doc], offsets: list[list[tuple[int, int]]], width: int) -> _Readings:
        """Begin, with nothing read."""
        firsts = np.cumsum([0, *map(len, offsets)])
        return cls(
            docs=docs,
            offsets=offsets,
            firsts=firsts,
            total=np.zeros((len(docs), width), np.float32),
            pieces=np.zeros(len(docs), np.int64),
            peak=np.full((len(docs), len(KINDS) + len(_STEPS)), -np.inf, np.float32),
            scores=np.full((int(firsts[-1]), len(_FLAGS)), -30.0, np.float32),
        )


class Encoder:
    """Reads texts; `Encoder.make` and `from_disk` give it its weights."""

    def __init__(self) -> None:
        self._words: Words | None = None
        self._looks: Sequence[Look] = ()
        self._tokenizer: Any = None

    def set_model(self, *, words: Words, looks: Sequence[Look], tokenizer: Any) -> None:
        """Take the vectors of words, their tokenizer, and one look or two."""
        self._words, self._looks, self._tokenizer = words, tuple(looks), tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._ends = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")

    def __call__(self, doc: Doc) -> Doc:
        """Look at one document."""
        self._read([doc], 1)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 256) -> Iterator[Doc]:
        """Look at documents; they come out in the order in which they went in."""
        docs = iter(stream)
        while buffer := list(islice(docs, max(batch_size, BUFFER_WINDOWS))):
            self._read(buffer, 1)
            yield from buffer

    def look_again(self, docs: Sequence[Doc]) -> None:
        """Replace what the first look found in these by what the second finds; nothing where there is one look."""
        if len(self._looks) > 1 and docs:
            self._read(docs, len(self._looks))

    def _read(self, docs: Sequence[Doc], number: int) -> None:
        look = self._looks[number - 1]
        texts = [_without(text_of(doc), others_words(doc)) for doc in docs]
        worded = [at for at, text in enumerate(texts) if any(map(str.isalpha, text))]
        cut = self._tokenizer.encode_batch([texts[at] for at in worded])
        read = [(docs[at], encoded) for at, encoded in zip(worded, cut, strict=True) if len(encoded)]
        if not read:
            return
        readings = _Readings.of([doc for doc, _ in read], [encoded.offsets for _, encoded in read], look.width)
        windows: list[_Window] = []
        for row, (_, encoded) in enumerate(read):
            ids = encoded.ids
            windows += [(row, first, ids[first:end]) for first, end in windows_of(len(ids))]
        windows.sort(key=lambda window: len(window[2]))
        start = 0
        while start < len(windows):
            end = start + 1
            while end < len(windows) and (end - start + 1) * (len(windows[end][2]) + 2) <= BATCH_PIECES:
                end += 1
            self._run(look, windows[start:end], readings)
            start = end
        _conclude(look, readings)
        for doc in readings.docs:
            doc.user_data[_LOOKS] = number

    def _run(self, look: Look, windows: Sequence[_Window], readings: _Readings) -> None:
        longest = len(windows[-1][2]) + 2
        ids = np.zeros((len(windows), longest), np.int32)
        mask = np.zeros((len(windows), longest), np.int32)
        first, last = self._ends
        for row, (_, _, pieces) in enumerate(windows):
            count = len(pieces)
            ids[row, 0], ids[row, 1 : count + 1], ids[row, count + 1] = first, pieces, last
            mask[row, : count + 2] = 1
        totals, peaks, spans = look.run(self._words_of(ids), mask)
        for row, (text, begin, pieces) in enumerate(windows):
            count = len(pieces)
            readings.total[text] += totals[row]
            readings.pieces[text] += count + 2
            np.maximum(readings.peak[text], peaks[row], out=readings.peak[text])
            start = readings.firsts[text] + begin
            kept = readings.scores[start : start + count]
            np.maximum(kept, spans[row, 1 : count + 1], out=kept)

    def _words_of(self, ids: npt.NDArray[np.int32]) -> Floats:
        if self._words is None:
            raise ValueError("the encoder has no weights yet: read a pipeline that was trained (make model)")
        return self._words.seen(ids)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the words, the tokenizer and the looks.

        Raises:
            ValueError: there are none yet.
        """
        if self._words is None:
            raise ValueError("the encoder has no weights yet: there is nothing to write")
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _WORDS).write_bytes(self._words.graph)
        self._tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        for number, look in enumerate(self._looks, 1):
            look.to_disk(folder / _LOOK.format(number))
        about = {
            "kinds": [kind.value for kind in KINDS],
            "flags": [flag.value for flag in _FLAGS],
            "looks": len(self._looks),
        }
        (folder / "encoder.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Encoder:
        """Read what `to_disk` wrote.

        Raises:
            ValueError: it was trained for other kinds or flags, or made by another version.
        """
        folder = Path(path)
        about: Any = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        if about["kinds"] != [kind.value for kind in KINDS] or about["flags"] != [flag.value for flag in _FLAGS]:
            raise ValueError(f"{folder} was trained for other kinds or flags; train again: make model")
        if "looks" not in about:
            raise ValueError(f"{folder} was made by another version of Amends; train again: make model")
        self.set_model(
            words=Words(graph=(folder / _WORDS).read_bytes()),
            looks=[Look.from_disk(folder / _LOOK.format(number)) for number in range(1, about["looks"] + 1)],
            tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
        )
        return self


def _conclude(look: Look, readings: _Readings) -> None:
    """Write down what was read, for all texts at once: nothing here takes one text into another."""
    said = look.answers(readings.total / readings.pieces.astype(np.float32)[:, None])
    harm = _probability(said.pop("harm") + readings.peak[:, len(KINDS) :])
    # Reaching a higher step is never likelier than reaching a lower one.
    steps = np.minimum.accumulate(harm, axis=1).tolist()
    kind = said.pop("kind") + readings.peak[:, : len(KINDS)]
    odds = _odds(np.stack([kind, *(kind + more for more in said.values())])).tolist()
    sources = [head.removeprefix(SOURCE_HEAD) for head in said]
    likely = _probability(readings.scores)
    surest = np.maximum.reduceat(likely, readings.firsts[:-1], axis=0)
    worded: Sequence[bool] = (surest.max(axis=1) >= SPAN_FROM).tolist()
    grave: Sequence[bool] = (harm[:, 1] >= SUREST_FROM).tolist()
    for row, (doc, offsets) in enumerate(zip(readings.docs, readings.offsets, strict=True)):
        ours, *others = (dict(zip(KINDS, by[row], strict=True)) for by in odds)
        mine = likely[readings.firsts[row] : readings.firsts[row + 1]]
        doc.cats = ours
        data = doc.user_data
        data[_BY_SOURCE] = dict(zip(sources, others, strict=True))
        data[_HARM] = dict(zip(_STEPS, steps[row], strict=True))
        data[_LIKELY] = dict(zip(_FLAGS, surest[row].tolist(), strict=True))
        data[_SPANS] = list(_spans(mine, offsets)) if worded[row] else []
        data[_SUREST] = _surest(mine, offsets) if grave[row] else []


def _surest(likely: Floats, offsets: Sequence[tuple[int, int]]) -> list[Span]:
    return [
        Span(flag=flag, start=offsets[at][0], end=offsets[at][1], probability=float(likely[at, number]))
        for number, (flag, at) in enumerate(zip(_FLAGS, likely.argmax(axis=0).tolist(), strict=True))
    ]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    text = readable_by_the_encoder(text)
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _spans(likely: Floats, offsets: Sequence[tuple[int, int]]) -> Iterator[Span]:
    inside = likely >= SPAN_FROM
    for flag in np.flatnonzero(inside.any(axis=0)):
        places = np.flatnonzero(inside[:, flag])
        # A gap of one or two pieces inside a phrase does not cut it.
        for run in np.split(places, np.flatnonzero(np.diff(places) > 3) + 1):
            yield Span(
                flag=_FLAGS[flag],
                start=offsets[run[0]][0],
                end=offsets[run[-1]][1],
                probability=float(likely[run, flag].max()),
            )


def _odds(scores: Floats) -> Floats:
    """Give the probability of each kind by its score, along the last axis."""
    odds: Floats = np.exp(scores - scores.max(axis=-1, keepdims=True))
    odds /= odds.sum(axis=-1, keepdims=True)
    return odds


def _probability(score: Floats) -> Floats:
    """Give the probability that a score stands for; the score is not kept, for there may be many."""
    np.exp(np.negative(score, out=score), out=score)
    score += 1.0
    np.reciprocal(score, out=score)
    return score


@Language.factory("amends_encoder", assigns=["doc.cats"])
def make_encoder(nlp: Language, name: str) -> Encoder:
    """Make an encoder without weights for `nlp`; spaCy calls this by the factory's name."""
    return Encoder()
