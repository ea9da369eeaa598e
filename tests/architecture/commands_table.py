"""The tables of commands in `docs/commands.md`: `python -m tests.architecture.commands_table --write`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from typer.main import get_command

from amends.cli.app import app
from tests.architecture.generated import DOCS, check_or_write, table_of

DOCUMENT = DOCS / "commands.md"
NAME = "commands"

#: Options that many commands take; the page says once what they mean.
EVERYWHERE = {"--help", "--data-dir", "--json", "--as"}


@cache
def commands() -> Mapping[str, Any]:
    """Give every command by its whole name: `case show` for example."""
    return dict(_walk("", get_command(app)))


@cache
def groups() -> Mapping[str, Any]:
    """Give the groups of commands by name."""
    root: Any = get_command(app)
    return {name: found for name, found in root.commands.items() if hasattr(found, "commands")}


def options(command: Any) -> set[str]:
    """Give the options that a command takes, as they are written."""
    return {
        written for option in command.params for written in (*option.opts, *option.secondary_opts) if written[0] == "-"
    }


def commands_table() -> str:
    """Write the table: a row for each command."""
    return table_of(
        ("command", "arguments and options", "also", "what it does"),
        lambda: [
            (f"`amends {name}`", _taken(found), " ".join(f"`{word}`" for word in _also(found)), _says(found))
            for name, found in commands().items()
        ],
    )


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, found in command.commands.items():
            yield from _walk(f"{path} {name}".strip(), found)
    else:
        yield path, command


def _taken(command: Any) -> str:
    lines = []
    for taken in command.params:
        if EVERYWHERE & {*taken.opts, "--help" if taken.name == "help" else ""}:
            continue
        is_option = taken.opts[0].startswith("-")
        written = "/".join((*taken.opts, *taken.secondary_opts)) if is_option else (taken.metavar or taken.name).upper()
        needed = " (needed)" if is_option and taken.required else ""
        lines.append(f"`{written}`{needed}: {taken.help}")
    return "<br>".join(lines)


def _also(command: Any) -> list[str]:
    return sorted(options(command) & (EVERYWHERE - {"--help"}))


def _says(command: Any) -> str:
    return " ".join((command.help or "").split())


if __name__ == "__main__":
    sys.exit(check_or_write(DOCUMENT, NAME, commands_table()))
