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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from oauthlib.oauth1.rfc5849 import signature

from respond.checks.post_length import X_LIMIT, x_length
from tests.servers.network import Answer, Asked, NetworkServer, serving

OUR_ID, OUR_HANDLE = "1571204466318127104", "NorthmoorHelp"
KEYS = {
    "consumer_key": "consumer",
    "consumer_secret": "consumer-secret",
    "access_token": f"{OUR_ID}-token",
    "access_token_secret": "token-secret",
}
_EPOCH_MS = 1_288_834_974_657


@dataclass
class XServer(NetworkServer):
    """What is on X."""

    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, str]] = field(
        default_factory=lambda: {OUR_ID: {"id": OUR_ID, "name": "Northmoor", "username": OUR_HANDLE}}
    )
    deleted: set[str] = field(default_factory=set)
    #: What is attached to posts, by its key.
    media: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Private messages, oldest first, and who takes none from us.
    messages: list[dict[str, str]] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    #: How long our own posts take to be shown among our posts, in seconds, and whether the same words are taken twice.
    shows_after_s: float = 0.0
    takes_twice: bool = False
    _number: int = 0

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

    def endpoint(self, method: str, path: str) -> str:
        return _endpoint(method, path)

    def knows(self, asked: Asked, endpoint: str) -> bool:
        request = _Request(asked.method, f"{self.url}{asked.whole_path}", asked.headers.get("authorization", ""))
        who = dict(request.params)
        if (who.get("oauth_consumer_key"), who.get("oauth_token")) != (KEYS["consumer_key"], KEYS["access_token"]):
            return False
        return bool(signature.verify_hmac_sha1(request, KEYS["consumer_secret"], KEYS["access_token_secret"]))

    def problem(self, title: str, says: str = "") -> Any:
        return _problem(title, says or title)

    def read_only(self) -> Any:
        says = "Your client app is not configured with the appropriate oauth1 app permissions."
        return {"detail": says, "type": "https://api.twitter.com/2/problems/oauth1-permissions"}

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {"x-rate-limit-remaining": str(remaining), "x-rate-limit-reset": str(int(reset.timestamp()))}

    def limits_garbled(self) -> dict[str, str]:
        return {"x-rate-limit-reset": "1e9", "retry-after": "soon"}

    def answer(self, endpoint: str, asked: Asked) -> Answer:
        path, query = asked.path, {name: values[0] for name, values in asked.query.items()}
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
            return self._create(json.loads(asked.body))
        if endpoint == "message":
            return self._write(path.split("/")[4], json.loads(asked.body))
        if endpoint == "all messages":
            return self._said([*reversed(self.messages)], query)
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
                "dm_conversation_id": f"{to or by}-{OUR_ID}",
            }
        )
        return self.messages[-1]["id"]

    def _conversation(self, person: str, query: dict[str, str]) -> tuple[int, Any]:
        return self._said([one for one in reversed(self.messages) if one["with"] == person], query)

    def _said(self, said: list[dict[str, str]], query: dict[str, str]) -> tuple[int, Any]:
        asked_for = {"id", "text", "event_type", *query.get("dm_event.fields", "").split(",")}
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
        keys = [key for post in listed if post for key in post.get("attachments", {}).get("media_keys", ())]
        if "attachments.media_keys" in expanded and keys:
            includes["media"] = [self.media[key] for key in keys]
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
    if path == "/2/dm_events":
        return "all messages"
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
    with serving(XServer(at=at)) as known:
        yield known
