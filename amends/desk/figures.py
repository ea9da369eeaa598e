"""The overview as tables, one for each chart; a number leads to the cases behind it where the queue can show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from markupsafe import Markup

from amends.desk.channel_words import LABELS
from amends.desk.charts import Series, lines, stacked_bars
from amends.domain.outcome import Resolved, Upheld
from storage.overview import OpenCases, Overview, Standing
from storage.timeliness import Timeliness

#: Where the queue is, which takes the filters of the links here.
QUEUE = "/desk/queue"
#: Of fewer than so many a share is not told: one case more or less would turn it upside down.
SHARE_OF_AT_LEAST = 20

STANDING = {
    Standing.OVERDUE: "overdue",
    Standing.DUE_TODAY: "due today",
    Standing.DUE_LATER: "due later",
    Standing.NO_DATE: "no date",
}
_WORDS = {
    **{channel.value: label for channel, label in LABELS.items()},
    "": "No severity",
    "not_a_complaint": "No complaint",
}
_DUE = {Standing.OVERDUE: "overdue", Standing.DUE_TODAY: "today"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table; `link` leads to what it counts."""

    value: int | str
    link: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is a count."""
        return isinstance(self.value, int)

    @property
    def words(self) -> str:
        """What a page shows."""
        return f"{self.value:,}" if isinstance(self.value, int) else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart with the table behind it. `says` tells what is counted."""

    key: str
    title: str
    says: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: Markup


def figures(found: Overview) -> list[Figure]:
    """Give every figure of the overview, in the order of the page."""
    now = found.open_now
    return [
        _open("channel", "Open cases by channel", now.by_channel, found),
        _open("severity", "Open cases by severity", now.by_severity, found),
        _open("kind", "Open cases by kind", now.by_kind, found),
        _open("owner", "Open cases by owner", now.by_owner, found),
        _flow(found),
        _in_time(found),
        _endings(found),
    ]


def headlines(found: Overview) -> list[tuple[str, Cell, str]]:
    """Give what a manager looks at first: a name, a number with its link, and what it means."""
    now = found.open_now.in_all
    return [
        ("Open", Cell(value=now.in_all, link=queue_link(found)), "cases that wait for us"),
        (
            "Overdue",
            Cell(value=now.by_standing[Standing.OVERDUE], link=queue_link(found, due="overdue")),
            "a deadline has passed",
        ),
        (
            "Due today",
            Cell(value=now.by_standing[Standing.DUE_TODAY], link=queue_link(found, due="today")),
            "and not overdue",
        ),
        ("Not acknowledged", Cell(value=now.unacknowledged), "an acknowledgement is still owed"),
        (
            "In doubt",
            Cell(value=now.needs_person, link=queue_link(found, unsure="1")),
            "a person has to say what they are",
        ),
    ]


def queue_link(found: Overview, **more: str) -> str:
    """Give the address of the queue, narrowed as the overview is; "" where the queue cannot be narrowed so.

    The queue reads a severity as "that or worse", so only the worst one means the same there.
    """
    asked = {name: value.value for name in ("channel", "kind") if (value := getattr(found.narrowed, name)) is not None}
    severity = more.pop("severity", found.narrowed.severity.word if found.narrowed.severity else "")
    if severity not in {"", "critical"}:
        return ""
    asked |= more | ({"severity": severity} if severity else {})
    return f"{QUEUE}?{urlencode(asked)}" if asked else QUEUE


def took(length: timedelta | None) -> str:
    """Write how long something took: `45 min`, `7 h`, `3.5 days`."""
    if length is None:
        return "none yet"
    minutes = round(length.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 60 / 24:.1f} days".replace(".0 ", " ")


def share(part: int, whole: int) -> str:
    """Write a part of a whole: with a percentage where there are enough of them to mean anything."""
    percent = f" ({100 * part / whole:.0f}%)" if whole >= SHARE_OF_AT_LEAST else ""
    return f"{part:,} of {whole:,}{percent}"


def _open(by: str, title: str, groups: Sequence[OpenCases], found: Overview) -> Figure:
    # A sort that has none is left out, except where that is all there is.
    shown = [one for one in groups if one.in_all] or list(groups[:1])
    names = [_name(by, one.name) for one in shown]
    series = [
        Series(name=words, values=[one.by_standing[standing] for one in shown]) for standing, words in STANDING.items()
    ]
    rows = []
    for name, one in zip(names, shown, strict=True):
        narrowed = _narrowed(by, one.name)
        cells = [
            Cell(value=one.by_standing[standing], link=_link(found, narrowed, one.by_standing[standing], standing))
            for standing in Standing
        ]
        in_all = Cell(value=one.in_all, link=_link(found, narrowed, one.in_all, None))
        rows.append((Cell(value=name), *cells, in_all, Cell(value=one.unacknowledged)))
    return Figure(
        key=f"open-by-{by}",
        title=title,
        says="As of now. Each case stands once, by the next of its deadlines.",
        head=(by, *STANDING.values(), "in all", "not acknowledged"),
        rows=tuple(rows),
        chart=stacked_bars(f"open-by-{by}", title, names, series),
    )


