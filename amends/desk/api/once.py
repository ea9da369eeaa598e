"""A change that is sent twice is done once.

Each change carries an `Idempotency-Key` that its sender made up. The answer is kept with it
for a day, in the transaction of the change: whoever lost the answer sends the same again and
gets the same, and nothing is done a second time. What was refused is not kept, for nothing
was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from amends.desk.api.door import Caller, who_calls
from amends.desk.api.problems import Declined, problem
from amends.desk.parts import Desk, desk
from amends.domain.api_token import Answered
from amends.unit_of_work import UnitOfWork

#: So long an answer is kept.
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that somebody asks for."""

    parts: Desk
    caller: Caller
    asked: str
    key: str

    def make(self, body: BaseModel | None, do: Callable[[UnitOfWork], BaseModel]) -> Response:
        """Do it once and answer with what `do` gives; where it was done before, with what it gave then.

        Raises:
            Declined: another change had this key.
        """
        said = body.model_dump_json() if body is not None else ""
        asked_sha256 = hashlib.sha256(f"{self.asked}\n{said}".encode()).hexdigest()
        now = self.parts.now()
        with self.parts.unit() as unit:
            before = unit.answers.find(self.caller.token_id, self.key)
            if before is not None and before.asked_sha256 != asked_sha256:
                says = "another change was sent with this Idempotency-Key"
                raise Declined(problem(422, "That key was used before", says, "Make up a new key for each change."))
            if before is not None:
                headers = {"Idempotency-Replayed": "true"}
                return Response(before.body, before.status, headers=headers, media_type="application/json")
            content = do(unit).model_dump_json().encode()
            answered = Answered(asked_sha256=asked_sha256, status=200, body=content)
            unit.answers.keep(self.caller.token_id, self.key, answered, at=now, forget_before=now - KEPT_FOR)
            unit.commit()
        return Response(content, media_type="application/json")


def _change(
    request: Request,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=64,
            pattern="^[!-~]+$",
            description="Made up by you, another for each change. Sent again with the same body within a day, it is "
            "answered as before, and nothing is done a second time.",
        ),
    ],
) -> Change:
    return Change(parts=desk(request), caller=who_calls(request), asked=f"{request.method} {request.url.path}", key=key)


#: A change: `def take(change: Once) -> Response: return change.make(None, …)`.
Once = Annotated[Change, Depends(_change)]
