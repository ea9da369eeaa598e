"""Choosing temperatures, floors and thresholds, on texts that the model has not learnt from.

1. For each group of channels one temperature makes the probabilities of kinds honest (least mean loss).
2. A message is called a complaint from the probability that gives the best macro-F1 over the customers' sources.
3. For each group the floors are the cheapest pair, in share of messages referred to a person, with which at least
   `CAUGHT` of the complaints are either called complaints or referred. They are chosen on our own messages, whose
   labels follow our definition; where a group has too few of them, on all of ours.
4. Words raise a flag from the probability that gives the best F1 of flags, with those that rules raise.
5. The learned grade of harm reaches a severity from the lowest probability with which no more than the share
   `OVER_GRADED` of our held-out complaints below it are graded so high, be it by the grade or by a flag.

Nothing here reads the dev sides of the public sets or our own test messages. The bounds `CAUGHT` and `OVER_GRADED`
were set by hand, though, by somebody who had seen what they did on our test messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc

from amends.domain.verdict import Flag, Kind, Severity, severity_of
from triage.calibration import Calibration, Floors
from triage.components import KINDS, flags_of, keep_text
from triage.components.encoder import harm_of
from triage.components.learned import learned_flags, standing_flags
from triage.text import readable
from triage.training.sources import Example

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: The share of our complaints that must be caught or referred, by the calibration's own count.
CAUGHT = 0.98
#: The share of our complaints below a severity that may be put so high.
OVER_GRADED = {Severity.MEDIUM: 0.25, Severity.HIGH: 0.13, Severity.CRITICAL: 0.05}

#: Below this probability the encoder rules out a rule's flag. It is low: of a plain short sentence ("My order is two
#: weeks overdue") the encoder is less sure than its rule, and there the rule shall stand.
RULE_FROM = 0.008

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
_HARM_FROM = np.arange(0.10, 0.96, 0.05)
_SPAN_FROM = np.arange(0.25, 0.81, 0.05)
_STEPS = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_COMPLAINT = KINDS.index(Kind.COMPLAINT)
#: A group with fewer texts of ours is judged by the floors of all of them.
_ENOUGH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The calibration, and what it does on the texts it was chosen on, as shares."""

    calibration: Calibration
    found: dict[str, dict[str, float]]


def calibrated(nlp: Language, examples: Sequence[Example]) -> Chosen:
    """Choose everything by what a pipeline says of texts that it has not learnt from."""
    # The pipeline must not keep their words: it is written to disk afterwards.
    with nlp.memory_zone():
        docs = list(nlp.pipe(keep_text(nlp.make_doc(text), text) for text in (readable(one.text) for one in examples)))
        kinds = np.full((len(docs), len(KINDS)), 1 / len(KINDS))
        for at, doc in enumerate(docs):
            # A text without any word has no probabilities, and is none of the encoder's business.
            if doc.cats:
                kinds[at] = [doc.cats[kind] for kind in KINDS]
        chosen = chosen_by(kinds, examples)
        ours = [at for at, one in enumerate(examples) if one.flags is not None]
        span_from, harm_from, told = harm_chosen_by([docs[at] for at in ours], [examples[at] for at in ours])
    return Chosen(
        calibration=replace(chosen.calibration, span_from=span_from, rule_from=RULE_FROM, harm_from=harm_from),
        found=chosen.found | told,
    )


def chosen_by(said: Floats, examples: Sequence[Example]) -> Chosen:
    """Choose temperatures and floors by the probabilities that were said of texts (texts, kinds)."""
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    sources = np.array([example.source for example in examples])
    channels = np.array([example.channel for example in examples])
    ours = sources == "ours"
    odds = said.copy()
    temperatures: dict[str, float] = {}
    for group, (names, of_sources) in GROUPS.items():
        chosen = np.isin(channels, names) & np.isin(sources, of_sources)
        temperatures[group] = _temperature(said[chosen], kinds[chosen]) if chosen.any() else 1.0
        here = np.isin(channels, names)
        odds[here] = _honest(said[here], temperatures[group])
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
    return Chosen(calibration=Calibration(complaint_from=complaint_from, channels=floors, unknown=unknown), found=found)


def harm_chosen_by(
    docs: Sequence[Doc], examples: Sequence[Example]
) -> tuple[float, dict[str, float], dict[str, dict[str, float]]]:
    """Choose from which probability on words raise a flag, and a grade reaches a severity.

    Returns: `span_from`, `harm_from`, and what they do on these texts, which all have their flags and read docs.
    """
    rules = [standing_flags(doc, flags_of(doc), RULE_FROM) for doc in docs]
    wanted = [{flag for flag, _, _ in example.flags or ()} for example in examples]

    def raised(at: int, span_from: float) -> list[Flag]:
        return [*rules[at], *learned_flags(docs[at], {flag.name for flag in rules[at]}, span_from)]

    def of_flags(span_from: float) -> tuple[float, float]:
        found = [{flag.name for flag in raised(at, span_from)} for at in range(len(docs))]
        right = sum(len(one & other) for one, other in zip(found, wanted, strict=True))
        return right / max(1, sum(map(len, found))), right / max(1, sum(map(len, wanted)))

    def f1(span_from: float) -> float:
        precision, recall = of_flags(span_from)
        return 2 * precision * recall / max(1e-9, precision + recall)

    best: float = max((float(one) for one in _SPAN_FROM), key=f1)
    span_from = round(best, 2)
    graded = [at for at, example in enumerate(examples) if example.severity is not None]
    severity = np.array([int(examples[at].severity or 0) for at in graded])
    by_flags = np.array([severity_of(tuple(raised(at, span_from))) for at in graded])
    harm = np.array([list(harm_of(docs[at]).values()) or [0.0] * len(_STEPS) for at in graded]).reshape(-1, len(_STEPS))
    harm_from = _harm_from(harm, severity, by_flags)
    precision, recall = of_flags(span_from)
    told = {"flags": {"texts": len(docs), "precision": round(precision, 4), "recall": round(recall, 4)}}
    return span_from, harm_from, told | {"harm": _told_of_harm(harm, severity, by_flags, harm_from)}


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


def _harm_from(harm: Floats, severity: npt.NDArray[np.int64], by_flags: npt.NDArray[np.int64]) -> dict[str, float]:
    """Find for each step the lowest probability with which few are graded too high, by the grade or by a flag."""
    chosen: dict[str, float] = {}
    for column, step in enumerate(_STEPS):
        below = severity < step
        enough = [
            cut
            for cut in (round(float(one), 2) for one in _HARM_FROM)
            if ((harm[below, column] >= cut) | (by_flags[below] >= step)).mean() <= OVER_GRADED[step]
        ]
        chosen[step.word] = min(enough, default=round(float(_HARM_FROM[-1]), 2))
    return chosen


def _told_of_harm(
    harm: Floats, severity: npt.NDArray[np.int64], by_flags: npt.NDArray[np.int64], harm_from: dict[str, float]
) -> dict[str, float]:
    told = {"texts": float(len(severity))}
    for column, step in enumerate(_STEPS):
        reached = (harm[:, column] >= harm_from[step.word]) | (by_flags >= step)
        for which, those in (("should", severity >= step), ("should not", severity < step)):
            if those.any():
                told[f"{step.word}: reached of those that {which}"] = round(float(reached[those].mean()), 4)
    return told
