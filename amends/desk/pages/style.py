"""Every component on one page, as the other pages use them."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from amends.desk.charts import Series, bars, lines, stacked_bars
from amends.desk.page import page
from amends.desk.parts import desk

router = APIRouter()

#: Tokens and what each is for.
_COLOURS = (
    ("paper", "behind everything"),
    ("card", "panels, tables, fields"),
    ("sunk", "what is pressed or off"),
    ("ink", "words"),
    ("soft", "words beside"),
    ("line", "edges of fields"),
    ("faint", "edges of panels"),
    ("accent", "links, buttons, where you are"),
    ("good", "done"),
    ("warn", "look here"),
    ("bad", "wrong, and what cannot be undone"),
    ("mark", "flagged words"),
)
#: Open complaints by channel over five weeks, made up.
_CHART = (("E-mail", (9, 12, 7, 14, 11)), ("Web form", (5, 4, 8, 6, 9)), ("X", (2, 6, 3, 1, 4)))
_WEEKS = tuple(f"week {week}" for week in range(43, 48))


@router.get("/desk/style", name="style.show")
def show(request: Request) -> Response:
    """Show every component."""
    now = desk(request).now()
    return page(
        request,
        "style.html",
        colours=_COLOURS,
        chart=_CHART,
        weeks=_WEEKS,
        charts=_charts(),
        times=[
            now - timedelta(seconds=20),
            now - timedelta(minutes=3),
            now - timedelta(hours=30),
            now + timedelta(days=5),
        ],
        options=[("upheld", "Upheld"), ("partly", "Partly upheld"), ("not_upheld", "Not upheld")],
        wants=[("call", "A call back", "they gave a number"), ("money", "Money back", ""), ("sorry", "An apology", "")],
    )


def _charts() -> list[Markup]:
    series = [Series(name=name, values=counts) for name, counts in _CHART]
    return [
        bars(
            "style-bars", "Open complaints by week", _WEEKS, [sum(one[1][week] for one in _CHART) for week in range(5)]
        ),
        stacked_bars("style-stacked", "Open complaints by week and channel", _WEEKS, series),
        lines("style-lines", "Open complaints over the weeks", _WEEKS, series[:2]),
    ]
