"""What probabilities lead to: what a message is called, when a person is asked, how grave it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from amends.domain.verdict import Kind, Severity
from triage.calibration import Band, Calibration


def test_a_calibration_survives_its_file(tmp_path: Path) -> None:
    band = Band(ask_from=0.2, complaint_from=0.35, temperature=1.3, source="xci", again_from=0.3, again_to=0.6)
    calibration = Calibration(
        channels={"x": band},
        unknown=Band(ask_from=0.1, complaint_from=0.5),
        rule_from=0.01,
        rule_from_long=0.02,
        harm_from={"high": 0.4},
        graded_from={"high": 0.3},
        worded_from=0.2,
    )

    calibration.write(tmp_path)

    assert Calibration.read(tmp_path) == calibration
    assert [calibration.source_of(channel) for channel in ("x", "pigeon")] == ["xci", ""]


def test_a_file_without_bands_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text('{"channels": {}, "unknown": {"confidence": 0.5, "complaint": 0.2}}')

    with pytest.raises(KeyError):
        Calibration.read(tmp_path)


def test_there_are_three_answers_by_the_probability_of_a_complaint() -> None:
    band = Band(ask_from=0.2, complaint_from=0.4)
    calibration = Calibration(channels={}, unknown=band)

    assert calibration.kind_of("x", {"complaint": 0.38, "enquiry": 0.32, "praise": 0.3}) is Kind.ENQUIRY
    assert calibration.kind_of("x", {"complaint": 0.41, "enquiry": 0.55, "praise": 0.04}) is Kind.COMPLAINT
    assert [calibration.is_doubtful("x", odds) for odds in (0.1, 0.2, 0.39, 0.4, 0.9)] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_temperature_above_one_makes_less_sure_and_keeps_the_order() -> None:
    calibration = Calibration(
        channels={"x": Band(ask_from=0.2, complaint_from=0.4, temperature=2.0)},
        unknown=Band(ask_from=0.2, complaint_from=0.4),
    )
    odds = {"complaint": 0.8, "enquiry": 0.15, "praise": 0.05}

    honest = calibration.honest("x", odds)

    assert sum(honest.values()) == pytest.approx(1.0)
    assert odds["complaint"] > honest["complaint"] > honest["enquiry"] > honest["praise"]
    assert calibration.honest("email", odds) == odds


def test_the_learned_grade_is_the_highest_step_that_is_likely_enough() -> None:
    band = Band(ask_from=0.2, complaint_from=0.4)
    calibration = Calibration(channels={}, unknown=band, harm_from={"high": 0.7})

    assert calibration.grade_of({}) is Severity.LOW
    assert calibration.grade_of({Severity.MEDIUM: 0.9, Severity.HIGH: 0.6}) is Severity.MEDIUM
    assert calibration.grade_of({Severity.MEDIUM: 0.9, Severity.HIGH: 0.7, Severity.CRITICAL: 0.2}) is Severity.HIGH
