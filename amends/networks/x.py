"""The API of X, version 2, as ingest and respond use it: by tweepy, with a bound on everything.

1. Every call has a time-out. Nothing is sent twice by a library: neither tweepy nor what
   is below it waits, retries or follows a redirection here.
2. X is left alone for as long as it says (`x-rate-limit-reset`, `retry-after`), and after
   whatever failed: `amends/networks/gate.py`.
3. A post or a private message that could not be handed over for certain is `InDoubt`: only
   a look at what we posted tells whether it is there. X has no key by which it would know
   an attempt again.
4. Posts that are read are counted (`Reads`), for X bills each. Mentions stop at the
   budget; the looks around one reply do not, and are counted all the same.

Fields and rules: docs.x.com, API v2 (mentions, posts, users), read on 28 November 2026.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import requests
import tweepy

from amends.errors import InDoubt, Misconfigured, Unavailable
from amends.networks.gate import REFUSALS, Gates, Limited, OutOfOrder, Reads, Refusal, protected
from amends.networks.once import Once, json_object, never_left
from amends.ports import Now

#: Where tweepy sends everything to.
_TWEEPY_HOST = "https://api.twitter.com"
#: The sizes of a page that X allows.
PAGE_LEAST, PAGE_MOST = 5, 100
#: An author's user id stands before the hyphen of an access token.
_TOKEN = re.compile(r"[0-9]{1,20}-[0-9A-Za-z]+")

_KEYS_REFUSED = (
    "X does not let us; check the settings that begin with AMENDS_X_, and what your app and plan may do at X"
)
#: Problems, by the end of their type, that are none of the one post: a person mends them, and then it goes.
_OF_THE_ACCOUNT = frozenset({"client-forbidden", "oauth1-permissions", "unsupported-authentication", "usage-capped"})

_POST_FIELDS = (
    "attachments",
    "author_id",
    "conversation_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "referenced_tweets",
)
_USER_FIELDS = ("name", "username")
_MEDIA_FIELDS = ("alt_text", "media_key", "type")


@dataclass(frozen=True, slots=True, kw_only=True)
class XAccess:
    """The keys of one account (OAuth 1.0a), and where the API is. `timeout_s` bounds each wait for X, in seconds.

    Raises:
        Misconfigured: a key is missing or is none, or they would go unprotected to another machine.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    base_url: str = "https://api.x.com"
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        keys = (self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret)
        if not all(keys):
            raise Misconfigured("an account on X has four keys; set AMENDS_X_CONSUMER_KEY, AMENDS_X_CONSUMER_SECRET, "
                                "AMENDS_X_ACCESS_TOKEN and AMENDS_X_ACCESS_TOKEN_SECRET, or none of them")  # fmt: skip
        if not _TOKEN.fullmatch(self.access_token):
            raise Misconfigured(
                "AMENDS_X_ACCESS_TOKEN is no access token of an account: it begins with the account's number and a "
                "hyphen; copy it from the page of your app at X"
            )
        protected(self.base_url, setting="AMENDS_X_API_URL")

    @property
    def account_id(self) -> str:
        """The number of the account that the keys belong to."""
        return self.access_token.partition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of posts, as X gave it. `next_token` asks for the next one, "" if this is the last."""

    whole: Mapping[str, Any]
    next_token: str


class XApi:
    """One account on X. What it remembers of limits and failures it remembers as long as it lives."""

    def __init__(self, access: XAccess, *, reads: Reads, now: Now, chance: Callable[[], float] = random.random) -> None:
        self._client = tweepy.Client(
            consumer_key=access.consumer_key,
            consumer_secret=access.consumer_secret,
            access_token=access.access_token,
            access_token_secret=access.access_token_secret,
            return_type=requests.Response,
            wait_on_rate_limit=False,
        )
        self._client.session = _Session(access.base_url.rstrip("/"), access.timeout_s)
        self._reads = reads
        self._gates = Gates("X", left="x-rate-limit-remaining", reset="x-rate-limit-reset", now=now, chance=chance)
        self.account_id = access.account_id

    def mentions(self, *, since_id: str = "", until_id: str = "", page: str = "") -> Page:
        """Read a page of posts that mention us, the newest first: those after `since_id` and before `until_id`.

        Raises:
            Unavailable: X cannot be asked now, or the month's budget is used up; says which.
        """
        left = self._reads.left()
        if left < PAGE_LEAST:
            raise Unavailable(
                "the posts that may be read from X this month are read: mentions wait until the next one begins (UTC), "
                "or until AMENDS_X_READS_A_MONTH is raised"
            )
        whole = self._read(
            "mentions",
            lambda: self._client.get_users_mentions(
                self.account_id,
                user_auth=True,
                since_id=since_id or None,
                until_id=until_id or None,
                pagination_token=page or None,
                max_results=min(PAGE_MOST, left),
                tweet_fields=list(_POST_FIELDS),
                expansions=["attachments.media_keys", "author_id"],
                media_fields=list(_MEDIA_FIELDS),
                user_fields=list(_USER_FIELDS),
            ),
        )
        return Page(whole=whole, next_token=_next_token(whole))

    def post(self, post_id: str) -> Mapping[str, Any] | None:
        """Look at a post as it is now, with what it quotes in `includes`; None if it is gone or hidden from us.

        Raises:
            Unavailable: X cannot be asked now.
        """
        try:
            whole = self._read(
                "post",
                lambda: self._client.get_tweet(
                    post_id,
                    user_auth=True,
                    tweet_fields=list(_POST_FIELDS),
                    expansions=["author_id", "referenced_tweets.id"],
                    user_fields=list(_USER_FIELDS),
                ),
                may_be_missing=True,
            )
        except _NotThere:
            return None
        return whole if isinstance(whole.get("data"), dict) else None

    def own_posts(self, *, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Give what we posted since a moment, the newest first.

        Raises:
            Unavailable: X cannot be asked now.
        """
        token = ""
        while True:
            ask = partial(
                self._client.get_users_tweets,
                self.account_id,
                user_auth=True,
                start_time=since,
                pagination_token=token or None,
                max_results=PAGE_MOST,
                tweet_fields=list(_POST_FIELDS),
            )
            whole = self._read("own posts", ask)
            yield from (post for post in _listed(whole) if isinstance(post, dict))
            following = _next_token(whole)
            if not following or following == token:
                return
            token = following

    def reply(self, text: str, *, to: str) -> str:
        """Publish a reply to a post; gives the new post's id.

        Raises:
            Unavailable: nothing was posted; it is safe to try again.
            InDoubt: it may have been posted: look at our own posts first.
            Refusal: X will not take it.
        """
        ask = partial(self._client.create_tweet, text=text, in_reply_to_tweet_id=to, user_auth=True)
        return self._hand_over("reply", ask, name="id")

    def message(self, text: str, *, to: str) -> str:
        """Send a private message to a person, by the number of their account; gives its id.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
            InDoubt: it may have been sent: look at the conversation first.
            Refusal: X will not take it.
        """
        ask = partial(self._client.create_direct_message, participant_id=to, text=text, user_auth=True)
        return self._hand_over("message", ask, name="dm_event_id")

    def messages_with(self, person: str) -> Iterator[Mapping[str, Any]]:
        """Give what was said in private with a person, the newest first.

        Raises:
            Unavailable: X cannot be asked now.
        """
        token = ""
        while True:
            ask = partial(
                self._client.get_direct_message_events,
                participant_id=person,
                user_auth=True,
                pagination_token=token or None,
                max_results=PAGE_MOST,
                event_types="MessageCreate",
                dm_event_fields=["created_at", "sender_id", "text"],
            )
            whole = self._read("messages", ask)
            yield from (event for event in _listed(whole) if isinstance(event, dict))
            following = _next_token(whole)
            if not following or following == token:
                return
            token = following

    def messages(self, *, page: str = "") -> Page:
        """Read a page of what was said in private with anybody, the newest first; X keeps thirty days.

        Raises:
            Unavailable: X cannot be asked now.
        """
        whole = self._read(
            "all messages",
            lambda: self._client.get_direct_message_events(
                user_auth=True,
                pagination_token=page or None,
                max_results=PAGE_MOST,
                event_types="MessageCreate",
                dm_event_fields=["attachments", "created_at", "dm_conversation_id", "sender_id", "text"],
                expansions=["attachments.media_keys", "sender_id"],
                media_fields=list(_MEDIA_FIELDS),
                user_fields=list(_USER_FIELDS),
            ),
        )
        return Page(whole=whole, next_token=_next_token(whole))

    def _hand_over(self, what: str, ask: Callable[[], Any], *, name: str) -> str:
        gates = self._gates
        gates.check(what)
        try:
            response = ask()
        except Limited as why:
            raise gates.limited(what, why) from why
        except tweepy.Unauthorized as why:
            raise gates.refused(what, why, _KEYS_REFUSED) from why
        except OutOfOrder as why:
            raise gates.in_doubt(what, why) from why
        except tweepy.HTTPException as why:
            if _problem(why) in _OF_THE_ACCOUNT:
                raise gates.refused(what, why, _KEYS_REFUSED) from why
            if why.response.status_code not in REFUSALS:
                # Whatever stands between us and X may have said that.
                raise gates.in_doubt(what, why) from why
            gates.passes(what, why.response.headers)
            raise Refusal(_said_by(why), status=why.response.status_code) from why
        except requests.RequestException as why:
            if never_left(why):
                raise gates.failed(what, why) from why
            raise gates.in_doubt(what, why) from why
        except (ValueError, TypeError, AttributeError) as why:
            # tweepy stumbles over an answer that is not as published.
            raise gates.in_doubt(what, why) from why
        gates.passes(what, response.headers)
        posted = json_object(response)
        made = posted.get("data") if posted is not None else None
        called = made.get(name) if isinstance(made, dict) else None
        if not isinstance(called, str) or not called:
            raise InDoubt(f"X took the {what} and did not say what it is called")
        return called

    def me(self) -> str:
        """Ask X for our own handle.

        Raises:
            Unavailable: X cannot be asked now, or does not take our keys.
        """
        whole = self._read("me", lambda: self._client.get_me(user_auth=True), counts=False)
        data = whole.get("data")
        return str(data.get("username", "")) if isinstance(data, dict) else ""

    def _read(
        self, what: str, ask: Callable[[], Any], *, counts: bool = True, may_be_missing: bool = False
    ) -> Mapping[str, Any]:
        gates = self._gates
        gates.check(what)
        try:
            response = ask()
        except Limited as why:
            raise gates.limited(what, why) from why
        except OutOfOrder as why:
            raise gates.failed(what, why, "is out of order") from why
        except (tweepy.Unauthorized, tweepy.Forbidden) as why:
            raise gates.refused(what, why, _KEYS_REFUSED) from why
        except tweepy.HTTPException as why:
            if may_be_missing and isinstance(why, tweepy.NotFound):
                gates.passes(what, why.response.headers)
                raise _NotThere from why
            raise gates.refused(what, why, "X does not understand what we ask") from why
        except (requests.RequestException, ValueError, TypeError, AttributeError) as why:
            raise gates.failed(what, why) from why
        whole = json_object(response)
        if whole is None:
            raise gates.failed(what, ValueError("no JSON"), "answered with something that is no JSON")
        gates.passes(what, response.headers)
        if counts:
            self._reads.spend(len(_listed(whole)))
        return whole


class _NotThere(Exception):
    """X has no such thing."""


class _Session(Once):
    """What tweepy sends through: to the host of our choice."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._base_url = base_url

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        """Send one request, once."""
        return super().request(method, f"{self._base_url}{url.removeprefix(_TWEEPY_HOST)}", **how)


def _listed(whole: Mapping[str, Any]) -> list[Any]:
    found = whole.get("data")
    if isinstance(found, dict):
        return [found]
    return found if isinstance(found, list) else []


def _next_token(whole: Mapping[str, Any]) -> str:
    meta = whole.get("meta")
    found = meta.get("next_token") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def _said_by(why: tweepy.HTTPException) -> str:
    """Give X's own words on a refusal."""
    return " ".join(map(str, why.api_messages))


def _problem(why: tweepy.HTTPException) -> str:
    """Give the kind of problem that X names, "" if it names none."""
    told = json_object(why.response)
    return str(told.get("type", "")).rpartition("/")[2] if told is not None else ""
