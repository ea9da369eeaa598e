"""How sure the classifier has to be before nobody is asked; kept beside the weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import srsly

from amends.domain.verdict import Kind

_FILE = "calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """When a person is asked, on one channel.

    `confidence` is the least probability of the likeliest kind; `complaint` the
    probability of a complaint from which on no other kind is believed.
    """

    confidence: float
    complaint: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The floors of each known channel, and wider ones for any other."""

    channels: dict[str, Floors]
    unknown: Floors

    def is_doubtful(self, channel: str, *, kind: Kind, confidence: float, complaint: float) -> bool:
        """Say whether a person has to look at a message judged so."""
        floors = self.channels.get(channel, self.unknown)
        return confidence < floors.confidence or (kind is not Kind.COMPLAINT and complaint >= floors.complaint)

    def write(self, folder: Path) -> None:
        """Write it beside the weights."""
        srsly.write_json(folder / _FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Calibration:
        """Read what `write` wrote.

        Raises:
            ValueError, KeyError: it is missing or not complete.
        """
        stored: Any = srsly.read_json(folder / _FILE)
        return cls(
            channels={channel: Floors(**floors) for channel, floors in stored["channels"].items()},
            unknown=Floors(**stored["unknown"]),
        )
