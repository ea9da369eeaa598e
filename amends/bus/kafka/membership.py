"""Keeps a consumer a member of its group where kafka-python alone would not.

Three things are amended here, each found by a test in `tests/bus/kafka/`:

1. A member whose name another has taken stops its heartbeats and tells nobody: it goes on
   reading what is no longer its share.
2. A join that was begun because the topic changed (at the first start too), and that takes
   longer than one poll, is forgotten: the consumer then neither belongs to the group nor
   asks to.
3. Whatever else may keep a consumer outside for good: it is made anew after a while.
"""

from __future__ import annotations

import time

from kafka import KafkaConsumer
from kafka.coordinator.base import MemberState
from kafka.errors import FencedInstanceIdError, RebalanceInProgressError

#: So much longer than a rebalance may take, in seconds, a consumer may be outside its group.
_OUTSIDE_AT_MOST_S = 15.0


class Membership:
    """Looks after one consumer, from the thread that polls it."""

    def __init__(self, consumer: KafkaConsumer, *, rebalance_s: float) -> None:
        """Look after `consumer`; `rebalance_s` is how long a rebalance may take."""
        self._consumer = consumer
        self._outside_at_most_s = rebalance_s + _OUTSIDE_AT_MOST_S
        self._inside_at = time.monotonic()

    def look_after(self) -> None:
        """Mend what can be mended; to be called after each poll.

        Raises:
            FencedInstanceIdError: another member has taken this one's name.
            RebalanceInProgressError: it was outside for too long; make another consumer.
        """
        coordinator = self._consumer._coordinator
        # The lock under which the consumer's own thread ends a join.
        with coordinator._lock:
            if coordinator.rejoining:
                # It is asked for until it has come about.
                coordinator.request_rejoin()
            elif coordinator.stable() and not coordinator.rejoin_needed and not coordinator._heartbeat_enabled:
                raise FencedInstanceIdError
        if self._consumer.group_metadata().state is MemberState.STABLE:
            self._inside_at = time.monotonic()
        elif time.monotonic() - self._inside_at > self._outside_at_most_s:
            raise RebalanceInProgressError
