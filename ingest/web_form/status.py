"""The status page: where a complaint stands, and what its sender can say there. Nothing said there closes a case."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Protocol

from fastapi import HTTPException, Request
from starlette.responses import RedirectResponse, Response

from amends.domain.submission import Progress, Said
from amends.errors import Unavailable
from amends.web.http import MULTIPART
from ingest.web_form.notices import Notice, notice
from ingest.web_form.reception import Incomplete, Reception, TooMany
from ingest.web_form.signs import page_key
from ingest.web_form.uploads import SentForm

#: What each choice is called on the page.
CHOICES = {
    Said.ADDED: "I want to add something",
    Said.ACCEPTED: "I accept the answer",
    Said.NOT_SOLVED: "This is not solved",
    Said.WITHDRAWN: "I withdraw this and want nothing more done about it",
}
#: How the page tells what was said on it before.
TOLD = {
    Said.ADDED: "You added something",
    Said.ACCEPTED: "You accepted the answer",
    Said.NOT_SOLVED: "You told us that this is not solved",
    Said.WITHDRAWN: "You withdrew this",
}
#: What is said when it has come in.
THANKS = {
    Said.ADDED: "We have what you added. Whoever looks into it will see it.",
    Said.ACCEPTED: "Thank you for telling us. Somebody will see that you accept the answer.",
    Said.NOT_SOLVED: "Thank you for telling us. Somebody looks at it again.",
    Said.WITHDRAWN: "We have noted it. Somebody will see that you withdraw this.",
}


class Shows(Protocol):
    """Renders a page."""

    def __call__(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: object
    ) -> Response:
        """Give the page as an answer."""


class StatusPages:
    """Receipt and status page."""

    def __init__(
        self, reception: Reception, *, show: Shows, refuse: Callable[[Notice, Mapping[str, str]], Response]
    ) -> None:
        self._reception = reception
        self._settings = reception.settings
        self._show = show
        self._refuse = refuse

    def sent(self, token: str) -> Response:
        """Show the receipt."""
        return self._page("sent.html", token)

    def status(self, token: str, request: Request) -> Response:
        """Show where a form stands, and thank for what was said a moment ago."""
        thanks = request.query_params.get("thanks", "")
        return self._page("status.html", token, thanks=THANKS[Said(thanks)] if thanks in set(Said) else "")

    def say(self, token: str, request: Request, sent: SentForm) -> Response:
        """Take in what somebody says on the page; or show it again, with what was typed."""
        if sent.media != MULTIPART:
            raise HTTPException(415)
        text, key = sent.boxes.get("text", ""), sent.boxes.get("form_id", "")
        chosen = sent.boxes.get("said", "")
        if chosen not in set(Said):
            problems = {"said": "Choose what you want to tell us."}
            return self._page("status.html", token, status=422, text=text, problems=problems)
        said = Said(chosen)
        address = request.client.host if request.client else ""
        try:
            is_known = self._reception.add(
                token, said, text, key=key[:64] or secrets.token_urlsafe(16), address=address, files=sent.files
            )
        except Incomplete as refusal:
            problems = {one.field: one.says for one in refusal.problems}
            return self._page("status.html", token, status=422, text=text, chosen=said, key=key, problems=problems)
        except TooMany as refusal:
            return self._again(token, 429, refusal.retry_after_s, text=text, chosen=said, key=key)
        except Unavailable:
            wait_s = self._settings.limits.retry_after_s
            return self._again(token, 503, wait_s, text=text, chosen=said, key=key)
        if not is_known:
            return self._refuse(notice(404, self._settings), {})
        # See other: reloading the page says nothing again.
        return RedirectResponse(f"{self._settings.path}/status/{token}?thanks={said.value}", status_code=303)

    def _again(self, token: str, status: int, wait_s: int, *, text: str, chosen: Said, key: str) -> Response:
        found = notice(status, self._settings, wait_s=wait_s)
        headers = {"Retry-After": str(wait_s)}
        return self._page(
            "status.html", token, status=status, headers=headers, text=text, chosen=chosen, key=key, notice=found
        )

    def _page(
        self,
        template: str,
        token: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        key: str = "",
        **shown: object,
    ) -> Response:
        try:
            progress = self._reception.progress(token)
        except Unavailable:
            return self._not_now()
        if progress is None:
            return self._refuse(notice(404, self._settings), {})
        beside: dict[str, object] = {"thanks": "", "text": "", "chosen": None, "problems": {}, "notice": None, **shown}
        return self._show(
            template,
            status=status,
            headers={"X-Robots-Tag": "noindex", **(headers or {})},
            progress=progress,
            status_url=self._settings.status_url(token),
            token=token,
            key=key or page_key(self._reception.now(), secrets.token_urlsafe(16)),
            choices=_choices(progress),
            told=[(TOLD[said], at) for said, at in progress.said],
            **beside,
        )

    def _not_now(self) -> Response:
        wait_s = self._settings.limits.retry_after_s
        words = f"We cannot look it up just now. What you sent is safe. Please try again in {wait_s} seconds."
        return self._refuse(
            Notice(status=503, title="This page is not available just now", says=words), {"Retry-After": str(wait_s)}
        )


def _choices(progress: Progress) -> list[tuple[Said, str]]:
    return [(said, CHOICES[said]) for said in progress.choices]
