"""Puts the API together, and writes the document that describes it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from amends.desk.api import cases, operations, overview, replies
from amends.desk.api.door import Door, bearer, permit
from amends.desk.api.problems import MEDIA, Problem, add_problems
from amends.desk.parts import Desk
from amends.web.http import BodyCap

#: Where the API is on the desk.
PREFIX = "/api/v1"
#: What a call may weigh: the longest reply, each letter of it escaped, and room for the rest.
MOST_BODY_BYTES = 512 * 1024
_BODY_TIMEOUT_S = 30.0
_SAYS = """What people do at the desk, for programs: the same commands, the same rules, the same audit trail.

Each call bears a token (`Authorization: Bearer amends_…`), which `amends desk token create` makes; it has one role.
Each change carries an `Idempotency-Key` of your making: sent again within a day it is answered as before, and nothing
is done twice. A list gives `next`, which is the cursor of its next part. What goes wrong is told as
`application/problem+json`, with the fact in `detail` and what to do in `remedy`."""

document = APIRouter(tags=["document"])
ROUTERS: tuple[APIRouter, ...] = (
    cases.router,
    replies.router,
    operations.router,
    overview.router,
    document,
)
_ALWAYS = {
    400: "It could not be read.",
    401: "Nobody knows the token.",
    403: "The role of the token does not allow it.",
    404: "It is not there.",
    408: "It took too long to arrive.",
    413: "It is too much.",
    422: "It is not as it should be.",
    429: "Too many calls came with this token.",
    503: "The data cannot be reached now.",
}
_WITH_PAUSE = {429, 503}
_OF_CHANGES = {409: "A rule of the house forbids it, or it has changed meanwhile."}


@document.get("/openapi.json", name="api.document", response_model=dict[str, Any])
def describe() -> Response:
    """Give this document."""
    return JSONResponse(openapi())


def make_api(parts: Desk) -> FastAPI:
    """Make the API's app, which stands on the desk under `PREFIX`."""
    app = _app()
    app.state.desk = parts
    add_problems(app)
    # The last one added stands outermost: who has no token is not read.
    app.add_middleware(BodyCap, max_bytes=MOST_BODY_BYTES, timeout_s=_BODY_TIMEOUT_S)
    app.add_middleware(Door, parts=parts)
    return app


def openapi() -> dict[str, Any]:
    """Write the OpenAPI document."""
    app = _app()
    made = get_openapi(
        title=app.title,
        version="1",
        description=_SAYS,
        routes=app.routes,
        servers=[{"url": PREFIX}],
    )
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    for path in made["paths"].values():
        for method, call in path.items():
            told = _ALWAYS | (_OF_CHANGES if method == "post" else {})
            call["responses"] |= {str(status): _told(status, says) for status, says in sorted(told.items())}
    return made


def _told(status: int, says: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": says,
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _WITH_PAUSE:
        pause = {"description": "In how many seconds to try again.", "schema": {"type": "integer"}}
        said["headers"] = {"Retry-After": pause}
    return said


def _app() -> FastAPI:
    app = FastAPI(
        title="Amends",
        dependencies=[Depends(bearer), Depends(permit)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
    )
    for router in ROUTERS:
        app.include_router(router)
    return app


def _name(route: APIRoute) -> str:
    return route.name.replace(".", "_").removeprefix("api_")
