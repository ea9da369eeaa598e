"""Activation: nothing judges that does worse on the golden set, and nothing that was not activated."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amends.domain.verdict import Kind
from amends.errors import Misconfigured, Refused, Unprocessable
from triage.activation import Comparison, Outcome, activate, active_judge, compared, golden_set, tried
from triage.evaluation.measures import Truth
from triage.pipeline import MODEL_DIR

_NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_GOLDEN = [
    {"id": "a", "channel": "email", "text": "The lamp you sent me is scratched. Not good.", "kind": "complaint"},
    {"id": "b", "channel": "email", "text": "Your driver swore at my mother.", "kind": "complaint", "severity": "high"},
    {"id": "c", "channel": "email", "text": "When do you open on Sunday?", "kind": "enquiry"},
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "triage"
    place.mkdir()
    (place / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _GOLDEN), encoding="utf-8")
    return place


def deaf(folder: Path) -> Path:
    """Make a pipeline that takes nothing for a complaint and asks nobody."""
    shutil.copytree(MODEL_DIR, folder)
    told = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    band = {"ask_from": 1.1, "complaint_from": 1.1, "temperature": 1.0}
    told |= {"unknown": band, "channels": {}}
    (folder / "calibration.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def test_a_house_that_activated_nothing_is_judged_by_what_is_shipped(tmp_path: Path) -> None:
    assert active_judge(tmp_path / "triage").model.startswith("amends_triage-")


def test_the_golden_set_begins_as_our_test_messages(tmp_path: Path) -> None:
    assert len(golden_set(tmp_path / "triage")) == 460


def test_a_pipeline_that_does_worse_is_refused_and_what_got_worse_is_named(place: Path, tmp_path: Path) -> None:
    activation, comparisons = tried(place, deaf(tmp_path / "deaf"))

    with pytest.raises(Refused, match="complaints called so or shown to a person: 2 before") as refused:
        activate(place, activation, comparisons, at=_NOW, by="mo")
    assert "Worse among others: " in str(refused.value)
    assert not (place / "active.json").exists()


def test_what_was_activated_judges_until_it_changes_and_then_nothing_does(place: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(MODEL_DIR, own)
    activation, comparisons = tried(place, own)
    activate(place, activation, comparisons, at=_NOW, by="mo")
    assert active_judge(place).model == activation.judge

    deaf_one = deaf(tmp_path / "deaf")
    shutil.copy(deaf_one / "calibration.json", own / "calibration.json")

    with pytest.raises(Misconfigured, match=r"amends triage activate .*own"):
        active_judge(place)
    worse, told = tried(place, own)
    with pytest.raises(Refused):
        activate(place, worse, told, at=_NOW, by="mo")


def test_golden_messages_that_came_later_do_not_hide_what_got_worse(place: Path, tmp_path: Path) -> None:
    activate(place, *tried(place, None), at=_NOW, by="mo")
    with (place / "golden.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"id": "d", "channel": "x", "text": "thanks all", "kind": "praise"}) + "\n")

    activation, comparisons = tried(place, deaf(tmp_path / "deaf"))

    assert len(activation.outcomes) == 4
    assert any(one.fell for one in comparisons)


def test_a_record_that_cannot_be_read_says_what_to_do(place: Path) -> None:
    (place / "active.json").write_text("{", encoding="utf-8")

    with pytest.raises(Misconfigured, match="restore it, or delete it and activate again"):
        active_judge(place)


def test_a_golden_set_without_labels_says_so(place: Path) -> None:
    (place / "golden.jsonl").write_text('{"channel": "email", "text": "hello"}\n', encoding="utf-8")

    with pytest.raises(Unprocessable, match="no row with a label"):
        tried(place, None)


def test_only_messages_that_both_judged_are_compared() -> None:
    fine = Outcome(complaint_or_not=True, handled=True, grave=None, flags_right=1, flags_raised=1, flags_wanted=1)
    missed = Outcome(complaint_or_not=False, handled=False, grave=None, flags_right=0, flags_raised=0, flags_wanted=1)
    row = ({"id": "one", "text": "t"}, Truth(kind=Kind.COMPLAINT))

    handled, *_, flags = compared({"a": fine, "gone": fine}, {"a": missed, "new": fine}, {"a": row, "new": row})

    assert handled == Comparison(name="complaints called so or shown to a person", before=1, after=0, worse=("one",))
    assert (flags.before, flags.after, flags.fell) == (100.0, 0.0, True)
    assert compared({"gone": fine}, {"new": fine}, {"new": row}) == []
