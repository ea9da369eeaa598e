"""`amends parked`: what was set aside, why, and what to do with it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from amends.casework import parked as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, safe, say, table, write_json
from amends.domain.arrival import ParkedState

app = typer.Typer(help="Messages set aside with their bytes and a reason.", no_args_is_help=True)

ParkedId = Annotated[str, typer.Argument(help="The parked message's id, or its beginning.", metavar="ID")]

#: How much of a parked message is shown: enough to see what it is.
_SHOWN_BYTES = 20_000


@app.command("list")
def list_parked(
    everything: Annotated[bool, typer.Option("--all", help="Those that were settled, too.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List what is parked, oldest first."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        found = unit.intake.parked(state=None if everything else ParkedState.WAITING)
    if as_json:
        write_json(found)
        return
    if not found:
        say("Nothing is parked.")
        return
    shown = table(f"{len(found)} parked", "id", "reason", "in words", "since")
    for one in found:
        shown.add_row(
            one.id,
            f"{one.reason}\n{one.state.value}",
            safe(f"{one.says}\n{one.channel.value}, {one.item}"),
            moment(one.parked_at),
        )
    console.print(shown)


@app.command()
def show(
    parked_id: ParkedId,
    raw: Annotated[bool, typer.Option("--raw", help="Write the bytes as they came, to standard output.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show a parked message safely: its beginning as text, with nothing in it that could steer the terminal."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        one = unit.intake.find_parked(parked_id)
    content = house.blobs.get(one.raw_sha256) if one.raw_sha256 else b""
    if raw:
        sys.stdout.buffer.write(content)
        return
    say(f"{one.id}: {one.reason}: {one.says}")
    say(f"from {one.source}, {one.item}; {len(content):,} bytes, sha256 {one.raw_sha256 or 'none'}")
    console.print(safe(content[:_SHOWN_BYTES].decode("utf-8", "replace")))
    if len(content) > _SHOWN_BYTES:
        say(f"… {len(content) - _SHOWN_BYTES:,} bytes more: --raw writes all of it")


@app.command()
def retry(parked_id: ParkedId, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Try a parked message again; mail held to be from a machine or spam is filed as a customer's."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        one = casework.retry(unit, parked_id, by=acting(house, by), at=house.now(), take_in_again=house.take_in_again)
        unit.commit()
    say(f"{one.id} is on the log again; triage files it when it runs")


@app.command()
def discard(
    parked_id: ParkedId,
    because: Annotated[str, typer.Option("--because", help="Why it needs nothing more; kept in the audit trail.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say that a parked message needs nothing more. Its bytes stay."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        one = casework.discard(unit, parked_id, because, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{one.id} is discarded")
