"""`amends queue`, `amends case` and `amends task`: the handler's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from amends.casework import cases as casework
from amends.casework import claims
from amends.cli.opening import ActingAs, DataDir, acting, named_path, open_house
from amends.cli.output import AsJson, console, moment, plain, safe, say, severity_text, table, write_json
from amends.domain.attachment import CaseAttachment
from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.delivery import Delivery
from amends.domain.due import Due
from amends.domain.ids import read_reference
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.reply import Reply
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import Refused
from amends.unit_of_work import JudgedMessage
from storage.found import look_for
from storage.queue import QueueRow, Wanted, queue

queue_app = typer.Typer(help="The cases that wait for people, what to do next first.", no_args_is_help=True)
case_app = typer.Typer(help="One case: what was said, what it is, what to do.", no_args_is_help=True)
task_app = typer.Typer(help="What only people can do.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="The case's reference, as AM-7KQ2-9XWD-4T.", metavar="REFERENCE")]


@queue_app.command("list")
def list_queue(
    kind: Annotated[Kind | None, typer.Option(help="Only cases of this kind.")] = None,
    severity: Annotated[
        str | None, typer.Option(help="Only this severity or worse: low, medium, high, critical.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only cases of this owner; '' for those without one.")] = None,
    unsure: Annotated[bool, typer.Option(help="Only cases of which triage is not sure.")] = False,
    channel: Annotated[Channel | None, typer.Option(help="Only cases that came by this channel.")] = None,
    due: Annotated[Due | None, typer.Option(help="Only cases that are overdue, or due today or this week.")] = None,
    flag: Annotated[FlagName | None, typer.Option(help="Only cases with this flag.")] = None,
    state: Annotated[CaseState | None, typer.Option(help="Only cases in this state.")] = None,
    search: Annotated[
        str, typer.Option(help="Only cases where all these words were said; a reference, an address, a handle.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List open cases, the most pressing first, each with the reasons for its place.

    So are those that were answered while something is still owed, as an answer to a rights request. With --search
    also closed ones are found, those first in which somebody wrote last.
    """
    house = open_house(data_dir)
    wanted = Wanted(
        kind=kind,
        severity=_severity(severity),
        channel=channel,
        owner=owner,
        needs_person=True if unsure else None,
        state=state,
        flag=flag,
        due=due,
    )
    now, zone = house.now(), house.pack.calendar.zone
    with house.database.viewing() as connection:
        if search:
            told = look_for(connection, search, now=now, zone=zone, limit=limit, wanted=wanted)
            rows, more = told.rows, "" if told.next is None else "there are more: --limit shows them"
            title = f"Cases found, the newest message first: {len(rows):,}{'' if told.next is None else ' and more'}"
        else:
            found = queue(connection, now=now, zone=zone, limit=limit, wanted=wanted)
            rows, title = found.rows, f"{found.in_all:,} open cases"
            left = found.in_all - len(rows)
            more = f"{left:,} more: --limit shows them" if left > 0 else ""
    if as_json:
        write_json([_queue_json(row) for row in rows])
        return
    if not rows:
        say("Nothing was found." if search else "The queue is empty.")
        return
    shown = table(title, "case", "what", "about, and why it stands here")
    for row in rows:
        case = row.case
        what = Text(f"{case.kind.value}{' ?' if case.needs_person else ''}\n").append_text(severity_text(case.severity))
        if search:
            what.append(f"\n{case.state.value}")
        about = safe(case.subject)
        about.append(f"\nnext due {moment(row.next_due)}", style="dim")
        about.append("\n" + "; ".join(factor.says for factor in row.factors), style="dim")
        shown.add_row(case.id, what, about)
    console.print(shown)
    if more:
        say(more)


