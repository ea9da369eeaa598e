"""Alerts about channels that are silent or loud beyond what is usual: raised, seen by somebody, ended by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from amends.domain.baseline import HOUR, Baseline
from amends.domain.channel import Channel
from amends.domain.ids import derived_id
from amends.domain.message import require_zone

#: A source at which nobody has looked for so long has a connector that stands still.
STANDS_STILL_AFTER = timedelta(minutes=15)
#: And after so long it is none of ours any more: a channel that is missed is then simply silent.
IS_GONE_AFTER = timedelta(days=2)


class AlertKind(StrEnum):
    """What is unusual."""

    #: Nothing comes, and the connector looks: the world is quiet, or something before us is broken.
    SILENT = "silent"
    #: Nothing comes, and nobody looks: the connector stands still.
    STOPPED = "stopped"
    #: Far more comes than is usual.
    SURGE = "surge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When a connector last looked at its source with success. `channel` is None where it brings any."""

    source: str
    channel: Channel | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAlert:
    """One alert. `says` is the sentence for a person; it is open until `ended_at`."""

    id: str
    channel: Channel
    kind: AlertKind
    says: str
    raised_at: datetime
    ended_at: datetime | None = None
    seen_by: str = ""
    seen_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("raised_at", "ended_at", "seen_at"):
            require_zone(name, getattr(self, name))
        if not self.says:
            raise ValueError("an alert says what is unusual")


def alert_id(channel: Channel, kind: AlertKind, raised_at: datetime) -> str:
    """Derive an alert's id, so that raising it again makes no second one."""
    return derived_id("channel alert", channel, kind, raised_at.isoformat())[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """One channel at one moment. `in_last_hour` counts what came; `baseline` is None while there is too little."""

    channel: Channel
    now: datetime
    first: datetime
    last: datetime
    in_last_hour: int
    baseline: Baseline | None
    looks: Sequence[Look] = ()
    open_alerts: Sequence[ChannelAlert] = ()

    @property
    def usual_in_an_hour(self) -> float | None:
        """What usually comes in the hour that has just passed."""
        return None if self.baseline is None else self.baseline.expected(self.now - HOUR, self.now)

    @property
    def standing_still(self) -> Sequence[Look]:
        """Sources at which nobody has looked for too long, but for those that are gone from the settings."""
        return [look for look in self.looks if STANDS_STILL_AFTER < self.now - look.at < IS_GONE_AFTER]

    def unusual(self) -> dict[AlertKind, str]:
        """Say what is unusual now, with the sentence for each."""
        if self.baseline is None:
            return {}
        found = {}
        missed = self.baseline.missed(self.last, self.now)
        still = self._still_and_missed()
        if still:
            names = ", ".join(look.source for look in still)
            since = min(look.at for look in still)
            found[AlertKind.STOPPED] = (
                f"nobody has looked at {names} since {since:%d %b %H:%M} UTC, and mail, posts or forms are usual now: "
                "look at the service that reads it"
            )
        elif missed:
            found[AlertKind.SILENT] = (
                f"nothing has come since {self.last:%d %b %H:%M} UTC, and some {missed:.0f} usually would have; "
                "the connector looks and finds nothing: look at what stands before it"
            )
        goes_on = any(alert.kind is AlertKind.SURGE for alert in self.open_alerts)
        if self.baseline.is_surge(self.in_last_hour, self.now, goes_on=goes_on):
            found[AlertKind.SURGE] = (
                f"{self.in_last_hour:,} came within the hour, and {self.usual_in_an_hour:,.0f} are usual: "
                "look whether they are about one thing, or from one sender"
            )
        return found

    def _still_and_missed(self) -> list[Look]:
        """Give the sources that stand still while the channel should speak. At night that can wait."""
        if self.baseline is None:
            return []
        return [look for look in self.standing_still if self.baseline.expected(max(look.at, self.last), self.now) >= 1]
