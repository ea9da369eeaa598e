"""`amends channels`: how each channel stands, what is unusual, and who has seen it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from amends.casework import channels as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, safe, say, table, write_json
from amends.domain.channel_alert import ChannelAlert, ChannelState
from storage.channels import alerts, channel_states

app = typer.Typer(
    help="How each channel stands: when it last spoke, what is usual, what is unusual.", no_args_is_help=True
)


@app.command("list")
def list_channels(
    everything: Annotated[bool, typer.Option("--all", help="Alerts that have ended, too.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the channels with their last arrival, what is usual at this hour, and the alerts about them."""
    house = open_house(data_dir)
    with house.database.viewing() as connection:
        states = channel_states(connection, now=house.now(), calendar=house.pack.calendar)
        raised = alerts(connection, only_open=not everything)
    if as_json:
        write_json({"channels": [_plain(state) for state in states], "alerts": raised})
        return
    if not states:
        say("Nothing has come by any channel yet.")
        return
    shown = table(f"{len(states)} channels", "channel", "last arrival", "in the last hour", "now")
    for state in states:
        usual = state.usual_in_an_hour
        says = "too little is known yet" if usual is None else f"{usual:.1f} usual"
        shown.add_row(
            state.channel.value, moment(state.last), f"{state.in_last_hour}\n{says}", safe("\n".join(_now(state)))
        )
    console.print(shown)
    for alert in raised:
        console.print(_told(alert), soft_wrap=True)


@app.command()
def seen(
    alert: Annotated[str, typer.Argument(help="The alert's id, or its beginning.", metavar="ALERT")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say that you have seen an alert. It ends by itself when its reason is gone."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        found = casework.see_alert(unit, alert, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"you have seen {found.id}: {found.channel.value}, {found.kind.value}")


def _now(state: ChannelState) -> list[str]:
    lines = [says for says in state.unusual().values()]
    lines += [f"nobody has looked at {look.source} since {moment(look.at)}" for look in state.standing_still]
    return lines or ["as usual" if state.baseline is not None else "not judged before three weeks"]


def _told(alert: ChannelAlert) -> Text:
    ended = f", ended {moment(alert.ended_at)}" if alert.ended_at else ""
    seen_by = f"seen by {alert.seen_by}" if alert.seen_by else "seen by nobody yet"
    return safe(
        f"alert {alert.id} {alert.channel.value} {alert.kind.value} since {moment(alert.raised_at)}{ended}, {seen_by}: "
        f"{alert.says}"
    )


def _plain(state: ChannelState) -> dict[str, object]:
    return {
        "channel": state.channel,
        "first": state.first,
        "last": state.last,
        "in_last_hour": state.in_last_hour,
        "usual_in_an_hour": state.usual_in_an_hour,
        "unusual": state.unusual(),
        "looks": state.looks,
    }
