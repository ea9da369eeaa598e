"""Runs the commands that the documents show, and compares what they print with what is shown.

Commands of one document run one after the other in one folder, as a reader would type
them. A block under a comment `<!-- not run: why -->` is left out. What is shown beneath a
command is compared in its words: any number may stand for any other, lines may be left
out, and `…` stands for the rest of a line.
"""

from __future__ import annotations

import logging
import re
import shlex
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amends.cli.app import app
from amends.cli.output import console
from tests.architecture.documents import blocks


@dataclass(slots=True)
class Shown:
    """One command of a document, and what is shown of its output."""

    line: str
    output: list[str] = field(default_factory=list)


#: Wide enough for a table to be printed a line a row, as the documents show it.
_WIDE = 250
_DOCUMENTS = sorted({block.document for block in blocks("console") if block.is_run})


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was() -> Iterator[None]:
    """Services take signals and start logs, which is theirs to do in a process of their own; tables are wide here."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    width, console.width = console.width, _WIDE
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    console.width = width
    root.handlers[:] = handlers
    for number, before in signals.items():
        signal.signal(number, before)


@pytest.mark.parametrize("path", _DOCUMENTS)
def test_the_commands_of_a_document_do_what_it_shows(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    for shown in _commands(path):
        words = shlex.split(shown.line)
        assert words[0] == "amends", f"{shown.line}: what is no command of ours is marked as not run"
        ran = CliRunner().invoke(app, words[1:], catch_exceptions=False)

        assert ran.exit_code == 0, f"{shown.line}: {ran.output}"
        printed = [_plain(line) for line in ran.output.splitlines()]
        for line in shown.output:
            beginning, more, _ = _plain(line).partition("…")
            found = [one for one in printed if one.startswith(beginning) and (more or one == beginning)]
            assert found, f"{shown.line} no longer prints {line!r}"


def test_the_readme_is_among_them() -> None:
    assert "README.md" in _DOCUMENTS


def _commands(path: str) -> list[Shown]:
    found: list[Shown] = []
    for block in blocks("console"):
        if block.document != path or not block.is_run:
            continue
        for line in block.text.splitlines():
            if line.startswith("$ "):
                found.append(Shown(line[2:]))
            elif line.strip() not in {"", "…"}:
                found[-1].output.append(line)
    return found


def _plain(line: str) -> str:
    """Leave the frame of a table and the space in it away, and make all numbers one."""
    without_frame = re.sub(r"[\u2500-\u257f]", " ", line)
    return " ".join(re.sub(r"\b[0-9a-f]*\d[0-9a-f]*\b", "0", without_frame).split())
