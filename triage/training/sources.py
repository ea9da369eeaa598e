"""What triage learns from: the public sets beside the repository, and messages of our own.

Choices made here, each for a reason given in the data's own notes:

* banking77: only rows with a kind (the 32 intents that are plain questions), and not all of them.
* fincorp: some of its rows; its two classes were collected differently, so more teaches the artefact.
* spamassassin: `hard-ham` is newsletters and notices, which are `machine` by our definition.
* What the public sets call severity is how openly blame is put: it is `tone`, and never harm.
* Harm and flags are learnt from ours alone. A complaint that no person graded teaches no harm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amends.domain.verdict import FlagName, Kind, Severity

#: Our own messages: those to learn from, those that only thresholds are chosen on, and those to test with.
OWN_DATA = Path(__file__).parent / "data"

#: Where the public sets lie when nobody says otherwise: beside the repository.
PUBLIC_DATA = Path(__file__).parents[2].parent / "shared" / "data" / "triage"


#: The source of our own messages.
OURS = "ours"

#: How much one row of a source counts. xci and ours count most: the one is the only human label on what customers write
#: in public to companies, nothing but the other is realistic e-mail or form.
WEIGHTS: Mapping[str, float] = {
    "xci": 2.5,
    "cesamard": 1.5,
    "fincorp": 0.4,
    "banking77": 0.5,
    "spamassassin": 0.6,
    "cfpb1000": 0.4,
    OURS: 1.0,
}
PUBLIC: tuple[str, ...] = tuple(source for source in WEIGHTS if source != OURS)
#: Whose definition of the kinds a set's labels follow; those of any other follow ours. Tweets about money were labelled
#: as the other tweets were. Spam, chat with a bank and narratives of complaints hold few kinds each: with a definition
#: of their own they would teach nothing that anybody asks for.
DEFINED_BY: Mapping[str, str] = {"xci": "xci", "fincorp": "xci", "cesamard": "cesamard"}
#: The definitions beside ours, in the order in which the encoder's head for them has them.
DEFINITIONS: tuple[str, ...] = tuple(dict.fromkeys(DEFINED_BY.values()))
#: At most so many rows of a source, and so many letters of each: every piece of a word costs time.
ROWS: Mapping[str, int] = {"fincorp": 800, "banking77": 600, "spamassassin": 500, "cfpb1000": 200}
LETTERS: Mapping[str, int] = {"spamassassin": 300, "cfpb1000": 400, "cesamard": 400}

#: So many rows serve a thinner encoder, which is told by the whole one what they are: more, for their labels are not
#: what it learns by.
ROWS_TO_DISTIL: Mapping[str, int] = {"fincorp": 3000, "banking77": 1500, "spamassassin": 900, "cfpb1000": 400}

#: Between a subject and its text, as where a message is judged.
BREAK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message with its labels. `fold` is a number from 0 to 99 drawn from its text.

    `severity` is None where nobody graded harm, `tone` (1 to 4) where nobody graded that, and
    `flags` (flag, start, end, by characters of `text`) where nobody looked for them.
    """

    text: str
    kind: Kind
    channel: str
    source: str
    weight: float
    fold: int
    severity: Severity | None = None
    tone: int | None = None
    flags: tuple[tuple[FlagName, int, int], ...] | None = None


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def public_examples(folder: Path, rows: Mapping[str, int] = ROWS) -> list[Example]:
    """Read the training side of every public set in `folder`: of each as many rows as `rows` says.

    Raises:
        FileNotFoundError: a set is missing.
    """
    return [example for source in PUBLIC for example in _public(folder, source, rows.get(source))]


def own_examples(part: str = "train") -> list[Example]:
    """Read our own messages of one part: a subject is the first line of the text.

    `train` are those to learn from, `held_out` those that nothing but thresholds is chosen on, `test` those that take
    part in nothing.
    """
    return [own_example(row) for path in sorted((OWN_DATA / part).glob("*.jsonl")) for row in read_rows(path)]


def own_example(row: dict[str, Any]) -> Example:
    """Read one message of ours."""
    before = f"{row['subject']}{BREAK}" if row.get("subject") else ""
    text = before + row["text"]
    flags = []
    for flag in row["flags"]:
        start = len(before) + row["text"].index(flag["quote"])
        flags.append((FlagName(flag["flag"]), start, start + len(flag["quote"])))
    return Example(
        text=text,
        kind=Kind(row["kind"]),
        channel=row["channel"],
        source=OURS,
        weight=WEIGHTS[OURS],
        fold=_digest(text) % 100,
        severity=Severity.from_word(row["severity"]) if row["severity"] else None,
        flags=tuple(flags),
    )


def kind_of(row: dict[str, Any]) -> Kind | None:
    """Give the kind that a row of a public set is labelled with, or None where it has none."""
    if row.get("topic") == "hard-ham-1":
        return Kind.MACHINE
    return Kind(row["intent"]) if row.get("intent") else None


def _public(folder: Path, source: str, most: int | None) -> list[Example]:
    rows = [(row, kind) for row in read_rows(folder / f"{source}.train.jsonl") if (kind := kind_of(row)) is not None]
    rows.sort(key=lambda pair: _digest(pair[0]["text"]))
    return [_example(row, kind, source) for row, kind in rows[:most]]


def _example(row: dict[str, Any], kind: Kind, source: str) -> Example:
    text = row["text"][: LETTERS.get(source)]
    return Example(
        text=text,
        kind=kind,
        channel=row["channel"],
        source=source,
        weight=WEIGHTS[source],
        fold=_digest(text) % 100,
        tone=int(row["severity"]) if row.get("severity") else None,
    )


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
