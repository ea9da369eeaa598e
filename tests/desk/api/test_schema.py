"""Schemathesis calls each route as the document describes it, and otherwise: no fault of ours, nothing undocumented."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from amends.desk.access import GIVES, ROUTES
from amends.desk.api.app import PREFIX, ROUTERS, openapi
from amends.domain.account import Role
from amends.domain.case import Case
from amends.domain.reply import Reply
from tests.desk.api.program import program, token_for
from tests.desk.house import DeskHouse

pytestmark = pytest.mark.slow
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
CALLS = [(path, method) for path, calls in openapi()["paths"].items() for method in calls]
NAMES = {
    (route.path, method.lower()): route.name
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}


@pytest.mark.parametrize(("path", "method"), CALLS, ids=lambda part: part)
def test_a_route_answers_as_the_document_says(
    path: str, method: str, desk_house: DeskHouse, case: Case, in_review: Reply
) -> None:
    desk_house.changes["api_calls_a_minute"] = 100_000
    needed = ROUTES[NAMES[path, method]]
    role = next((role for role in Role if needed in GIVES[role]), Role.HANDLER)
    headers = {"Authorization": f"Bearer {token_for(desk_house, role, name='schema')}"}
    there = things(desk_house, case, in_review)
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", desk_house.app, headers=headers)
    operation = schema[path][method]

    @settings(
        max_examples=6,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(data=st.data())
    def call(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
        asked = data.draw(operation.as_strategy(generation_mode=mode))
        for name in asked.path_parameters or {}:
            # Half of the time something that is there: else all that is ever seen is a 404.
            if name in there and data.draw(st.booleans()):
                asked.path_parameters[name] = data.draw(st.sampled_from(there[name]))
        asked.call_and_validate(headers=headers, checks=CHECKS)

    call()


def things(house: DeskHouse, case: Case, reply: Reply) -> dict[str, list[str]]:
    """Give the ids of what is there, by the names that paths call them."""
    operator = program(house, "operator")
    return {
        "reference": [case.id, "AM-0000-0000-02"],
        "reply_id": [reply.id],
        "task_id": [program(house, "handler").get("/tasks").json()["items"][0]["id"]],
        "parked_id": [one["id"] for one in operator.get("/parked").json()["items"]],
        "letter_id": [one["id"] for one in operator.get("/dead").json()["items"]],
    }
