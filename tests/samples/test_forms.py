"""The form submissions are whole, except those that are broken on purpose."""

import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tests.samples.reading import expected, form_lines, mail, parsed, post_words, posts

FIELDS = {"form", "submission_id", "submitted_at", "name", "email", "subject", "text", "reference", "honeypot"}
LINES = dict(form_lines())
EXPECTED = {entry.file: entry for entry in expected()}


def _forms() -> dict[str, dict[str, Any]]:
    return {ref: json.loads(line) for ref, line in LINES.items() if ref not in _broken()}


def _broken() -> list[str]:
    broken = []
    for ref, line in LINES.items():
        try:
            json.loads(line)
        except ValueError:
            broken.append(ref)
    return broken


def _of(name: str) -> dict[str, Any]:
    return next(form for form in _forms().values() if form["name"] == name)


def test_one_line_is_no_json_and_is_parked() -> None:
    assert [EXPECTED[ref].fate for ref in _broken()] == ["parked"]


def test_every_other_line_has_every_field_and_a_time_with_its_zone() -> None:
    assert [ref for ref, form in _forms().items() if set(form) != FIELDS] == []
    assert all(form["submitted_at"].endswith("Z") for form in _forms().values())
    assert max(datetime.fromisoformat(form["submitted_at"]) for form in _forms().values()).isoformat() < "2026-11-20"


def test_one_line_fills_the_honeypot_and_is_parked() -> None:
    assert [EXPECTED[ref].fate for ref, form in _forms().items() if form["honeypot"]] == ["parked"]


def test_one_text_is_longer_than_a_form_may_be_and_is_parked() -> None:
    assert [EXPECTED[ref].fate for ref, form in _forms().items() if len(form["text"]) > 100_000] == ["parked"]


def test_complaints_without_a_usable_address_are_ingested_all_the_same() -> None:
    unusable = [
        EXPECTED[ref]
        for ref, form in _forms().items()
        if "@" not in (form["email"] or "") or ".." in (form["email"] or "")
    ]
    assert sum(entry.kind == "complaint" for entry in unusable) >= 3
    assert {entry.fate for entry in unusable} == {"ingested"}


def test_one_submission_came_twice() -> None:
    ids = [form["submission_id"] for form in _forms().values()]
    assert len(ids) - len(set(ids)) == 1


def test_one_form_is_the_matter_of_a_mail_of_the_same_person_within_a_day() -> None:
    form, message = _of("Sidony Grace-Halloran"), parsed(mail("1116-email-and-form"))
    assert f"<{form['email']}>" in str(message["From"])
    gap = datetime.fromisoformat(form["submitted_at"]) - parsedate_to_datetime(str(message["Date"]))
    assert timedelta(0) < gap < timedelta(hours=24)


def test_one_form_is_the_matter_of_a_post_within_a_day() -> None:
    form = _of("Della Marchbank")
    same = [post for _, post in posts() if form["reference"] in post_words(post)]
    assert len(same) == 1
    gap = datetime.fromisoformat(form["submitted_at"]) - datetime.fromisoformat(same[0]["created_at"])
    assert timedelta(0) < gap < timedelta(hours=24)
