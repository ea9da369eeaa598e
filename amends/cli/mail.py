"""`amends mail`: what the parser makes of mail, a line of JSON a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amends.cli.output import write_json_line
from ingest.mail.command import parse_lines, trim_lines

app = typer.Typer(help="Look at mail as Amends reads it.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(help="Files to read.", metavar="FILE...")]


@app.command()
def parse(files: Files) -> None:
    """Parse mails (`.eml`): a line of JSON each, with the author's own words, attachments and findings."""
    for line in parse_lines(files):
        write_json_line(line)


@app.command()
def trim(files: Files) -> None:
    """Take quoted history and signatures off plain-text bodies: a line of JSON each."""
    for line in trim_lines(files):
        write_json_line(line)
