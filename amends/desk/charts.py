"""Charts as inline SVG: bars, stacked bars and lines.

1. A chart reads in greyscale: series differ by pattern, dash and mark before they differ
   by colour, and numbers stand at what they count.
2. It has a title and a sentence for who cannot see it; the table behind it stands beside it
   on the page.
3. It bears classes and attributes, no style: the style sheet has the colours, and the page's
   policy allows no inline style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

#: The width of a chart in its own units, about a phone's: a wider one is drawn larger.
WIDTH = 360
_ROW, _BAR, _NAMES, _TOTALS, _KEY = 24, 16, 104, 40, 18
_PLOT_HEIGHT, _LEFT, _RIGHT = 140, 30, 70
#: So many series can be told apart without colour.
SERIES_AT_MOST = 5
_LETTER = 6.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One thing that is counted, a number for each name of the chart."""

    name: str
    values: Sequence[int]


def bars(chart_id: str, title: str, names: Sequence[str], values: Sequence[int], *, counts: str = "cases") -> Markup:
    """Draw a bar for each name, with its number at its end."""
    return stacked_bars(chart_id, title, names, [Series(name=counts, values=values)])


def stacked_bars(chart_id: str, title: str, names: Sequence[str], series: Sequence[Series]) -> Markup:
    """Draw a bar for each name, cut into its series, with the sum at its end.

    Raises:
        ValueError: there are more series than can be told apart, or one has too few numbers.
    """
    _check(names, series)
    sums = [sum(one.values[number] for one in series) for number in range(len(names))]
    unit = (WIDTH - _NAMES - _TOTALS) / max([*sums, 1])
    key = _key(chart_id, series) if len(series) > 1 else ""
    top = _KEY * _key_lines(series) + 6 if key else 0
    drawn = [key]
    for number, name in enumerate(names):
        middle = top + number * _ROW + _ROW / 2
        drawn.append(_text(_NAMES - 6, middle, _short(name, _NAMES - 8), "chart-name"))
        left = float(_NAMES)
        for order, one in enumerate(series):
            wide = one.values[number] * unit
            if wide:
                drawn.append(_segment(chart_id, order, left, middle - _BAR / 2, wide))
                if len(series) > 1 and wide > _LETTER * len(str(one.values[number])) + 6:
                    drawn.append(_text(left + wide / 2, middle, f"{one.values[number]:,}", "chart-inside"))
            left += wide
        drawn.append(_text(left + 5, middle, f"{sums[number]:,}", "chart-sum"))
    says = "; ".join(
        f"{name}: {sums[number]:,}" + _parts([(one.name, one.values[number]) for one in series])
        for number, name in enumerate(names)
    )
    return _svg(chart_id, title, says or "nothing to show", drawn, len(series), top + len(names) * _ROW)


