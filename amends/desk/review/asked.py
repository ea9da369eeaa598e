"""Which replies a reviewer asks for: the filters of the list, as they stand in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from amends.desk.channel_words import LABELS
from amends.domain.channel import Channel
from amends.domain.reply import Purpose
from amends.errors import Unprocessable
from storage.reviews import Wanted

LIST = "/desk/review"
#: How old drafts may be asked for, in hours, and in words.
AGES = {"1": "older than an hour", "4": "older than 4 hours", "24": "older than a day"}
_VALUES: Mapping[str, Mapping[str, str]] = {
    "public": {"yes": "public", "no": "private"},
    "channel": {channel.value: LABELS[channel] for channel in Channel},
    "purpose": {purpose.value: purpose.value for purpose in Purpose},
    "blocked": {"yes": "blocked by a check", "no": "not blocked"},
    "hours": AGES,
}
_LABELS = {"public": "Who reads it", "channel": "Channel", "purpose": "Purpose", "blocked": "Checks", "hours": "Age"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters that are on, by name."""

    filters: Mapping[str, str]

    def wanted(self, now: datetime) -> Wanted:
        """Give what the database is asked."""
        on = self.filters
        return Wanted(
            channel=Channel(on["channel"]) if "channel" in on else None,
            purpose=Purpose(on["purpose"]) if "purpose" in on else None,
            is_public=on["public"] == "yes" if "public" in on else None,
            is_blocked=on["blocked"] == "yes" if "blocked" in on else None,
            drafted_before=now - timedelta(hours=int(on["hours"])) if "hours" in on else None,
        )

    def address(self, path: str = LIST, **more: str) -> str:
        """Give an address with these filters; what is "" is left out."""
        query = urlencode({name: value for name, value in {**self.filters, **more}.items() if value})
        return f"{path}?{query}" if query else path

    def links(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """Give the filters as links, by label: each turns one on, or off again."""
        return [
            (
                _LABELS[name],
                [
                    (
                        self.address(**{name: "" if self.filters.get(name) == value else value}),
                        words,
                        self.filters.get(name) == value,
                    )
                    for value, words in values.items()
                ],
            )
            for name, values in _VALUES.items()
        ]


def asked(query: Mapping[str, str]) -> Asked:
    """Read the filters from a query.

    Raises:
        Unprocessable: a filter has a value that it cannot have.
    """
    found = {name: query[name] for name in _VALUES if query.get(name)}
    for name, value in found.items():
        if value not in _VALUES[name]:
            raise Unprocessable(
                f"{value[:40]!r} is nothing that {_LABELS[name].lower()!r} can be; begin again at {LIST}"
            )
    return Asked(found)
