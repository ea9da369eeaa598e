"""Our accounts on social networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from amends.accounts import Account, Around, accounts_of
from amends.compose.foundations import Foundations
from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.reply import Reply, ReplyState


@dataclass(frozen=True, kw_only=True)
class Networks(Foundations):
    """The accounts that an installation reads and posts with."""

    @cached_property
    def accounts(self) -> Mapping[Channel, Account]:
        """Our accounts on networks.

        Raises:
            Misconfigured: what belongs to one of them is missing, or is none.
        """
        around = Around(
            # Asked for when they are used: that an account is set must not open the database.
            open_unit=lambda: self.database.unit(),
            reading=lambda: self.database.reading(),
            now=self.now,
            waiting=self._waiting,
            answered=self._answered,
            is_held=self.is_posting_held,
        )
        return accounts_of(self.settings, around)

    @property
    def _own_handles(self) -> frozenset[str]:
        return frozenset(handle.casefold().lstrip("@") for handle in self.settings.x_handles)

    def is_posting_held(self) -> bool:
        """Whether public posting is held at this moment.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self.database.reading() as unit:
            return unit.holds.standing() is not None

    def _waiting(self, channel: Channel) -> Sequence[Message]:
        """Give the messages of a network whose replies wait for a person, or to be sent."""
        with self.database.reading() as unit:
            replies = unit.replies.in_state(ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED)
            wanted = {reply.message_id for reply in replies if reply.channel is channel}
            found = unit.messages.get_many(sorted(wanted)) if wanted else {}
        return [found[message_id].message for message_id in sorted(found)]

    def _answered(self, reply: Reply) -> Message:
        with self.database.reading() as unit:
            return unit.messages.get(reply.message_id).message
