"""What scores mean and how sure triage has to be before nobody is asked; kept beside the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from amends.domain.verdict import Kind, Severity

_FILE = "calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """When a person is asked, on one channel.

    `temperature` makes the probabilities of this channel honest: below 1 it sharpens them. `confidence` is the
    least probability of the likeliest kind; `complaint` the probability of a complaint from which on no other
    kind is believed.
    """

    confidence: float
    complaint: float
    temperature: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the probabilities lead to.

    `complaint_from` is the probability from which on a message is called a complaint;
    `unknown` are the wider floors of any channel that has none of its own. `span_from` is the
    probability from which on words raise a flag that no rule has raised, `rule_from` the one
    below which a rule's flag is ruled out, and `harm_from` the one from which on the learned
    grade reaches a severity.
    """

    complaint_from: float
    channels: dict[str, Floors]
    unknown: Floors
    span_from: float = 0.5
    rule_from: float = 0.0
    harm_from: dict[str, float] = field(default_factory=dict)

    def honest(self, channel: str, odds: Mapping[str, float]) -> dict[str, float]:
        """Give the probabilities of kinds as they are on a channel."""
        power = 1.0 / self.channels.get(channel, self.unknown).temperature
        if power == 1.0:
            return dict(odds)
        raised = {kind: value**power for kind, value in odds.items()}
        total = sum(raised.values())
        return {kind: value / total for kind, value in raised.items()}

    def grade_of(self, harm: Mapping[Severity, float]) -> Severity:
        """Give the highest severity that the learned grade reaches."""
        reached = (step for step, likely in harm.items() if likely >= self.harm_from.get(step.word, 0.5))
        return max(reached, default=Severity.LOW)

    def is_doubtful(self, channel: str, *, kind: Kind, confidence: float, complaint: float) -> bool:
        """Say whether a person has to look at a message judged so."""
        floors = self.channels.get(channel, self.unknown)
        return confidence < floors.confidence or (kind is not Kind.COMPLAINT and complaint >= floors.complaint)

    def kind_of(self, odds: Mapping[str, float]) -> Kind:
        """Give the likeliest kind; a complaint only where its probability suffices."""
        kind = max(odds, key=odds.__getitem__)
        if kind == Kind.COMPLAINT and odds[kind] < self.complaint_from:
            kind = max((other for other in odds if other != Kind.COMPLAINT), key=odds.__getitem__)
        return Kind(kind)

    def write(self, folder: Path) -> None:
        """Write it beside the weights."""
        (folder / _FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Calibration:
        """Read what `write` wrote.

        Raises:
            ValueError, KeyError: it is missing or not complete.
        """
        stored: Any = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(
            complaint_from=float(stored["complaint_from"]),
            channels={channel: Floors(**floors) for channel, floors in stored["channels"].items()},
            unknown=Floors(**stored["unknown"]),
            span_from=float(stored.get("span_from", 0.5)),
            rule_from=float(stored.get("rule_from", 0.0)),
            harm_from={step: float(value) for step, value in stored.get("harm_from", {}).items()},
        )