def lines(chart_id: str, title: str, names: Sequence[str], series: Sequence[Series]) -> Markup:
    """Draw a line for each series over the names from left to right, named at its end.

    Raises:
        ValueError: there are more series than can be told apart, or one has too few numbers.
    """
    _check(names, series)
    most = _round_up(max([1, *(value for one in series for value in one.values)]))
    wide = WIDTH - _LEFT - _RIGHT
    across = [
        _LEFT + (wide * number / (len(names) - 1) if len(names) > 1 else wide / 2) for number in range(len(names))
    ]
    drawn = []
    for tick in (0, most // 2, most) if most > 1 else (0, 1):
        height = _height(tick, most)
        drawn.append(
            f'<line class="chart-grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>'
        )
        drawn.append(_text(_LEFT - 5, height, f"{tick:,}", "chart-name"))
    for number in sorted({0, len(names) // 2, len(names) - 1}) if len(names) > 2 else range(len(names)):
        drawn.append(_text(across[number], _PLOT_HEIGHT + 24, names[number], "chart-under"))
    ends = _apart([_height(one.values[-1], most) if one.values else 0.0 for one in series])
    for order, one in enumerate(series):
        points = [(across[number], _height(value, most)) for number, value in enumerate(one.values)]
        path = " ".join(f"{left:.1f},{height:.1f}" for left, height in points)
        drawn.append(f'<polyline class="chart-line chart-line-{order + 1}" points="{path}"/>')
        drawn += [_mark(order, left, height) for left, height in points]
        if points:
            drawn.append(_text(WIDTH - _RIGHT + 8, ends[order], one.name, "chart-end"))
    says = "; ".join(f"{one.name}: {sum(one.values):,} in all, at most {max([0, *one.values]):,}" for one in series)
    return _svg(chart_id, title, says, drawn, 0, _PLOT_HEIGHT + 34)


def _check(names: Sequence[str], series: Sequence[Series]) -> None:
    if len(series) > SERIES_AT_MOST:
        raise ValueError(f"{len(series)} series cannot be told apart without colour; {SERIES_AT_MOST} can")
    for one in series:
        if len(one.values) != len(names) or any(value < 0 for value in one.values):
            raise ValueError(f"series {one.name!r} needs a number for each of {len(names)} names, none below 0")


def _svg(chart_id: str, title: str, says: str, drawn: Sequence[str], patterns: int, height: float) -> Markup:
    name = escape(chart_id)
    head = (
        f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(says)}</desc>'
    )
    defs = "".join(_pattern(chart_id, order) for order in range(patterns))
    # Every text that went in was escaped on the way.
    return Markup(f"{head}<defs>{defs}</defs>{''.join(drawn)}</svg>")  # noqa: S704


def _pattern(chart_id: str, order: int) -> str:
    """Fill by hatches: plain, slanted to the right, dots, level lines, a grid."""
    ink = f'class="chart-ink-{order + 1}"'
    drawn = (
        "",
        f'<path {ink} d="M-2 2 2 -2M0 8 8 0M6 10 10 6"/>',
        f'<circle {ink} cx="2" cy="2" r="1.3"/><circle {ink} cx="6" cy="6" r="1.3"/>',
        f'<path {ink} d="M0 2H8M0 6H8"/>',
        f'<path {ink} d="M0 4H8M4 0V8"/>',
    )[order]
    return (
        f'<pattern id="{escape(chart_id)}-{order + 1}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="chart-ground-{order + 1}" width="8" height="8"/>{drawn}</pattern>'
    )


def _segment(chart_id: str, order: int, left: float, top: float, wide: float) -> str:
    return (
        f'<rect class="chart-bar chart-bar-{order + 1}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" '
        f'height="{_BAR}" fill="url(#{escape(chart_id)}-{order + 1})"/>'
    )


def _key(chart_id: str, series: Sequence[Series]) -> str:
    """Say which pattern is which, as many in a line as fit."""
    drawn = []
    for order, (one, (line, left)) in enumerate(zip(series, _key_places(series), strict=True)):
        middle = line * _KEY + 9
        drawn.append(
            f'<rect class="chart-bar" x="{left:.1f}" y="{middle - 6}" width="12" height="12" '
            f'fill="url(#{escape(chart_id)}-{order + 1})"/>'
        )
        drawn.append(_text(left + 17, middle, one.name, "chart-sum"))
    return "".join(drawn)


def _key_places(series: Sequence[Series]) -> list[tuple[int, float]]:
    places, line, left = [], 0, 0.0
    for one in series:
        wide = 17 + len(one.name) * _LETTER + 14
        if left and left + wide > WIDTH:
            line, left = line + 1, 0.0
        places.append((line, left))
        left += wide
    return places


def _key_lines(series: Sequence[Series]) -> int:
    return _key_places(series)[-1][0] + 1 if series else 0


def _text(left: float, middle: float, words: str, class_: str) -> str:
    return f'<text class="{class_}" x="{left:.1f}" y="{middle + 4:.1f}">{escape(words)}</text>'


def _mark(order: int, left: float, height: float) -> str:
    class_ = f'class="chart-mark chart-mark-{order + 1}"'
    if order % 2:
        return f'<rect {class_} x="{left - 2.5:.1f}" y="{height - 2.5:.1f}" width="5" height="5"/>'
    return f'<circle {class_} cx="{left:.1f}" cy="{height:.1f}" r="2.5"/>'


def _height(value: int, most: int) -> float:
    return 8 + _PLOT_HEIGHT * (1 - value / most)


def _apart(heights: Sequence[float]) -> list[float]:
    """Move names at the ends of lines apart where they would lie on each other."""
    placed = list(heights)
    lowest = float("-inf")
    for order in sorted(range(len(placed)), key=lambda one: placed[one]):
        placed[order] = lowest = max(placed[order], lowest + 14)
    over = max([0.0, *placed]) - (_PLOT_HEIGHT + 8)
    return [height - max(over, 0.0) for height in placed]


def _round_up(value: int) -> int:
    """Give an even number of one digit and zeros that is not below a value: 2, 4, 6, 20, 40 and so on."""
    unit = 10 ** (len(str(value)) - 1)
    first = -(-value // unit)
    return max(value, 1) if value < 2 else (first + first % 2) * unit


def _parts(parts: Sequence[tuple[str, int]]) -> str:
    told = [f"{count:,} {name}" for name, count in parts if count]
    return f" ({', '.join(told)})" if len(parts) > 1 and told else ""


def _short(words: str, wide: float) -> str:
    most = int(wide / _LETTER)
    return words if len(words) <= most else f"{words[: most - 1]}…"
