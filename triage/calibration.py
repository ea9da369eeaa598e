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
class Band:
    """The three answers on one channel, by the probability of a complaint.

    From `complaint_from` on a message is called a complaint; from `ask_from` up to there a person is asked; below
    `ask_from` it is none. How sure triage is among the other kinds asks nobody. `temperature` makes the
    probabilities of this channel honest: below 1 it sharpens them. `source` is the public set by whose definition of
    the kinds this channel is judged; without one it is ours. What the first look takes for a complaint with a
    probability from `again_from` up to `again_to`, before any temperature, is worth a second one.
    """

    ask_from: float
    complaint_from: float
    temperature: float = 1.0
    source: str = ""
    again_from: float = 0.0
    again_to: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the probabilities lead to.

    `channels` have their bands, `unknown` is the wider one of any other channel. `span_from` is the probability from
    which on words raise a flag that no rule has raised, `rule_from` the one below which a rule's flag is ruled out,
    `rule_from_long` the same in a long text, and `harm_from` the one from which on the learned grade reaches a
    severity. Where the grade is only `graded_from` likely, it needs words: those of a flag of that severity, which
    then are likely enough from `worded_from` on.
    """

    channels: dict[str, Band]
    unknown: Band
    span_from: float = 0.5
    rule_from: float = 0.0
    rule_from_long: float = 0.0
    harm_from: dict[str, float] = field(default_factory=dict)
    graded_from: dict[str, float] = field(default_factory=dict)
    worded_from: float = 1.0

    def source_of(self, channel: str) -> str:
        """Give the public set by whose definition a channel is judged; empty where it is ours."""
        return self.channels.get(channel, self.unknown).source

    def is_worth_another_look(self, channel: str, complaint: float) -> bool:
        """Say whether the first look is unsure of a message that it takes for a complaint with this probability."""
        band = self.channels.get(channel, self.unknown)
        return band.again_from <= complaint < band.again_to

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

    def reaches_with_words(self, step: Severity, harm: Mapping[Severity, float]) -> bool:
        """Say whether the learned grade reaches a severity for which there are words as well."""
        return harm.get(step, 0.0) >= self.graded_from.get(step.word, 1.01)

    def is_doubtful(self, channel: str, complaint: float) -> bool:
        """Say whether a person has to look at a message that is a complaint with this probability."""
        band = self.channels.get(channel, self.unknown)
        return band.ask_from <= complaint < band.complaint_from

    def kind_of(self, channel: str, odds: Mapping[str, float]) -> Kind:
        """Give complaint where its probability suffices on this channel, else the likeliest other kind."""
        if odds[Kind.COMPLAINT] >= self.channels.get(channel, self.unknown).complaint_from:
            return Kind.COMPLAINT
        return Kind(max((kind for kind in odds if kind != Kind.COMPLAINT), key=odds.__getitem__))

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
            channels={channel: _band(band) for channel, band in stored["channels"].items()},
            unknown=_band(stored["unknown"]),
            span_from=float(stored.get("span_from", 0.5)),
            rule_from=float(stored.get("rule_from", 0.0)),
            rule_from_long=float(stored.get("rule_from_long", 0.0)),
            harm_from={step: float(value) for step, value in stored.get("harm_from", {}).items()},
            graded_from={step: float(value) for step, value in stored.get("graded_from", {}).items()},
            worded_from=float(stored.get("worded_from", 1.0)),
        )


def _band(stored: Mapping[str, Any]) -> Band:
    return Band(
        ask_from=float(stored["ask_from"]),
        complaint_from=float(stored["complaint_from"]),
        temperature=float(stored["temperature"]),
        source=str(stored.get("source", "")),
        again_from=float(stored.get("again_from", 0.0)),
        again_to=float(stored.get("again_to", 0.0)),
    )
