"""Which model and rules judge for a house: none that did worse on its golden set than those before.

`DATA/triage/golden.jsonl`
    Labelled messages, a line of JSON each: `{channel, subject?, text, kind, severity?, flags?}`. It begins as a copy of
    our own test messages and is the house's to add to.
`DATA/triage/active.json`
    Which pipeline judges, by which rules, and what it made of each golden message.

1. A house that has activated nothing is judged by the shipped pipeline.
2. Activating judges the golden set and compares it with what the active pipeline made of the same messages. Where that
   one is gone, because an update brought other rules, what was written down of it is compared.
3. Once something is activated, nothing else judges: rules or weights that have changed since are refused until they
   are activated themselves.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from amends.domain.verdict import Kind, Severity, Verdict
from amends.errors import Misconfigured, Refused
from amends.ports import TextToJudge
from triage.evaluation.measures import Truth
from triage.evaluation.run import labelled_rows
from triage.pipeline import MODEL_DIR, Judge, load_judge
from triage.training.sources import OWN_DATA

#: How many of the messages that got worse are named.
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a judge made of one golden message.

    `handled` and `grave` are None where the message is no complaint, or none of high or critical severity. The
    flags are counted by name.
    """

    complaint_or_not: bool
    handled: bool | None
    grave: bool | None
    flags_right: int
    flags_raised: int
    flags_wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A figure before and after, over the messages that both judged, and the messages that got worse by it."""

    name: str
    before: float
    after: float
    worse: tuple[str, ...] = ()

    @property
    def fell(self) -> bool:
        """Whether it must not be activated."""
        return self.after < self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What is about to judge: its folder (None: `triage/model`), its name, its weights, and its outcomes."""

    folder: str | None
    judge: str
    weights: str
    outcomes: Mapping[str, Outcome]


def active_judge(place: Path) -> Judge:
    """Load what was activated in `place`, or the shipped pipeline where nothing was.

    Raises:
        Misconfigured: rules or weights are no longer those that were activated, or cannot be read.
    """
    active = _read(place)
    if active is None:
        return load_judge()
    judge, weights = _loaded(active.folder)
    if (judge.model, weights) != (active.judge, active.weights):
        raise Misconfigured(
            f"triage would judge by {judge.model}, and {active.judge} was activated: compare them on your golden set, "
            f"`amends triage activate{_asked_for(active.folder)}`"
        )
    return judge


def tried(place: Path, folder: Path | None) -> tuple[Activation, list[Comparison]]:
    """Judge the golden set of `place` with the pipeline in `folder`, or the one shipped, and compare.

    Raises:
        Misconfigured: there is no pipeline to be read there.
        Unprocessable: the golden set has a line that cannot be read.
    """
    golden = golden_set(place)
    named = str(folder.resolve()) if folder is not None else None
    judge, weights = _loaded(named)
    after = outcomes(judge, golden)
    return (
        Activation(folder=named, judge=judge.model, weights=weights, outcomes=after),
        compared(_before(place, golden), after, golden),
    )


