"""The overview for managers: figures that lead to the cases behind them, and each table as a sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from amends.desk.figures import figures, headlines
from amends.desk.page import page
from amends.desk.parts import Desk, desk
from amends.desk.sheets import sheet
from amends.domain.channel import Channel
from amends.domain.period import Period, Step
from amends.domain.verdict import Kind, Severity
from storage.overview import Narrowed, Overview, overview

router = APIRouter()

#: Where nobody names a period: these last days.
_DAYS = 28
_PERIODS = ((7, "7 days"), (28, "4 weeks"), (91, "13 weeks"), (364, "52 weeks"))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; what it asks wrongly is left out, and `faults` says so."""

    period: Period
    step: Step | None
    narrowed: Narrowed
    faults: tuple[str, ...]


def asked(request: Request) -> Asked:
    """Read what an address asks for."""
    parts, said = desk(request), request.query_params
    faults: list[str] = []

    def read(name: str, reader: Callable[[str], _T], what: str) -> _T | None:
        value = said.get(name, "").strip()
        if not value:
            return None
        try:
            return reader(value)
        except ValueError:
            faults.append(f"{what} was left out: “{value[:40]}” is none.")
            return None

    zone = parts.pack.calendar.zone
    today = parts.now().astimezone(zone).date()
    last: date = read("until", date.fromisoformat, "The last day") or today
    first: date = read("since", date.fromisoformat, "The first day") or _days_before(last, _DAYS - 1)
    try:
        period = Period(first=first, last=last, zone=zone)
    except ValueError as why:
        faults.append(f"That period was left out: {why}.")
        period = Period(first=_days_before(today, _DAYS - 1), last=today, zone=zone)
    step: Step | None = read("by", Step, "The step")
    try:
        period.cut(step or period.usual_step)
    except ValueError as why:
        faults.append(f"It is counted by week: {why}.")
        step = Step.WEEK
    narrowed = Narrowed(
        channel=read("channel", Channel, "The channel"),
        kind=read("kind", Kind, "The kind"),
        severity=read("severity", Severity.from_word, "The severity"),
    )
    return Asked(period=period, step=step, narrowed=narrowed, faults=tuple(faults))


Question = Annotated[Asked, Depends(asked)]


@router.get("/desk/overview", name="overview.show")
def show(request: Request, question: Question) -> Response:
    """Show all figures."""
    found = _count(desk(request), question)
    return page(
        request,
        "overview.html",
        found=found,
        headlines=headlines(found),
        figures=figures(found),
        faults=question.faults,
        periods=_periods(question, found),
        filters=_filters(question),
        query=urlencode(_query(question)),
        channels=[("", "all channels"), *((one.value, one.value.replace("_", " ")) for one in Channel)],
        kinds=[("", "all kinds"), *((one.value, one.value) for one in Kind if one.is_from_a_customer)],
        severities=[("", "all severities"), *((one.word, one.word) for one in reversed(Severity))],
        steps=[(one.value, f"by {one.value}") for one in Step],
    )


@router.get("/desk/overview/{key}.csv", name="overview.download")
def download(request: Request, key: str, question: Question) -> Response:
    """Give one table as a sheet."""
    found = _count(desk(request), question)
    for figure in figures(found):
        if figure.key == key:
            body = sheet(figure.head, ([cell.value for cell in row] for row in figure.rows))
            name = f"{key}-{found.period.first}-{found.period.last}.csv"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
    raise HTTPException(404)


def _count(parts: Desk, question: Asked) -> Overview:
    with parts.looking() as connection:
        return overview(
            connection, now=parts.now(), period=question.period, step=question.step, narrowed=question.narrowed
        )


def _query(question: Asked) -> dict[str, str]:
    """Give what leads back to the same figures."""
    narrowed = question.narrowed
    said = {
        "since": question.period.first.isoformat(),
        "until": question.period.last.isoformat(),
        "by": question.step.value if question.step else "",
        "channel": narrowed.channel.value if narrowed.channel else "",
        "kind": narrowed.kind.value if narrowed.kind else "",
        "severity": narrowed.severity.word if narrowed.severity else "",
    }
    return {name: value for name, value in said.items() if value}


def _periods(question: Asked, found: Overview) -> list[tuple[str, str, bool]]:
    """Give the links to the usual periods, each of which ends today."""
    today = found.at.astimezone(found.period.zone).date()
    links = []
    for days, words in _PERIODS:
        first = _days_before(today, days - 1)
        said = {**_query(replace(question, step=None)), "since": first.isoformat(), "until": today.isoformat()}
        links.append(
            (
                f"/desk/overview?{urlencode(said)}",
                words,
                (question.period.first, question.period.last) == (first, today),
            )
        )
    return links


def _filters(question: Asked) -> list[tuple[str, str, bool]]:
    """Give links that each take one filter away."""
    query = _query(question)
    return [
        (
            f"/desk/overview?{urlencode({name: value for name, value in query.items() if name != on})}",
            f"{on}: {query[on]}",
            True,
        )
        for on in ("channel", "kind", "severity")
        if on in query
    ]


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))
