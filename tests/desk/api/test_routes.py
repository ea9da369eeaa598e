"""Every route of the API: in the table, closed without the permission; and the document that describes them."""

from __future__ import annotations

import json
import re

import pytest
from fastapi.routing import APIRoute

from amends.desk.access import GIVES, ROUTES, Permission
from amends.desk.api.app import ROUTERS, openapi
from amends.domain.account import Role
from tests.architecture.generated import DOCS
from tests.desk.api.program import program, told_as_problem
from tests.desk.house import DeskHouse

ALL = {route.name: route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
GUARDED = [name for name in ALL if ROUTES[name] is not Permission.SIGNED_IN]
DOCUMENT = DOCS / "api.json"


def address(name: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", ALL[name].path)


def test_every_route_is_in_the_table() -> None:
    assert set(ALL) == {name for name in ROUTES if name.startswith(("api.", "api_"))}
    assert all(ROUTES[name] is not Permission.NONE for name in ALL)
    assert len(ALL) == sum(len(router.routes) for router in ROUTERS), "two routes have one name"


def test_no_route_opens_without_a_token(desk_house: DeskHouse) -> None:
    stranger = program(desk_house)
    for name, route in ALL.items():
        (method,) = route.methods or {"GET"}
        with told_as_problem(stranger.client.request(method, f"/api/v1{address(name)}"), 401):
            pass


@pytest.mark.parametrize("role", Role)
def test_no_route_opens_to_a_role_that_lacks_the_permission(role: Role, desk_house: DeskHouse) -> None:
    caller = program(desk_house, role)
    closed = [name for name in GUARDED if ROUTES[name] not in GIVES[role]]
    assert closed, "a permission that every role has guards nothing"
    for name in closed:
        answer = caller.post(address(name)) if "POST" in (ALL[name].methods or ()) else caller.get(address(name))
        with told_as_problem(answer, 403) as said:
            assert role.value in said["detail"]


def test_the_document_is_what_the_code_says() -> None:
    written = json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"
    assert DOCUMENT.read_text("utf-8") == written, "run: python -m tests.desk.api.document"


def test_whoever_has_a_token_may_read_the_document(desk_house: DeskHouse) -> None:
    assert program(desk_house, "admin").get("/openapi.json").json() == openapi()


def test_every_answer_that_is_a_problem_is_told_as_one() -> None:
    for path in openapi()["paths"].values():
        for call in path.values():
            assert {"401", "403", "429"} <= set(call["responses"])
            assert all(
                list(said["content"]) == ["application/problem+json"]
                for status, said in call["responses"].items()
                if int(status) >= 400
            )
