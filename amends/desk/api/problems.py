"""What went wrong, as `application/problem+json` (RFC 9457): the fact in `detail`, what to do in `remedy`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from amends.errors import NotFound, Refused, Unavailable, Unprocessable

MEDIA = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str = Field(description="Where it stands: `body/reason`, `query/limit`.")
    says: str


class Problem(BaseModel):
    """Why a call was not carried out. Nothing was changed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="The fact.")
    remedy: str = Field(description="What to do about it.")
    faults: list[Fault] = []


class Declined(Exception):
    """A call that is not carried out, with its problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = dict(headers or {})


_TITLES = {
    400: ("That request could not be read", "Send it again whole; the body is JSON in UTF-8."),
    404: ("There is nothing at this address", "Look the address up in /api/v1/openapi.json."),
    405: ("That cannot be done here", "Look up in /api/v1/openapi.json which methods this address takes."),
    408: ("That took too long to arrive", "Send it again."),
    413: ("That is too much for one request", "Send less."),
    500: ("Something broke on our side", "It was noted. Try again; if it stays, tell whoever runs Amends."),
}


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a problem."""
    body = problem.model_dump_json()
    return Response(body, problem.status, headers=dict(headers or {}), media_type=MEDIA)


def problem(status: int, title: str, detail: str, remedy: str, *, faults: Sequence[Fault] = ()) -> Problem:
    """Make a problem."""
    return Problem(title=title, status=status, detail=detail, remedy=remedy, faults=list(faults))


def of_status(status: int, detail: str = "") -> Problem:
    """Give the problem that belongs to a status of the framework's own."""
    title, remedy = _TITLES.get(status, _TITLES[400 if status < 500 else 500])
    return problem(status, title, detail or title, remedy)


def add_problems(app: FastAPI) -> None:
    """Answer every error of `amends.errors`, and those of the framework, with a problem."""

    def answering(make: Callable[[Any], Problem], **headers: str) -> Callable[[Request, Any], Awaitable[Response]]:
        async def handle(_request: Request, why: Any) -> Response:
            return answer(make(why), {name.replace("_", "-"): value for name, value in headers.items()})

        return handle

    async def declined(_request: Request, why: Any) -> Response:
        return answer(why.problem, why.headers)

    async def http(_request: Request, why: Any) -> Response:
        return answer(of_status(why.status_code), why.headers)

    app.add_exception_handler(Declined, declined)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, answering(_invalid))
    app.add_exception_handler(
        Refused, answering(lambda why: problem(409, "That was not done", str(why), "Read the case again, then decide."))
    )
    app.add_exception_handler(
        NotFound,
        answering(lambda why: problem(404, "It is not there", str(why), "Check the id; lists give whole ids.")),
    )
    app.add_exception_handler(
        Unprocessable,
        answering(lambda why: problem(422, "That cannot be used", str(why), "Discard it with a reason, or mend it.")),
    )
    app.add_exception_handler(
        Unavailable,
        answering(
            lambda why: problem(
                503, "The data cannot be reached now", str(why), "Nothing was changed. Try again soon."
            ),
            Retry_After="30",
        ),
    )
    app.add_exception_handler(Exception, answering(lambda _: of_status(500)))


def _invalid(why: RequestValidationError) -> Problem:
    # Neither what was sent nor its parts: they may quote a customer.
    faults = [
        Fault(where="/".join(str(part) for part in one["loc"]), says=str(one["msg"])) for one in why.errors()[:20]
    ]
    return problem(
        422,
        "What was sent is not as it should be",
        f"{faults[0].where}: {faults[0].says}" if faults else "it cannot be read",
        "Mend what `faults` names; /api/v1/openapi.json says how each part is written.",
        faults=faults,
    )
