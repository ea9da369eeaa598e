"""What stands around every request: a cap on its body, and headers on its answer."""

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.web_form.settings import FormSettings

#: Longer than any `Content-Length` that could be meant; longer digits are not even turned into a number.
_MOST_DIGITS = 12
MULTIPART = "multipart/form-data"
#: A file that arrives slower than this keeps a connection for nothing.
_SLOWEST_BYTES_PER_S = 20_000


class BodyCap:
    """Refuses a body that is too large or too slow, before or while it arrives.

    A declared length over the cap is refused unread; without one (chunked) reading
    stops at the first byte too many. 413 and 408 close the connection. Forms with files
    have a cap of their own, and more time with every byte that has come.
    """

    def __init__(self, app: ASGIApp, *, settings: FormSettings) -> None:
        self._app = app
        self._settings = settings
        self._timeout_s = settings.limits.body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        is_multipart = headers.get("content-type", "").lower().startswith(MULTIPART)
        max_bytes = self._settings.max_multipart_bytes if is_multipart else self._settings.max_body_bytes
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        size_bytes, is_complete = 0, False

        async def capped() -> Message:
            nonlocal size_bytes, is_complete
            if is_complete:
                return await receive()
            if declared.isdigit() and (len(declared) > _MOST_DIGITS or int(declared) > max_bytes):
                raise HTTPException(413, headers={"Connection": "close"})
            try:
                async with asyncio.timeout_at(deadline + size_bytes / _SLOWEST_BYTES_PER_S):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            if message["type"] == "http.disconnect":
                # The sender went away in the middle. Nobody reads this, but it is no failure of ours either.
                raise HTTPException(400)
            size_bytes += len(message.get("body", b""))
            if size_bytes > max_bytes:
                raise HTTPException(413, headers={"Connection": "close"})
            is_complete = not message.get("more_body", False)
            return message

        await self._app(scope, capped, send)


def security_headers(settings: FormSettings) -> dict[str, str]:
    """Give the headers that every answer carries.

    Nothing but our own style sheet and picture may load, no script at all, and
    the page's address (it may hold a status token) is told to nobody.
    """
    ancestors = " ".join(settings.frame_ancestors)
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {ancestors}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if settings.frame_ancestors == ("'none'",):
        headers["X-Frame-Options"] = "DENY"
    return headers


class SecurityHeaders:
    """Puts the security headers on every answer; one that a page set itself stays."""

    def __init__(self, app: ASGIApp, *, settings: FormSettings) -> None:
        self._app = app
        self._headers = security_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
