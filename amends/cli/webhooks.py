"""`amends webhook`: which programs are told of what happens to cases."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Annotated, Any

import typer

from amends.casework import programs
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, safe, say, table, write_json
from amends.domain.webhook import EVENTS, CallState, Target, webhook_id
from amends.errors import Unavailable
from amends.tell.http import where_to
from amends.tell.signature import secret_of

app = typer.Typer(help="Programs that are told of what happens to cases.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The webhook's name.", metavar="NAME")]
#: So many calls that were given up are listed one by one.
_LISTED = 50


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="The address that is called, by POST.", metavar="URL")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help=f"Only this event; may be repeated. One of {', '.join(EVENTS)}.")
    ] = None,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Tell a program of what happens from now on, and show the secret that its calls are signed with."""
    house = open_house(data_dir, may_be_new=True)
    with suppress(Unavailable):
        # A name that nobody knows yet may be known when it is called.
        where_to(url, way=house.webhook_way)
    target = Target(
        name=name,
        url=url,
        events=tuple(event or ()),
        salt=secrets.token_hex(16),
        added_by=acting(house, by),
        added_at=house.now(),
    )
    with house.database.unit() as unit:
        programs.add_webhook(unit, target)
        unit.calls.begin(name, after=unit.audit.head()[0])
        unit.commit()
    say(f"{name} is told of {', '.join(target.events) or 'every event'} from now on, as long as `amends run webhooks`")
    say("runs; `amends up` starts that too when it is started again. Its calls are signed with this secret:")
    console.print(safe(secret_of(house.secret, target.salt)))


@app.command("list")
def list_webhooks(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List who is told of what, how it goes, and the calls that were given up."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        targets, progress, counted = unit.targets.listed(), unit.calls.progress(), unit.calls.counted()
        given_up = unit.calls.of_state(CallState.GIVEN_UP, limit=_LISTED)
        ids = {call.entry: webhook_id(unit.audit.entries(after=call.entry - 1, limit=1)[0]) for call in given_up}
    told: list[dict[str, Any]] = [
        {
            "name": one.name,
            "url": one.url,
            "events": one.events or tuple(EVENTS),
            "added_by": one.added_by,
            "added_at": one.added_at,
            "delivered": progress[one.name].delivered if one.name in progress else 0,
            "delivered_at": progress[one.name].delivered_at if one.name in progress else None,
            "waiting": counted.get((one.name, CallState.WAITING), 0),
            "given_up": counted.get((one.name, CallState.GIVEN_UP), 0),
            "last_trouble": progress[one.name].says if one.name in progress else "",
        }
        for one in targets
    ]
    if as_json:
        write_json(told)
        return
    if not told:
        say("No program is told of anything; `amends webhook add` begins.")
        return
    shown = table(f"{len(told)} webhooks", "name", "where, and what", "how it goes")
    for row in told:
        last = f", last {moment(row['delivered_at'])}" if row["delivered_at"] else ""
        goes = f"{row['delivered']} delivered{last}\n{row['waiting']} waiting, {row['given_up']} given up"
        trouble = f"\n{row['last_trouble']}" if row["last_trouble"] else ""
        shown.add_row(row["name"], safe(f"{row['url']}\n{', '.join(row['events'])}"), safe(goes + trouble))
    console.print(shown)
    for call in given_up:
        since = f"{call.tries} tries since {moment(call.made_at)}"
        say(f"given up: {ids[call.entry]} to {call.target}, {since}: {call.says}")
    if given_up:
        say("`amends webhook retry NAME` makes the calls to a webhook again, `amends webhook discard NAME` drops them")


@app.command()
def retry(name: Name, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Make the calls to a webhook again that were given up."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        count = programs.call_again(unit, name, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{count} {'call is' if count == 1 else 'calls are'} made again")


@app.command()
def discard(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why nobody has to be told. It is kept.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Drop the calls to a webhook that were given up."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        count = programs.discard_calls(unit, name, reason, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{count} {'call is' if count == 1 else 'calls are'} dropped; what happened stays in the audit trail")


@app.command()
def remove(name: Name, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Tell a program no longer; calls to it that were not made are dropped."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        programs.remove_webhook(unit, name, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{name} is told nothing more")
