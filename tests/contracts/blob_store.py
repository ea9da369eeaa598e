"""What every blob store promises (`amends.ports.BlobStore`). A subclass supplies the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pytest

from amends.errors import NotFound, Unavailable
from amends.ports import BlobStore
from tests.support.builders import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUnderTest:
    """A store, the same store opened again, and a way to damage a blob behind its back."""

    store: BlobStore
    again: Callable[[], BlobStore]
    overwrite: Callable[[str, bytes], None]


class BlobStoreContract:
    """The promises."""

    def test_bytes_come_back_under_their_hash(self, house: StoreUnderTest) -> None:
        name = house.store.put(b"a mail")
        assert name == sha256_of(b"a mail")
        assert house.store.get(name) == b"a mail"
        assert house.store.has(name)

    @pytest.mark.parametrize("contents", [[], [b"a", b"b", b"c"], [b"a", b"", b"a"], [bytes(range(256)) * 4_000]])
    def test_several_come_back_in_order(self, house: StoreUnderTest, contents: list[bytes]) -> None:
        names = house.store.put_many(contents)
        assert names == [sha256_of(content) for content in contents]
        assert [house.store.get(name) for name in names] == contents

    def test_nothing_at_all_is_kept_too(self, house: StoreUnderTest) -> None:
        assert house.store.get(house.store.put(b"")) == b""

    def test_putting_twice_keeps_one(self, house: StoreUnderTest) -> None:
        assert house.store.put(b"a mail") == house.store.put(b"a mail")
        assert house.store.put_many([b"b", b"b"]) == [sha256_of(b"b")] * 2

    @pytest.mark.parametrize("content", [b"", b"a file", bytes(range(256)) * 4_000])
    def test_a_file_is_kept_like_its_bytes(self, house: StoreUnderTest, content: bytes) -> None:
        file = BytesIO(content)
        file.seek(0, 2)

        assert house.store.put_file(file) == (sha256_of(content), len(content))
        assert house.store.put_file(file) == (sha256_of(content), len(content))
        assert house.again().get(sha256_of(content)) == content
        assert house.store.put(content) == sha256_of(content)

    def test_what_was_put_is_there_when_the_store_is_opened_again(self, house: StoreUnderTest) -> None:
        name = house.store.put(b"a mail")
        assert house.again().get(name) == b"a mail"

    def test_what_was_never_put_is_not_found(self, house: StoreUnderTest) -> None:
        assert not house.store.has("0" * 64)
        with pytest.raises(NotFound, match="0" * 64):
            house.store.get("0" * 64)

    def test_bytes_that_are_no_longer_the_ones_that_were_put_are_not_given_out(self, house: StoreUnderTest) -> None:
        name = house.store.put(b"a mail")
        house.overwrite(name, b"a mall")
        with pytest.raises(Unavailable, match="damaged"):
            house.store.get(name)
