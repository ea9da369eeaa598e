"""The API of X, version 2, as ingest and respond use it: by tweepy, with a bound on everything.

1. Every call has a time-out. Nothing is sent twice by a library: neither tweepy nor what
   is below it waits, retries or follows a redirection here.
2. Where X says for how long it wants to be left alone (`x-rate-limit-reset`,
   `retry-after`), it is left alone so long, an hour at most; where it does not say, after
   pauses that grow to a quarter of an hour. Until then whoever asks gets `Unavailable`
   and X gets no request. The same holds after 5xx, time-outs and broken connections,
   with shorter pauses.
3. A post or a private message that could not be handed over for certain is `InDoubt`: only
   a look at what we posted tells whether it is there. X has no key by which it would know
   an attempt again.
4. Posts that are read are counted (`Reads`), for X bills each. Mentions stop at the
   budget; the looks around one reply do not, and are counted all the same.

Fields and rules: docs.x.com, API v2 (mentions, posts, users), read on 28 November 2026.
"""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import tweepy

from amends.bus.backoff import Backoff
from amends.errors import InDoubt, Misconfigured, Unavailable
from amends.ports import Now

#: Where tweepy sends everything to.
_TWEEPY_HOST = "https://api.twitter.com"
#: How X answers when it is asked too often, and from where on its answers say that it is at fault itself.
_TOO_MANY, _SERVER_FAULTS = 429, 500
#: The sizes of a page that X allows.
PAGE_LEAST, PAGE_MOST = 5, 100
#: An author's user id stands before the hyphen of an access token.
_TOKEN = re.compile(r"[0-9]{1,20}-[0-9A-Za-z]+")

_KEYS_REFUSED = (
    "X does not let us; check the settings that begin with AMENDS_X_, and what your app and plan may do at X"
)
#: How X answers to what it will never take.
_REFUSALS = frozenset({400, 403, 404, 409, 413, 422})
#: Problems, by the end of their type, that are none of the one post: a person mends them, and then it goes.
_OF_THE_ACCOUNT = frozenset({"client-forbidden", "oauth1-permissions", "unsupported-authentication", "usage-capped"})
_SECONDS = re.compile(r"[0-9]{1,15}")
#: The pauses after being limited without a word on how long, and after anything else that failed.
_LIMITED = Backoff(least_s=30.0, first_s=60.0, most_s=900.0)
_FAILED = Backoff(least_s=1.0, first_s=2.0, most_s=120.0)
#: A refusal of our keys or our plan does not pass by itself.
_REFUSED = Backoff(least_s=30.0, first_s=60.0, most_s=900.0)
#: However far away X says that it takes us again, we look after this time, and never at once.
_LEFT_ALONE_MOST_S, _LEFT_ALONE_LEAST_S = 3600.0, 5.0

_POST_FIELDS = (
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
        url = urlsplit(self.base_url)
        if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(url.hostname or "")):
            raise Misconfigured(f"AMENDS_X_API_URL ({self.base_url}) would send keys unprotected: write https://…")

    @property
    def account_id(self) -> str:
        """The number of the account that the keys belong to."""
        return self.access_token.partition("-")[0]


class Reads(Protocol):
    """Counts the posts that were read, for X bills each."""

    def left(self) -> int:
        """Say how many posts may still be read in this month; 0 at least."""

    def spend(self, posts: int) -> None:
        """Count posts that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of posts, as X gave it. `next_token` asks for the next one, "" if this is the last."""

    whole: Mapping[str, Any]
    next_token: str


class Refusal(Exception):
    """X has read what we want and does not take it. Nothing was posted. The words are X's own, for a person."""

    def __init__(self, says: str, *, status: int) -> None:
        super().__init__(says)
        self.status = status


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
        self._now = now
        self._gates: dict[str, _Gate] = {}
        self._chance = chance
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
                expansions=["author_id"],
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

    def _hand_over(self, what: str, ask: Callable[[], Any], *, name: str) -> str:
        gate = self._gate(what)
        gate.check(self._now())
        try:
            response = ask()
        except _Limited as why:
            raise self._limited(gate, why) from why
        except tweepy.Unauthorized as why:
            raise self._failed(gate, why, _REFUSED, _KEYS_REFUSED) from why
        except _OutOfOrder as why:
            raise self._in_doubt(gate, why) from why
        except tweepy.HTTPException as why:
            if _problem(why) in _OF_THE_ACCOUNT:
                raise self._failed(gate, why, _REFUSED, _KEYS_REFUSED) from why
            if why.response.status_code not in _REFUSALS:
                # Whatever stands between us and X may have said that.
                raise self._in_doubt(gate, why) from why
            gate.passes(why.response, self._now())
            raise Refusal(_said_by(why), status=why.response.status_code) from why
        except requests.RequestException as why:
            if _never_left(why):
                raise self._failed(gate, why, _FAILED, "X cannot be reached") from why
            raise self._in_doubt(gate, why) from why
        except (ValueError, TypeError, AttributeError) as why:
            # tweepy stumbles over an answer that is not as published.
            raise self._in_doubt(gate, why) from why
        gate.passes(response, self._now())
        posted = _json(response)
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
        gate = self._gate(what)
        gate.check(self._now())
        try:
            response = ask()
        except _Limited as why:
            raise self._limited(gate, why) from why
        except _OutOfOrder as why:
            raise self._failed(gate, why, _FAILED, "X is out of order") from why
        except (tweepy.Unauthorized, tweepy.Forbidden) as why:
            raise self._failed(gate, why, _REFUSED, _KEYS_REFUSED) from why
        except tweepy.HTTPException as why:
            if may_be_missing and isinstance(why, tweepy.NotFound):
                gate.passes(why.response, self._now())
                raise _NotThere from why
            raise self._failed(gate, why, _REFUSED, "X does not understand what we ask") from why
        except (requests.RequestException, ValueError, TypeError, AttributeError) as why:
            raise self._failed(gate, why, _FAILED, "X cannot be reached") from why
        whole = _json(response)
        if whole is None:
            raise self._failed(gate, ValueError("no JSON"), _FAILED, "X answered with something that is no JSON")
        gate.passes(response, self._now())
        if counts:
            self._reads.spend(len(_listed(whole)))
        return whole

    def _gate(self, what: str) -> _Gate:
        return self._gates.setdefault(what, _Gate(what))

    def _limited(self, gate: _Gate, why: _Limited) -> Unavailable:
        now = self._now()
        gate.failures += 1
        until = _told_to_wait(why.headers, now)
        if until is None:
            until = now + timedelta(seconds=_LIMITED.pause_s(gate.failures, self._chance()))
        return gate.closed(until, "X limits how often we may ask")

    def _failed(self, gate: _Gate, why: Exception, pauses: Backoff, says: str) -> Unavailable:
        gate.failures += 1
        until = self._now() + timedelta(seconds=pauses.pause_s(gate.failures, self._chance()))
        return gate.closed(until, f"{says} ({_short(why)})")

    def _in_doubt(self, gate: _Gate, why: Exception) -> InDoubt:
        self._failed(gate, why, _FAILED, "X broke off")
        return InDoubt(f"X was handed the {gate.what} and never said what became of it ({_short(why)})")


