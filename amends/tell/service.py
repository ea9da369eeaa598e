"""The service that tells programs: it makes out calls from the audit trail, and makes them.

1. Calls are made out in one transaction with how far the trail was read: a crash loses none
   and makes out none twice.
2. A call is struck off when it was taken. A crash between the two makes it once more, under
   the same `webhook-id`: a receiver can tell. Two services at once do no worse.
3. What fails is made again with growing pauses, for a day; then it is given up and stays,
   where operators see it.
4. Calls to one target are made one after another, in no promised order once one has failed.
   Those to different targets are made side by side: one that does not answer keeps no other
   waiting.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from threading import Event
from typing import TypeAlias

from amends.domain.audit import AuditEntry
from amends.domain.webhook import Call, Target, event_of, next_try, webhook_body, webhook_id
from amends.errors import Refused, Unavailable
from amends.ports import Now
from amends.tell.signature import secret_of, signed_headers
from amends.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

OpenUnit: TypeAlias = Callable[[], AbstractContextManager[UnitOfWork]]
#: Calls an address with a body and headers; raises Refused or Unavailable when it was not taken.
Post: TypeAlias = Callable[[str, bytes, Mapping[str, str]], None]

_ENTRIES_AT_A_TIME, _CALLS_AT_A_TIME = 1_000, 100
_TARGETS_AT_ONCE = 32
_PAUSE_S = 1.0
#: After so many failures in a row a target is left alone for a while, whatever else waits for it.
_FAILURES_IN_A_ROW, _REST_S = 3, 30.0


class Teller:
    """Makes out calls and makes them."""

    def __init__(
        self,
        *,
        unit: OpenUnit,
        reading: OpenUnit,
        post: Post,
        secret: bytes,
        now: Now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._unit = unit
        self._reading = reading
        self._post = post
        self._secret = secret
        self._now = now
        self._jitter = jitter
        self._pool = ThreadPoolExecutor(max_workers=_TARGETS_AT_ONCE, thread_name_prefix="webhooks")
        self._under_way: dict[str, Future[bool]] = {}
        self._rests_until: dict[str, float] = {}

    def run(self, stop: Event, *, until_idle: bool = False, on_turn: Callable[[], None] = lambda: None) -> None:
        """Tell until `stop` is set, or until there is nothing to do now; then let the calls in hand end."""
        try:
            while not stop.is_set():
                is_busy = self._turn(stop)
                on_turn()
                if not is_busy:
                    if until_idle:
                        return
                    stop.wait(_PAUSE_S)
                elif self._under_way:
                    wait(self._under_way.values(), timeout=_PAUSE_S, return_when=FIRST_COMPLETED)
        finally:
            self._pool.shutdown(wait=True)

    def _turn(self, stop: Event) -> bool:
        """Make out some calls, and begin a round to each target that is free and has any; false when idle."""
        try:
            self._gather()
            made_out = self._make_out()
            self._begin_rounds(stop)
        except Unavailable as why:
            # The database is away. Nothing was written, and whatever was taken is told once more.
            log.warning("cannot tell programs now", extra={"why": str(why)})
            return False
        return made_out or bool(self._under_way)

    def _gather(self) -> None:
        for name in [name for name, round_ in self._under_way.items() if round_.done()]:
            if not self._under_way.pop(name).result():
                self._rests_until[name] = time.monotonic() + _REST_S

    def _begin_rounds(self, stop: Event) -> None:
        with self._reading() as unit:
            for target in unit.targets.listed():
                rests = self._rests_until.get(target.name, 0.0) > time.monotonic()
                if target.name in self._under_way or rests:
                    continue
                calls = unit.calls.due(target=target.name, now=self._now(), limit=_CALLS_AT_A_TIME)
                told = [(call, unit.audit.entries(after=call.entry - 1, limit=1)[0]) for call in calls]
                if told:
                    self._under_way[target.name] = self._pool.submit(self._round, target, told, stop)

    def _make_out(self) -> bool:
        """Look at what the audit trail has new; false when there was nothing."""
        with self._reading() as unit:
            targets, progress = unit.targets.listed(), unit.calls.progress()
            head, _ = unit.audit.head()
        if all(target.name in progress and progress[target.name].entry >= head for target in targets):
            return False
        with self._unit() as unit:
            targets = unit.targets.listed()
            head, _ = unit.audit.head()
            for target in targets:
                # One that nobody began to tell: a rebuilt database does not tell the past again.
                unit.calls.begin(target.name, after=head)
            progress = unit.calls.progress()
            behind = [target for target in targets if progress[target.name].entry < head]
            first = min((progress[target.name].entry for target in behind), default=head)
            entries = unit.audit.entries(after=first, limit=_ENTRIES_AT_A_TIME)
            upto = entries[-1].number if entries else first
            reached = [target for target in behind if progress[target.name].entry < upto]
            calls = [
                (target.name, entry.number)
                for entry in entries
                if (event := event_of(entry))
                for target in reached
                if entry.number > progress[target.name].entry and target.wants(event)
            ]
            unit.calls.make_out(calls, upto=upto, targets=[target.name for target in reached], at=self._now())
            unit.commit()
        return True

    def _round(self, target: Target, told: Sequence[tuple[Call, AuditEntry]], stop: Event) -> bool:
        """Make some calls to a target, one after another; false when too many failed in a row."""
        failures = 0
        for call, entry in told:
            if stop.is_set():
                break
            failures = 0 if self._was_taken(target, call, entry) else failures + 1
            if failures == _FAILURES_IN_A_ROW:
                return False
        return True

    def _was_taken(self, target: Target, call: Call, entry: AuditEntry) -> bool:
        body, event_id, at = webhook_body(entry), webhook_id(entry), self._now()
        headers = {
            "content-type": "application/json",
            "user-agent": "amends-webhooks",
            **signed_headers(secret_of(self._secret, target.salt), event_id=event_id, at=at, body=body),
        }
        try:
            self._post(target.url, body, headers)
        except (Refused, Unavailable) as why:
            again = next_try(call, now=self._now(), jitter=self._jitter())
            with self._unit() as unit:
                unit.calls.failed(call, str(why), next_at=again)
                unit.commit()
            log.warning(
                "a call was not taken" if again else "a call was given up",
                extra={"webhook": target.name, "call": event_id, "tries": call.tries + 1},
            )
            return False
        with self._unit() as unit:
            unit.calls.made(call, at=self._now())
            unit.commit()
        return True
