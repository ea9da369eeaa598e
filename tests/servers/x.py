"""A server that follows the published API v2 of X, as far as Amends uses it, with faults on demand.

It listens on loopback, checks the OAuth 1.0a signature of every request, and counts them.
What it knows of X (docs.x.com, read on 28 November 2026): mentions and own posts, newest
first, in pages of 5 to 100 with `since_id`, `until_id`, `start_time` and
`pagination_token`, no more than the 800 newest mentions; a look at one post, which for a
deleted one is 200 with `errors`; creating a post, where a reply is taken only to a post
that mentions or quotes us, and the same words only once; private messages with one
person; and `users/me`.
"""

from __future__ import annotations

import html
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1.rfc5849 import signature

from respond.checks.post_length import X_LIMIT, x_length

OUR_ID, OUR_HANDLE = "1571204466318127104", "NorthmoorHelp"
KEYS = {
    "consumer_key": "consumer",
    "consumer_secret": "consumer-secret",
    "access_token": f"{OUR_ID}-token",
    "access_token_secret": "token-secret",
}
_EPOCH_MS = 1_288_834_974_657


class Fault(Enum):
    """What can go wrong with one request."""

    #: 429, and when it will be over.
    LIMITED = auto()
    #: 429, and not a word more.
    LIMITED_BARE = auto()
    #: 429, with a word that is no time.
    LIMITED_GARBLED = auto()
    #: 503 with a page for people.
    BUSY = auto()
    #: Nothing is done, and nothing comes back for longer than anybody waits.
    SILENT = auto()
    #: The connection is closed before anything is done.
    CUT_BEFORE = auto()
    #: Everything is done, and the connection is closed without a word.
    CUT_AFTER = auto()
    #: Everything is done, and nothing comes back for longer than anybody waits.
    SILENT_AFTER = auto()
    #: Everything is done, and 503 comes back.
    BUSY_AFTER = auto()
    #: 200, with something that is no JSON.
    GARBLED = auto()
    #: 401.
    UNKNOWN_KEYS = auto()
    #: 403: the app may read, and not write.
    READ_ONLY_KEYS = auto()
    #: 307, by somebody who stands between us and X.
    LED_ASTRAY = auto()


_AFTER = {Fault.CUT_AFTER, Fault.SILENT_AFTER, Fault.BUSY_AFTER}


