"""`amends review`: the reviewer's side. Public replies, and whatever else a person must see before it goes."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel

from amends.casework import review as casework
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, plain, safe, say, table, write_json
from amends.domain.reply import ReplyState
from amends.errors import NotFound, Refused

app = typer.Typer(help="Replies that wait for a second pair of eyes.", no_args_is_help=True)

ReplyId = Annotated[str, typer.Argument(help="The reply's id, or its beginning.", metavar="REPLY")]


@app.command("list")
def list_reviews(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the replies in review, oldest first, each with the message it answers and the checks of its text."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        waiting = unit.replies.in_state(ReplyState.IN_REVIEW)
        checks = {reply.id: unit.replies.checks(reply.id) for reply in waiting}
        answered = unit.messages.get_many([reply.message_id for reply in waiting])
    if as_json:
        write_json(
            [
                {
                    **plain(reply),
                    "checks": checks[reply.id],
                    "answers": answered[reply.message_id].message.own_words,
                }
                for reply in waiting
            ]
        )
        return
    if not waiting:
        say("Nothing waits for review.")
        return
    shown = table(f"{len(waiting)} replies in review", "reply", "what they wrote, and what we would say")
    for reply in waiting:
        words = safe(_short(answered[reply.message_id].message.own_words))
        words.append(f"\n{reply.form.value} on {reply.case_id}: ", style="dim").append_text(safe(_short(reply.text)))
        if reply.outcome:
            words.append("\nback in review: ", style="bold").append_text(safe(reply.outcome))
        for check in checks[reply.id]:
            words.append(f"\n{check.level.value}: {check.rule}", style="bold")
        shown.add_row(reply.id[:8], words)
    console.print(shown)


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
