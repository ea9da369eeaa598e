"""`amends rebuild` and `amends digest`: a database made anew from the log, and the proof that it is the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from amends.cli.opening import DataDir, open_house
from amends.cli.output import AsJson, console, errors, say, table, write_json
from amends.compose import House
from amends.errors import Misconfigured, NotFound, Unavailable
from amends.rebuild import Read, Rebuilt, log_of_database, open_present, rebuild
from storage.digest import TableDigest, digests
from storage.unit_of_work import Database


class Source(StrEnum):
    """Where the log is read from."""

    DATABASE = "database"
    KAFKA = "kafka"


def show_digest(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Digest what every table holds: two databases with the same digests hold the same."""
    found = digests(open_present(open_house(data_dir)))
    if as_json:
        write_json(found)
    else:
        _show(found)


def rebuild_database(
    into: Annotated[
        str, typer.Option("--into", help="The new, empty database: its address, or a file for SQLite.", metavar="URL")
    ],
    source: Annotated[
        Source | None,
        typer.Option(
            "--from",
            help="Where the log is read from; by default Kafka where brokers are set, elsewhere the present database.",
            show_default=False,
        ),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on although the model or the rules are not those of the time.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a database anew from the log and the blobs; nothing is sent. Exit code 1 if it is not as it was."""
    house = open_house(data_dir, may_be_new=True)
    present = _present(house)
    bar = Progress(
        TextColumn("repeating the history"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=errors,
        disable=not sys.stderr.isatty(), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("events", total=None)
        rebuilt = rebuild(
            house,
            into,
            log_=_log(house, source or (Source.KAFKA if house.settings.kafka_servers else Source.DATABASE), present),
            present=present,
            anyway=anyway,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if as_json:
        write_json(rebuilt)
    else:
        _tell(rebuilt)
    if not rebuilt.is_proved:
        raise typer.Exit(1)


def _present(house: House) -> Database | None:
    try:
        return open_present(house)
    except (NotFound, Unavailable):
        return None


def _log(house: House, source: Source, present: Database | None) -> AbstractContextManager[Read]:
    if source is Source.KAFKA:
        return nullcontext(house.whole_topics().records)
    if present is None:
        raise Misconfigured(
            "the log is in the present database, and that is gone or cannot be reached: restore it from a backup"
        )
    return log_of_database(present)


def _tell(rebuilt: Rebuilt) -> None:
    _show(rebuilt.tables)
    say(f"rebuilt from {rebuilt.messages} messages and {rebuilt.events} events; nothing was sent")
    if rebuilt.left_out:
        say(f"left out: the last {rebuilt.left_out} events, for the log lacks records that they speak of")
    for one in rebuilt.failed:
        say(f"not repeated: {one}")
    for difference in rebuilt.differences or ():
        say(f"differs: {difference.table}" + (f", first at {difference.at}" if difference.at else ""))
    for remark in rebuilt.remarks:
        say(remark)
    if rebuilt.not_compared:
        say(f"not compared: {rebuilt.not_compared}")
    elif not rebuilt.differences:
        say("equal: every table is as it was")


def _show(found: Sequence[TableDigest]) -> None:
    shown = table("Digests", "table", "rows", "SHA-256")
    for one in found:
        shown.add_row(one.table, f"{one.rows:,}", one.sha256)
    console.print(shown)