@dataclass
class XServer:
    """What is on X, and what is to go wrong. `at` is the time of its posts, and is turned by the tests."""

    at: datetime
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, str]] = field(
        default_factory=lambda: {OUR_ID: {"id": OUR_ID, "name": "Northmoor", "username": OUR_HANDLE}}
    )
    deleted: set[str] = field(default_factory=set)
    #: Private messages, oldest first, and who takes none from us.
    messages: list[dict[str, str]] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    #: How long our own posts take to be shown among our posts, in seconds, and whether the same words are taken twice.
    shows_after_s: float = 0.0
    takes_twice: bool = False
    #: The endpoint of each request that came.
    requests: list[str] = field(default_factory=list)
    #: How long a silent request is held, and how long our side waits for an answer, in seconds.
    silence_s: float = 0.7
    patience_s: float = 10.0
    #: How many requests an endpoint still takes, and says so; unlimited if it is not here.
    remaining: dict[str, int] = field(default_factory=dict)
    reset_in_s: float = 600.0
    port: int = 0
    _faults: dict[str, deque[Fault]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _number: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def goes_wrong(self, endpoint: str, *faults: Fault) -> None:
        """Let the next requests of an endpoint fail, each in its way. Who is to see silence signs in afterwards."""
        if {Fault.SILENT, Fault.SILENT_AFTER} & set(faults):
            self.patience_s = 0.4
        self._faults.setdefault(endpoint, deque()).extend(faults)

    def asked(self, endpoint: str) -> int:
        """Say how often an endpoint was asked."""
        return self.requests.count(endpoint)

    def post(
        self,
        text: str,
        *,
        by: str = "customer",
        answers: str = "",
        quotes: str = "",
        mentions: bool = True,
        edits: str = "",
        **more: Any,
    ) -> str:
        """Let somebody post; gives the post's id. It mentions us unless it is said not to."""
        with self._lock:
            author = OUR_ID if by == OUR_HANDLE else str(7_000_000 + sum(map(ord, by)))
            self.users.setdefault(author, {"id": author, "name": by.title(), "username": by})
            self._number += 1
            moment = int(self.at.timestamp() * 1000) - _EPOCH_MS
            post_id = str((moment << 22) + self._number)
            referenced = [{"type": "replied_to", "id": answers}] * bool(answers)
            referenced += [{"type": "quoted", "id": quotes}] * bool(quotes)
            history = [*self.posts[edits]["edit_history_tweet_ids"], post_id] if edits else [post_id]
            root = self.posts.get(answers or edits, {}).get("conversation_id", post_id)
            self.posts[post_id] = {
                "id": post_id,
                "text": html.escape(text, quote=False),
                "author_id": author,
                "created_at": f"{self.at:%Y-%m-%dT%H:%M:%S}.000Z",
                "conversation_id": root,
                "edit_history_tweet_ids": history,
                "lang": "en",
                **({"referenced_tweets": referenced} if referenced else {}),
                **({"entities": {"mentions": [{"id": OUR_ID, "username": OUR_HANDLE}]}} if mentions else {}),
                **more,
            }
            for earlier in history:
                self.posts[earlier]["edit_history_tweet_ids"] = history
            return post_id

    def delete(self, post_id: str) -> None:
        """Take a post away, as its author does."""
        self.deleted.add(post_id)

    def ours(self) -> list[dict[str, Any]]:
        """Give what we posted, oldest first."""
        return [post for post in self.posts.values() if post["author_id"] == OUR_ID and post["id"] not in self.deleted]

    # What the endpoints do.

    def next_fault(self, endpoint: str) -> Fault | None:
        faults = self._faults.get(endpoint)
        return faults.popleft() if faults else None

    def answer(self, endpoint: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        with self._lock:
            if endpoint == "mentions":
                shown = [post for post in self.posts.values() if _mentions_us(post) and self._is_newest(post)]
                return self._page(shown[-800:], query)
            if endpoint == "own posts":
                shown_until = f"{self.at - timedelta(seconds=self.shows_after_s):%Y-%m-%dT%H:%M:%S}.000Z"
                shown = [post for post in self.ours() if post["created_at"] <= shown_until and self._is_newest(post)]
                return self._page(shown, query)
            if endpoint == "post":
                return self._look(path.rpartition("/")[2], query)
            if endpoint == "reply":
                return self._create(json.loads(body))
            if endpoint == "message":
                return self._write(path.split("/")[4], json.loads(body))
            if endpoint == "messages":
                return self._conversation(path.split("/")[4], query)
            return 200, {"data": self.users[OUR_ID]}

    def _write(self, person: str, wanted: dict[str, Any]) -> tuple[int, Any]:
        if person in self.closed:
            return 403, _problem("Forbidden", "You do not have permission to DM one or more participants.")
        event = self.say_in_private(wanted["text"], to=person)
        return 201, {"data": {"dm_conversation_id": f"{person}-{OUR_ID}", "dm_event_id": event}}

    def say_in_private(self, text: str, *, to: str = "", by: str = OUR_ID) -> str:
        """Put a private message into a conversation of ours; gives its id."""
        self._number += 1
        self.messages.append(
            {
                "id": str(900_000 + self._number),
                "text": text,
                "event_type": "MessageCreate",
                "sender_id": by,
                "created_at": f"{self.at:%Y-%m-%dT%H:%M:%S}.000Z",
                "with": to or by,
            }
        )
        return self.messages[-1]["id"]

    def _conversation(self, person: str, query: dict[str, str]) -> tuple[int, Any]:
        asked_for = {"id", "text", "event_type", *query.get("dm_event.fields", "").split(",")}
        said = [one for one in reversed(self.messages) if one["with"] == person]
        start, size = int(query.get("pagination_token", "0")), int(query.get("max_results", "100"))
        page = [{name: value for name, value in one.items() if name in asked_for} for one in said[start : start + size]]
        meta: dict[str, Any] = {"result_count": len(page)}
        if len(said) > start + size:
            meta["next_token"] = str(start + size)
        return 200, ({"data": page} if page else {}) | {"meta": meta}

    def _is_newest(self, post: dict[str, Any]) -> bool:
        return post["id"] == post["edit_history_tweet_ids"][-1] and post["id"] not in self.deleted

    def _page(self, posts: list[dict[str, Any]], query: dict[str, str]) -> tuple[int, Any]:
        size = int(query.get("max_results", "10"))
        if not 5 <= size <= 100:
            return 400, _problem("Invalid Request", f"max_results is {size}, and must be between 5 and 100")
        since, until = int(query.get("since_id", "0")), int(query.get("until_id", 1 << 70))
        start = query.get("start_time", "")
        posts = [post for post in posts if since < int(post["id"]) < until and post["created_at"] >= start]
        posts.sort(key=lambda post: int(post["id"]), reverse=True)
        token = query.get("pagination_token", "")
        if token and not token.startswith("after"):
            return 400, _problem("Invalid Request", "pagination_token is not valid")
        if token:
            posts = [post for post in posts if int(post["id"]) < int(token.removeprefix("after"))]
        page, more = posts[:size], len(posts) > size
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if more:
            meta["next_token"] = f"after{page[-1]['id']}"
        return 200, self._whole([_with_fields(post, query) for post in page], query) | {"meta": meta}

    def _whole(self, data: Any, query: dict[str, str]) -> dict[str, Any]:
        listed = data if isinstance(data, list) else [data]
        whole: dict[str, Any] = {"data": data} if data else {}
        expanded = query.get("expansions", "").split(",")
        includes: dict[str, Any] = {}
        if "author_id" in expanded and listed:
            includes["users"] = [self.users[number] for number in dict.fromkeys(post["author_id"] for post in listed)]
        if "referenced_tweets.id" in expanded:
            named = [one["id"] for post in listed for one in post.get("referenced_tweets", ())]
            includes["tweets"] = [
                _with_fields(self.posts[name], query)
                for name in named
                if name in self.posts and name not in self.deleted
            ]
        return whole | ({"includes": includes} if includes else {})

    def _look(self, post_id: str, query: dict[str, str]) -> tuple[int, Any]:
        if not post_id.isdecimal():
            return 400, _problem("Invalid Request", f"The `id` query parameter value [{post_id}] is not valid")
        if post_id not in self.posts or post_id in self.deleted:
            error = {
                "title": "Not Found Error",
                "type": "https://api.twitter.com/2/problems/resource-not-found",
                "resource_type": "tweet",
                "resource_id": post_id,
                "detail": f"Could not find tweet with id: [{post_id}].",
            }
            return 200, {"errors": [error]}
        return 200, self._whole(_with_fields(self.posts[post_id], query), query)

    def _create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        text, answers = wanted["text"], wanted.get("reply", {}).get("in_reply_to_tweet_id", "")
        if x_length(text) > X_LIMIT:
            return 403, _problem(
                "Forbidden", "Your Tweet text is too long. You are not permitted to perform this action."
            )
        if answers:
            known = self.posts.get(answers)
            if known is None or answers in self.deleted:
                says = "You attempted to reply to a Tweet that is deleted or not visible to you."
                return 403, _problem("Forbidden", says)
            quoted = [one["id"] for one in known.get("referenced_tweets", ()) if one["type"] == "quoted"]
            if not _mentions_us(known) and not any(self.posts[one]["author_id"] == OUR_ID for one in quoted):
                says = (
                    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged"
                )
                return 403, _problem("Forbidden", says)
        if not self.takes_twice and any(post["said"] == (text, answers) for post in self.ours() if "said" in post):
            says = "You are not allowed to create a Tweet with duplicate content."
            return 403, _problem("Forbidden", says)
        to = self.users[self.posts[answers]["author_id"]]["username"] if answers else ""
        shown = f"@{to} {text}" if to else text
        post_id = self.post(shown, by=OUR_HANDLE, answers=answers, mentions=False, said=(text, answers))
        return 201, {"data": {"id": post_id, "text": shown, "edit_history_tweet_ids": [post_id]}}


def _with_fields(post: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Give a post with the fields that were asked for: three come always."""
    asked_for = {"id", "text", "edit_history_tweet_ids", *query.get("tweet.fields", "").split(",")}
    return {name: value for name, value in post.items() if name in asked_for}


def _mentions_us(post: dict[str, Any]) -> bool:
    return any(one["id"] == OUR_ID for one in post.get("entities", {}).get("mentions", ()))


def _problem(title: str, detail: str) -> dict[str, Any]:
    return {"title": title, "detail": detail, "type": "about:blank"}


def _endpoint(method: str, path: str) -> str:
    if method == "POST" and path == "/2/tweets":
        return "reply"
    if path == f"/2/users/{OUR_ID}/mentions":
        return "mentions"
    if path == f"/2/users/{OUR_ID}/tweets":
        return "own posts"
    if path.startswith("/2/dm_conversations/with/"):
        return "message" if method == "POST" and path.endswith("/messages") else "messages"
    if path == "/2/users/me":
        return "me"
    return "post" if path.startswith("/2/tweets/") else ""


class _Request:
    """A request as oauthlib wants it, to check its signature."""

    def __init__(self, method: str, url: str, header: str) -> None:
        parts = urlsplit(url)
        found = signature.collect_parameters(
            uri_query=parts.query, headers={"Authorization": header}, exclude_oauth_signature=False
        )
        self.http_method, self.uri = method, f"{parts.scheme}://{parts.netloc}{parts.path}"
        self.signature = dict(found).get("oauth_signature", "")
        self.params = [(name, value) for name, value in found if name != "oauth_signature"]


@contextmanager
def x_server(*, at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> Iterator[XServer]:
    """Serve X on a free port of this machine."""
    known = XServer(at=at)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            parts = urlsplit(self.path)
            endpoint = _endpoint(method, parts.path)
            known.requests.append(endpoint)
            fault = known.next_fault(endpoint)
            if fault in {Fault.SILENT, Fault.CUT_BEFORE}:
                self._hang_up(known.silence_s if fault is Fault.SILENT else 0)
            elif fault is not None and fault not in _AFTER:
                self._fail(fault)
            elif not self._is_signed(method):
                self._say(401, _problem("Unauthorized", "Unauthorized"))
            elif not endpoint:
                self._say(404, _problem("Not Found", "Not Found"))
            elif known.remaining.get(endpoint, 1) < 1:
                self._fail(Fault.LIMITED)
            else:
                headers = {}
                if endpoint in known.remaining:
                    known.remaining[endpoint] -= 1
                    headers = self._limits(known.remaining[endpoint])
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, whole = known.answer(endpoint, parts.path, query, body)
                if fault in {Fault.CUT_AFTER, Fault.SILENT_AFTER}:
                    self._hang_up(known.silence_s if fault is Fault.SILENT_AFTER else 0)
                elif fault is Fault.BUSY_AFTER:
                    self._fail(Fault.BUSY)
                else:
                    self._say(status, whole, headers)

        def _is_signed(self, method: str) -> bool:
            request = _Request(method, f"{known.url}{self.path}", self.headers.get("authorization", ""))
            who = dict(request.params)
            if (who.get("oauth_consumer_key"), who.get("oauth_token")) != (KEYS["consumer_key"], KEYS["access_token"]):
                return False
            return bool(signature.verify_hmac_sha1(request, KEYS["consumer_secret"], KEYS["access_token_secret"]))

        def _fail(self, fault: Fault) -> None:
            if fault is Fault.LIMITED:
                self._say(429, _problem("Too Many Requests", "Too Many Requests"), self._limits(0))
            elif fault is Fault.LIMITED_BARE:
                self._say(429, _problem("Too Many Requests", "Too Many Requests"))
            elif fault is Fault.LIMITED_GARBLED:
                self._say(429, "slow down", {"x-rate-limit-reset": "1e9"} | {"retry-after": "soon"})
            elif fault is Fault.BUSY:
                self._say_bytes(503, b"<html>over capacity</html>", {})
            elif fault is Fault.GARBLED:
                self._say_bytes(200, b"<html>hello</html>", {})
            elif fault is Fault.READ_ONLY_KEYS:
                says = "Your client app is not configured with the appropriate oauth1 app permissions."
                self._say(403, {"detail": says, "type": "https://api.twitter.com/2/problems/oauth1-permissions"})
            elif fault is Fault.LED_ASTRAY:
                self._say_bytes(307, b"", {"location": f"{known.url}/2/users/me"})
            else:
                self._say(401, _problem("Unauthorized", "Unauthorized"))

        def _limits(self, remaining: int) -> dict[str, str]:
            reset = known.at + timedelta(seconds=known.reset_in_s)
            return {"x-rate-limit-remaining": str(remaining), "x-rate-limit-reset": str(int(reset.timestamp()))}

        def _say(self, status: int, whole: Any, headers: dict[str, str] | None = None) -> None:
            self._say_bytes(status, json.dumps(whole).encode(), headers or {})

        def _say_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _hang_up(self, after_s: float) -> None:
            stopping.wait(after_s)
            self.close_connection = True
            # Reset, rather than end: nothing that was written arrives any more.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                # It was we who hung up.
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

    stopping = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
