"""Figures that must not be fallen below: `triage/evaluation/floors.json`.

`{"source": {"figure": {"least": 79.0}, "other figure": {"most": 12.0}}}`. A floor is on the figure itself, not on
its interval, and is raised when the figure has risen for good.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FLOORS = Path(__file__).parent / "floors.json"


def fallen(found: Mapping[str, Any], path: Path = FLOORS) -> Iterator[str]:
    """Say of each figure that fell below its floor, or of which nothing is known, what it is and what it should be."""
    floors: dict[str, dict[str, dict[str, float]]] = json.loads(path.read_text(encoding="utf-8"))
    for source, wanted in floors.items():
        if source not in found:
            yield f"{source}: not judged, though it has floors"
            continue
        for name, bounds in wanted.items():
            figure = found[source]["figures"].get(name)
            if figure is None:
                yield f"{source}: {name} is missing"
            elif figure["value"] < bounds.get("least", float("-inf")):
                yield f"{source}: {name} is {figure['value']}, and was at least {bounds['least']}"
            elif figure["value"] > bounds.get("most", float("inf")):
                yield f"{source}: {name} is {figure['value']}, and was at most {bounds['most']}"
