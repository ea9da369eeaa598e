"""How commands speak: tables for people, JSON for programs, complaints on standard error."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from amends.domain.verdict import Severity

#: `--json`, for every command that a program may read.
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for a program to read.")]

# Neither brackets nor colons mean anything in what we print: customers and file names may hold both.
console = Console(markup=False, emoji=False)
#: Progress and complaints: standard output may be read by a program.
errors = Console(stderr=True, markup=False, emoji=False)

#: What JSON may hold as it is, and yet steers a terminal, turns a line round or ends it for who splits at line ends.
_STEERS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
#: JSON that is written holds nothing deeper.
_DEEPEST = 50

_COLOURS = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "green"}


def complain(says: str) -> None:
    """Say on standard error what is wrong."""
    errors.print(Text.assemble(("amends:", "bold red"), " ", safe(says)), soft_wrap=True)


def say(says: str) -> None:
    """Say a sentence; nothing in it steers the terminal."""
    console.print(safe(says), soft_wrap=True)


def write_line(line: str) -> None:
    """Write one line as it is, for a file of somebody's own."""
    sys.stdout.write(f"{line}\n")


def write_json(value: Any) -> None:
    """Write one JSON document."""
    sys.stdout.write(_json(value, indent=2))


def write_json_line(value: Any) -> None:
    """Write one line of JSON."""
    sys.stdout.write(_json(value))


def _json(value: Any, *, indent: int | None = None) -> str:
    # Where the output cannot hold every letter, all but ASCII is escaped.
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    written = json.dumps(plain(value), ensure_ascii=not is_unicode, allow_nan=False, indent=indent)
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", written) + "\n"


def plain(value: Any, *, depth: int = 0) -> Any:
    """Turn domain values into what JSON holds: severities by their words, times in ISO 8601.

    What JSON has no number for is null, and so is what lies too deep.
    """
    if depth > _DEEPEST or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, Severity):
        return value.word
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name), depth=depth + 1) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(found, depth=depth + 1) for key, found in value.items()}
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Iterable):
        return [plain(found, depth=depth + 1) for found in value]
    return value


def table(title: str, *columns: str) -> Table:
    """Begin a table. Its first column holds what people copy, and is never folded."""
    made = Table(title=title, title_justify="left", header_style="bold", expand=False, show_lines=True)
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)
    return made


def severity_text(severity: Severity | None) -> Text:
    """Write a severity; its word says it, the colour only helps."""
    return Text(severity.word, style=_COLOURS[severity]) if severity is not None else Text("-", style="dim")


def moment(at: datetime | None) -> str:
    """Write a time for a person, in UTC."""
    return at.strftime("%d %b %Y %H:%M") if at is not None else "-"


def safe(text: str) -> Text:
    """Write a customer's words so that nothing in them steers the terminal."""
    return Text("".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
