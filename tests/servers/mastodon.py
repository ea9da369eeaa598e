"""A server that follows the published API of Mastodon, as far as Amends uses it, with faults on demand.

What it knows (docs.joinmastodon.org, read on 28 November 2026): notifications of mentions,
newest first, by `since_id` and `max_id`, some held back unless `include_filtered` is said;
a status and its context, both 404 where they are gone or hidden; the statuses of an
account; posting, where the same `Idempotency-Key` gives the same status for an hour, the
length is counted with the content warning, and only who is named reads what is direct;
`verify_credentials` and the instance with its limits.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from respond.checks.post_rule import mastodon_length
from tests.servers.network import Answer, Asked, NetworkServer, serving

OUR_ID, OUR_NAME, TOKEN = "109372843234", "care", "a-token-of-care"
SERVER = "social.example"
_KEY_HOLDS = timedelta(hours=1)


@dataclass
class MastodonServer(NetworkServer):
    """What is on the server."""

    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Notifications of mentions, oldest first, and those of them that are held back as noise.
    notifications: list[dict[str, Any]] = field(default_factory=list)
    held_back: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    keys: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    max_characters: int = 500
    #: How long our own statuses take to be shown among our statuses, in seconds, and whether keys are heeded.
    shows_after_s: float = 0.0
    heeds_keys: bool = True
    _number: int = 0

    def post(
        self,
        text: str,
        *,
        by: str = "customer@elsewhere.example",
        answers: str = "",
        visibility: str = "public",
        warning: str = "",
        mentions: bool = True,
        **more: Any,
    ) -> str:
        """Let somebody post; gives the status's id. It mentions us unless it is said not to."""
        with self._lock:
            self._number += 1
            status_id = str((int(self.at.timestamp() * 1000) << 16) + self._number)
            said = "<br />".join(_marked_up(line) for line in text.split("\n"))
            self.statuses[status_id] = {
                "id": status_id,
                "uri": f"https://{SERVER}/statuses/{status_id}",
                "url": f"https://{SERVER}/@{by}/{status_id}",
                "created_at": _moment(self.at),
                "edited_at": None,
                "in_reply_to_id": answers or None,
                "in_reply_to_account_id": self.statuses[answers]["account"]["id"] if answers else None,
                "sensitive": bool(warning),
                "spoiler_text": warning,
                "visibility": visibility,
                "language": "en",
                "content": f"<p>{said}</p>",
                "account": self._account(by),
                "media_attachments": [],
                "mentions": [],
                "tags": [],
                "emojis": [],
                **more,
            }
            if mentions and by != OUR_NAME:
                self.notifications.append(
                    {"id": str(self._number), "type": "mention", "created_at": _moment(self.at), "of": status_id}
                )
            return status_id

    def edit(self, status_id: str, text: str) -> None:
        """Change what a status says, as its author does."""
        self.statuses[status_id] |= {"content": f"<p>{_marked_up(text)}</p>", "edited_at": _moment(self.at)}

    def delete(self, status_id: str) -> None:
        """Take a status away, as its author does; its notification goes with it."""
        self.deleted.add(status_id)

    def ours(self) -> list[dict[str, Any]]:
        """Give what we posted, oldest first."""
        return [one for one in self._there() if one["account"]["id"] == OUR_ID]

    def endpoint(self, method: str, path: str) -> str:
        if method == "POST":
            return "reply" if path == "/api/v1/statuses" else ""
        known = {
            "/api/v1/notifications": "mentions",
            "/api/v1/accounts/verify_credentials": "account",
            "/api/v2/instance": "instance",
            f"/api/v1/accounts/{OUR_ID}/statuses": "own statuses",
        }
        if path.rstrip("/") in known:
            return known[path.rstrip("/")]
        if re.fullmatch(r"/api/v1/statuses/\w+", path):
            return "status"
        return "conversation" if re.fullmatch(r"/api/v1/statuses/\w+/context", path) else ""

    def knows(self, asked: Asked, endpoint: str) -> bool:
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def problem(self, title: str, says: str = "") -> Any:
        return {"error": says or title}

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        said = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": str(remaining)}
        return {**said, "x-ratelimit-reset": _moment(reset)}

    def limits_garbled(self) -> dict[str, str]:
        return {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}

    def answer(self, endpoint: str, asked: Asked) -> Answer:
        if endpoint == "mentions":
            return 200, self._notifications(asked)
        if endpoint == "account":
            return 200, self._account(OUR_NAME)
        if endpoint == "instance":
            statuses = {"max_characters": self.max_characters, "characters_reserved_per_url": 23}
            return 200, {"domain": SERVER, "version": "4.5.0", "configuration": {"statuses": statuses}}
        if endpoint == "own statuses":
            return 200, self._own(asked)
        if endpoint == "reply":
            return self._create(asked)
        status_id = asked.path.split("/")[4]
        if status_id not in self.statuses or status_id in self.deleted:
            return 404, self.problem("Record not found")
        if endpoint == "status":
            return 200, self.statuses[status_id]
        return 200, {"ancestors": self._ancestors(status_id), "descendants": []}

    def _there(self) -> list[dict[str, Any]]:
        return [one for one in self.statuses.values() if one["id"] not in self.deleted]

    def _notifications(self, asked: Asked) -> list[dict[str, Any]]:
        since, below = int(asked.said("since_id", "0")), int(asked.said("max_id", str(1 << 70)))
        types = asked.query.get("types[]", [])
        found = []
        for one in reversed(self.notifications):
            noise = one["id"] in self.held_back and asked.said("include_filtered") != "true"
            if since < int(one["id"]) < below and one["of"] not in self.deleted and not noise and one["type"] in types:
                status = self.statuses[one["of"]]
                shown = {name: value for name, value in one.items() if name != "of"}
                found.append({**shown, "account": status["account"], "status": status})
        return found[: min(80, self.page_most, int(asked.said("limit", "40")))]

    def _own(self, asked: Asked) -> list[dict[str, Any]]:
        below = int(asked.said("max_id", str(1 << 70)))
        until = _moment(self.at - timedelta(seconds=self.shows_after_s))
        found = [one for one in reversed(self.ours()) if int(one["id"]) < below and one["created_at"] <= until]
        return found[: int(asked.said("limit", "20"))]

    def _ancestors(self, status_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while (status_id := self.statuses[status_id]["in_reply_to_id"] or "") and status_id not in self.deleted:
            found.append(self.statuses[status_id])
        return found[::-1]

    def _create(self, asked: Asked) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        made = self.keys.get(key)
        if key and self.heeds_keys and made is not None and self.at - made[0] < _KEY_HOLDS:
            return 200, self.statuses[made[1]]
        said = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        text, warning, answers = said["status"], said.get("spoiler_text", ""), said.get("in_reply_to_id", "")
        if answers and (answers not in self.statuses or answers in self.deleted):
            return 404, self.problem("The post you are trying to reply to does not appear to exist.")
        if mastodon_length(text, before=warning) > self.max_characters:
            says = f"Validation failed: Text character limit of {self.max_characters} exceeded"
            return 422, self.problem(says)
        more: dict[str, Any] = {"key": key}
        visibility = said.get("visibility", "public")
        status_id = self.post(text, by=OUR_NAME, answers=answers, visibility=visibility, warning=warning, **more)
        self.keys[key] = self.at, status_id
        return 200, self.statuses[status_id]

    def _account(self, name: str) -> dict[str, Any]:
        account_id = OUR_ID if name == OUR_NAME else str(8_000_000 + sum(map(ord, name)))
        shown = {"username": name.partition("@")[0], "acct": name, "display_name": name.partition("@")[0].title()}
        return {"id": account_id, **shown, "url": f"https://{SERVER}/@{name}", "bot": False, "locked": False}


def _marked_up(line: str) -> str:
    """Write a line as the server does: handles and links become links, of which a part is not shown."""
    said = html.escape(line, quote=False)
    said = re.sub(
        r"https://([^\s<]{1,20})([^\s<]*)",
        r'<a href="https://\1\2" rel="nofollow"><span class="invisible">https://</span>'
        r'<span class="ellipsis">\1</span><span class="invisible">\2</span></a>',
        said,
    )
    handle = (
        r'<span class="h-card"><a href="https://there.example/@\1" class="u-url mention">@<span>\1</span></a></span>'
    )
    return re.sub(r"(?<![\w/])@(\w+)(?:@[\w.-]*\w)?", handle, said)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


@contextmanager
def mastodon_server(*, at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> Iterator[MastodonServer]:
    """Serve Mastodon on a free port of this machine."""
    with serving(MastodonServer(at=at)) as known:
        yield known
