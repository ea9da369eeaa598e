"""Tables of the docs that are written from the code, between two markers. A test holds the two together."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.places import REPOSITORY

DOCS = REPOSITORY / "docs"


def written_between(document: str, name: str) -> str:
    """Give what stands between the markers of a table.

    Raises:
        ValueError: the document has no such markers.
    """
    return _match(document, name).group(2)


def rewritten(document: str, name: str, table: str) -> str:
    """Give the document with another table between the markers.

    Raises:
        ValueError: the document has no such markers.
    """
    found = _match(document, name)
    return f"{document[: found.start(2)]}{table}{document[found.end(2) :]}"


def check_or_write(path: Path, name: str, table: str) -> int:
    """Answer `--write` on the command line: write the table into its document, or say whether it is there."""
    parser = argparse.ArgumentParser(description=f"Keep the table “{name}” of {path.name} equal to the code.")
    parser.add_argument("--write", action="store_true", help="write the table instead of checking it")
    document = path.read_text("utf-8")
    if parser.parse_args().write:
        path.write_text(rewritten(document, name, table), "utf-8")
        return 0
    if written_between(document, name) == table:
        return 0
    sys.stderr.write(f"{path.name} is behind the code; run this again with --write\n")
    return 1


def row(*cells: str) -> str:
    """Write one row of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def table_of(head: tuple[str, ...], rows: Callable[[], list[tuple[str, ...]]]) -> str:
    """Write a Markdown table, with an empty line before and after it."""
    return f"\n{row(*head)}{row(*('---' for _ in head))}{''.join(row(*cells) for cells in rows())}\n"


def _match(document: str, name: str) -> re.Match[str]:
    found = re.search(rf"(<!-- {re.escape(name)}: [^>]*-->\n)(.*?)(<!-- end of {re.escape(name)} -->)", document, re.S)
    if found is None:
        raise ValueError(f"the document has no markers for the table {name!r}")
    return found