def _narrowed(by: str, name: str) -> dict[str, str] | None:
    """Give the filter of the queue that means a group; None where there is none."""
    if by == "severity":
        return {"severity": name} if name == "critical" else None
    return {by: name}


def _link(found: Overview, narrowed: dict[str, str] | None, count: int, standing: Standing | None) -> str:
    if narrowed is None or not count or (standing is not None and standing not in _DUE):
        return ""
    return queue_link(found, **narrowed, **({"due": _DUE[standing]} if standing is not None else {}))


def _flow(found: Overview) -> Figure:
    is_weekly = found.step == "week"
    names = [f"{one.first:%d %b}".lstrip("0") for one in found.flow]
    title = f"Opened and closed by {found.step.value}"
    rows = tuple(
        (
            Cell(value=f"{one.first:%a %d %b %Y}" + (f" to {one.last:%a %d %b %Y}" if is_weekly else "")),
            Cell(value=one.opened),
            Cell(value=one.closed),
        )
        for one in found.flow
    )
    return Figure(
        key="flow",
        title=title,
        says=f"Days begin and end in {found.period.zone.key}. A case that was closed twice counts twice.",
        head=(found.step.value, "opened", "closed"),
        rows=rows,
        chart=lines(
            "flow",
            title,
            names,
            [
                Series(name="opened", values=[one.opened for one in found.flow]),
                Series(name="closed", values=[one.closed for one in found.flow]),
            ],
        ),
    )


def _in_time(found: Overview) -> Figure:
    kinds = (("Acknowledged", found.acknowledgement), ("Answered", found.response))
    parts: tuple[tuple[str, Callable[[Timeliness], int]], ...] = (
        ("in time", lambda one: one.in_time),
        ("late", lambda one: one.late),
        ("overdue", lambda one: one.overdue),
        ("time left", lambda one: one.waiting),
        ("dropped", lambda one: one.dropped),
    )
    title = "Acknowledged and answered in time"
    return Figure(
        key="in-time",
        title=title,
        says="Of the deadlines that began in the period. An acknowledgement counts from receipt, an answer to a "
        "complaint from the acknowledgement. Dropped: the case was closed first, or the deadline was counted anew. "
        "Half of what was done took no longer than the median, nine of ten no longer than the last column says.",
        head=("what", *(name for name, _ in parts), "kept to it", "median", "nine of ten"),
        rows=tuple(
            (
                Cell(value=name),
                *(Cell(value=count(one)) for _, count in parts),
                Cell(value=_kept(one)),
                Cell(value=took(one.median)),
                Cell(value=took(one.ninetieth)),
            )
            for name, one in kinds
        ),
        chart=stacked_bars(
            "in-time",
            title,
            [name for name, _ in kinds],
            [Series(name=name, values=[count(one) for _, one in kinds]) for name, count in parts],
        ),
    )


def _kept(one: Timeliness) -> str:
    return share(one.in_time, one.decided) if one.decided else "none yet"


def _endings(found: Overview) -> Figure:
    resolved = {Resolved.YES: "resolved", Resolved.NO: "not resolved", Resolved.NOT_KNOWN: "not known"}
    names = [_name("upheld", one.value) for one in Upheld]
    title = "How cases ended"
    rows = []
    for upheld, name in zip(Upheld, names, strict=True):
        counts = [found.outcomes[upheld, one] for one in resolved]
        rows.append((Cell(value=name), *(Cell(value=count) for count in counts), Cell(value=sum(counts))))
    return Figure(
        key="endings",
        title=title,
        says="Of the cases closed in the period: was the customer right, and do they hold it to be settled?",
        head=("upheld", *resolved.values(), "in all"),
        rows=tuple(rows),
        chart=stacked_bars(
            "endings",
            title,
            names,
            [
                Series(name=words, values=[found.outcomes[upheld, one] for upheld in Upheld])
                for one, words in resolved.items()
            ],
        ),
    )


def _name(by: str, name: str) -> str:
    if by == "owner":
        return name or "nobody yet"
    return _WORDS.get(name, name.replace("_", " ").capitalize())
