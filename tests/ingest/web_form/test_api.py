from __future__ import annotations

import pytest

from ingest.web_form.settings import FormLimits
from tests.ingest.web_form.fakes import House, some_settings

WORDS = "My water is brown since Monday."


def test_a_program_gets_a_reference_and_the_address_of_a_status_page() -> None:
    house = House()

    answer = house.visitor.post_json({"text": WORDS, "name": "Ines Okafor", "email": "ines@example.com", "colour": 1})

    (kept,) = house.intake.submissions
    assert answer.status_code == 202
    assert (kept.text, kept.name, kept.email, kept.form) == (WORDS, "Ines Okafor", "ines@example.com", "website")
    assert kept.submitted_at == house.clock.time
    body = answer.json()
    assert set(body) == {"reference", "status_url"}
    assert body["status_url"] == answer.headers["location"]
    assert body["status_url"].startswith("https://help.example.com/status/")
    assert "idempotency-replayed" not in answer.headers
    status = house.visitor.get(body["status_url"].removeprefix("https://help.example.com"))
    assert body["reference"] in status.text


def test_the_same_key_gives_the_same_receipt() -> None:
    house = House()

    first = house.visitor.post_json({"text": WORDS}, key="8e03978e-40d5-43dd-bc93-6894a57f9324")
    house.clock.pass_s(3600)
    second = house.visitor.post_json({"text": WORDS}, key='"8e03978e-40d5-43dd-bc93-6894a57f9324"')

    assert len(house.intake.submissions) == 1
    assert first.json() == second.json()
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["idempotency-replayed"] == "true"


def test_a_stranger_who_uses_the_same_key_loses_nothing_and_learns_nothing() -> None:
    house = House()

    first = house.visitor.post_json({"text": WORDS, "email": "ines@example.com"}, key="1")
    second = house.visitor.post_json({"text": "Mine is green.", "email": "abel@example.com"}, key="1")

    assert len(house.intake.submissions) == 2
    assert first.json()["status_url"] != second.json()["status_url"]
    assert "idempotency-replayed" not in second.headers


def test_without_a_key_an_id_in_the_body_serves_and_without_either_each_request_counts() -> None:
    house = House()

    for _ in range(2):
        house.visitor.post_json({"text": WORDS, "submission_id": "their-7"}, key=None)
    assert len(house.intake.submissions) == 1
    for _ in range(2):
        house.visitor.post_json({"text": WORDS}, key=None)
    assert len(house.intake.submissions) == 3


def test_the_same_form_from_page_and_program_are_two() -> None:
    house = House()

    house.visitor.post_page(text=WORDS)
    house.visitor.post_json({"text": WORDS}, key="another-key")

    assert len(house.intake.submissions) == 2


@pytest.mark.parametrize("key", ["", '""', " ", "a" * 129, "a b", "a\tb"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    house = House()

    answer = house.visitor.post_json({"text": WORDS}, key=key)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.intake.submissions == []


def test_each_field_that_is_wrong_is_named_with_its_remedy() -> None:
    house = House()

    answer = house.visitor.post_json({"text": " ", "email": "ines at example", "subject": "s" * 301})

    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [
        ("text", "empty_text"),
        ("subject", "too_long"),
        ("email", "bad_email"),
    ]
    assert all(error["says"] for error in problem["errors"])
    assert house.intake.submissions == []


def test_a_field_of_the_wrong_type_is_named() -> None:
    answer = House().visitor.post_json({"text": 5, "name": ["a"]})

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"text", "name"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"null", b"\xff", b"[" * 20_000])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    house = House()

    answer = house.visitor.request(
        "POST", "/api/v1/submissions", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == answer.json()["status"] == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_kind_of_content_is_refused() -> None:
    answer = House().visitor.request("POST", "/api/v1/submissions", boxes={"text": WORDS})

    assert answer.status_code == answer.json()["status"] == 415


def test_a_body_over_the_cap_is_refused() -> None:
    house = House()

    answer = house.visitor.post_json({"text": "a" * house.settings.max_body_bytes})

    assert answer.status_code == answer.json()["status"] == 413


def test_when_nothing_can_be_kept_a_program_is_told_to_come_again() -> None:
    house = House()
    house.intake.is_down = True

    answer = house.visitor.post_json({"text": WORDS})
    house.intake.is_down = False
    again = house.visitor.post_json({"text": WORDS})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "nothing was kept" in answer.json()["detail"]
    assert "disk" not in answer.text
    assert again.status_code == 202
    assert "idempotency-replayed" not in again.headers


def test_after_so_many_forms_a_program_is_told_how_long_to_wait_and_what_else_to_do() -> None:
    house = House(some_settings(limits=FormLimits(forms_at_once=1, seconds_per_form=90)))
    house.visitor.post_json({"text": WORDS})
    house.clock.pass_s(30)

    answer = house.visitor.post_json({"text": WORDS + "!"})

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert "0800 555 0100" in answer.json()["detail"]


def test_a_honeypot_hit_is_accepted_like_any_other() -> None:
    house = House()

    answer = house.visitor.post_json({"text": "Buy now", "honeypot": "x"})

    assert answer.status_code == 202
    assert house.intake.submissions[0].honeypot == "x"


def test_a_failure_of_ours_is_a_problem_without_insides() -> None:
    house = House()
    house.intake.breaks = True

    answer = house.visitor.post_json({"text": WORDS})

    assert answer.status_code == answer.json()["status"] == 500
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/submissions", 405), ("GET", "/api/v2", 404)])
def test_what_is_not_there_is_a_problem_too(method: str, path: str, status: int) -> None:
    answer = House().visitor.request(method, path)

    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
