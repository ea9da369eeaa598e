"""The documents of the repository, as the tests read them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.places import REPOSITORY

_BLOCK = re.compile(r"(?P<mark><!-- not run: [^>]+ -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^ *```$", re.S | re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a document. `is_run` is false where the comment above it says why it is not."""

    document: str
    kind: str
    text: str
    is_run: bool


def documents() -> dict[str, str]:
    """Give the words of every document that this repository is explained in, by its path."""
    paths = [REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "deploy/README.md")]
    paths += sorted((REPOSITORY / "docs").rglob("*.md"))
    return {str(path.relative_to(REPOSITORY)): path.read_text("utf-8") for path in paths}


def document(path: str) -> str:
    """Give the words of one document."""
    return (REPOSITORY / path).read_text("utf-8")


def blocks(kind: str) -> list[Block]:
    """Give every fenced block of a kind (`console`, `toml`), in the order of the documents."""
    return [
        Block(document=path, kind=kind, text=found["text"], is_run=found["mark"] is None)
        for path, words in documents().items()
        for found in _BLOCK.finditer(words)
        if found["kind"] == kind
    ]


def first_cells(words: str, head: str) -> list[str]:
    """Give the code words in the first cells of the table whose head row begins with `head`, in order."""
    _, _, table = words.partition(f"\n| {head} |")
    rows = table.partition("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def tracked_files() -> list[Path]:
    """Give every file that is under version control; skips the test where the repository is not."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no clone: nobody can say which files belong to it")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    return [path for name in listed if name and (path := REPOSITORY / name).is_file()]
