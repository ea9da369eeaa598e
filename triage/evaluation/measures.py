"""Figures of triage, each with an interval.

A figure is computed from rows (one for each message), so that it can be computed again on rows drawn
with replacement: the interval holds the middle 95 of a hundred such figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amends.domain.verdict import FlagName, Kind, Severity, Verdict

Rows = npt.NDArray[np.float64]

#: How often rows are drawn, and the seed they are drawn by.
DRAWS, SEED = 1000, 20261128


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What people say of one message. None where nobody said."""

    kind: Kind
    severity: Severity | None = None
    flags: tuple[tuple[FlagName, int, int], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A share in percent, or a coefficient, with its interval; `rows` is on how many messages it stands."""

    value: float
    low: float
    high: float
    rows: int


def figures(truths: Sequence[Truth], verdicts: Sequence[Verdict]) -> dict[str, Figure]:
    """Compute every figure that these labels allow.

    `accuracy`, `macro_f1`, `complaint_recall` are of complaint against not; `caught_or_referred` is the share of
    complaints called complaints or shown to a person; `against_enquiry` is the macro-F1 over complaints and
    enquiries alone. `severity_kappa` is weighted by the square, over all that people graded, where what was
    neither called a complaint nor shown to a person counts as low; `grave_recall` is the share of high and critical
    complaints graded so, `over_graded` that of low and medium ones. Flags count once a message and name;
    `span_overlap` is the mean share of letters that quote and label have in common, of flags that are right.
    """
    called = np.array([verdict.kind is Kind.COMPLAINT for verdict in verdicts], float)
    truth = np.array([one.kind is Kind.COMPLAINT for one in truths], float)
    handled = np.array([verdict.may_be_complaint for verdict in verdicts], float)
    referred = np.array([verdict.needs_person for verdict in verdicts], float)
    right = np.array([one.kind is verdict.kind for one, verdict in zip(truths, verdicts, strict=True)], float)
    confidence = np.array([verdict.confidence for verdict in verdicts])
    enquiry = np.array([one.kind is Kind.ENQUIRY for one in truths])
    found: dict[str, Figure] = {
        "accuracy": _figure(np.stack([truth == called], 1).astype(float), _mean),
        "kind_accuracy": _figure(right[:, None], _mean),
        "referred": _figure(referred[:, None], _mean),
        "calibration_error": _figure(np.stack([confidence, right], 1), _calibration_error),
    }
    both = np.stack([truth, called], 1)
    if 0 < truth.sum() < len(truth):
        found["macro_f1"] = _figure(both, _macro_f1)
    if truth.any():
        found["complaint_recall"] = _figure(called[truth > 0][:, None], _mean)
        found["caught_or_referred"] = _figure(handled[truth > 0][:, None], _mean)
    if truth.any() and enquiry.any():
        found["against_enquiry"] = _figure(both[(truth > 0) | enquiry], _macro_f1)
    graded = [at for at, one in enumerate(truths) if one.severity is not None]
    if graded:
        found |= _of_severity([truths[at] for at in graded], [verdicts[at] for at in graded])
    flagged = [at for at, one in enumerate(truths) if one.flags is not None]
    if flagged:
        found |= _of_flags([truths[at] for at in flagged], [verdicts[at] for at in flagged])
    return found


def by_flag(truths: Sequence[Truth], verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """Count for each flag how often it is right, raised though it should not be, and missed."""
    counts = {flag.value: {"right": 0, "too_much": 0, "missed": 0} for flag in FlagName}
    for one, verdict in zip(truths, verdicts, strict=True):
        if one.flags is None:
            continue
        wanted, raised = {name for name, _, _ in one.flags}, {flag.name for flag in verdict.flags}
        for name in wanted | raised:
            what = "right" if name in wanted and name in raised else "missed" if name in wanted else "too_much"
            counts[name.value][what] += 1
    return counts


def _of_severity(truths: Sequence[Truth], verdicts: Sequence[Verdict]) -> Mapping[str, Figure]:
    wanted = np.array([float(one.severity or 0) for one in truths])
    # What is neither called a complaint nor shown to a person has no severity at all: as if it were low.
    given = np.array([float(verdict.severity or Severity.LOW) for verdict in verdicts])
    grave, graded = wanted >= Severity.HIGH, (given >= Severity.HIGH).astype(float)
    found = {"severity_kappa": _figure(np.stack([wanted, given], 1), _quadratic_kappa)}
    if grave.any():
        found["grave_recall"] = _figure(graded[grave][:, None], _mean)
    if (~grave).any():
        found["over_graded"] = _figure(graded[~grave][:, None], _mean)
    return found


def _of_flags(truths: Sequence[Truth], verdicts: Sequence[Verdict]) -> Mapping[str, Figure]:
    counts = np.zeros((len(truths), 3))
    overlaps: list[float] = []
    for row, (one, verdict) in enumerate(zip(truths, verdicts, strict=True)):
        wanted = {name for name, _, _ in one.flags or ()}
        raised = {flag.name for flag in verdict.flags}
        counts[row] = len(wanted & raised), len(raised), len(wanted)
        for name in wanted & raised:
            labelled = [(start, end) for flag, start, end in one.flags or () if flag is name]
            quoted = [(flag.start, flag.end) for flag in verdict.flags if flag.name is name]
            overlaps.append(max(_shared(a, b) for a in labelled for b in quoted))
    found: dict[str, Figure] = {}
    if counts[:, 1].any():
        found["flag_precision"] = _figure(counts[:, [0, 1]], _ratio)
    if counts[:, 2].any():
        found["flag_recall"] = _figure(counts[:, [0, 2]], _ratio)
    if overlaps:
        found["span_overlap"] = _figure(np.array(overlaps)[:, None], _mean)
    return found


def _shared(one: tuple[int, int], other: tuple[int, int]) -> float:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, common) / (max(one[1], other[1]) - min(one[0], other[0]))


def _figure(rows: Rows, measure: Callable[[Rows], float]) -> Figure:
    rng = np.random.default_rng(SEED)
    drawn = [measure(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(value=round(measure(rows), 2), low=round(float(low), 2), high=round(float(high), 2), rows=len(rows))


def _mean(rows: Rows) -> float:
    return 100 * float(rows.mean())


def _ratio(rows: Rows) -> float:
    part, whole = rows.sum(axis=0)
    return 100 * float(part) / max(1.0, float(whole))


def _macro_f1(rows: Rows) -> float:
    truth, called = rows[:, 0] > 0, rows[:, 1] > 0
    wrong = float((truth != called).sum())
    right = (float((truth & called).sum()), float((~truth & ~called).sum()))
    return 100 * sum(2 * one / max(1.0, 2 * one + wrong) for one in right) / 2


def _calibration_error(rows: Rows) -> float:
    confidence, right = rows[:, 0], rows[:, 1]
    bins = np.minimum((confidence * 10).astype(int), 9)
    return 100 * sum(
        abs(float(confidence[bins == one].mean() - right[bins == one].mean())) * float((bins == one).mean())
        for one in np.unique(bins)
    )


def _quadratic_kappa(rows: Rows) -> float:
    wanted, given = rows[:, 0], rows[:, 1]
    seen = float(((wanted - given) ** 2).mean())
    by_chance = float(((wanted[:, None] - given[None, :]) ** 2).mean())
    return 1 - seen / by_chance if by_chance else 1.0
