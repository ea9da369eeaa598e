"""Bluesky by the AT Protocol, as ingest and respond use it: by atproto, with a bound on everything.

1. Every call has a time-out and is made once. When the server is left alone:
   `amends/networks/gate.py`.
2. A session is opened with an app password when it is first needed, and renewed by the
   library before its token runs out; one that the server no longer takes is opened anew
   at the next call.
3. A reply is a record in our own repository under a key of our choice, put there only
   where none is (`swapRecord` of null). So an attempt that is repeated finds the first,
   and whether one went is a look at that record, which our own server answers at once.
4. What can be read as JSON is given as it came: nothing is lost in the library's models.

Lexicons: app.bsky.notification, app.bsky.feed, com.atproto.repo, com.atproto.server, read on 28 November 2026.
"""

from __future__ import annotations

import json
import random
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from atproto_client import Client
from atproto_client.models.dot_dict import DotDict
from atproto_client.request import Request
from atproto_client.utils.facet_detection import detect_facets, detect_mentions

from amends.errors import AmendsError, InDoubt, Misconfigured, Unavailable
from amends.networks.gate import REFUSALS, SERVER_FAULTS, TOO_MANY, Gates, Limited, OutOfOrder, Refusal, protected
from amends.ports import Now

#: The most that a page of notifications can hold.
PAGE_MOST = 100
POSTS = "app.bsky.feed.post"
_ACCOUNT = re.compile(r"@?[\w-]+(\.[\w-]+)+|did:[a-z]+:[\w.:%-]+", re.ASCII)
_DEEP = 20
_KEYS_REFUSED = "Bluesky does not let us; check AMENDS_BLUESKY_ACCOUNT and AMENDS_BLUESKY_PASSWORD, an app password"
#: What a server says of a session that is over.
_OVER = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskyAccess:
    """One account, by its handle or DID, with an app password, and the server that it signs in at.

    Raises:
        Misconfigured: one of them is missing or is none, or the password would go unprotected to another machine.
    """

    account: str
    password: str = field(repr=False)
    base_url: str = "https://bsky.social"
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.account or not self.password:
            raise Misconfigured("an account on Bluesky needs AMENDS_BLUESKY_ACCOUNT and AMENDS_BLUESKY_PASSWORD")
        if not _ACCOUNT.fullmatch(self.account):
            raise Misconfigured(f"AMENDS_BLUESKY_ACCOUNT is {self.account!r}: write it like care.example.com")
        protected(self.base_url, setting="AMENDS_BLUESKY_URL")

    @property
    def name(self) -> str:
        """The account in its one spelling."""
        return self.account.lstrip("@").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPage:
    """Some notifications, as the server gave them. `cursor` asks for the next ones, "" if these are the last."""

    notifications: Sequence[Mapping[str, Any]]
    cursor: str


