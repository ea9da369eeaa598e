"""Our own messages: enough of each sort, each written once, and none of the test set learnt from."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from amends.domain.verdict import SEVERITY_OF_FLAG, FlagName, Kind, Severity
from triage.training.sources import OWN_DATA, own_example, read_rows

_PARTS = {
    part: [row for path in sorted((OWN_DATA / part).glob("*.jsonl")) for row in read_rows(path)]
    for part in ("train", "held_out", "test")
}
_ALL = [row for rows in _PARTS.values() for row in rows]
_SECTORS = {
    "banking", "council", "energy", "health", "housing", "internal", "mixed", "other", "parcels", "retail", "software",
    "telecoms", "transport", "travel",
}  # fmt: skip


@pytest.mark.parametrize(("part", "least", "of_a_flag"), [("train", 3000, 60), ("test", 400, 12)])
def test_there_are_enough_of_every_kind_severity_and_flag(part: str, least: int, of_a_flag: int) -> None:
    rows = _PARTS[part]
    flags = Counter(flag["flag"] for row in rows for flag in row["flags"])
    kinds, severities = Counter(row["kind"] for row in rows), Counter(row["severity"] for row in rows)

    assert len(rows) >= least
    assert min(flags[flag] for flag in FlagName) >= of_a_flag, flags
    assert min(kinds[kind] for kind in Kind) >= least / 25, kinds
    assert min(severities[one.word] for one in Severity) >= least / 15, severities
    assert {row["channel"] for row in rows} == {"email", "form", "post"}
    assert {row["sector"] for row in rows} <= _SECTORS
    words = [len(row["text"].split()) for row in rows]
    assert min(words) <= 5
    assert max(words) >= 250


def test_no_sentence_stands_in_two_messages() -> None:
    of: dict[str, str] = {}
    for row in _ALL:
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", row["text"]):
            letters = re.sub(r"[^a-z0-9]", "", sentence.lower())
            if len(letters) > 28:
                assert of.setdefault(letters, row["id"]) == row["id"], sentence


def test_labels_keep_the_rules_that_they_are_made_by() -> None:
    ids: set[str] = set()
    for row in _ALL:
        assert row["id"] not in ids
        ids.add(row["id"])
        assert (row["severity"] is not None) == (row["kind"] == "complaint"), row["id"]
        read = own_example(row)
        raised = [SEVERITY_OF_FLAG[flag] for flag, _, _ in read.flags or () if flag in SEVERITY_OF_FLAG]
        if read.severity is not None:
            assert read.severity >= max(raised, default=Severity.LOW), row["id"]


def test_the_agreement_told_in_the_card_is_that_of_the_labels() -> None:
    rows = {row["id"]: row for part in _PARTS.values() for row in part if row["sector"] != "mixed"}
    differ = {row["id"]: row for row in read_rows(OWN_DATA / "disagreements.jsonl") if row["id"] in rows}
    pairs: list[tuple[Any, Any]] = []
    for identity, row in rows.items():
        both = differ.get(identity)
        pairs.append((both["first"]["kind"], both["second"]["kind"]) if both else (row["kind"], row["kind"]))
    kappa = f"{cohens_kappa(pairs):.3f}"
    card = (OWN_DATA.parents[1] / "model" / "CARD.md").read_text(encoding="utf-8")

    assert f"kappa of kind {kappa}" in " ".join(card.split()), json.dumps({"kappa of kind": kappa})


def cohens_kappa(pairs: list[tuple[Any, Any]]) -> float:
    one, other = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    by_chance = sum(one[label] * other[label] for label in one) / len(pairs) ** 2
    agreed = sum(bool(a == b) for a, b in pairs) / len(pairs)
    return float((agreed - by_chance) / (1 - by_chance))
