"""Alerts about channels: raised and ended by the watch, seen by people. Each is a command, and so kept for good."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from amends.domain.audit import Happening
from amends.domain.channel import Channel
from amends.domain.channel_alert import ChannelAlert, ChannelState, Look, alert_id
from amends.domain.clock import Calendar
from amends.errors import Unavailable
from amends.history import command
from amends.ports import Now
from amends.unit_of_work import OpenUnit, UnitOfWork

log = logging.getLogger(__name__)

#: Only one process watches at a time; the lease says which.
_LEASE = "watch of channels"
_LEASE_FOR = timedelta(minutes=10)
_PAUSE_S = 60.0


@command("channel.alert", when=lambda said: said["alert"].raised_at)
def raise_alert(unit: UnitOfWork, alert: ChannelAlert) -> None:
    """Raise an alert; one that exists stays as it is."""
    unit.channels.raise_(alert)
    _tell(unit, "channel.alert", alert, by="amends:watch", at=alert.raised_at)


@command("channel.end")
def end_alert(unit: UnitOfWork, alert_id: str, *, at: datetime) -> None:
    """Say that what an alert was raised for is over."""
    alert = unit.channels.find(alert_id)
    unit.channels.end(alert.id, at=at)
    _tell(unit, "channel.end", alert, by="amends:watch", at=at)


@command("channel.seen")
def see_alert(unit: UnitOfWork, alert_id: str, *, by: str, at: datetime) -> ChannelAlert:
    """Say that `by` has seen an alert.

    Raises:
        NotFound: no such alert.
        Refused: somebody has seen it before.
    """
    alert = unit.channels.find(alert_id)
    unit.channels.seen(alert.id, by=by, at=at)
    _tell(unit, "channel.seen", alert, by=f"user:{by}", at=at)
    return alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Alerts to be raised, and the ids of those to be ended."""

    new: Sequence[ChannelAlert] = ()
    over: Sequence[str] = ()


def compare(states: Sequence[ChannelState], *, at: datetime) -> Changes:
    """Say which alerts are to be raised for what has become unusual, and which end because their reason is gone."""
    new, over = [], []
    for state in states:
        unusual = state.unusual()
        known = {alert.kind for alert in state.open_alerts}
        new += [
            ChannelAlert(
                id=alert_id(state.channel, kind, at), channel=state.channel, kind=kind, says=says, raised_at=at
            )
            for kind, says in unusual.items()
            if kind not in known
        ]
        over += [alert.id for alert in state.open_alerts if alert.kind not in unusual]
    return Changes(new=new, over=over)


class ChannelWatch:
    """Watches the channels of an installation, from whichever process comes first."""

    def __init__(
        self,
        open_unit: OpenUnit,
        *,
        reading: OpenUnit,
        calendar: Calendar,
        holder: str,
        now: Now,
        serves: tuple[str, Channel] | None = None,
    ) -> None:
        """Watch; `serves` names the source that this very process is, which is looked at while it runs."""
        self._open_unit = open_unit
        self._reading = reading
        self._calendar = calendar
        self._holder = holder
        self._now = now
        self._serves = serves

    def turn(self) -> bool:
        """Look once; False where another process watches."""
        now = self._now()
        with self._open_unit() as unit:
            if self._serves is not None:
                source, channel = self._serves
                unit.channels.looked([Look(source=source, channel=channel, at=now)])
            watches = unit.intake.lease(_LEASE, self._holder, now=now, until=now + _LEASE_FOR)
            unit.commit()
        if not watches:
            return False
        # What takes a while is read without keeping anybody from writing.
        with self._reading() as unit:
            changes = compare(unit.channels.states(now=now, calendar=self._calendar), at=now)
        if changes.new or changes.over:
            with self._open_unit() as unit:
                for alert in changes.new:
                    raise_alert(unit, alert)
                for over in changes.over:
                    end_alert(unit, over, at=now)
                unit.commit()
            log.warning("channels changed", extra={"raised": len(changes.new), "ended": len(changes.over)})
        return True

    def run(self, stop: Event) -> None:
        """Look every minute until `stop` is set."""
        while not stop.is_set():
            try:
                self.turn()
            except Unavailable as why:
                log.warning("channels not watched", extra={"why": type(why.__cause__ or why).__name__})
            stop.wait(_PAUSE_S)


def _tell(unit: UnitOfWork, action: str, alert: ChannelAlert, *, by: str, at: datetime) -> None:
    facts = {"channel": alert.channel.value, "kind": alert.kind.value}
    unit.audit.append([Happening(at=at, actor=by, action=action, subject=f"channel:{alert.channel}", facts=facts)])
