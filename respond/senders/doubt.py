"""Replies that broke off while a network was handed them: looked for, until they are there or it is late enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from amends.domain.reply import Reply
from amends.errors import InDoubt, Unavailable
from amends.ports import Delivered, DeliveryReport, Now

#: How long before the approval own posts are looked at: two clocks are never the same.
_CLOCKS_DIFFER = timedelta(minutes=5)


class Doubts:
    """Which replies broke off, and since when they are looked for. `is_held` says whether public posting is held.

    One counts as not sent when it does not show for `settles_s`, in seconds: what was taken may show a little later.
    """

    def __init__(self, *, now: Now, settles_s: float, is_held: Callable[[], bool] = lambda: False) -> None:
        self._now = now
        self._is_held = is_held
        self._settles = timedelta(seconds=settles_s)
        self._since: dict[str, datetime] = {}

    def hand_over(self, reply: Reply, hand_over: Callable[[], str]) -> str:
        """Hand a reply over, and remember when that broke off; gives what the network calls it.

        Raises:
            Unavailable: nothing was sent, for public posting is held, or the network cannot be reached.
            InDoubt: it may have gone.
        """
        if reply.form.is_public and self._is_held():
            raise Unavailable("public posting was held while the post that is answered was looked at")
        self._since.pop(reply.id, None)
        try:
            return hand_over()
        except InDoubt:
            self._since[reply.id] = self._now()
            raise

    def found(self, reply: Reply, name: str, *, where: str) -> DeliveryReport:
        """Report what a look came to: the reply's name, or "" where it is not.

        Raises:
            InDoubt: it is not there, and it is too early to say that it will not be.
        """
        if name:
            self._since.pop(reply.id, None)
            return report(Delivered.YES, f"found {where}: {name}", name)
        since = self._since.setdefault(reply.id, self._now())
        if self._now() - since < self._settles:
            raise InDoubt(f"the reply is not {where} yet, and may only be shown late")
        return report(Delivered.NO, f"it is not {where}")


def since(reply: Reply) -> datetime:
    """Give the moment from which on an attempt at a reply can have been posted."""
    return (reply.approval.at if reply.approval is not None else reply.drafted_at) - _CLOCKS_DIFFER


def report(delivered: Delivered, says: str, name: str = "") -> DeliveryReport:
    """Say what became of one attempt."""
    return DeliveryReport(delivered=delivered, channel_name=name, says=says)


def gone(where: str) -> DeliveryReport:
    """Say that what a reply answers is gone."""
    return report(
        Delivered.OVERTAKEN,
        f"nothing was published: the post that it answers ({where}) has been deleted, or its author has hidden it from "
        "us; reject this reply, or write to them privately",
    )


def edited(where: str) -> DeliveryReport:
    """Say that what a reply answers is no longer what was read."""
    return report(
        Delivered.OVERTAKEN,
        f"nothing was published: the post that it answers was edited; read what it says now ({where}), then edit or "
        "reject this reply",
    )
