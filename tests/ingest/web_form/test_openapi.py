"""The description of the API is what the app does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it has no types

from ingest.web_form.settings import FormLimits
from ingest.web_form.submission import WireFields
from tests.ingest.web_form.fakes import House, some_settings
from tests.ingest.web_form.test_files import PHOTO, WORDS, post
from tests.ingest.web_form.test_webhook import a_house, send


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    answer = House().visitor.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert isinstance(found, dict)
    return found


def holds(described: dict[str, Any], path: str, answer: httpx.Response, method: str = "post") -> None:
    """Hold an answer to the description: its status, its type and its body."""
    said = described["paths"][path][method]["responses"][str(answer.status_code)]["content"]
    media = answer.headers["content-type"]
    schema = {**said[media]["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(answer.json())
    assert set(described["paths"][path][method]["responses"]["202"].get("headers", ())) >= {"Location"}


def test_every_route_of_the_api_is_described_and_no_other(described: dict[str, Any]) -> None:
    routes = {
        (route.path, method.lower())
        for route in House().app.routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/")
        for method in (route.methods or set()) - {"HEAD"}
    }

    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes


def test_the_boxes_are_those_that_are_read(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]

    assert set(schemas["Submission"]["properties"]) == set(WireFields.model_fields)
    assert set(schemas["SubmissionWithFiles"]["properties"]) == {*WireFields.model_fields, "files"}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_answers_of_the_form_are_as_described(described: dict[str, Any]) -> None:
    path = "/api/v1/submissions"
    house = House(some_settings(limits=FormLimits(forms_at_once=4)))
    kept = house.visitor.post_json({"text": WORDS})
    files = post(house, path, {"text": WORDS}, ("a.jpg", "image/jpeg", PHOTO))
    wrong = house.visitor.post_json({"text": " ", "email": "x"})
    no_object = house.visitor.post_json([1])
    other = house.visitor.request("POST", path, content=b"x", headers={"Content-Type": "text/plain"})
    long = house.visitor.request("POST", path, content=b"x" * 100_000, headers={"Content-Type": "application/json"})
    house.intake.is_down = True
    down = house.visitor.post_json({"text": WORDS}, key="k-9")
    many = house.visitor.post_json({"text": WORDS}, key="k-10")
    broken = House()
    broken.intake.breaks = True
    failed = broken.visitor.post_json({"text": WORDS})

    answers = [kept, files, wrong, no_object, other, long, down, many, failed]
    assert [answer.status_code for answer in answers] == [202, 202, 422, 400, 415, 413, 503, 429, 500]
    for answer in answers:
        holds(described, path, answer)
    sent = {"text": WORDS, "name": None}
    schema = {**described["components"]["schemas"]["Submission"]}
    Draft202012Validator(schema).validate(sent)


def test_answers_of_a_webhook_are_as_described(described: dict[str, Any]) -> None:
    path = "/api/v1/webhooks/{name}"
    house = a_house(forms_at_once=1)
    answers = [
        send(house),
        send(house, key=b"x" * 24),
        send(house, key=b"x" * 24),
        send(house, path="/api/v1/webhooks/x"),
    ]

    assert [answer.status_code for answer in answers] == [202, 401, 429, 404]
    for answer in answers:
        holds(described, path, answer)


def test_the_description_says_the_limits_that_are_set() -> None:
    settings = replace(some_settings(max_text_chars=77), max_files=3)
    described = House(settings).visitor.get("/api/v1/openapi.json").json()

    assert described["components"]["schemas"]["Submission"]["properties"]["text"]["maxLength"] == 77
    assert described["components"]["schemas"]["SubmissionWithFiles"]["properties"]["files"]["maxItems"] == 3
    assert described["servers"] == [{"url": "https://help.example.com"}]
