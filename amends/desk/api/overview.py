"""The overview for managers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from amends.desk.api.asked import SeverityWord
from amends.desk.api.door import Parts
from amends.desk.api.problems import Declined, Fault, problem
from amends.domain.channel import Channel
from amends.domain.outcome import Resolved, Upheld
from amends.domain.period import Period, Step
from amends.domain.verdict import Kind, Severity
from storage.overview import Narrowed, OpenCases, overview
from storage.timeliness import Timeliness

router = APIRouter(tags=["overview"])
_DAYS = 28


class OpenSort(BaseModel):
    """Open cases of one sort. The first four add up to `in_all`; owner "" is nobody, severity "" is none."""

    name: str
    overdue: int
    due_today: int
    due_later: int
    no_date: int
    in_all: int
    unacknowledged: int
    needs_person: int


class FlowOf(BaseModel):
    """What was opened and closed in some days."""

    first: date
    last: date
    opened: int
    closed: int


class InTime(BaseModel):
    """What became of the deadlines of a kind that began in the period. Times are in seconds."""

    in_time: int
    late: int
    overdue: int
    waiting: int
    dropped: int
    median_s: float | None
    ninetieth_s: float | None


class EndingsOf(BaseModel):
    """How many cases that were closed in the period ended so."""

    upheld: Upheld
    resolved: Resolved
    cases: int


class AnOverview(BaseModel):
    """Everything, as of one moment. Days begin and end in `zone`."""

    at: AwareDatetime
    since: date
    until: date
    by: Step
    zone: str
    open: OpenSort
    open_by_channel: list[OpenSort]
    open_by_kind: list[OpenSort]
    open_by_severity: list[OpenSort]
    open_by_owner: list[OpenSort]
    flow: list[FlowOf]
    acknowledged: InTime
    answered: InTime
    endings: list[EndingsOf] = Field(description="Each pair that there can be, also those of which there is none.")


@router.get("/overview", name="api_overview.show")
def show(
    parts: Parts,
    since: Annotated[date | None, Query(description="The first day; otherwise 28 days until the last.")] = None,
    until: Annotated[date | None, Query(description="The last day; otherwise today.")] = None,
    by: Annotated[Step | None, Query(description="What the period is cut into.")] = None,
    channel: Channel | None = None,
    kind: Kind | None = None,
    severity: SeverityWord | None = None,
) -> AnOverview:
    """Count what is open now, and what came of a period."""
    zone, now = parts.pack.calendar.zone, parts.now()
    narrowed = Narrowed(
        channel=channel, kind=kind, severity=Severity.from_word(severity) if severity is not None else None
    )
    period, step = _period(since, until, by, today=now.astimezone(zone).date(), zone=zone)
    with parts.looking() as connection:
        found = overview(connection, now=now, period=period, step=step, narrowed=narrowed)
    return AnOverview(
        at=found.at,
        since=found.period.first,
        until=found.period.last,
        by=found.step,
        zone=zone.key,
        open=_open(found.open_now.in_all),
        open_by_channel=_opens(found.open_now.by_channel),
        open_by_kind=_opens(found.open_now.by_kind),
        open_by_severity=_opens(found.open_now.by_severity),
        open_by_owner=_opens(found.open_now.by_owner),
        flow=[FlowOf(first=one.first, last=one.last, opened=one.opened, closed=one.closed) for one in found.flow],
        acknowledged=_in_time(found.acknowledgement),
        answered=_in_time(found.response),
        endings=[
            EndingsOf(upheld=upheld, resolved=resolved, cases=count)
            for (upheld, resolved), count in found.outcomes.items()
        ],
    )


def _period(
    since: date | None, until: date | None, by: Step | None, *, today: date, zone: ZoneInfo
) -> tuple[Period, Step | None]:
    try:
        last = until or today
        first = since or last - timedelta(days=_DAYS - 1)
        period = Period(first=first, last=last, zone=zone)
        period.cut(by or period.usual_step)
    except (ValueError, OverflowError) as why:
        fault = Fault(where="query/since", says=str(why))
        title = "That is no period that can be counted"
        raise Declined(problem(422, title, str(why), "Choose other days.", faults=[fault])) from why
    return period, by


def _opens(groups: Sequence[OpenCases]) -> list[OpenSort]:
    return [_open(one) for one in groups]


def _open(one: OpenCases) -> OpenSort:
    return OpenSort(
        name=one.name,
        **{standing.value: count for standing, count in one.by_standing.items()},
        in_all=one.in_all,
        unacknowledged=one.unacknowledged,
        needs_person=one.needs_person,
    )


def _in_time(one: Timeliness) -> InTime:
    return InTime(
        in_time=one.in_time,
        late=one.late,
        overdue=one.overdue,
        waiting=one.waiting,
        dropped=one.dropped,
        median_s=one.median.total_seconds() if one.median is not None else None,
        ninetieth_s=one.ninetieth.total_seconds() if one.ninetieth is not None else None,
    )
