"""Tables as CSV, for others to reckon with. Whatever a spreadsheet would take for a formula is defused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: What a formula begins with, here and in wide letters; a line of another program likewise.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: What a spreadsheet skips before it looks.
_SKIPPED = " \u00a0\u3000\ufeff\0"


def sheet(head: Sequence[str], rows: Iterable[Sequence[int | str]]) -> bytes:
    """Write a table as CSV in UTF-8, with the mark by which spreadsheets know it."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow([defused(cell) for cell in head])
    lines.writerows([defused(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig", "replace")


def defused(cell: int | str) -> int | str:
    """Give a cell that is words to every spreadsheet; numbers stay numbers."""
    if isinstance(cell, int) or not cell.lstrip(_SKIPPED).startswith(_FORMULA):
        return cell
    return f"'{cell}"
