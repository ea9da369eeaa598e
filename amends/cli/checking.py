"""`amends audit`, `amends doctor` and `amends summary`: is it whole, is it well, how much is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from amends.cli.opening import DataDir, open_house, open_settings
from amends.cli.output import AsJson, console, safe, say, table, write_json
from amends.doctor import examine
from amends.domain.audit import first_break
from amends.domain.ids import read_reference
from amends.unit_of_work import AuditTrail
from storage.views import Summary, summary

_NUMBER = re.compile(r"[0-9]{1,18}")

audit_app = typer.Typer(
    help="The audit trail: what happened, chained so that nothing can be changed unseen.", no_args_is_help=True
)


@audit_app.command()
def verify(
    head: Annotated[
        str, typer.Option(help="The head noted earlier (`amends audit head`): shows that nothing was cut off since.")
    ] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check every entry of the audit trail. Exit code 1, and the entry's number, where it is broken."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        broken = first_break(unit.audit.every())
        number, last_hash = unit.audit.head()
        if broken is None and head:
            broken = _cut_off(unit.audit, head)
    if as_json:
        write_json(
            {
                "entries": number,
                "head": f"{number}:{last_hash}",
                "broken_at": broken[0] if broken else None,
                "why": broken[1] if broken else None,
            }
        )
    elif broken:
        say(f"the audit trail is broken at entry {broken[0]}: {broken[1]}")
    else:
        say(f"the audit trail is whole: {number} entries; head {number}:{last_hash}")
    if broken:
        raise typer.Exit(1)


def _cut_off(trail: AuditTrail, head: str) -> tuple[int, str] | None:
    written, _, noted = head.partition(":")
    if not _NUMBER.fullmatch(written) or not noted:
        raise typer.BadParameter("a head is a number, a colon and a hash, as `amends audit head` prints it")
    number = int(written)
    found = trail.entries(after=number - 1, limit=1)
    if found and found[0].number == number and found[0].hash == noted:
        return None
    return number, "it is not the entry that was noted as the head"


@audit_app.command("head")
def show_head(data_dir: DataDir = None) -> None:
    """Print the trail's last entry, to be noted somewhere else: with it a cut-off end can be seen."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        number, last_hash = unit.audit.head()
    say(f"{number}:{last_hash}")


@audit_app.command("show")
def show_about(
    about: Annotated[str, typer.Argument(help="A case reference, or case:…, message:…, reply:…, parked:…, dead:….")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened to one thing."""
    house = open_house(data_dir)
    subject = about if ":" in about else f"case:{read_reference(about)}"
    with house.database.reading() as unit:
        entries = unit.audit.about(subject)
    if as_json:
        write_json(entries)
        return
    for entry in entries:
        say(f"{entry.number} {entry.happening_json}")
    if not entries:
        say(f"nothing is recorded about {subject}")


def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check everything that Amends needs. Each finding says the fact and the remedy; exit code 1 if one is bad."""
    findings = examine(open_settings(data_dir))
    if as_json:
        write_json(findings)
    else:
        shown = table("Doctor", "what", "", "found, and the remedy")
        for finding in findings:
            shown.add_row(
                finding.what,
                "ok" if finding.is_well else "BAD",
                safe(finding.says + (f"\n{finding.remedy}" if finding.remedy else "")),
            )
        console.print(shown)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def show_summary(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Count messages, kinds, severities, cases, replies, what is parked, dead letters and what waits."""
    house = open_house(data_dir)
    with house.database.viewing() as connection:
        counted = summary(connection)
    if as_json:
        write_json(asdict(counted))
    else:
        print_summary(counted)


def print_summary(counted: Summary) -> None:
    """Print the counts as a table."""

    def listed(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"

    shown = table("Summary", "what", "how many", "of which")
    shown.add_row("messages", str(counted.messages), listed(counted.by_channel))
    shown.add_row("kinds", "", listed(counted.by_kind))
    shown.add_row("cases", str(counted.cases), listed(counted.cases_by_kind))
    shown.add_row("severities", "", listed(counted.by_severity))
    shown.add_row("cases in doubt", str(counted.needs_person), "")
    shown.add_row("acknowledgements sent", str(counted.acknowledgements_sent), "")
    shown.add_row("replies in review", str(counted.in_review), "")
    shown.add_row("replies in all", str(sum(counted.replies.values())), listed(counted.replies))
    shown.add_row("parked", str(sum(counted.parked.values())), listed(counted.parked))
    shown.add_row("dead letters", str(sum(counted.dead.values())), listed(counted.dead))
    shown.add_row("suggested links", str(sum(counted.links.values())), listed(counted.links))
    shown.add_row("open tasks", str(sum(counted.tasks.values())), listed(counted.tasks))
    shown.add_row("audit entries", str(counted.audit_entries), "")
    console.print(shown)
