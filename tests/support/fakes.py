"""What stands in for the world, named after the ports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from amends.domain.reply import Reply
from amends.domain.verdict import Verdict
from amends.errors import AmendsError, Unavailable
from amends.ports import Delivered, DeliveryReport, Fetched, TextToJudge


class FakeJudge:
    """Judges by a function of the text, and remembers what it was asked."""

    model = "fake-1"

    def __init__(self, decide: Callable[[TextToJudge], Verdict]) -> None:
        self._decide = decide
        self.asked: list[TextToJudge] = []

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        self.asked += texts
        return [self._decide(text) for text in texts]


class FakeSender:
    """Keeps what it was given in `sent`. `is_down` makes it unavailable; `says` is what it reports."""

    def __init__(self, says: Delivered = Delivered.YES) -> None:
        self.sent: list[Reply] = []
        self.says = says
        self.is_down = False

    def send(self, reply: Reply) -> DeliveryReport:
        if self.is_down:
            raise Unavailable("the channel is down")
        self.sent.append(reply)
        return DeliveryReport(delivered=self.says, channel_name=f"fake:{reply.id}", says="it says so")

    def look_up(self, reply: Reply) -> DeliveryReport:
        arrived = any(one.id == reply.id for one in self.sent)
        return DeliveryReport(
            delivered=self.says if arrived else Delivered.NO, channel_name=f"fake:{reply.id}", says="it looked"
        )


class FakeConnector:
    """Holds things in a list. Its checkpoint is how many of them were fetched; `is_down` makes it unavailable."""

    def __init__(self, things: Sequence[Fetched], *, source: str = "fake:inbox") -> None:
        self.things = list(things)
        self.is_down = False
        self._source = source

    @property
    def source(self) -> str:
        return self._source

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        if self.is_down:
            raise Unavailable("the source is down")
        start = int(checkpoint or "0")
        batch = self.things[start : start + limit]
        return batch, str(start + len(batch))

    def holdings(self) -> Iterator[str]:
        return (thing.item for thing in self.things)


class FakeLiveConnector(FakeConnector):
    """Stays connected. `settled` is what it was told is taken in; `raises` what the next look raises, in order."""

    def __init__(self, things: list[Fetched], *, source: str = "fake:inbox") -> None:
        super().__init__(things, source=source)
        # The very list: whoever adds to it sends something.
        self.things = things
        self.reached = 0
        self.settled: list[str] = []
        self.raises: list[AmendsError] = []
        self.closed = 0

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        if self.raises:
            raise self.raises.pop(0)
        batch, reached = super().fetch(checkpoint, limit=limit)
        self.reached = int(reached)
        return batch, reached

    def settle(self, items: Sequence[str]) -> None:
        self.settled += items

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while len(self.things) <= self.reached and time.monotonic() < until:
            time.sleep(0.01)
        return len(self.things) > self.reached

    def close(self) -> None:
        self.closed += 1
