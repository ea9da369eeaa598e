"""The filters of the queue as links, each with how many cases stand behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from amends.desk.channel_words import LABELS
from amends.desk.queue.asked import Asked, read_query
from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.due import Due
from amends.domain.verdict import FlagName, Kind, Severity
from amends.domain.work import SavedView
from amends.errors import Unprocessable
from storage.counts import Counts
from storage.queue import Wanted


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `count` is None where nobody counted; a link that `is_on` takes its filter away."""

    path: str
    words: str
    count: int | None
    is_on: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """The links of one filter."""

    label: str
    links: tuple[Link, ...]

    @property
    def is_on(self) -> bool:
        """Whether it narrows."""
        return any(link.is_on for link in self.links)


_SEVERITIES = [
    (Severity.CRITICAL, "Critical"),
    (Severity.HIGH, "High or worse"),
    (Severity.MEDIUM, "Medium or worse"),
    (Severity.LOW, "Any"),
]
#: States in which a case waits for people; a search finds the others too.
_WAITING = [CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IN_HAND]


def first_filters(asked: Asked, counts: Counts | None) -> list[Filter]:
    """Give the filters that people use most."""
    whose = [(asked.me, "Mine"), ("", "Nobody's")]
    if (owner := asked.wanted.owner) is not None and owner not in {asked.me, ""}:
        whose.append((owner, f"{owner}'s"))
    due = [(value, words(value.says.removeprefix("due "))) for value in Due]
    return [
        _filter("Due", "due", due, asked, counts),
        _filter("Whose", "owner", whose, asked, counts),
        _filter("Severity", "severity", _SEVERITIES, asked, counts),
    ]


def more_filters(asked: Asked, counts: Counts | None) -> list[Filter]:
    """Give the others. What no case has is left out, unless it is on."""
    kinds = [(kind, words(kind.value)) for kind in Kind if kind.is_from_a_customer]
    states = [(state, words(state.value)) for state in (CaseState if asked.search else _WAITING)]
    channels = [(channel, LABELS[channel]) for channel in Channel]
    flags = [(flag, words(flag.value)) for flag in FlagName]
    found = [
        _filter("What", "kind", kinds, asked, counts),
        _filter("Channel", "channel", channels, asked, counts),
        _filter("State", "state", states, asked, counts),
        _filter("Doubt", "needs_person", [(True, "Triage is not sure")], asked, counts),
        _filter("Flag", "flag", flags, asked, counts),
    ]
    return [replace(one, links=tuple(link for link in one.links if link.is_on or link.count != 0)) for one in found]


def views(asked: Asked, kept: Sequence[SavedView], counts: Counts | None) -> list[Link]:
    """Give the views that everybody has, and those that somebody keeps."""
    every = [
        ("Everything", Asked(asked.me)),
        ("Mine", Asked(asked.me, Wanted(owner=asked.me))),
        ("Nobody's", Asked(asked.me, Wanted(owner=""))),
    ]
    for view in kept:
        try:
            every.append((view.name, read_query(view.query, me=asked.me)))
        except Unprocessable:
            # A later version knows the filter no more; its owner can still forget it.
            continue
    return [
        Link(
            of.address,
            name,
            None if of.search or counts is None or of.wanted.flag is not counts.flag else counts.all(of.wanted),
            of.address == asked.address,
        )
        for name, of in every
    ]


def words(value: str) -> str:
    """Write a value of ours as words."""
    plain = value.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def _filter(label: str, name: str, values: Sequence[tuple[Any, str]], asked: Asked, counts: Counts | None) -> Filter:
    behind = None if counts is None else counts.by(name, asked.wanted)
    is_known = bool(behind) or (name != "flag" and behind is not None)
    links = []
    for value, said in values:
        is_on = getattr(asked.wanted, name) == value and getattr(asked.wanted, name) is not None
        count = behind.get(value, 0) if behind is not None and is_known else None
        links.append(Link(asked.with_(**{name: None if is_on else value}), said, count, is_on))
    return Filter(label, tuple(links))
