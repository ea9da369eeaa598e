"""Pages of Mastodon and Bluesky that lie in files, as their APIs give them, taken apart: the oldest post first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_NAME_AT_MOST = 300


def is_mastodon_page(page: object) -> bool:
    """Whether something is a page of notifications of Mastodon."""
    return isinstance(page, list) and bool(page) and all(isinstance(one, dict) and "status" in one for one in page)


def is_bluesky_page(page: object) -> bool:
    """Whether something is a page of notifications of Bluesky."""
    return isinstance(page, dict) and isinstance(page.get("notifications"), list)


def statuses_of_page(page: list[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Give each status's id, and the bytes that are kept of it."""
    for number, one in reversed(list(enumerate(page))):
        status = one.get("status")
        yield _named(status.get("id") if isinstance(status, dict) else None, number), _bytes(one)


def posts_of_notifications(page: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Give each post's address, and the bytes that are kept of it."""
    for number, one in reversed(list(enumerate(page["notifications"]))):
        yield _named(one.get("uri") if isinstance(one, dict) else None, number), _bytes({"post": one})


def _named(name: object, number: int) -> str:
    return name if isinstance(name, str) and 0 < len(name) <= _NAME_AT_MOST and name.isascii() else f"number {number}"


def _bytes(whole: object) -> bytes:
    return json.dumps(whole, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