@case_app.command()
def claim(reference: Reference, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Make a case yours if it is nobody else's."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = claims.claim(unit, reference, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{case.id} is yours")


@case_app.command("let-go")
def let_go(reference: Reference, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Give a case of yours back, so that anybody may claim it."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = claims.let_go(unit, reference, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{case.id} is free again")


@case_app.command()
def show(reference: Reference, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show everything known of a case: messages, clocks, replies, delivery log, links, tasks, notes, outcomes."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        case = unit.cases.get(read_reference(reference))
        messages = unit.messages.of_case(case.id)
        clocks = unit.clocks.of_cases([case.id]).get(case.id, [])
        replies = unit.replies.of_case(case.id)
        deliveries = unit.deliveries.of_case(case.id)
        links = unit.links.of_case(case.id)
        tasks = unit.tasks.of_case(case.id)
        outcomes = unit.cases.outcomes(case.id)
        notes = unit.notes.of_case(case.id)
        attachments = unit.attachments.of_case(case.id)
        checks = {reply.id: unit.replies.checks(reply.id) for reply in replies}
        advice = {reply.id: unit.replies.advice(reply.id) for reply in replies}
    if as_json:
        write_json(
            {
                "case": case,
                "messages": [
                    {"message": one.message, "verdict": one.verdict, "joined_via": one.joined_via} for one in messages
                ],
                "attachments": attachments,
                "clocks": clocks,
                "replies": [
                    {**plain(reply), "checks": checks[reply.id], "forms": advice[reply.id]} for reply in replies
                ],
                "deliveries": deliveries,
                "links": links,
                "tasks": tasks,
                "outcomes": outcomes,
                "notes": notes,
            }
        )
        return
    doubt = " · triage is not sure: `amends case set`" if case.needs_person else ""
    severity = case.severity.word if case.severity else "no severity"
    console.print(
        Panel(
            safe(
                f"{case.kind.value}, {severity}, {case.state.value}{doubt}\n"
                f"{case.subject}\nopened {moment(case.opened_at)} · owner {case.owner or 'nobody yet'}"
            ),
            title=case.id,
            title_align="left",
        )
    )
    for one in messages:
        _show_message(one)
    for file in attachments:
        name = file.attachment.filename or "without a name"
        say(f"attachment {file.number}: {name}: {_what_it_is(file)}".replace("\n", "; "))
    shown = table("Clocks", "what", "due", "why this date")
    for clock in clocks:
        state = "done" if clock.stopped_at else ("OVERDUE" if clock.is_overdue(house.now()) else "running")
        shown.add_row(f"{clock.kind.value}\n{state}", moment(clock.due_at), "\n".join(clock.steps))
    console.print(shown)
    for reply in replies:
        remarks = "\n".join(f"{check.level.value}: {check.says}" for check in checks[reply.id])
        console.print(
            Panel(
                safe(
                    reply.text
                    + (f"\n\n{remarks}" if remarks else "")
                    + (f"\n\n{reply.outcome}" if reply.outcome else "")
                ),
                title=f"{reply.purpose.value} by {reply.form.value}: {reply.state.value} ({reply.id[:8]})",
                title_align="left",
            )
        )
    if deliveries:
        console.print(_delivery_log(deliveries, replies))
    for link in links:
        other = link.other_case_id if link.case_id == case.id else link.case_id
        say(f"{link.kind.value} with {other} ({link.state.value}): {'; '.join(link.reasons)}")
    for task in tasks:
        say(f"task {task.id} {task.kind.value} ({'done' if task.done_at else 'open'}): {task.reason}")
    for note in notes:
        say(f"note by {note.by}, {moment(note.at)}, never sent: {note.text}")
    for outcome in outcomes:
        say(f"outcome: {outcome.upheld.value}, resolved {outcome.resolved.value}: {outcome.summary}")


def _delivery_log(deliveries: Sequence[Delivery], replies: Sequence[Reply]) -> Table:
    """Show what was sent, when, by which channel, approved by whom, and what the other side said."""
    what = {reply.id: reply.purpose.value for reply in replies}
    shown = table("Delivery log", "when", "what", "to, and what was said")
    for one in deliveries:
        approved = f"approved by {one.approved_by}" if one.approved_by else "by policy"
        said = f"{one.sent_to}\n{one.says}"
        if one.again_at is not None:
            said += f"\ntried again {moment(one.again_at)}"
        shown.add_row(
            moment(one.at),
            safe(
                f"{what.get(one.reply_id, 'reply')} by {one.form.replace('_', ' ')} ({one.reply_id[:8]})\n"
                f"{one.came_to.value.replace('_', ' ')}, {approved}"
            ),
            safe(said),
        )
    return shown


def _beside(facts: Mapping[str, str]) -> list[str]:
    """Say what is known of a message beside its words."""
    found = []
    if said := facts.get("status_page"):
        found.append(f"said on the status page: {said.replace('_', ' ')}")
    if signs := facts.get("signs_of_a_machine"):
        found.append(f"signs that a machine sent it: {signs}")
    if reference := facts.get("reference"):
        found.append(f"reference given: {reference}")
    return found


def _show_message(one: JudgedMessage) -> None:
    verdict, message = one.verdict, one.message
    flags = "\n".join(
        f"{flag.name.value}: “{flag.quote}” [{flag.start}:{flag.end}] by {flag.rule}" for flag in verdict.flags
    )
    said = f"{verdict.kind.value}, {verdict.confidence:.0%} sure" + (
        ", a person is asked" if verdict.needs_person else ""
    )
    hidden = f"\n\nhidden from readers of the mail: {message.hidden_text}" if message.hidden_text else ""
    body = safe(f"{message.own_words}{hidden}")
    body.append("".join(f"\n\n{words}" for words in _beside(message.facts)))
    body.append(f"\n\n{said}" + (f"\n{flags}" if flags else ""), style="dim")
    console.print(
        Panel(
            body,
            title=f"{message.channel.value} {moment(message.received_at)}"
            + (f" · joined by {one.joined_via}" if one.joined_via else ""),
            title_align="left",
        )
    )


@case_app.command("attachments")
def list_attachments(reference: Reference, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the files that came with a case: what they claim to be, what they are, and whether they were scanned."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        case = unit.cases.get(read_reference(reference))
        found = unit.attachments.of_case(case.id)
    if as_json:
        write_json(found)
        return
    if not found:
        say(f"No file came with {case.id}.")
        return
    shown = table(f"{len(found)} attachments of {case.id}", "no", "claims to be", "is")
    for one in found:
        said = one.attachment
        claims = f"{said.filename or 'without a name'}\n{said.content_type}, {said.size_bytes:,} bytes"
        shown.add_row(str(one.number), safe(claims), safe(_what_it_is(one)))
    console.print(shown)


@case_app.command("attachment")
def save_attachment(
    reference: Reference,
    number: Annotated[int, typer.Argument(help="Its number, by `amends case attachments`.", metavar="N", min=1)],
    out: Annotated[
        Path, typer.Option("--out", help="The file to write; it must not exist.", parser=named_path, metavar="FILE")
    ],
    data_dir: DataDir = None,
) -> None:
    """Save a file that came with a case. What was refused, or holds harm, is not given out."""
    found = open_house(data_dir).attachment(reference, number)
    try:
        with out.open("xb") as file:
            file.write(found.content)
    except FileExistsError:
        raise Refused(f"{out} exists; choose another name, for instance {found.filename}") from None
    say(f"{len(found.content):,} bytes in {out}; {found.filename} is a safe name for it")


def _what_it_is(one: CaseAttachment) -> str:
    said, scan = one.attachment, one.scan
    lines = [f"REFUSED ({said.refused})" if said.refused else said.sniffed_type or "not looked at"]
    lines += [said.note] if said.note else []
    if scan is not None:
        lines.append(f"scanned {moment(scan.at)}: {scan.result.value}{f', {scan.says}' if scan.says else ''}")
    elif not said.refused:
        lines.append("not scanned")
    return "\n".join(lines)


@case_app.command()
def take(reference: Reference, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Make a case yours."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = casework.take(unit, reference, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{case.id} is yours")


@case_app.command("set")
def set_(
    reference: Reference,
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the correction.")],
    kind: Annotated[Kind | None, typer.Option(help="What it is.")] = None,
    severity: Annotated[str | None, typer.Option(help="low, medium, high or critical.")] = None,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say what a case is. A machine may raise that afterwards, never lower it."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = casework.say_what_it_is(
            unit,
            reference,
            kind=kind,
            severity=_severity(severity),
            reason=because,
            by=acting(house, by),
            at=house.now(),
            pack=house.pack,
        )
        unit.commit()
    say(f"{case.id} is a {case.kind.value}" + (f" of {case.severity.word} severity" if case.severity else ""))


@case_app.command()
def close(
    reference: Reference,
    summary: Annotated[str, typer.Option(help="How it ended, in a sentence.")],
    upheld: Annotated[Upheld, typer.Option(help="Whether the customer was right.")],
    resolved: Annotated[
        Resolved, typer.Option(help="Whether the customer holds it to be settled.")
    ] = Resolved.NOT_KNOWN,
    remedy: Annotated[str, typer.Option(help="What was done for the customer.")] = "",
    cause: Annotated[str, typer.Option(help="What caused it.")] = "",
    lessons: Annotated[str, typer.Option(help="What is to be learnt.")] = "",
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Close a case with its outcome. Upheld and resolved are two questions."""
    house = open_house(data_dir)
    if not summary.strip():
        raise Refused("say how it ended with --summary: a sentence is kept with the case")
    with house.database.unit() as unit:
        case = casework.close(
            unit,
            Outcome(
                case_id=read_reference(reference),
                upheld=upheld,
                resolved=resolved,
                summary=summary,
                remedy=remedy,
                cause=cause,
                lessons=lessons,
                recorded_by=acting(house, by),
                recorded_at=house.now(),
            ),
        )
        unit.commit()
    say(f"{case.id} is closed")


@case_app.command()
def link(
    reference: Reference,
    other: Annotated[str, typer.Argument(help="The other case's reference.", metavar="OTHER")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Say that they do not belong together.")] = False,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Accept (or refuse) the suggestion that two cases belong together."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        casework.settle_link(unit, reference, other, accept=not refuse, by=acting(house, by), at=house.now())
        unit.commit()
    say("refused" if refuse else "accepted: each case shows the other")


@task_app.command("list")
def list_tasks(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List what waits for a person beside the queue: acknowledgements held back, deliveries to settle."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        tasks = unit.tasks.open_tasks()
    if as_json:
        write_json(tasks)
        return
    if not tasks:
        say("No open task.")
        return
    shown = table(f"{len(tasks)} open tasks", "task", "case", "what, and why")
    for task in tasks:
        shown.add_row(task.id, task.case_id, safe(f"{task.kind.value.replace('_', ' ')}: {task.reason}"))
    console.print(shown)


@task_app.command()
def done(
    task_id: Annotated[str, typer.Argument(help="The task's id, or its beginning.", metavar="TASK")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say that a task is done. One that was to acknowledge counts as the acknowledgement."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        task = casework.finish_task(unit, task_id, by=acting(house, by), at=house.now(), pack=house.pack)
        unit.commit()
    say(f"{task.kind.value} on {task.case_id} is done")


@task_app.command()
def settle(
    reply: Annotated[str, typer.Argument(help="The reply's id, or its beginning.", metavar="REPLY")],
    arrived: Annotated[bool, typer.Option("--arrived/--lost", help="Whether the customer has it.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say whether a reply whose fate is unknown reached the customer."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        casework.settle_delivery(unit, reply, arrived=arrived, by=acting(house, by), at=house.now(), pack=house.pack)
        unit.commit()
    say("settled")


def _severity(word: str | None) -> Severity | None:
    if word is None:
        return None
    try:
        return Severity.from_word(word)
    except ValueError as why:
        raise typer.BadParameter(str(why)) from why


def _queue_json(row: QueueRow) -> dict[str, object]:
    return {
        **plain(row.case),
        "score": row.score,
        "why": [{"says": factor.says, "points": factor.points} for factor in row.factors],
        "next_due": row.next_due,
        "clocks": [{"kind": clock.kind, "due_at": clock.due_at, "rule": clock.rule_id} for clock in row.clocks],
    }
