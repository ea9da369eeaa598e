"""What probabilities lead to: what a message is called, when a person is asked, how grave it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from amends.domain.verdict import Kind, Severity
from triage.calibration import Calibration, Floors


def test_a_calibration_survives_its_file(tmp_path: Path) -> None:
    floors = Floors(confidence=0.5, complaint=0.2, temperature=1.3)
    calibration = Calibration(complaint_from=0.35, channels={"x": floors}, unknown=floors, harm_from={"high": 0.4})

    calibration.write(tmp_path)

    assert Calibration.read(tmp_path) == calibration


def test_a_complaint_needs_its_least_probability() -> None:
    floors = Floors(confidence=0.5, complaint=0.2)
    calibration = Calibration(complaint_from=0.4, channels={}, unknown=floors)

    assert calibration.kind_of({"complaint": 0.38, "enquiry": 0.32, "praise": 0.3}) is Kind.ENQUIRY
    assert calibration.kind_of({"complaint": 0.41, "enquiry": 0.32, "praise": 0.27}) is Kind.COMPLAINT
    assert calibration.is_doubtful("x", kind=Kind.ENQUIRY, confidence=0.7, complaint=0.25)
    assert not calibration.is_doubtful("x", kind=Kind.ENQUIRY, confidence=0.7, complaint=0.1)


def test_a_temperature_above_one_makes_less_sure_and_keeps_the_order() -> None:
    floors = Floors(confidence=0.5, complaint=0.2, temperature=2.0)
    calibration = Calibration(complaint_from=0.4, channels={"x": floors}, unknown=Floors(confidence=0.5, complaint=0.2))
    odds = {"complaint": 0.8, "enquiry": 0.15, "praise": 0.05}

    honest = calibration.honest("x", odds)

    assert sum(honest.values()) == pytest.approx(1.0)
    assert odds["complaint"] > honest["complaint"] > honest["enquiry"] > honest["praise"]
    assert calibration.honest("email", odds) == odds


def test_the_learned_grade_is_the_highest_step_that_is_likely_enough() -> None:
    floors = Floors(confidence=0.5, complaint=0.2)
    calibration = Calibration(complaint_from=0.4, channels={}, unknown=floors, harm_from={"high": 0.7})

    assert calibration.grade_of({}) is Severity.LOW
    assert calibration.grade_of({Severity.MEDIUM: 0.9, Severity.HIGH: 0.6}) is Severity.MEDIUM
    assert calibration.grade_of({Severity.MEDIUM: 0.9, Severity.HIGH: 0.7, Severity.CRITICAL: 0.2}) is Severity.HIGH