class BlueskyApi:
    """One account on Bluesky. What it remembers of limits and failures it remembers as long as it lives."""

    def __init__(self, access: BlueskyAccess, *, now: Now, chance: Callable[[], float] = random.random) -> None:
        self._gates = Gates("Bluesky", left="ratelimit-remaining", reset="ratelimit-reset", now=now, chance=chance)
        self._client: Client | None = None
        self._us: Mapping[str, str] = {}
        self.access = access

    def me(self) -> Mapping[str, str]:
        """Give our own `did` and `handle`; a session is opened where there is none.

        Raises:
            Unavailable: the server cannot be asked now, or does not take our password.
        """
        if not self._us:
            self._signed_in()
        return self._us

    def notifications(self, *, cursor: str = "") -> NotificationPage:
        """Read a page of notifications of mentions, replies and quotes, the newest first.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        asked: dict[str, Any] = {"limit": PAGE_MOST, "reasons": ["mention", "reply", "quote"]}
        whole = self._read("mentions", "app.bsky.notification.listNotifications", asked | _said(cursor=cursor))
        return NotificationPage(notifications=_objects(whole.get("notifications")), cursor=_text(whole.get("cursor")))

    def post(self, uri: str) -> Mapping[str, Any] | None:
        """Look at a post as it is shown now; None if it is gone or hidden from us.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        whole = self._read("post", "app.bsky.feed.getPosts", {"uris": [uri]})
        return next((post for post in _objects(whole.get("posts")) if post.get("uri") == uri), None)

    def before(self, uri: str) -> list[Mapping[str, Any]]:
        """Give the posts that one answers, from the beginning of the conversation on; nothing if it is gone.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        asked = {"uri": uri, "depth": 0, "parentHeight": _DEEP}
        whole = self._read("conversation", "app.bsky.feed.getPostThread", asked, missing="NotFound") or {}
        found: list[Mapping[str, Any]] = []
        step = whole.get("thread")
        while isinstance(step, dict) and isinstance(step.get("parent"), dict):
            step = step["parent"]
            if isinstance(step.get("post"), dict):
                found.append(step["post"])
        return found[::-1]

    def own_post(self, key: str) -> Mapping[str, Any] | None:
        """Give the record that lies in our repository under a key, with its `uri` and `cid`; None if there is none.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        asked = {"repo": self.me()["did"], "collection": POSTS, "rkey": key}
        found: Mapping[str, Any] | None = self._read(
            "own post", "com.atproto.repo.getRecord", asked, missing="RecordNotFound"
        )
        return found

    def put(self, record: Mapping[str, Any], *, key: str) -> str:
        """Put a record into our repository under a key where there is none; gives its address.

        Raises:
            Unavailable: nothing was put there; it is safe to try again.
            InDoubt: it may be there: look at it first.
            Refusal: the server will not take it.
        """
        what, gates = "reply", self._gates
        client = self._signed_in()
        gates.check(what)
        # Written out by hand: the library's model leaves a null out, and it is what keeps a second one away.
        wanted = {"repo": self._us["did"], "collection": POSTS, "rkey": key, "record": record, "swapRecord": None}
        try:
            response = client.invoke_procedure(
                "com.atproto.repo.putRecord",
                content=json.dumps(wanted, ensure_ascii=False).encode(),
                input_encoding=_JSON,
                output_encoding=_JSON,
            )
        except Limited as why:
            raise gates.limited(what, why) from why
        except Answered as why:
            if why.ends_the_session:
                raise self._over(what, why) from why
            if why.is_of_the_account:
                raise gates.refused(what, why, _KEYS_REFUSED) from why
            if why.status not in REFUSALS:
                raise gates.in_doubt(what, why) from why
            gates.passes(what, why.headers)
            raise Refusal(f"{why.error} {why.message}", status=why.status) from why
        except httpx.ConnectError as why:
            raise gates.failed(what, why) from why
        except (OutOfOrder, httpx.HTTPError, ValueError) as why:
            raise gates.in_doubt(what, why) from why
        gates.passes(what, response.headers)
        called = response.content.get("uri") if isinstance(response.content, dict) else None
        if not isinstance(called, str) or not called:
            raise InDoubt("Bluesky took the reply and did not say what it is called")
        return called

    def facets(self, text: str) -> list[dict[str, Any]]:
        """Give what makes links, tags and mentions of a text live, by offsets in UTF-8; a handle nobody has stays text.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        found = [facet.model_dump(by_alias=True, exclude_none=True) for facet in detect_facets(text)]
        for mention in detect_mentions(text):
            asked = {"handle": mention.handle.lower()}
            known = self._read(
                "handles", "com.atproto.identity.resolveHandle", asked, missing="InvalidRequest HandleNotFound"
            )
            if known is not None and (did := _text(known.get("did"))):
                found.append(
                    {
                        "index": {"byteStart": mention.byte_start, "byteEnd": mention.byte_end},
                        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}],
                    }
                )
        return sorted(found, key=lambda facet: int(facet["index"]["byteStart"]))

    def _read(self, what: str, method: str, asked: Mapping[str, Any], *, missing: str = "") -> Any:
        """Ask; gives the object that came, or None where the server says one of the words of `missing`."""
        gates = self._gates
        client = self._signed_in()
        gates.check(what)
        try:
            response = client.invoke_query(method, params=DotDict(dict(asked)), output_encoding=_JSON)
        except Limited as why:
            raise gates.limited(what, why) from why
        except OutOfOrder as why:
            raise gates.failed(what, why, "is out of order") from why
        except Answered as why:
            if why.ends_the_session:
                raise self._over(what, why) from why
            if why.is_of_the_account:
                raise gates.refused(what, why, _KEYS_REFUSED) from why
            if why.error in missing.split():
                gates.passes(what, why.headers)
                return None
            raise gates.refused(what, why, f"Bluesky does not understand what we ask: {why.error}") from why
        except (httpx.HTTPError, ValueError) as why:
            raise gates.failed(what, why) from why
        if not isinstance(response.content, dict):
            raise gates.failed(what, ValueError("no JSON"), "answered with something that is no JSON")
        gates.passes(what, response.headers)
        return response.content

    def _signed_in(self) -> Client:
        """Give the client with a session, which is opened or renewed where that is needed."""
        what, gates = "sign-in", self._gates
        gates.check(what)
        try:
            if self._client is None:
                client = Client(self.access.base_url, _Once(timeout=self.access.timeout_s))
                client.login(self.access.account.lstrip("@"), self.access.password, fetch_bsky_profile=False)
                protected(client._base_url, setting="the server of the account on Bluesky")
                self._client = client
            elif self._client._should_refresh_session():
                self._client._refresh_and_set_session()
        except AmendsError:
            raise
        except Limited as why:
            raise gates.limited(what, why) from why
        except Answered as why:
            self._client = None
            raise gates.refused(what, why, _KEYS_REFUSED) from why
        except OutOfOrder as why:
            raise gates.failed(what, why, "is out of order") from why
        except Exception as why:
            # The library stumbles in ways of its own over a session that is not as published.
            raise gates.failed(what, why) from why
        session = self._client._session
        self._us = {"did": session.did, "handle": session.handle}
        gates.passes(what, {})
        return self._client

    def _over(self, what: str, why: Answered) -> Unavailable:
        """Forget a session that the server no longer takes."""
        self._client = None
        return self._gates.failed(what, why, "no longer takes our session, and a new one is opened")


class Answered(Exception):
    """The server answered with an error of ours: its status, and what it says, by the protocol's own form."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"it answered {response.status_code}")
        self.status = response.status_code
        self.headers = response.headers
        try:
            told = response.json()
        except ValueError:
            told = None
        self.error = _text(told.get("error")) if isinstance(told, dict) else ""
        self.message = _text(told.get("message")) if isinstance(told, dict) else ""

    @property
    def ends_the_session(self) -> bool:
        """Whether it says that our session is over."""
        return self.status in {400, 401} and self.error in _OVER

    @property
    def is_of_the_account(self) -> bool:
        """Whether it refuses us, and not what we ask."""
        return self.status in {401, 403}


class _Once(Request):  # type: ignore[misc]  # The library says nothing of its types.
    """What atproto sends through: each request once, no redirections; what is not as wanted is raised here."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._client.close()
        self._client: httpx.Client = httpx.Client(follow_redirects=False, **how)
        weakref.finalize(self, self._client.close)

    def _send_request(self, method: str, url: str, **how: Any) -> httpx.Response:
        headers = self.get_headers(how.pop("headers", None))
        response = self._client.request(method=method, url=url, headers=headers, **how)
        if response.status_code == TOO_MANY:
            raise Limited(response.headers)
        if response.status_code >= SERVER_FAULTS:
            raise OutOfOrder(response.status_code)
        if not response.is_success:
            raise Answered(response)
        return response


def _said(**asked: str) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
