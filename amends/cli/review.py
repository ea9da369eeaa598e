"""`amends review`: the reviewer's side. Public replies, and whatever else a person must see before it goes."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel

from amends.casework import hold as holding
from amends.casework import review as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, plain, safe, say, table, write_json
from amends.domain.channel import Channel
from amends.domain.reply import Purpose, ReplyState
from amends.errors import NotFound, Refused
from storage.reviews import Wanted, reviews

app = typer.Typer(help="Replies that wait for a second pair of eyes.", no_args_is_help=True)

ReplyId = Annotated[str, typer.Argument(help="The reply's id, or its beginning.", metavar="REPLY")]


@app.command("list")
def list_reviews(
    channel: Annotated[Channel | None, typer.Option(help="Only replies on this channel.")] = None,
    purpose: Annotated[Purpose | None, typer.Option(help="Only acknowledgements, or only answers.")] = None,
    public: Annotated[bool | None, typer.Option(help="Only what strangers can read, or only what they cannot.")] = None,
    hours: Annotated[int, typer.Option(help="Only drafts that are older than so many hours.", min=0)] = 0,
    blocked: Annotated[bool | None, typer.Option(help="Only what a check blocks, or only what none does.")] = None,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 500,
    after: Annotated[str, typer.Option(help="Only those that come after this reply.", metavar="REPLY")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the replies in review, oldest first, each with the message it answers and the checks of its text."""
    house = open_house(data_dir)
    wanted = Wanted(
        channel=channel,
        purpose=purpose,
        is_public=public,
        drafted_before=house.now() - timedelta(hours=hours) if hours else None,
        is_blocked=blocked,
    )
    with house.database.reading() as unit:
        hold, held = unit.holds.standing(), unit.replies.public_in_queue()
        after_id = unit.replies.find(after).id if after else ""
    with house.database.viewing() as connection:
        found = reviews(connection, wanted, limit=limit, after=after_id)
    if as_json:
        write_json([{**plain(row.reply), "checks": row.checks, "answers": row.message.own_words} for row in found.rows])
        return
    if hold is not None:
        say(f"{hold.says}. {held} approved replies wait for the release: `amends review release`")
    if not found.rows:
        say("Nothing waits for review.")
        return
    shown = table(f"{found.in_all} replies in review", "reply", "what they wrote, and what we would say")
    for row in found.rows:
        words = safe(_short(row.message.own_words))
        words.append(f"\n{row.reply.form.value} on {row.case.id}: ", style="dim").append_text(
            safe(_short(row.reply.text))
        )
        if row.reply.outcome:
            words.append("\nback in review: ", style="bold").append_text(safe(row.reply.outcome))
        for check in row.checks:
            words.append(f"\n{check.level.value}: {check.rule}", style="bold")
        shown.add_row(row.reply.id[:8], words)
    console.print(shown)
    if found.after:
        say(f"there are more: --after {found.after[:8]}")


@app.command()
def show(reply_id: ReplyId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show one reply whole, with its checks and the forms that were open to it."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        reply = unit.replies.find(reply_id)
        checks, advice = unit.replies.checks(reply.id), unit.replies.advice(reply.id)
        answered = unit.messages.get(reply.message_id).message
    if as_json:
        write_json({**plain(reply), "checks": checks, "forms": advice, "answers": answered.own_words})
        return
    console.print(
        Panel(safe(answered.own_words), title=f"they wrote, {moment(answered.received_at)}", title_align="left")
    )
    console.print(Panel(safe(reply.text), title=f"{reply.form.value}, {reply.state.value}", title_align="left"))
    if reply.outcome:
        say(f"{'back in review' if reply.state is ReplyState.IN_REVIEW else 'what became of it'}: {reply.outcome}")
    for check in checks:
        quoted = f" “{check.quote}”" if check.quote else ""
        say(f"{check.level.value}: {check.says}{quoted} {check.remedy}")
    shown = table("Forms of reply", "form", "", "benefits", "drawbacks", "blocked by")
    for option in advice:
        mark = "recommended" if option["recommended"] else ("open" if option["allowed"] else "blocked")
        shown.add_row(
            str(option["form"]),
            mark,
            "; ".join(map(str, _listed(option["benefits"]))),
            "; ".join(map(str, _listed(option["drawbacks"]))),
            str(option["blocked_by"]),
        )
    console.print(shown)


@app.command()
def approve(reply_id: ReplyId, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Approve a reply's very text and let it go. Its authors cannot."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        reply = casework.approve(
            unit,
            reply_id,
            by=acting(house, by),
            at=house.now(),
            holds=timedelta(minutes=house.settings.approval_minutes),
        )
        unit.commit()
        hold = unit.holds.standing() if reply.form.is_public else None
    if hold is not None:
        say(f"approved: {reply.id[:8]} on {reply.case_id}. It waits: {hold.says}")
        return
    say(f"approved, and on its way: {reply.id[:8]} on {reply.case_id}")


@app.command()
def edit(
    reply_id: ReplyId,
    text: Annotated[str, typer.Option(help="The new text.")] = "",
    file: Annotated[Path | None, typer.Option(help="A file with the new text; - reads standard input.")] = None,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Change a reply's words. An approval that was given dies, and you become one of its authors."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        edited = casework.edit(
            unit, reply_id, _new_text(text, file), by=acting(house, by), at=house.now(), check=house.check_draft
        )
        checks = unit.replies.checks(edited.id)
        unit.commit()
    say(f"edited: {edited.id[:8]} waits for somebody else's approval")
    for check in checks:
        say(f"{check.level.value}: {check.says} {check.remedy}")


@app.command()
def submit(reply_id: ReplyId, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Put a draft before a reviewer as it is."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        reply = casework.submit(unit, reply_id, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"in review: {reply.id[:8]}")


@app.command()
def reject(
    reply_id: ReplyId,
    because: Annotated[str, typer.Option("--because", help="Why; kept beside the reply.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Refuse a reply for good."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        reply = casework.reject(unit, reply_id, because, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"rejected: {reply.id[:8]}")


@app.command()
def hold(
    because: Annotated[str, typer.Option("--because", help="Why; everybody who is stopped by it is told.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Stop all public posting at once. What is approved waits; private replies go on."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        holding.hold(unit, because, by=acting(house, by), at=house.now())
        unit.commit()
    say("public posting is held: nothing is posted until `amends review release`")


@app.command()
def release(
    because: Annotated[str, typer.Option("--because", help="Why it may go on; kept beside the hold.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Let public posting go on: what waited for it goes, if its approval still holds."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        waiting = unit.replies.public_in_queue()
        holding.release(unit, because, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"public posting goes on; {waiting} approved replies waited for it")


def _new_text(text: str, file: Path | None) -> str:
    if bool(text) == (file is not None):
        raise Refused("say the new text with --text, or where it stands with --file")
    if file is None:
        return text
    if str(file) == "-":
        return sys.stdin.read()
    if not file.is_file():
        raise NotFound(f"there is no file {file}")
    return file.read_text("utf-8")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:159]}…"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