class _NotThere(Exception):
    """X has no such thing."""


@dataclass(slots=True)
class _Gate:
    """One endpoint: since when it fails, and until when it is left alone."""

    what: str
    failures: int = 0
    until: datetime | None = None
    because: str = ""

    def check(self, now: datetime) -> None:
        """Refuse to ask too early.

        Raises:
            Unavailable: it is to be left alone for now.
        """
        if self.until is not None and now < self.until:
            raise Unavailable(self._says())

    def closed(self, until: datetime, because: str) -> Unavailable:
        """Leave it alone until a moment; gives what to raise."""
        self.until, self.because = until, because
        return Unavailable(self._says())

    def passes(self, response: Any, now: datetime) -> None:
        """Note that it answered, and whether that was the last time for a while."""
        self.failures, self.until = 0, None
        if response.headers.get("x-rate-limit-remaining") == "0":
            self.until, self.because = _told_to_wait(response.headers, now), "X limits how often we may ask"

    def _says(self) -> str:
        when = f"{self.until:%H:%M:%S} UTC" if self.until is not None else "later"
        return f"{self.because}; {self.what}: asked again after {when}"


class _Limited(Exception):
    """X answered 429."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("it answered 429")
        self.headers = headers


class _OutOfOrder(Exception):
    """X answered with a fault of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered {status}")


class _Session:
    """What tweepy sends through: the host of our choice, a time-out on each call, no redirections.

    429 and 5xx end here: tweepy stumbles over an answer of that kind whose body is not as published.
    """

    def __init__(self, base_url: str, timeout_s: float) -> None:
        self._session = requests.Session()
        self._base_url = base_url
        self._timeout_s = timeout_s

    def request(self, method: str, url: str, **how: Any) -> Any:
        """Send one request, once."""
        url = f"{self._base_url}{url.removeprefix(_TWEEPY_HOST)}"
        response = self._session.request(method, url, **how, timeout=self._timeout_s, allow_redirects=False)
        if response.status_code == _TOO_MANY:
            raise _Limited(response.headers)
        if response.status_code >= _SERVER_FAULTS:
            raise _OutOfOrder(response.status_code)
        return response


def _told_to_wait(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Give the moment until which X wants to be left alone, within bounds; None if it says none that can be read."""
    wait_s: float | None = None
    if _SECONDS.fullmatch(said := headers.get("x-rate-limit-reset", "").strip()):
        wait_s = int(said) - now.timestamp()
    elif _SECONDS.fullmatch(said := headers.get("retry-after", "").strip()):
        wait_s = float(said)
    if wait_s is None:
        return None
    return now + timedelta(seconds=min(max(wait_s, _LEFT_ALONE_LEAST_S), _LEFT_ALONE_MOST_S))


def _never_left(why: requests.RequestException) -> bool:
    """Whether a request failed before any of it can have been sent."""
    if isinstance(why, requests.ConnectTimeout):
        return True
    reason = getattr(why.args[0], "reason", None) if why.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _json(response: Any) -> dict[str, Any] | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


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
    """Give X's own words on a refusal, on one line."""
    return " ".join(" ".join(map(str, why.api_messages)).split())[:300] or f"it answered {why.response.status_code}"


def _problem(why: tweepy.HTTPException) -> str:
    """Give the kind of problem that X names, "" if it names none."""
    told = _json(why.response)
    return str(told.get("type", "")).rpartition("/")[2] if told is not None else ""


def _short(why: Exception) -> str:
    if isinstance(why, tweepy.HTTPException):
        return f"it answered {why.response.status_code}"
    return str(why) if isinstance(why, _Limited | _OutOfOrder) else type(why).__name__


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
