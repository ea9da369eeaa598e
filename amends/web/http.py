"""What stands around every request: a cap on its body, and headers on its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Longer than any `Content-Length` that could be meant; longer digits are not even turned into a number.
_MOST_DIGITS = 12
#: The type of a form that carries files.
MULTIPART = "multipart/form-data"
#: A file that arrives slower than this keeps a connection for nothing.
_SLOWEST_BYTES_PER_S = 20_000


async def _read_body(request: Request) -> bytes:
    return await request.body()


#: The whole body of a request, read under the cap that `BodyCap` sets.
Body = Annotated[bytes, Depends(_read_body)]


class BodyCap:
    """Refuses a body that is too large or too slow, before or while it arrives.

    A declared length over the cap is refused unread; without one (chunked) reading
    stops at the first byte too many. 413 and 408 close the connection. Forms with files
    may have a cap of their own, and more time with every byte that has come.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, timeout_s: float, max_multipart_bytes: int | None = None
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_multipart_bytes = max_bytes if max_multipart_bytes is None else max_multipart_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        is_multipart = headers.get("content-type", "").lower().startswith(MULTIPART)
        max_bytes = self._max_multipart_bytes if is_multipart else self._max_bytes
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        size_bytes, is_complete = 0, False

        async def capped() -> Message:
            nonlocal size_bytes, is_complete
            if is_complete:
                return await receive()
            if declared.isdigit() and (len(declared) > _MOST_DIGITS or int(declared) > max_bytes):
                raise HTTPException(413, headers={"Connection": "close"})
            try:
                async with asyncio.timeout_at(deadline + (size_bytes / _SLOWEST_BYTES_PER_S if is_multipart else 0)):
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


class AnswerHeaders:
    """Puts headers on every answer; one that a page set itself stays. `headers` is asked before the app is."""

    def __init__(self, app: ASGIApp, *, headers: Callable[[Scope], Mapping[str, str]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = self._headers(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in given.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
