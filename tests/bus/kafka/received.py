"""Records as a broker would hand them over, for tests that need none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amends.bus.kafka.records import encode
from amends.bus.port import Record, Topic
from amends.ports import BlobStore
from tests.support.clock import MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeReceived:
    """What `amends.bus.kafka.records.Received` names."""

    partition: int = 0
    offset: int = 0
    key: bytes | None = b"ines"
    value: bytes | None = b"{}"
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)

    @property
    def serialized_value_size(self) -> int:
        return -1 if self.value is None else len(self.value)

    @property
    def serialized_header_size(self) -> int:
        return sum(len(name.encode()) + len(value or b"") for name, value in self.headers) if self.headers else -1


def a_stored_record(offset: int = 0, *, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Record:
    return Record(
        topic=Topic.MESSAGES,
        partition=0,
        offset=offset,
        key="ines",
        id=f"r{offset}",
        type="amends.test",
        body=body,
        at=MONDAY,
        headers=headers or {},
    )


def sent(record: Record, blobs: BlobStore, *, at_offset: int = 0, body_at_most: int = 1_000) -> FakeReceived:
    """Give a record as it comes back from the broker, where it stands at `at_offset`."""
    value, headers = encode(record, blobs, body_at_most=body_at_most)
    return FakeReceived(
        partition=record.partition,
        offset=at_offset,
        key=record.key.encode("utf-8", "surrogatepass"),
        value=value,
        headers=[(name, said) for name, said in headers],
    )
