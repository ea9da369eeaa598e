"""A server that follows the published lexicons of Bluesky, as far as Amends uses it, with faults on demand.

It is a personal data server and what shows posts to people in one (lexicons read on 28
November 2026): sessions whose tokens run out; notifications newest first by the moment that
posts give themselves, with an opaque cursor; posts and their threads; a repository in which
a record is put where none is (`swapRecord` of null); handles and who they belong to.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import regex

from tests.servers.network import Answer, Asked, NetworkServer, serving

OUR_DID, OUR_HANDLE, PASSWORD = "did:plc:northmoor2223334445556", "care.northmoor.example", "app-pass-word"
_POSTS = "app.bsky.feed.post"
_ENDPOINTS = {
    "com.atproto.server.createSession": "sign-in",
    "com.atproto.server.refreshSession": "renewal",
    "app.bsky.notification.listNotifications": "mentions",
    "app.bsky.feed.getPosts": "post",
    "app.bsky.feed.getPostThread": "conversation",
    "com.atproto.repo.getRecord": "own post",
    "com.atproto.repo.putRecord": "reply",
    "com.atproto.identity.resolveHandle": "handles",
}


@dataclass
class BlueskyServer(NetworkServer):
    """What is on Bluesky."""

    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Addresses of posts that we are told of, and why.
    told_of: dict[str, str] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    handles: dict[str, str] = field(default_factory=lambda: {OUR_HANDLE: OUR_DID})
    #: How long a token holds, in seconds of the real clock, and those that are taken now.
    token_holds_s: float = 7200.0
    tokens: set[str] = field(default_factory=set)
    _number: int = 0

    def post(
        self,
        text: str,
        *,
        by: str = "customer.example.org",
        answers: str = "",
        mentions: bool = True,
        created: datetime | None = None,
        **more: Any,
    ) -> str:
        """Let somebody post; gives the post's address. It mentions us unless it is said not to."""
        with self._lock:
            self._number += 1
            did = self.handles.setdefault(by, f"did:plc:{hashlib.sha256(by.encode()).hexdigest()[:24]}")
            uri = f"at://{did}/{_POSTS}/3l{self._number:011d}"
            record: dict[str, Any] = {"$type": _POSTS, "text": text, "createdAt": _moment(created or self.at), **more}
            if answers:
                parent = {name: self.posts[answers][name] for name in ("uri", "cid")}
                root = self.posts[answers]["record"].get("reply", {}).get("root", parent)
                record["reply"] = {"root": root, "parent": parent}
            self._put(uri, by, record)
            if mentions:
                self.told_of[uri] = "reply" if answers else "mention"
            return uri

    def edit(self, uri: str, text: str) -> None:
        """Change what a post says, which the network allows and its app does not offer."""
        post = self.posts[uri]
        self._put(uri, post["author"]["handle"], {**post["record"], "text": text})

    def delete(self, uri: str) -> None:
        """Take a post away, as its author does."""
        self.deleted.add(uri)

    def ours(self) -> list[dict[str, Any]]:
        """Give what we posted, oldest first."""
        return [{"uri": f"at://{OUR_DID}/{_POSTS}/{key}", "key": key, **record} for key, record in self.records.items()]

    def forget_sessions(self) -> None:
        """Take no token any more that was given so far."""
        self.tokens.clear()

    def endpoint(self, method: str, path: str) -> str:
        return _ENDPOINTS.get(path.removeprefix("/xrpc/"), "")

    def knows(self, asked: Asked, endpoint: str) -> bool:
        # The two that open and renew a session look for themselves; so does what says that a token is over.
        return True

    def problem(self, title: str, says: str = "") -> Any:
        return {"error": title.replace(" ", ""), "message": says or title}

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        said = {"ratelimit-limit": "3000", "ratelimit-remaining": str(remaining), "ratelimit-policy": "3000;w=300"}
        return {**said, "ratelimit-reset": str(int(reset.timestamp()))}

    def limits_garbled(self) -> dict[str, str]:
        return {"ratelimit-reset": "soon", "retry-after": "1e9"}

    def read_only(self) -> Any:
        return self.problem("InvalidToken", "Bad token scope")

    def answer(self, endpoint: str, asked: Asked) -> Answer:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if endpoint == "sign-in":
            said = json.loads(asked.body)
            if (said["identifier"], said["password"]) != (OUR_HANDLE, PASSWORD):
                return 401, self.problem("AuthenticationRequired", "Invalid identifier or password")
            return 200, self._session()
        if token not in self.tokens:
            return 400, self.problem("ExpiredToken", "Token has expired")
        if endpoint == "renewal":
            self.tokens.discard(token)
            return 200, self._session()
        if endpoint == "mentions":
            return self._notifications(asked)
        if endpoint == "post":
            return 200, {"posts": [self._view(uri) for uri in asked.query["uris"] if self._is_there(uri)]}
        if endpoint == "conversation":
            uri = asked.said("uri")
            return (200, {"thread": self._thread(uri)}) if self._is_there(uri) else (400, self.problem("NotFound"))
        if endpoint == "own post":
            key = asked.said("rkey")
            if key not in self.records:
                return 400, self.problem("RecordNotFound", "Could not locate record")
            return 200, {"uri": f"at://{OUR_DID}/{_POSTS}/{key}", "cid": "bafy-ours", "value": self.records[key]}
        if endpoint == "handles":
            did = self.handles.get(asked.said("handle"))
            return (200, {"did": did}) if did else (400, self.problem("InvalidRequest", "Unable to resolve handle"))
        return self._write(json.loads(asked.body))

    def _session(self) -> dict[str, Any]:
        self._number += 1
        tokens = [_token(self._number, kind, self.token_holds_s) for kind in ("access", "refresh")]
        self.tokens |= set(tokens)
        return {"accessJwt": tokens[0], "refreshJwt": tokens[1], "did": OUR_DID, "handle": OUR_HANDLE, "active": True}

    def _notifications(self, asked: Asked) -> Answer:
        reasons = asked.query.get("reasons", [])
        there = [(self._sorted_at(uri), uri) for uri in self.told_of if self._is_there(uri)]
        shown = [one for one in sorted(there, reverse=True) if self.told_of[one[1]] in reasons]
        cursor = asked.said("cursor")
        if cursor:
            moment, _, uri = base64.urlsafe_b64decode(cursor).decode().partition(" ")
            shown = [one for one in shown if one < (moment, uri)]
        size = min(self.page_most, int(asked.said("limit", "50")))
        page = [self._notification(uri) for _, uri in shown[:size]]
        whole: dict[str, Any] = {"notifications": page, "seenAt": _moment(self.at)}
        if page:
            # The real one gives a cursor as long as there was anything.
            whole["cursor"] = base64.urlsafe_b64encode(" ".join(shown[:size][-1]).encode()).decode()
        return 200, whole

    def _notification(self, uri: str) -> dict[str, Any]:
        shown = {name: self.posts[uri][name] for name in ("uri", "cid", "author", "record")}
        return {**shown, "reason": self.told_of[uri], "isRead": False, "indexedAt": self._sorted_at(uri)}

    def _sorted_at(self, uri: str) -> str:
        post = self.posts[uri]
        return min(str(post["record"]["createdAt"]), str(post["indexedAt"]))

    def _thread(self, uri: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self._view(uri)}
        parent = self.posts[uri]["record"].get("reply", {}).get("parent", {}).get("uri", "")
        if parent:
            gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": parent, "notFound": True}
            shown["parent"] = self._thread(parent) if self._is_there(parent) else gone
        return shown

    def _view(self, uri: str) -> dict[str, Any]:
        return {**self.posts[uri], "viewer": self.posts[uri].get("viewer", {})}

    def _is_there(self, uri: str) -> bool:
        return uri in self.posts and uri not in self.deleted

    def _write(self, wanted: dict[str, Any]) -> Answer:
        key, record = wanted["rkey"], wanted["record"]
        if "swapRecord" in wanted and wanted["swapRecord"] is None and key in self.records:
            return 400, self.problem("InvalidSwap", "Record was at bafy-ours")
        if not regex.fullmatch("[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", key):
            return 400, self.problem("InvalidRequest", "Invalid record key")
        text = record["text"]
        if len(regex.findall(r"\X", text)) > 300 or len(text.encode()) > 3000:
            return 400, self.problem("InvalidRequest", "Invalid app.bsky.feed.post record: must not be longer")
        self.records[key] = record
        uri = f"at://{OUR_DID}/{_POSTS}/{key}"
        self._put(uri, OUR_HANDLE, record)
        return 200, {"uri": uri, "cid": self.posts[uri]["cid"]}

    def _put(self, uri: str, by: str, record: dict[str, Any]) -> None:
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:40]
        author = {"did": self.handles[by], "handle": by, "displayName": by.partition(".")[0].title()}
        shown = {"uri": uri, "cid": f"bafyrei{digest}", "author": author, "record": record}
        self.posts[uri] = {**shown, "indexedAt": _moment(self.at)}


def _token(number: int, kind: str, holds_s: float) -> str:
    parts = [
        {"typ": "at+jwt", "alg": "none"},
        {"sub": OUR_DID, "jti": f"{kind}{number}", "exp": int(time.time() + holds_s)},
    ]
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "sig"]
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


@contextmanager
def bluesky_server(*, at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> Iterator[BlueskyServer]:
    """Serve Bluesky on a free port of this machine."""
    with serving(BlueskyServer(at=at)) as known:
        yield known
