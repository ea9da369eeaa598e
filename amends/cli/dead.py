"""`amends dead`: the records that stages could not process, why, and what to do with them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from amends.casework import dead as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, plain, safe, say, table, write_json
from amends.domain.dead import DeadLetter, DeadState

app = typer.Typer(help="Records that a stage could not process, each kept whole with its reason.", no_args_is_help=True)

LetterId = Annotated[str, typer.Argument(help="The dead letter's id, or its beginning.", metavar="ID")]
OfStage = Annotated[str, typer.Option("--stage", help="Only those of this stage.")]
ForReason = Annotated[str, typer.Option("--reason", help="Only those with this reason.")]

#: How much of a body is shown: enough to see what it is.
_SHOWN_BYTES = 4_000


@app.command("list")
def list_dead(
    everything: Annotated[bool, typer.Option("--all", help="Those that were settled, too.")] = False,
    stage: OfStage = "",
    reason: ForReason = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")] = 200,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first, each with the stage that gave it up and why."""
    house = open_house(data_dir)
    state = None if everything else DeadState.WAITING
    with house.database.reading() as unit:
        found = unit.dead.listed(state=state, stage=stage, reason=reason, limit=limit)
        in_all = sum(unit.dead.count(state=state, stage=stage, reason=reason).values())
    if as_json:
        write_json([_without_content(one) for one in found])
        return
    if not found:
        say("There is no dead letter." if everything else "No dead letter waits.")
        return
    now = house.now()
    shown = table(f"{in_all} dead letters", "id", "stage", "reason", "in words", "since")
    for one in found:
        shown.add_row(
            one.id,
            safe(one.stage),
            safe(f"{one.reason}\n{one.state.value}"),
            safe(f"{one.says}\n{one.record_id} on {one.topic}/{one.partition}/{one.offset}"),
            f"{moment(one.died_at)}\n{_age(now - one.died_at)}",
        )
    console.print(shown)
    if in_all > len(found):
        say(f"… {in_all - len(found):,} more: --limit shows more of them")


@app.command()
def show(
    letter_id: LetterId,
    raw: Annotated[bool, typer.Option("--raw", help="Write the record's body as it is, to standard output.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show a dead letter safely: headers and the body's beginning, with nothing that could steer the terminal."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        one = unit.dead.find(letter_id)
    if raw:
        sys.stdout.buffer.write(one.body)
        return
    say(f"{one.id}: {one.reason}: {one.says}")
    say(f"given up by {one.stage} on {moment(one.died_at)} after {one.tries} {'try' if one.tries == 1 else 'tries'}")
    if one.state is not DeadState.WAITING:
        because = f": {one.settled_because}" if one.settled_because else ""
        say(f"{one.state.value} by {one.settled_by or 'somebody'} on {moment(one.settled_at)}{because}")
    say(f"record {one.record_id} on {one.topic}/{one.partition}/{one.offset}, published {moment(one.at)}")
    say(f"type {one.type}, key {one.key}")
    for name, value in one.headers.items():
        say(f"  {name}: {value}")
    say(f"body, {len(one.body):,} bytes:")
    console.print(safe(one.body[:_SHOWN_BYTES].decode("utf-8", "replace")), soft_wrap=True)
    if len(one.body) > _SHOWN_BYTES:
        say(f"… {len(one.body) - _SHOWN_BYTES:,} bytes more: --raw writes all of it")


@app.command()
def retry(
    letter_id: Annotated[str, typer.Argument(help="A dead letter's id, or its beginning.", metavar="[ID]")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    stage: OfStage = "",
    reason: ForReason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be handed over, and do nothing.")] = False,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Hand one dead letter, all of them, or those of a stage or reason to their stage again; at most 500 at a time."""
    if bool(letter_id) == bool(everything or stage or reason) or (letter_id and dry_run):
        raise typer.BadParameter("say which: an ID, or --all, --stage or --reason for several")
    house = open_house(data_dir)
    if letter_id:
        with house.database.unit() as unit:
            one = casework.retry(unit, letter_id, by=acting(house, by), at=house.now())
            unit.commit()
        say(f"{one.id} is on {one.topic} again; {one.stage} does it when it runs")
        return
    with house.database.unit() as unit:
        plan = casework.plan_retry(unit, stage=stage, reason=reason)
        for (of_stage, for_reason), count in plan.by_stage_and_reason.items():
            say(f"{count} of {of_stage} ({for_reason})")
        if dry_run:
            say(f"{len(plan.letters)} would be handed over again; nothing was done")
            return
        casework.carry_out(unit, plan, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{len(plan.letters)} handed over again, {plan.left} left" + ("; run it again for those" if plan.left else ""))


@app.command()
def discard(
    letter_id: LetterId,
    because: Annotated[str, typer.Option("--because", help="Why it needs nothing more; kept in the audit trail.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say that a dead letter needs nothing more. It is kept."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        one = casework.discard(unit, letter_id, because, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{one.id} is discarded")


def _without_content(letter: DeadLetter) -> Mapping[str, Any]:
    """Give what a list says of a dead letter: not what a customer wrote, nor who."""
    said = plain({name: getattr(letter, name) for name in DeadLetter.__slots__ if name not in {"body", "key"}})
    return {**said, "body_bytes": len(letter.body)}


def _age(age: timedelta) -> str:
    if age >= timedelta(days=2):
        return f"{age.days} days"
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
