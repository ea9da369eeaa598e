"""What lies ready of one partition: records by the offsets of the log's table.

1. Offsets of the table have no gap, so what is handed out is an unbroken run from the
   offset that is wanted. A record behind a gap waits: the one that is missing may come
   later, for a relay that failed halfway ships again from there.
2. The first copy of a record counts; later ones are dropped.
3. Where the broker owes a record for too long, the partition is read from the table,
   until the two meet again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from amends.bus.kafka.records import Received

#: So many records of a partition lie ready before it is paused.
READY_RECORDS = 2_000
#: Or so many bytes of it.
READY_BYTES = 8 * 1024 * 1024
#: How often is asked whether a partition that brings nothing should: what is owed twice in a row is late.
ASK_EVERY_S = 2.5


@dataclass(slots=True)
class Ready:
    """What lies ready of one partition. Whoever uses it from two threads brings the lock."""

    #: What was done: nothing below it is wanted any more.
    wanted: int
    size_bytes: int = 0
    _records: dict[int, Received] = field(default_factory=dict)
    _asked_at: float = 0.0
    #: The offset that was owed when it was asked last; None if none was.
    _owed: int | None = None
    #: Whether the partition is read from the table.
    is_late: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether to bring no more for now."""
        return len(self._records) >= READY_RECORDS or self.size_bytes >= READY_BYTES

    def rests(self, now: float) -> bool:
        """Whether nothing lies ready, and nobody need ask for it, by a clock in seconds."""
        return not self._records and not self.is_late and now - self._asked_at < ASK_EVERY_S

    def lay(self, offset: int, record: Received) -> None:
        """Lay a record ready, unless it was done or is a copy."""
        if offset >= self.wanted and offset not in self._records:
            self._records[offset] = record
            self.size_bytes += _weight(record)

    def take(self, wanted: int, *, limit: int) -> list[Received]:
        """Give the unbroken run of records from an offset on, and forget what lies before it. Taking again is free."""
        if wanted > self.wanted:
            for done in [offset for offset in self._records if offset < wanted]:
                self.size_bytes -= _weight(self._records.pop(done))
            self.wanted = wanted
        found = []
        for offset in range(wanted, wanted + limit):
            record = self._records.get(offset)
            if record is None:
                break
            found.append(record)
        if found:
            self._owed, self.is_late = None, False
        return found

    def is_time_to_ask(self, now: float) -> bool:
        """Whether to ask if the broker owes the wanted record, by a clock in seconds; not asked again for a while."""
        if self.is_late or now - self._asked_at < ASK_EVERY_S:
            return False
        self._asked_at = now
        return True

    def note_owed(self, *, is_owed: bool) -> None:
        """Note whether the broker should have brought the wanted record: twice in a row means late."""
        owed = self.wanted if is_owed else None
        self.is_late = owed is not None and owed == self._owed
        self._owed = owed

    def catch_up(self) -> None:
        """Note that the table holds nothing more either."""
        self._owed, self.is_late = None, False


def _weight(record: Received) -> int:
    return max(0, record.serialized_value_size) + max(0, record.serialized_header_size)
