"""Stands before every call: whose token it bears, how often they call, and whether they may.

1. A token is looked for in the header `Authorization` alone. A session of the desk opens
   nothing here, and so no other site can make a browser call.
2. Who has no token that holds gets no further: not a byte of the body is read.
3. What each route needs is in `access.ROUTES`, and what a role gives is the same as for people.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from amends.desk.access import ROUTES, may
from amends.desk.api.problems import Declined, Problem, answer, problem
from amends.desk.parts import Desk, desk
from amends.domain.account import Role
from amends.domain.api_token import ApiToken, token_sha256

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="amends"'}
#: Longer than any token.
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `by` is what the audit trail calls them; no person can be called so."""

    token_id: str
    by: str
    role: Role


class Door:
    """Lets calls through whose token holds, no more of them a minute than are allowed."""

    def __init__(self, app: ASGIApp, *, parts: Desk) -> None:
        self._app = app
        self._parts = parts
        self._pace = Pace(parts.api_calls_a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("authorization", "")
        found = await run_in_threadpool(self._token, said)
        if isinstance(found, Problem):
            await answer(found, _CHALLENGE)(scope, receive, send)
            return
        wait_s = self._pace.wait_s(found.id)
        if wait_s:
            says = f"more than {self._parts.api_calls_a_minute} calls came with this token within a minute"
            slow = problem(429, "Too many calls", says, "Wait as long as the header Retry-After says, in seconds.")
            await answer(slow, {"Retry-After": str(wait_s)})(scope, receive, send)
            return
        caller = Caller(token_id=found.id, by=found.acts_as, role=Role(found.role))
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

    def _token(self, said: str) -> ApiToken | Problem:
        scheme, _, shown = said.partition(" ")
        shown = shown.strip()
        if scheme.lower() != "bearer" or not shown or len(shown) > _MOST_CHARS:
            return _unknown("the call bears no token", "Send the header `Authorization: Bearer amends_…`.")
        with self._parts.reading() as unit:
            token = unit.tokens.known_by(token_sha256(shown))
        if token is None or token.role not in set(Role):
            return _unknown("nobody knows this token", "`amends desk token create` makes one.")
        if not token.holds(self._parts.now()):
            what = "was revoked" if token.revoked_at is not None else f"ended on {token.ends_at:%d %b %Y}"
            return _unknown(f"the token {what}", "`amends desk token create` makes another.")
        return token


class Pace:
    """How often each token may call: so many calls at once, and as many a minute."""

    def __init__(self, calls_a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = calls_a_minute
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def wait_s(self, token_id: str) -> int:
        """Count a call; gives 0 when it may go on, else how many seconds to wait."""
        now = self._clock()
        with self._lock:
            left, at = self._left.get(token_id, (float(self._most), now))
            left = min(float(self._most), left + (now - at) * self._most / 60)
            if left < 1:
                self._left[token_id] = left, now
                return max(1, math.ceil((1 - left) * 60 / self._most))
            self._left[token_id] = left - 1, now
            return 0


def permit(request: Request) -> None:
    """Let a call through to its route, or refuse it.

    Raises:
        Declined: 403, the role of the token does not allow it.
    """
    caller = who_calls(request)
    needed = ROUTES.get(request.scope["route"].name)
    if needed is None or not may([caller.role], needed):
        says = f"the token has the role {caller.role.value}, which does not allow this"
        raise Declined(problem(403, "You may not do that", says, "Use a token with another role."))


def who_calls(request: Request) -> Caller:
    """Give who calls."""
    found: Caller = request.state.caller
    return found


#: Says in the OpenAPI document how a call proves itself; the door has looked at it by then.
bearer = HTTPBearer(scheme_name="token", bearerFormat="amends_…", auto_error=False)
#: Who calls: `def show(calls: Calls)`.
Calls = Annotated[Caller, Depends(who_calls)]
#: What routes work with: `def show(parts: Parts)`.
Parts = Annotated[Desk, Depends(desk)]


def _unknown(says: str, remedy: str) -> Problem:
    return problem(401, "Nobody knows who calls", says, remedy)
