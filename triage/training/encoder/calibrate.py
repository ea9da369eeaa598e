"""Choosing temperatures, floors and thresholds, on texts that the model has not learnt from.

1. For each group of channels one temperature makes the probabilities of kinds honest (least mean loss).
2. A message is called a complaint from the probability that gives the best macro-F1 over the customers' sources.
3. For each group the floors are the cheapest pair, in share of messages referred to a person, with which at least
   `CAUGHT` of the complaints are either called complaints or referred. They are chosen on our own messages, whose
   labels follow our definition; where a group has too few of them, on all of ours.
4. The learned grade of harm reaches a severity from the lowest probability with which no more than the share
   `OVER_GRADED` of our held-out complaints below it are graded so high.

The dev sides of the public sets and our own test messages take no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amends.domain.verdict import Kind, Severity
from triage.calibration import Calibration, Floors
from triage.components.encoder import Encoder, harm_of
from triage.components.kind import KINDS
from triage.components.passages import keep_text
from triage.components.tokens import blank_pipeline
from triage.text import readable
from triage.training.sources import Example

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: The share of our complaints that must be caught or referred, by the calibration's own count.
CAUGHT = 0.985
#: The share of our complaints below a severity that the learned grade may put so high.
OVER_GRADED = 0.08

#: Channels judged alike, and the sources whose texts of these channels the temperature is chosen on.
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "posts": (("x", "social", "chat", "post"), ("xci", "ours")),
    "mails and forms": (("email", "web_form", "webform", "form"), ("ours",)),
    "reviews": (("review",), ("cesamard",)),
}

#: Where a message may begin to be called a complaint. No higher: a complaint missed costs
#: more than an enquiry taken seriously.
_CUTS = np.arange(0.30, 0.501, 0.01)
_CONFIDENCE_FLOORS = np.arange(0.40, 0.91, 0.05)
_COMPLAINT_FLOORS = np.arange(0.02, 0.51, 0.01)
_TEMPERATURES = np.arange(0.4, 3.01, 0.05)
_HARM_FROM = np.arange(0.20, 0.86, 0.05)
_COMPLAINT = KINDS.index(Kind.COMPLAINT)
#: A group with fewer texts of ours is judged by the floors of all of them.
_ENOUGH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The calibration, and what it does on the texts it was chosen on, as shares."""

    calibration: Calibration
    found: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the encoder makes of texts: probabilities of kinds (texts, kinds) and of harm (texts, steps)."""

    kinds: Floats
    harm: Floats


def read(encoder: Encoder, examples: Sequence[Example]) -> Read:
    """Have the encoder read texts; one without any word has no probabilities, and is none of its business."""
    nlp = blank_pipeline()
    docs = [keep_text(nlp.make_doc(text), text) for text in (readable(example.text) for example in examples)]
    kinds = np.full((len(examples), len(KINDS)), 1 / len(KINDS))
    harm = np.zeros((len(examples), 3))
    for at, doc in enumerate(encoder.pipe(docs)):
        if doc.cats:
            kinds[at] = [doc.cats[kind] for kind in KINDS]
            harm[at] = list(harm_of(doc).values())
    return Read(kinds=kinds, harm=harm)


def calibrated(encoder: Encoder, examples: Sequence[Example]) -> Chosen:
    """Choose everything by what the encoder says of texts that it has not learnt from."""
    return calibrated_by(read(encoder, examples), examples)


def calibrated_by(seen: Read, examples: Sequence[Example]) -> Chosen:
    """Choose everything by what was read of texts."""
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    sources = np.array([example.source for example in examples])
    channels = np.array([example.channel for example in examples])
    ours = sources == "ours"
    odds = seen.kinds.copy()
    temperatures: dict[str, float] = {}
    for group, (names, of_sources) in GROUPS.items():
        chosen = np.isin(channels, names) & np.isin(sources, of_sources)
        temperatures[group] = _temperature(seen.kinds[chosen], kinds[chosen]) if chosen.any() else 1.0
        here = np.isin(channels, names)
        odds[here] = _honest(seen.kinds[here], temperatures[group])
    customers = [sources == name for name in ("xci", "cesamard", "ours") if (sources == name).any()]
    complaint_from = _best_cut(odds, kinds, customers)
    found: dict[str, dict[str, float]] = {}
    floors: dict[str, Floors] = {}
    for group, (names, of_sources) in GROUPS.items():
        chosen = np.isin(channels, names) & (ours if "ours" in of_sources else np.isin(sources, of_sources))
        if chosen.sum() < _ENOUGH:
            chosen = ours
        pair, caught, referred = _cheapest(odds[chosen], kinds[chosen], complaint_from)
        floors |= {
            name: Floors(confidence=pair.confidence, complaint=pair.complaint, temperature=temperatures[group])
            for name in names
        }
        called = _called(odds[chosen], complaint_from)
        truth = kinds[chosen] == _COMPLAINT
        found[group] = {
            "texts": int(chosen.sum()),
            "temperature": temperatures[group],
            "macro_f1": round(_macro_f1(truth, called), 4),
            "complaint_recall": round(float(called[truth].mean()), 4),
            "caught_or_referred": round(caught, 4),
            "referred": round(referred, 4),
            "calibration_error": round(_calibration_error(odds[chosen], kinds[chosen]), 4),
        }
    unknown = Floors(
        confidence=round(min(0.9, max(floor.confidence for floor in floors.values()) + 0.1), 2),
        complaint=round(max(0.02, min(floor.complaint for floor in floors.values()) / 2), 3),
        temperature=max(1.0, *temperatures.values()),
    )
    graded = np.array([example.severity is not None for example in examples])
    severity = np.array([example.severity or 0 for example in examples])
    harm_from = _harm_from(seen.harm[graded], severity[graded])
    found["harm"] = _told_of_harm(seen.harm[graded], severity[graded], harm_from)
    return Chosen(
        calibration=Calibration(complaint_from=complaint_from, channels=floors, unknown=unknown, harm_from=harm_from),
        found=found,
    )


def _honest(odds: Floats, temperature: float) -> Floats:
    raised = np.maximum(odds, 1e-9) ** (1.0 / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _temperature(odds: Floats, kinds: npt.NDArray[np.int64]) -> float:
    def loss(temperature: float) -> float:
        return float(-np.log(_honest(odds, temperature)[np.arange(len(kinds)), kinds] + 1e-9).mean())

    best: float = min((float(value) for value in _TEMPERATURES), key=loss)
    return round(best, 2)


def _called(odds: Floats, complaint_from: float) -> Mask:
    called: Mask = (odds.argmax(axis=1) == _COMPLAINT) & (odds[:, _COMPLAINT] >= complaint_from)
    return called


def _best_cut(odds: Floats, kinds: npt.NDArray[np.int64], groups: Sequence[Mask]) -> float:
    """Find the probability from which on calling a complaint gives the best macro-F1, averaged over groups of texts."""

    def mean_f1(cut: float) -> float:
        called = _called(odds, cut)
        return sum(_macro_f1(kinds[group] == _COMPLAINT, called[group]) for group in groups)

    best: float = max((float(cut) for cut in _CUTS), key=mean_f1)
    return round(best, 2)


def _macro_f1(truth: Mask, called: Mask) -> float:
    wrong = float((truth != called).sum())
    right = (float((truth & called).sum()), float((~truth & ~called).sum()))
    return sum(2 * one / max(1.0, 2 * one + wrong) for one in right) / 2


def _calibration_error(odds: Floats, kinds: npt.NDArray[np.int64]) -> float:
    """Give the expected calibration error over ten bins of confidence."""
    confidence = odds.max(axis=1)
    right = odds.argmax(axis=1) == kinds
    bins = np.minimum((confidence * 10).astype(np.int64), 9)
    gaps = [
        abs(float(confidence[bins == b].mean() - right[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return sum(gaps)


def _cheapest(odds: Floats, kinds: npt.NDArray[np.int64], complaint_from: float) -> tuple[Floors, float, float]:
    """Find the floors that refer least among those that catch enough, or else catch most."""
    is_complaint = kinds == _COMPLAINT
    called = _called(odds, complaint_from)
    best: tuple[tuple[bool, float, float], Floors, float, float] | None = None
    for confidence in _CONFIDENCE_FLOORS:
        for floor in _COMPLAINT_FLOORS:
            doubtful = (odds.max(axis=1) < confidence) | (~called & (odds[:, _COMPLAINT] >= floor))
            caught = float((called | doubtful)[is_complaint].mean())
            referred = float(doubtful.mean())
            enough = caught >= CAUGHT
            rank = (enough, -referred if enough else caught, -float(confidence))
            if best is None or rank > best[0]:
                pair = Floors(confidence=round(float(confidence), 2), complaint=round(float(floor), 2))
                best = (rank, pair, caught, referred)
    assert best is not None  # noqa: S101 -- the grid is not empty
    return best[1], best[2], best[3]


def _harm_from(harm: Floats, severity: npt.NDArray[np.int64]) -> dict[str, float]:
    """Find for each step the lowest probability with which few are graded too high."""
    chosen: dict[str, float] = {}
    for column, step in enumerate((Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)):
        below = severity < step
        enough = [float(cut) for cut in _HARM_FROM if (harm[below, column] >= cut).mean() <= OVER_GRADED]
        chosen[step.word] = round(min(enough, default=0.85), 2)
    return chosen


def _told_of_harm(harm: Floats, severity: npt.NDArray[np.int64], harm_from: dict[str, float]) -> dict[str, float]:
    told = {"texts": float(len(severity))}
    for column, step in enumerate((Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)):
        reached = harm[:, column] >= harm_from[step.word]
        for which, those in (("should", severity >= step), ("should not", severity < step)):
            if those.any():
                told[f"{step.word}: reached of those that {which}"] = round(float(reached[those].mean()), 4)
    return told
