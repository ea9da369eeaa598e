"""What programs call: `POST /api/v1/submissions`, and `POST /api/v1/webhooks/NAME` for other form tools.

Send JSON, or a form in several parts with files: `text` is needed; `name`, `email`,
`subject` and `reference` may be left out.
`Idempotency-Key` (1 to 128 visible characters, a UUID for instance) makes a retry
safe: the same key and the same words give the same receipt, with
`Idempotency-Replayed: true`. Without the header a `submission_id` in the body serves
as the key; without either, each request is a form of its own.

202 is answered once the form would survive a crash. Everything else is
`application/problem+json` and means that nothing was kept.
"""

from __future__ import annotations

import re
import secrets
from codecs import BOM_UTF8

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from amends.domain.submission import Receipt
from amends.errors import Unavailable
from amends.web.http import MULTIPART
from ingest.web_form.notices import Notice, notice
from ingest.web_form.openapi import openapi
from ingest.web_form.problem import problem_response
from ingest.web_form.reception import Incomplete, Reception, TooMany
from ingest.web_form.submission import WireFields
from ingest.web_form.typed import Problem
from ingest.web_form.uploads import SentForm
from ingest.web_form.webhook import NotSigned

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class Api:
    """The JSON endpoint."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._settings = reception.settings
        self._hooks = {hook.name: hook for hook in reception.settings.webhooks}
        self._described = openapi(reception.settings)

    def describe(self) -> Response:
        """Say what can be called, and how."""
        return JSONResponse(self._described)

    def webhook(self, name: str, request: Request, sent: SentForm) -> Response:
        """Take in what a form tool sends, signed."""
        hook = self._hooks.get(name)
        if hook is None:
            return problem_response(notice(404, self._settings))
        address = request.client.host if request.client else ""
        try:
            receipt = self._reception.take_webhook(hook, request.headers, sent.body, address=address)
        except NotSigned as why:
            return problem_response(Notice(status=401, title="It is not signed as it should be", says=str(why)))
        except TooMany as refusal:
            return self._later(429, refusal.retry_after_s)
        except Unavailable:
            return self._later(503, self._settings.limits.retry_after_s)
        return self._receipt(receipt)

    def send(self, request: Request, sent: SentForm) -> Response:
        """Take one form in."""
        if sent.media not in {MULTIPART, "application/json"}:
            return problem_response(notice(415, self._settings))
        try:
            wire = (
                WireFields.model_validate(dict(sent.boxes))
                if sent.media == MULTIPART
                else WireFields.model_validate_json(sent.body.removeprefix(BOM_UTF8))
            )
        except ValidationError as why:
            return _unreadable(why)
        # The draft of the header has it as a quoted string; many clients send it bare.
        named = request.headers.get("idempotency-key", wire.submission_id)
        key = secrets.token_urlsafe(16) if named is None else named.strip().removeprefix('"').removesuffix('"')
        if not _KEY.fullmatch(key):
            says = "Idempotency-Key (or submission_id) is 1 to 128 visible ASCII characters, for instance a UUID."
            return problem_response(Notice(status=400, title="That key cannot be used", says=says))
        try:
            receipt = self._reception.accept(
                wire.typed(),
                key=key,
                address=request.client.host if request.client else "",
                files=sent.files,
                traceparent=request.headers.get("traceparent", ""),
            )
        except TooMany as refusal:
            return self._later(429, refusal.retry_after_s)
        except Incomplete as refusal:
            says = "Nothing was kept. Put the fields named in `errors` right and send it again."
            return problem_response(
                Notice(status=422, title="The form is not complete", says=says), problems=refusal.problems
            )
        except Unavailable:
            return self._later(503, self._settings.limits.retry_after_s)
        return self._receipt(receipt)

    def _receipt(self, receipt: Receipt) -> Response:
        status_url = self._settings.status_url(receipt.status_token)
        headers = {"Location": status_url}
        if receipt.is_repeat:
            headers["Idempotency-Replayed"] = "true"
        return JSONResponse({"reference": receipt.reference, "status_url": status_url}, 202, headers=headers)

    def _later(self, status: int, wait_s: int) -> Response:
        found = notice(status, self._settings, wait_s=wait_s)
        reached = Notice(status=status, title=found.title, says=f"{found.says} {self._settings.contact_line}")
        return problem_response(reached, headers={"Retry-After": str(wait_s)})


def _unreadable(why: ValidationError) -> Response:
    """Say what is wrong with the JSON, without repeating it."""
    errors = why.errors(include_input=False, include_url=False, include_context=False)
    if errors[0]["type"] in {"json_invalid", "model_type"}:
        return problem_response(Notice(status=400, title="The body is not a JSON object", says=errors[0]["msg"]))
    problems = tuple(
        Problem(field=".".join(str(part) for part in found["loc"]), code="bad_shape", says=found["msg"])
        for found in errors
    )
    says = "Nothing was kept. Put the fields named in `errors` right and send it again."
    return problem_response(Notice(status=422, title="The form is not complete", says=says), problems=problems)
