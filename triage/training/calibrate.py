"""Choosing the temperature and the floors, on texts that the judging model has not learnt from.

Every training text is judged once by a model fitted without its fold. On those judgements

1. one temperature makes the probabilities honest (least mean loss over the customers' sources);
2. a message is called a complaint from the probability that gives the best macro-F1 over those sources;
3. for each group of channels the floors are the cheapest pair, in share of messages referred to
   a person, with which at least `CAUGHT` of the complaints are either called complaints or referred.

The dev files take no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amends.domain.verdict import Kind
from triage.calibration import Calibration, Floors
from triage.components.kind import KINDS
from triage.training.learn import Floats, Integers, Settings, fit_average, softmax
from triage.training.sources import Example

#: The share of complaints that must be caught or referred, by the calibration's own count.
CAUGHT = 0.96

#: How many models are fitted, each without its share of the texts.
FOLDS = 5

#: Channels judged by the same floors, and the sources that these are chosen on.
GROUPS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("x", "social", "chat", "post"): ("xci",),
    ("email", "web_form", "webform", "form"): ("ours",),
    ("review",): ("cesamard",),
}

#: Where a message may begin to be called a complaint. No higher: a complaint missed costs
#: more than an enquiry taken seriously.
_CUTS = np.arange(0.30, 0.401, 0.01)
_CONFIDENCE_FLOORS = np.arange(0.40, 0.81, 0.05)
_COMPLAINT_FLOORS = np.arange(0.06, 0.51, 0.02)
_TEMPERATURES = np.arange(0.4, 2.51, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A temperature, the floors, and what they do on the texts they were chosen on."""

    temperature: float
    calibration: Calibration
    #: group -> what they do there, as shares; `calibration_error` is the mean distance of confidence from being right.
    found: dict[str, dict[str, float]]


def held_out_scores(
    examples: Sequence[Example], rows: list[Integers], kinds: Integers, weights: Floats, settings: Settings
) -> Floats:
    """Give each text the scores of a model that has not learnt from it."""
    scores = np.zeros((len(rows), len(KINDS)), dtype=np.float32)
    folds = np.array([example.fold % FOLDS for example in examples])
    for fold in range(FOLDS):
        learnt = np.flatnonzero(folds != fold)
        judged = np.flatnonzero(folds == fold)
        fitted = fit_average([rows[int(text)] for text in learnt], kinds[learnt], weights[learnt], settings)
        scores[judged] = fitted.scores([rows[int(text)] for text in judged])
    return scores


def choose(examples: Sequence[Example], kinds: Integers, scores: Floats) -> Chosen:
    """Choose temperature and floors by held-out scores."""
    sources = np.array([example.source for example in examples])
    customers = sorted({name for names in GROUPS.values() for name in names} & set(sources.tolist()))
    temperature = min(
        (float(value) for value in _TEMPERATURES),
        key=lambda value: sum(_loss(scores[sources == name] / value, kinds[sources == name]) for name in customers),
    )
    odds = softmax(scores / np.float32(temperature))
    complaint_from = _best_cut(odds, kinds, [sources == name for name in customers])
    complaint = KINDS.index(Kind.COMPLAINT)
    truth = kinds == complaint
    called = (odds.argmax(axis=1) == complaint) & (odds[:, complaint] >= complaint_from)
    channels: dict[str, Floors] = {}
    found: dict[str, dict[str, float]] = {}
    for group, names in GROUPS.items():
        chosen = np.isin(sources, names)
        if not chosen.any():
            chosen = np.isin(sources, customers)
        floors, caught, referred = _cheapest(odds[chosen], kinds[chosen], complaint_from)
        channels |= dict.fromkeys(group, floors)
        found[", ".join(group)] = {
            "texts": int(chosen.sum()),
            "macro_f1": round(_macro_f1(truth[chosen], called[chosen]), 4),
            "complaint_recall": round(float(called[chosen & truth].mean()), 4),
            "caught_or_referred": caught,
            "referred": referred,
            "calibration_error": round(_calibration_error(odds[chosen], kinds[chosen]), 4),
        }
    unknown = Floors(
        confidence=round(min(0.9, max(floors.confidence for floors in channels.values()) + 0.1), 2),
        complaint=round(max(0.03, min(floors.complaint for floors in channels.values()) / 2), 2),
    )
    return Chosen(
        temperature=round(temperature, 2),
        calibration=Calibration(complaint_from=complaint_from, channels=channels, unknown=unknown),
        found=found,
    )


def _loss(scores: Floats, kinds: Integers) -> float:
    odds = softmax(scores.astype(np.float32))
    return float(-np.log(odds[np.arange(len(kinds)), kinds] + 1e-9).mean())


def _best_cut(odds: Floats, kinds: Integers, groups: Sequence[npt.NDArray[np.bool_]]) -> float:
    """Find the probability from which on calling a complaint gives the best macro-F1, averaged over groups of texts."""
    complaint = KINDS.index(Kind.COMPLAINT)
    likeliest = odds.argmax(axis=1) == complaint

    def mean_f1(cut: float) -> float:
        called = likeliest & (odds[:, complaint] >= cut)
        return sum(_macro_f1(kinds[group] == complaint, called[group]) for group in groups)

    cuts = [float(cut) for cut in _CUTS]
    best: float = max(cuts, key=mean_f1)
    return round(best, 2)


def _macro_f1(truth: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_]) -> float:
    wrong = float((truth != called).sum())
    return (
        sum(
            2 * right / max(1.0, 2 * right + wrong)
            for right in (float((truth & called).sum()), float((~truth & ~called).sum()))
        )
        / 2
    )


def _calibration_error(odds: Floats, kinds: Integers) -> float:
    """Give the expected calibration error over ten bins of confidence."""
    confidence = odds.max(axis=1)
    right = odds.argmax(axis=1) == kinds
    bins = np.minimum((confidence * 10).astype(np.int64), 9)
    gaps = [
        abs(float(confidence[bins == b].mean() - right[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return sum(gaps)


def _cheapest(odds: Floats, kinds: Integers, complaint_from: float) -> tuple[Floors, float, float]:
    """Find the floors that refer least among those that catch enough, or else catch most."""
    complaint = KINDS.index(Kind.COMPLAINT)
    is_complaint: npt.NDArray[np.bool_] = kinds == complaint
    called = (odds.argmax(axis=1) == complaint) & (odds[:, complaint] >= complaint_from)
    best: tuple[tuple[bool, float, float], Floors, float, float] | None = None
    for confidence in _CONFIDENCE_FLOORS:
        for floor in _COMPLAINT_FLOORS:
            doubtful = (odds.max(axis=1) < confidence) | (~called & (odds[:, complaint] >= floor))
            caught = float((called | doubtful)[is_complaint].mean())
            referred = float(doubtful.mean())
            enough = caught >= CAUGHT
            rank = (enough, -referred if enough else caught, -float(confidence))
            if best is None or rank > best[0]:
                best = (
                    rank,
                    Floors(confidence=round(float(confidence), 2), complaint=round(float(floor), 2)),
                    caught,
                    referred,
                )
    assert best is not None  # noqa: S101 -- the grid is not empty
    return best[1], round(best[2], 4), round(best[3], 4)
