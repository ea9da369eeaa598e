"""What every connector promises (`amends.ports.Connector`). A subclass supplies the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amends.ports import Connector, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUnderTest:
    """A source that holds five things, and what opens it: each time as a process that starts anew would.

    `open` is told which items the ledger knows; a connector with a checkpoint of its
    own has no need of that.
    """

    open: Callable[[set[str]], Connector]
    add: Callable[[], None]


def fetch_all(connector: Connector, *, checkpoint: str = "", limit: int = 2) -> tuple[list[Fetched], str]:
    """Fetch until nothing more is there."""
    fetched: list[Fetched] = []
    while True:
        batch, reached = connector.fetch(checkpoint, limit=limit)
        if not batch:
            return fetched, checkpoint
        assert len(batch) <= limit
        fetched += batch
        checkpoint = reached


def items(fetched: list[Fetched]) -> list[str]:
    return [one.item for one in fetched]


class ConnectorContract:
    """The promises."""

    def test_everything_that_the_source_holds_is_fetched_once(self, source: SourceUnderTest) -> None:
        connector = source.open(set())
        fetched, _ = fetch_all(connector)
        assert len(fetched) == 5
        assert sorted(items(fetched)) == sorted(connector.holdings())
        assert len(set(items(fetched))) == 5

    def test_the_source_has_the_same_name_at_each_start(self, source: SourceUnderTest) -> None:
        connector = source.open(set())
        assert connector.source == source.open(set()).source != ""
        assert {one.source for one in fetch_all(connector)[0]} == {connector.source}

    def test_after_a_crash_the_same_things_are_fetched_again(self, source: SourceUnderTest) -> None:
        first, _ = source.open(set()).fetch("", limit=3)
        again, _ = source.open(set()).fetch("", limit=3)
        assert [(one.item, one.raw) for one in again] == [(one.item, one.raw) for one in first]

    def test_what_was_taken_in_is_not_fetched_again(self, source: SourceUnderTest) -> None:
        fetched, checkpoint = fetch_all(source.open(set()))
        again, _ = fetch_all(source.open(set(items(fetched))), checkpoint=checkpoint)
        assert again == []

    def test_what_comes_later_is_fetched_later(self, source: SourceUnderTest) -> None:
        fetched, checkpoint = fetch_all(source.open(set()))
        source.add()
        later, _ = fetch_all(source.open(set(items(fetched))), checkpoint=checkpoint)
        assert len(later) == 1
        assert later[0].item not in items(fetched)

    def test_the_limit_cuts_a_batch_and_loses_nothing(self, source: SourceUnderTest) -> None:
        one_by_one, _ = fetch_all(source.open(set()), limit=1)
        at_once, _ = fetch_all(source.open(set()), limit=100)
        assert items(one_by_one) == items(at_once)

    def test_holdings_are_named_without_fetching(self, source: SourceUnderTest) -> None:
        connector = source.open(set())
        assert sorted(connector.holdings()) == sorted(connector.holdings())
        assert len(fetch_all(connector)[0]) == 5
