"""Figures of triage are counted right, and have not fallen below their floors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amends.domain.verdict import Flag, FlagName, Kind, Severity, Verdict
from amends.errors import Unprocessable
from tests.support.places import shared_data
from triage.evaluation.floors import FLOORS, fallen
from triage.evaluation.measures import Truth, by_flag, figures
from triage.evaluation.page import COLUMNS, page, plot, table
from triage.evaluation.run import evaluate, truth_of
from triage.pipeline import Judge
from triage.training.sources import OWN_DATA


def verdict(
    kind: Kind, severity: Severity | None = None, *flags: tuple[FlagName, int, int], needs_person: bool = False
) -> Verdict:
    return Verdict(
        kind=kind,
        confidence=0.9,
        severity=severity,
        flags=tuple(
            Flag(name=name, quote="x" * (end - start), start=start, end=end, rule="a.rule")
            for name, start, end in flags
        ),
        needs_person=needs_person,
        model="made up",
    )


def test_complaints_caught_and_referred_are_counted() -> None:
    truths = [Truth(kind=Kind.COMPLAINT)] * 4 + [Truth(kind=Kind.ENQUIRY)] * 4
    verdicts = [
        *[verdict(Kind.COMPLAINT, Severity.LOW)] * 2,
        verdict(Kind.ENQUIRY, Severity.LOW, needs_person=True),
        verdict(Kind.ENQUIRY),
        *[verdict(Kind.ENQUIRY)] * 3,
        verdict(Kind.COMPLAINT, Severity.LOW),
    ]

    found = figures(truths, verdicts)

    assert found["accuracy"].value == 62.5
    assert found["complaint_recall"].value == 50.0
    assert found["caught_or_referred"].value == 75.0
    assert found["referred"].value == 12.5
    assert found["macro_f1"].value == pytest.approx((4 / 7 + 6 / 9) * 50, abs=0.01)
    assert found["macro_f1"].low <= found["macro_f1"].value <= found["macro_f1"].high
    assert "severity_kappa" not in found
    assert "flag_recall" not in found


def test_grades_are_compared_and_what_nobody_sees_counts_as_low() -> None:
    truths = [
        Truth(kind=Kind.COMPLAINT, severity=one)
        for one in (Severity.CRITICAL, Severity.HIGH, Severity.LOW, Severity.MEDIUM)
    ]
    verdicts = [
        verdict(Kind.COMPLAINT, Severity.CRITICAL),
        verdict(Kind.ENQUIRY),
        verdict(Kind.COMPLAINT, Severity.HIGH),
        verdict(Kind.COMPLAINT, Severity.MEDIUM),
    ]

    found = figures(truths, verdicts)

    assert (found["grave_recall"].value, found["over_graded"].value) == (50.0, 50.0)
    assert -1 <= found["severity_kappa"].value < 1
    assert figures(truths[:1] + truths[3:], verdicts[:1] + verdicts[3:])["severity_kappa"].value == 1.0


def test_flags_count_once_a_name_and_quotes_by_what_they_share() -> None:
    truths = [Truth(kind=Kind.COMPLAINT, flags=((FlagName.SAFETY, 0, 10), (FlagName.MEDIA, 20, 30)))]
    verdicts = [
        verdict(
            Kind.COMPLAINT, Severity.HIGH, (FlagName.SAFETY, 5, 15), (FlagName.SAFETY, 40, 45), (FlagName.FRAUD, 1, 2)
        )
    ]

    found = figures(truths, verdicts)

    assert (found["flag_precision"].value, found["flag_recall"].value) == (50.0, 50.0)
    assert found["span_overlap"].value == pytest.approx(100 / 3, abs=0.01)
    assert by_flag(truths, verdicts)["media"] == {"right": 0, "too_much": 0, "missed": 1}
    assert by_flag(truths, verdicts)["fraud"] == {"right": 0, "too_much": 1, "missed": 0}


def test_labels_that_cannot_be_read_are_named() -> None:
    assert truth_of({"intent": None}) is None
    assert truth_of({"intent": "praise"}) == Truth(kind=Kind.PRAISE)
    with pytest.raises(Unprocessable, match="row 7"):
        truth_of({"id": 7, "kind": "grumble", "text": ""})
    with pytest.raises(Unprocessable, match="row 8"):
        truth_of({"id": 8, "kind": "complaint", "text": "a", "flags": [{"flag": "safety", "quote": "b"}]})


def test_a_file_is_told_by_channel_and_drawn(judge: Judge, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [
        {"id": 1, "channel": "email", "text": "My son was burned.", "kind": "complaint", "severity": "critical",
         "flags": [{"flag": "safety", "quote": "My son was burned"}]},
        {"id": 2, "channel": "post", "text": "When do you open?", "kind": "enquiry", "severity": None, "flags": []},
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    found = evaluate(judge, [path])

    assert found["mine"]["rows"] == 2
    assert set(found["mine"]["channels"]) == {"email", "post"}
    assert found["mine"]["flags"]["safety"]["right"] == 1
    assert "| mine | 2 |" in "\n".join(table(found, COLUMNS))
    assert "## mine, by flag" in page(found, model="m", how="test")
    assert any(line.startswith("safety") and "#" in line for line in plot(found["mine"]["flags"]))
    (tmp_path / "none.jsonl").write_text('{"channel": "email", "text": "x", "intent": null}\n')
    with pytest.raises(Unprocessable, match="no row with a label"):
        evaluate(judge, [tmp_path / "none.jsonl"])
    for spoilt in ("{", "[]", '{"text": "x"}', '{"channel": "email", "text": 3}'):
        (tmp_path / "spoilt.jsonl").write_text(spoilt)
        with pytest.raises(Unprocessable, match=r"spoilt\.jsonl"):
            evaluate(judge, [tmp_path / "spoilt.jsonl"])


def test_a_figure_below_its_floor_is_told(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    path.write_text('{"a": {"macro_f1": {"least": 80}, "referred": {"most": 12}, "other": {"least": 1}}, "b": {}}')

    told = list(fallen({"a": {"figures": {"macro_f1": {"value": 79.9}, "referred": {"value": 12}}}}, path))

    assert told == [
        "a: macro_f1 is 79.9, and was at least 80",
        "a: other is missing",
        "b: not judged, though it has floors",
    ]


@pytest.mark.shared_data
def test_no_figure_has_fallen(judge: Judge) -> None:
    own = sorted((OWN_DATA / "test").glob("*.jsonl"))
    public = [
        shared_data() / "triage" / f"{name}.dev.jsonl"
        for name in json.loads(FLOORS.read_text())
        if "," not in name and " " not in name
    ]

    assert list(fallen(evaluate(judge, [*own, *public]))) == []
