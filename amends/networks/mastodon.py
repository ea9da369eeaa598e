"""The API of Mastodon, as ingest and respond use it: by Mastodon.py, with a bound on everything.

1. The library makes the requests; what comes of them is judged here, by the answer itself:
   its own waiting, and what it makes of answers, are left out. Each call has a time-out
   and is made once. When the server is left alone: `amends/networks/gate.py`.
2. A status carries the reply's own key (`Idempotency-Key`): for an hour the server knows
   an attempt again, and gives the status that it made of the first. What could not be
   handed over for certain is `InDoubt` all the same: a look at what we posted tells more
   surely, and after the hour as well.
3. The server's own limits are asked for once a day: what a status may count, and what a
   link counts.

Fields and rules: docs.joinmastodon.org (notifications, statuses, instance, rate limits), read on 28 November 2026.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import requests
from mastodon import Mastodon

from amends.errors import InDoubt, Misconfigured, Unavailable
from amends.networks.gate import REFUSALS, Gates, Limited, OutOfOrder, Refusal, protected
from amends.networks.once import Once, json_of, never_left
from amends.ports import Now

#: The most that a page of notifications, and one of statuses, can hold.
PAGE_MOST = 80
_STATUSES_MOST = 40
_ACCOUNT = re.compile(r"@?([\w.-]{1,100})@([\w.-]+\.[\w-]+|localhost)")
_KEYS_REFUSED = (
    "Mastodon does not let us; check AMENDS_MASTODON_TOKEN, and that its app may read notifications, statuses and "
    "accounts and write statuses"
)
_GONE = frozenset({404, 410})
_LIMITS_HOLD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MastodonAccess:
    """One account, as `name@server`, the token of an app of it, and where its API is ("" for `https://server`).

    Raises:
        Misconfigured: one of them is missing or is none, or the token would go unprotected to another machine.
    """

    account: str
    token: str = field(repr=False)
    base_url: str = ""
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.account or not self.token:
            raise Misconfigured("an account on Mastodon needs AMENDS_MASTODON_ACCOUNT and AMENDS_MASTODON_TOKEN")
        if not _ACCOUNT.fullmatch(self.account):
            raise Misconfigured(f"AMENDS_MASTODON_ACCOUNT is {self.account!r}: write it like care@social.example")
        protected(self.url, setting="AMENDS_MASTODON_URL")

    @property
    def url(self) -> str:
        """Where its API is."""
        return (self.base_url or f"https://{self.server}").rstrip("/")

    @property
    def server(self) -> str:
        """The server of the account, as its handle names it."""
        return self.account.rpartition("@")[2].lower()

    @property
    def name(self) -> str:
        """The account in its one spelling."""
        return self.account.lstrip("@").lower()


class MastodonApi:
    """One account on Mastodon. What it remembers of limits and failures it remembers as long as it lives."""

    def __init__(self, access: MastodonAccess, *, now: Now, chance: Callable[[], float] = random.random) -> None:
        self._session = _Session(access.timeout_s)
        self._client = Mastodon(
            access_token=access.token,
            api_base_url=access.url,
            # It asks a session for requests, and for nothing else.
            session=cast("requests.Session", self._session),
            ratelimit_method="throw",
            request_timeout=access.timeout_s,
            user_agent="amends",
        )
        self._now = now
        self._gates = Gates("Mastodon", left="x-ratelimit-remaining", reset="x-ratelimit-reset", now=now, chance=chance)
        self._me: Mapping[str, Any] = {}
        self._limits: tuple[datetime, Mapping[str, int]] | None = None
        self.access = access

    def me(self) -> Mapping[str, Any]:
        """Give our own account, which is asked for once.

        Raises:
            Unavailable: the server cannot be asked now, or does not take our token.
        """
        if not self._me:
            self._me = self._object("account", self._client.account_verify_credentials)
        return self._me

    def limits(self) -> Mapping[str, int]:
        """Give what a status may count on this server (`post_limit`), and what a link counts (`link`).

        Raises:
            Unavailable: the server cannot be asked now.
        """
        if self._limits is None or self._now() - self._limits[0] > _LIMITS_HOLD:
            whole = self._object("instance", self._client.instance_v2)
            said = _part(_part(whole, "configuration"), "statuses")
            found = {"post_limit": said.get("max_characters"), "link": said.get("characters_reserved_per_url")}
            self._limits = self._now(), {name: value for name, value in found.items() if isinstance(value, int)}
        return self._limits[1]

    def mentions(self, *, since_id: str = "", max_id: str = "") -> list[Mapping[str, Any]]:
        """Give a page of notifications of mentions, the newest first: those after `since_id` and before `max_id`.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        return self._list(
            "mentions",
            lambda: self._client.notifications(
                types=["mention"], since_id=since_id or None, max_id=max_id or None, limit=PAGE_MOST
            ),
        )

    def status(self, status_id: str) -> Mapping[str, Any] | None:
        """Look at a status as it is now; None if it is gone or hidden from us.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        return self._object_or_none("status", lambda: self._client.status(status_id))

    def ancestors(self, status_id: str) -> list[Mapping[str, Any]]:
        """Give what a status answers, from the beginning of the conversation on; nothing if it is gone.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        whole = self._object_or_none("conversation", lambda: self._client.status_context(status_id)) or {}
        return _objects(whole.get("ancestors"))

    def own_statuses(self, *, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Give what we posted since a moment, the newest first.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        us, oldest = str(self.me().get("id", "")), ""
        while True:
            page = self._list("own statuses", lambda below=oldest: self._client.account_statuses(  # type: ignore[misc]
                us, max_id=below or None, limit=_STATUSES_MOST, exclude_reblogs=True))  # fmt: skip
            for status in page:
                if moment_of(status.get("created_at"), now=self._now()) < since:
                    return
                yield status
            following = str(page[-1].get("id", "")) if page else ""
            if not following or following == oldest:
                return
            oldest = following

    def reply(self, text: str, *, to: str, visibility: str, warning: str, key: str) -> str:
        """Post a status that answers another one; gives its id. The same `key` twice gives one status.

        Raises:
            Unavailable: nothing was posted; it is safe to try again.
            InDoubt: it may have been posted: look at our own statuses first.
            Refusal: the server will not take it.
        """
        what, gates = "reply", self._gates
        gates.check(what)
        outcome = self._outcome(
            lambda: self._client.status_post(
                text, in_reply_to_id=to, visibility=visibility, spoiler_text=warning or None, idempotency_key=key
            )
        )
        if isinstance(outcome, Limited):
            raise gates.limited(what, outcome) from outcome
        if isinstance(outcome, Exception):
            if never_left(outcome):
                raise gates.failed(what, outcome) from outcome
            raise gates.in_doubt(what, outcome) from outcome
        if outcome.status_code in {401, 403}:
            raise gates.refused(what, _Answered(outcome), _KEYS_REFUSED)
        if outcome.status_code in REFUSALS:
            gates.passes(what, outcome.headers)
            raise Refusal(_error(outcome), status=outcome.status_code)
        if not outcome.ok or outcome.is_redirect:
            raise gates.in_doubt(what, _Answered(outcome))
        gates.passes(what, outcome.headers)
        made = json_of(outcome)
        called = made.get("id") if isinstance(made, dict) else None
        if not isinstance(called, str) or not called:
            raise InDoubt("Mastodon took the reply and did not say what it is called")
        return called

    def _object(self, what: str, ask: Callable[[], Any]) -> Mapping[str, Any]:
        found = self._read(what, ask)
        if not isinstance(found, dict):
            raise self._garbled(what)
        return found

    def _object_or_none(self, what: str, ask: Callable[[], Any]) -> Mapping[str, Any] | None:
        found = self._read(what, ask, may_be_missing=True)
        if found is not None and not isinstance(found, dict):
            raise self._garbled(what)
        return found

    def _list(self, what: str, ask: Callable[[], Any]) -> list[Mapping[str, Any]]:
        found = self._read(what, ask)
        if not isinstance(found, list):
            raise self._garbled(what)
        return _objects(found)

    def _garbled(self, what: str) -> Unavailable:
        return self._gates.failed(what, ValueError("no JSON"), "answered with something else than was asked for")

    def _read(self, what: str, ask: Callable[[], Any], *, may_be_missing: bool = False) -> Any:
        gates = self._gates
        gates.check(what)
        outcome = self._outcome(ask)
        if isinstance(outcome, Limited):
            raise gates.limited(what, outcome) from outcome
        if isinstance(outcome, OutOfOrder):
            raise gates.failed(what, outcome, "is out of order") from outcome
        if isinstance(outcome, Exception):
            raise gates.failed(what, outcome) from outcome
        if outcome.status_code in _GONE and may_be_missing:
            gates.passes(what, outcome.headers)
            return None
        if outcome.status_code in {401, 403}:
            raise gates.refused(what, _Answered(outcome), _KEYS_REFUSED)
        if not outcome.ok or outcome.is_redirect:
            raise gates.refused(what, _Answered(outcome), "Mastodon does not understand what we ask")
        found = json_of(outcome)
        if found is not None:
            gates.passes(what, outcome.headers)
        return found if found is not None else ""

    def _outcome(self, ask: Callable[[], Any]) -> requests.Response | Exception:
        """Let the library ask, and give what came of it, whatever the library makes of that."""
        self._session.outcome = None
        try:
            ask()
        except Exception:
            if self._session.outcome is None:
                # It never asked.
                raise
        outcome = self._session.outcome
        if outcome is None:
            raise RuntimeError("the library made no request")
        return outcome


class _Answered(Exception):
    """The server answered with a status that says no."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"it answered {response.status_code}")
        self.response = response


class _Session(Once):
    """What Mastodon.py sends through. Mentions that the server would hold back as noise are asked for as well."""

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        """Send one request, once."""
        if url.endswith("/api/v1/notifications"):
            how["params"] = {**how.get("params", {}), "include_filtered": "true"}
        return super().request(method, url, **how)


def moment_of(said: object, *, now: datetime) -> datetime:
    """Say when something was; what cannot be read is taken to be now."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return now
    return found if found.tzinfo is not None else now


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _error(response: requests.Response) -> str:
    """Give the server's own words on a refusal."""
    told = json_of(response)
    return str(told.get("error", "")) if isinstance(told, dict) else ""
