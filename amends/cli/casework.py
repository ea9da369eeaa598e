"""More of `amends case`: notes, hand-over, rights requests, answers begun by hand, contacts that a colleague logs."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from amends.casework import cases as casework
from amends.casework import notes, splitting, writing
from amends.cli.cases import Reference
from amends.cli.cases import case_app as case_app
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import say
from amends.desk.owners import new_owner, who_works_cases
from amends.domain.channel import Channel
from amends.domain.reply import Form
from ingest.logged import Contact

_WHEN = "When it was, as 2026-11-27T10:30+00:00; otherwise now."


@case_app.command()
def note(
    reference: Reference,
    text: Annotated[str, typer.Option(help="What colleagues should know; a dash reads it from standard input.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Write a note for colleagues. It is never sent."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        written = notes.note(unit, reference, _words(text), by=acting(house, by), at=house.now())
        unit.commit()
    say(f"note {written.number} on {written.case_id}")


@case_app.command("handover")
def hand_over(
    reference: Reference,
    to: Annotated[str, typer.Option(help="Who is to have it.")],
    because: Annotated[str, typer.Option("--because", help="Why; they read it first.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Hand a case over to a colleague."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        # Without a desk there are no accounts, and people are who they say.
        owner = new_owner(unit, to) if who_works_cases(unit) else to
        case = casework.hand_over(unit, reference, to=owner, because=because, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{case.id} is {case.owner}'s")


@case_app.command("rights")
def answer_rights(
    reference: Reference,
    how: Annotated[str, typer.Option(help="How and when it was answered, in a sentence; it is kept as the proof.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Say that a rights request was answered: its clock stops. A case is not closed before."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = casework.answer_rights(unit, reference, how=how, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"the rights request on {case.id} is answered: its clock has stopped")


@case_app.command()
def unlink(
    reference: Reference,
    other: Annotated[str, typer.Argument(help="The other case's reference.", metavar="OTHER")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Take back what was said of a suggestion that two cases belong together."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        casework.undo_link(unit, reference, other, by=acting(house, by), at=house.now())
        unit.commit()
    say("taken back: it is a suggestion again")


@case_app.command()
def split(
    reference: Reference,
    message: Annotated[
        str, typer.Argument(help="The message's id, as `case show --json` gives it.", metavar="MESSAGE")
    ],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with both cases.")],
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Split a message off into a case of its own."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = splitting.split(
            unit, reference, message, because=because, by=acting(house, by), at=house.now(), pack=house.pack
        )
        unit.commit()
    say(f"{case.id} is its case now; to undo it: `amends case unsplit {case.id}`")


@case_app.command()
def unsplit(reference: Reference, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Put the message of a case that was split off back, while nothing else was done on it."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        case = splitting.join_again(unit, reference, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"it is on {case.id} again")


@case_app.command()
def reply(
    reference: Reference,
    text: Annotated[
        str, typer.Option(help="The words; a dash reads them from standard input, without any Amends drafts a frame.")
    ] = "",
    form: Annotated[Form | None, typer.Option(help="The form of reply; otherwise the one that is advised.")] = None,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Begin an answer where none stands. It is checked like any other, and goes out when it is approved."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        begun = writing.begin_reply(
            unit,
            reference,
            _words(text),
            form=form,
            by=acting(house, by),
            at=house.now(),
            frame=house.frame_answer,
            check=house.check_draft,
        )
        checks = unit.replies.checks(begun.id)
        unit.commit()
    say(f"{begun.form.value.replace('_', ' ')} {begun.id[:8]} is a draft; `amends review submit {begun.id[:8]}`")
    for check in checks:
        say(f"{check.level.value}: {check.says} {check.remedy}")


@case_app.command("log")
def log_contact(
    channel: Annotated[Channel, typer.Option(help="By what: phone, letter or counter.")],
    text: Annotated[str, typer.Option(help="What the customer said; a dash reads it from standard input.")],
    case: Annotated[str, typer.Option(help="The case it belongs to; otherwise it opens one.")] = "",
    name: Annotated[str, typer.Option(help="The customer's name.")] = "",
    email: Annotated[str, typer.Option(help="The customer's e-mail address.")] = "",
    reach: Annotated[str, typer.Option(help="A telephone number or an address to reach them by.")] = "",
    subject: Annotated[str, typer.Option(help="What it is about, in a line.")] = "",
    happened: Annotated[datetime | None, typer.Option("--at", help=_WHEN, formats=["%Y-%m-%dT%H:%M%z"])] = None,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Log a contact by telephone, letter or counter: a message like any other, which triage reads."""
    house = open_house(data_dir, may_be_new=True)
    logged = house.contact_log.log(
        Contact(
            channel=channel,
            text=_words(text),
            happened_at=happened or house.now(),
            name=name,
            email=email,
            reach=reach,
            subject=subject,
            case_id=case,
        ),
        by=acting(house, by),
    )
    say(f"logged; triage files it under {logged.reference}" + (" (it was logged before)" if logged.is_repeat else ""))


def _words(said: str) -> str:
    return sys.stdin.read() if said == "-" else said
