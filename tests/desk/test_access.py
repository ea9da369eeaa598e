"""Every route of the desk: in the table, closed to whoever lacks the permission, and changed by its own page alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from fastapi.routing import APIRoute

from amends.desk.access import GIVES, ROUTES, Permission, may
from amends.desk.app import ROUTERS
from amends.domain.account import Role
from tests.desk.house import DeskHouse

ALL = {route.name: route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
_OPEN = {Permission.NONE, Permission.SIGNED_IN}
CLOSED = [name for name, needed in ROUTES.items() if needed is not Permission.NONE]
GUARDED = [name for name, needed in ROUTES.items() if needed not in _OPEN]
CHANGES = [name for name, route in ALL.items() if not (route.methods or set()) & {"GET", "HEAD"}]


def address(name: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", ALL[name].path)


def method(name: str) -> str:
    methods = ALL[name].methods or set()
    return "GET" if "GET" in methods else min(methods)


def headers_for(path: str) -> Mapping[str, str]:
    return {"Accept": "application/json" if path.startswith("/api/") else "text/html"}


def test_every_route_is_in_the_table_and_the_table_names_no_stranger(desk_house: DeskHouse) -> None:
    served = {getattr(route, "path", None) for route in desk_house.app.routes}

    assert set(ALL) == set(ROUTES)
    assert served - {None} == {"/static"}, "a page belongs to a router in ROUTERS"
    assert len(ALL) == sum(len(router.routes) for router in ROUTERS), "two routes have one name"


@pytest.mark.parametrize("name", CLOSED)
def test_a_route_is_closed_to_strangers(name: str, desk_house: DeskHouse) -> None:
    answer = desk_house.client().request(method(name), address(name), headers=headers_for(address(name)))

    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")
    else:
        assert answer.status_code in {401, 403}


@pytest.mark.parametrize("name", GUARDED)
def test_a_route_is_closed_to_those_without_the_permission(name: str, desk_house: DeskHouse) -> None:
    others = [role for role in Role if ROUTES[name] not in GIVES[role]]
    assert others, "a permission that every role has guards nothing"
    client = desk_house.client(*others, name="other")

    answer = client.request(method(name), address(name), headers={"X-CSRF-Token": client.token("/")})

    assert answer.status_code in {401, 403}
    assert "You may not do that" in answer.text


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_its_token_is_refused(name: str, desk_house: DeskHouse) -> None:
    client = desk_house.client(*Role, name="all")

    for given in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": client.token("/"), "Sec-Fetch-Site": "cross-site"}):
        answer = client.request(method(name), address(name), headers=given)
        assert answer.status_code in {401, 403}
        assert address(name).startswith("/api/") or "This page is out of date" in answer.text


def test_a_token_of_somebody_else_is_refused(desk_house: DeskHouse) -> None:
    mine, yours = desk_house.client("handler"), desk_house.client("reviewer")

    answer = mine.post("/sign-out", data={"csrf": yours.token("/")})

    assert answer.status_code == 403
    assert mine.get("/").status_code == 200


def test_what_is_in_no_role_can_be_done_by_nobody() -> None:
    assert all(not may([], permission) for permission in Permission if permission not in _OPEN)
    assert {permission for given in GIVES.values() for permission in given} == set(Permission) - _OPEN
    assert set(GIVES) == set(Role)


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nothing", "/livez"])
def test_every_answer_carries_the_headers_that_keep_strange_script_out(path: str, desk_house: DeskHouse) -> None:
    client = desk_house.client()

    first, second = client.get(path).headers, client.get(path).headers

    policy = dict(part.strip().split(" ", 1) for part in first["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", policy["script-src"])
    assert policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert first["content-security-policy"] != second["content-security-policy"], "a nonce serves once"
    assert first["x-content-type-options"] == "nosniff"
    assert first["cache-control"] == "no-store"
    assert first["x-frame-options"] == "DENY"