def activate(place: Path, activation: Activation, comparisons: Iterable[Comparison], *, at: datetime, by: str) -> None:
    """Let it judge from now on.

    Raises:
        Refused: a figure fell.
    """
    fallen = [one for one in comparisons if one.fell]
    if fallen:
        told = "; ".join(f"{one.name}: {one.before:g} before, {one.after:g} now" for one in fallen)
        named = list(dict.fromkeys(one for comparison in fallen for one in comparison.worse))
        raise Refused(
            f"{activation.judge} does worse on the golden set, so it is not activated. {told}."
            + (f" Worse among others: {', '.join(named[:_NAMED])}." if named else "")
        )
    place.mkdir(parents=True, exist_ok=True)
    told_of = asdict(activation) | {"activated_at": at.isoformat(), "by": by}
    unfinished = place / "active.json.new"
    unfinished.write_text(json.dumps(told_of, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(place / "active.json")


def golden_set(place: Path) -> dict[str, tuple[Mapping[str, Any], Truth]]:
    """Read the golden set, by a digest of each row; make it from our test messages the first time.

    Raises:
        Unprocessable: a line cannot be read, or there is none with a label.
    """
    path = place / "golden.jsonl"
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        unfinished = place / "golden.jsonl.new"
        with unfinished.open("wb") as whole:
            for part in sorted((OWN_DATA / "test").glob("*.jsonl")):
                with part.open("rb") as lines:
                    shutil.copyfileobj(lines, whole)
        unfinished.replace(path)
    return {_digest(json.dumps(row, sort_keys=True).encode()): (row, truth) for row, truth in labelled_rows(path)}


def outcomes(judge: Judge, golden: Mapping[str, tuple[Mapping[str, Any], Truth]]) -> dict[str, Outcome]:
    """Say what a judge makes of each golden message."""
    verdicts = judge.judge(
        [TextToJudge(row["text"], row["channel"], row.get("subject") or "") for row, _ in golden.values()]
    )
    return {key: _outcome(truth, verdict) for (key, (_, truth)), verdict in zip(golden.items(), verdicts, strict=True)}


def compared(
    before: Mapping[str, Outcome],
    after: Mapping[str, Outcome],
    golden: Mapping[str, tuple[Mapping[str, Any], Truth]],
) -> list[Comparison]:
    """Compare what was made of the messages that both judged; an empty list where there are none."""
    keys = [key for key in after if key in before]
    if not keys:
        return []

    def names(those: Iterable[str]) -> tuple[str, ...]:
        return tuple(str(golden[key][0].get("id") or golden[key][0]["text"][:40]) for key in those)

    found = []
    for field, name in (
        ("handled", "complaints called so or shown to a person"),
        ("complaint_or_not", "messages rightly called a complaint or not"),
        ("grave", "high and critical complaints graded so"),
    ):
        was, is_now = ({key: getattr(one[key], field) for key in keys} for one in (before, after))
        found.append(
            Comparison(
                name=name,
                before=sum(map(bool, was.values())),
                after=sum(map(bool, is_now.values())),
                worse=names(key for key in keys if was[key] and not is_now[key]),
            )
        )
    found.append(
        Comparison(
            name="F1 of flags",
            before=_f1(before[key] for key in keys),
            after=_f1(after[key] for key in keys),
            worse=names(key for key in keys if after[key].flags_right < before[key].flags_right),
        )
    )
    return found


def _before(place: Path, golden: Mapping[str, tuple[Mapping[str, Any], Truth]]) -> Mapping[str, Outcome]:
    active = _read(place)
    if active is None:
        return outcomes(load_judge(), golden)
    if set(golden) <= set(active.outcomes):
        return active.outcomes
    try:
        return outcomes(active_judge(place), golden)
    except Misconfigured:
        return active.outcomes


def _asked_for(folder: str | None) -> str:
    return f" {folder}" if folder else ""


def _loaded(folder: str | None) -> tuple[Judge, str]:
    where = Path(folder) if folder else MODEL_DIR
    judge = load_judge(where)
    parts = sorted(path for path in where.rglob("*") if path.is_file() and path.suffix != ".md")
    return judge, _digest(*(path.read_bytes() for path in parts))


def _read(place: Path) -> Activation | None:
    path = place / "active.json"
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        return Activation(
            folder=told["folder"],
            judge=told["judge"],
            weights=told["weights"],
            outcomes={key: Outcome(**outcome) for key, outcome in told["outcomes"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as why:
        raise Misconfigured(f"{path} cannot be read ({why}); restore it, or delete it and activate again") from why


def _outcome(truth: Truth, verdict: Verdict) -> Outcome:
    is_complaint = truth.kind is Kind.COMPLAINT
    wanted = {flag for flag, _, _ in truth.flags or ()}
    raised = {flag.name for flag in verdict.flags} if truth.flags is not None else set()
    is_grave = truth.severity is not None and truth.severity >= Severity.HIGH
    return Outcome(
        complaint_or_not=is_complaint == (verdict.kind is Kind.COMPLAINT),
        handled=verdict.may_be_complaint if is_complaint else None,
        grave=(verdict.severity or Severity.LOW) >= Severity.HIGH if is_grave else None,
        flags_right=len(wanted & raised),
        flags_raised=len(raised),
        flags_wanted=len(wanted),
    )


def _f1(outcomes: Iterable[Outcome]) -> float:
    right = both = 0
    for one in outcomes:
        right += one.flags_right
        both += one.flags_raised + one.flags_wanted
    return round(200 * right / max(1, both), 2)


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()[:16]
