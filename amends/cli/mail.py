"""`amends mail`: what the parser makes of mail, and which addresses get no automatic mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amends.casework import cases as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, safe, say, table, write_json, write_json_line
from ingest.mail.command import parse_lines, trim_lines

app = typer.Typer(help="Look at mail as Amends reads it, and at where it does not go.", no_args_is_help=True)

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


@app.command()
def blocked(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the addresses that mail came back from: no automatic mail goes there. People may still write."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        found = list(unit.deliveries.unreachable().values())
    if as_json:
        write_json(found)
        return
    if not found:
        say("No address is blocked.")
        return
    shown = table(f"{len(found)} blocked addresses", "address", "since", "what came back")
    for one in found:
        shown.add_row(safe(one.address), moment(one.since), safe(one.says))
    console.print(shown)


@app.command()
def allow(
    address: Annotated[str, typer.Argument(help="The address, as `amends mail blocked` shows it.", metavar="ADDRESS")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Let automatic mail go to an address again, once you know that it works."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        casework.allow_mail(unit, address, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"automatic mail goes to {address} again")
