"""What the classifier learns from: the public sets beside the repository, and messages of our own.

Choices made here, each for a reason given in the data's own notes:

* banking77: only rows with a kind (the 32 intents that are plain questions), and 1,500 of them.
* fincorp: 2,000 rows; its two classes were collected differently, so more teaches the artefact.
* spamassassin: `hard-ham` is newsletters and notices, which are `machine` by our definition.
* xci counts six times: it is the only human label on what customers write to companies.
* ours counts most: nothing else is realistic e-mail, form or letter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amends.domain.verdict import Kind

#: Our own messages.
OWN_DATA = Path(__file__).parent / "data"

#: Where the public sets lie when nobody says otherwise: beside the repository.
PUBLIC_DATA = Path(__file__).parents[2].parent / "shared" / "data" / "triage"

#: How much one row of a source counts.
WEIGHTS = {
    "xci": 6.0,
    "cesamard": 1.0,
    "fincorp": 0.7,
    "banking77": 0.6,
    "spamassassin": 1.0,
    "cfpb1000": 0.5,
    "ours": 8.0,
}

#: At most so many rows of a source.
CAPS = {"fincorp": 2000, "banking77": 1500}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message with its kind. `fold` is a number from 0 to 99 drawn from its text."""

    text: str
    kind: Kind
    channel: str
    source: str
    weight: float
    fold: int


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def public_examples(folder: Path) -> list[Example]:
    """Read the training side of every public set in `folder`.

    Raises:
        FileNotFoundError: a set is missing.
    """
    return [example for source in WEIGHTS if source != "ours" for example in _public(folder, source)]


def own_examples() -> list[Example]:
    """Read our own messages; a subject is the first line of the text."""
    return [
        _example(_with_subject(row), Kind(row["kind"]), row["channel"], "ours")
        for path in sorted(OWN_DATA.glob("*.jsonl"))
        for row in read_rows(path)
    ]


def kind_of(row: dict[str, Any]) -> Kind | None:
    """Give the kind that a row of a public set is labelled with, or None where it has none."""
    if row.get("topic") == "hard-ham-1":
        return Kind.MACHINE
    return Kind(row["intent"]) if row.get("intent") else None


def _public(folder: Path, source: str) -> list[Example]:
    rows = [(row, kind) for row in read_rows(folder / f"{source}.train.jsonl") if (kind := kind_of(row)) is not None]
    rows.sort(key=lambda pair: _digest(pair[0]["text"]))
    return [_example(row["text"], kind, row["channel"], source) for row, kind in rows[: CAPS.get(source)]]


def _example(text: str, kind: Kind, channel: str, source: str) -> Example:
    return Example(
        text=text, kind=kind, channel=channel, source=source, weight=WEIGHTS[source], fold=_digest(text) % 100
    )


def _with_subject(row: dict[str, Any]) -> str:
    return f"{row['subject']}\n\n{row['text']}" if row.get("subject") else str(row["text"])


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
