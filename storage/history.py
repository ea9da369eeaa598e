"""The history within one transaction: see `amends/history.py` for what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from amends.bus.port import NewRecord, Topic
from amends.history import IN_FORCE, UNDER
from storage.log_table import LogTable

#: The history has one partition, so that its offsets are the order of the commits.
PARTITION = 0


class InForce:
    """The settings that results depend on. They are told once, before the first event that came about under them."""

    def __init__(self, say: Callable[[], Mapping[str, object]]) -> None:
        """Ask `say` for them when the first event is noted."""
        self._say = say
        #: Whether their event is known to be committed.
        self.is_told = False

    @cached_property
    def body(self) -> bytes:
        """The settings as JSON; empty when there are none."""
        said = self._say()
        return json.dumps(said, sort_keys=True, ensure_ascii=False).encode() if said else b""

    @cached_property
    def id(self) -> str:
        """What events call them; empty when there are none."""
        return f"under-{hashlib.sha256(self.body).hexdigest()[:16]}" if self.body else ""


class SqlHistory:
    """Notes events at the end of the history."""

    def __init__(self, log: LogTable, in_force: InForce) -> None:
        self._log = log
        self._in_force = in_force
        self._is_first = True

    def note(self, type_: str, body: bytes, *, at: datetime) -> None:
        """Note an event."""
        under = self._in_force.id
        if under and not self._in_force.is_told:
            was_told = not self._append(IN_FORCE, self._in_force.body, at=at, id_=under)
            # What this transaction found when it began to write was committed by one before it.
            self._in_force.is_told = was_told and self._is_first
        self._is_first = False
        self._append(type_, body, at=at, id_="", headers={UNDER: under} if under else {})

    def _append(
        self, type_: str, body: bytes, *, at: datetime, id_: str, headers: Mapping[str, str] | None = None
    ) -> bool:
        if id_ and self._log.holds(Topic.HISTORY, id_):
            return False
        offset = self._log.reserve(Topic.HISTORY, PARTITION, 1)
        record_id = id_ or str(offset)
        self._log.put(
            PARTITION,
            offset,
            NewRecord(
                topic=Topic.HISTORY,
                key="history",
                id=record_id,
                type=type_,
                at=at,
                body=body,
                headers={
                    "ce_id": record_id,
                    "ce_type": type_,
                    "ce_source": "/history",
                    "ce_time": at.isoformat(),
                    **(headers or {}),
                },
            ),
        )
        return True
