"""`amends ingest files` and `amends reconcile`: taking in, and proving that nothing was lost."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from amends.cli.opening import DataDir, named_path, open_house
from amends.cli.output import AsJson, console, errors, safe, say, table, write_json
from amends.compose import House
from amends.domain.arrival import Fate
from amends.domain.channel import Channel
from amends.errors import Misconfigured, NotFound, Unavailable
from amends.ports import Connector
from ingest.intake import remember as remember_source
from ingest.reconcile import Reconciliation, reconcile
from ingest.runner import take_in_all

app = typer.Typer(help="Take messages in.", no_args_is_help=True)

#: How many unexplained items are named on a terminal.
_NAMED = 20
#: A mail that has no row yet is looked for again after so many seconds: somebody may be fetching it.
_PAUSES_S = (2.0, 0.0)


@app.command()
def files(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Folders, mails (.eml), mbox, Maildir, JSON Lines of posts and forms.",
            parser=named_path,
            metavar="PATHS",
        ),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take in mail, posts and forms from files. What was taken in before is passed over."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise NotFound(f"there is no file or folder at {missing[0]}")
    house = open_house(data_dir, may_be_new=True)
    fates: Counter[Fate] = Counter()
    for path in paths:
        fates += take_in(house, path)
    if as_json:
        write_json({fate.value: fates.get(fate, 0) for fate in Fate})
    else:
        say(f"{fates.total()} new: " + ", ".join(f"{fates.get(fate, 0)} {fate.value}" for fate in Fate))
        say("Next: `amends run triage --until-idle`, or `amends up` for all stages.")


@app.callback()
def _group() -> None:
    """Keep `files` a command of its own, though it is the only one."""


def take_in(house: House, path: Path) -> Counter[Fate]:
    """Take in what is under one path, with progress on a terminal."""
    remember(house, path)
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed:.0f} things from {task.description}"), console=errors,
        disable=not sys.stderr.isatty(), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(path.name, total=None)
        return take_in_all(
            house.files(path),
            house.database.unit,
            house.blobs,
            house.readers,
            stop=Event(),
            progress=lambda count: bar.advance(task, count),
            tracer=house.tracer,
        )


def remember(house: House, path: Path) -> None:
    """Remember a path as a source, so that `amends reconcile` opens it again."""
    with house.database.unit() as unit:
        remember_source(unit, house.files(path).source, json.dumps({"files": str(path.resolve())}), at=house.now())
        unit.commit()


def remember_mailboxes(house: House) -> None:
    """Remember every folder of every mailbox, so that `amends reconcile` opens it again."""
    with house.database.unit() as unit:
        for mailbox, folders in house.mailboxes.values():
            for folder in folders:
                how = json.dumps({"mailbox": mailbox.name, "folder": folder})
                remember_source(unit, house.imap(mailbox, folder).source, how, at=house.now())
        unit.commit()


def remember_accounts(house: House) -> None:
    """Remember our accounts on networks as sources, so that `amends reconcile` opens them again."""
    with house.database.unit() as unit:
        for account in house.accounts.values():
            how = json.dumps({"network": account.channel.value})
            for connector in account.sources:
                remember_source(unit, connector.source, how, at=house.now())
        unit.commit()


def reconcile_all(house: House) -> list[Reconciliation]:
    """Compare every source that can be opened again with the ledger.

    A source that cannot be asked now has one unexplained item, with the reason.
    """
    with house.database.reading() as unit:
        sources = dict(unit.intake.sources())
    results = []
    for source, how in sources.items():
        opened = json.loads(how) if how else {}
        if "mailbox" in opened:
            results.append(_reconcile_mailbox(house, source, opened["mailbox"], opened["folder"]))
        elif "network" in opened or "x" in opened:
            # What an earlier version remembered of X.
            results.append(_reconcile_account(house, source, opened.get("network", "x")))
        elif "files" in opened:
            results.append(_reconcile_files(house, source, Path(opened["files"])))
    return results


def _reconcile_files(house: House, source: str, path: Path) -> Reconciliation:
    if not path.exists():
        return _not_compared(source, "the source is gone: there is nothing left to compare with", item=str(path))
    with house.database.reading() as unit:
        return reconcile(unit, source, house.files(path).holdings(), triage_group="triage")


def _reconcile_mailbox(house: House, source: str, name: str, folder: str) -> Reconciliation:
    if name not in house.mailboxes:
        return _not_compared(source, "the settings no longer name this mailbox: nothing is left to compare with")
    mailbox, _ = house.mailboxes[name]
    connector = house.imap(mailbox, folder)
    try:
        return _reconcile_network(house, source, connector)
    finally:
        connector.close()


def _reconcile_account(house: House, source: str, network: str) -> Reconciliation:
    try:
        account = house.accounts.get(Channel(network))
    except (Misconfigured, ValueError) as why:
        return _not_compared(source, str(why))
    found = [one for one in account.sources if one.source == source] if account is not None else []
    if not found:
        return _not_compared(source, "the keys of that account are not set: there is nothing to compare with")
    return _reconcile_network(house, source, found[0])


def _reconcile_network(house: House, source: str, connector: Connector) -> Reconciliation:
    try:
        holdings = list(connector.holdings())
    except (Unavailable, Misconfigured) as why:
        return _not_compared(source, str(why))
    for pause_s in _PAUSES_S:
        # Looked at after the network: what was taken in meanwhile is there.
        with house.database.reading() as unit:
            result = reconcile(unit, source, holdings, triage_group="triage")
        if not result.unexplained:
            break
        # What came a moment ago is on its way.
        time.sleep(pause_s)
    return result


def _not_compared(source: str, why: str, *, item: str = "") -> Reconciliation:
    result = Reconciliation(source=source)
    result.unexplained.append((item or source, why))
    return result


def reconcile_sources(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Prove that all that the sources hold is ingested, a duplicate, parked or a dead letter. Exit code 1 if not."""
    results = reconcile_all(open_house(data_dir))
    unexplained = sum(len(result.unexplained) for result in results)
    if as_json:
        write_json({"unexplained": unexplained, "sources": results})
    else:
        _show(results, unexplained)
    if unexplained:
        raise typer.Exit(1)


def _show(results: Sequence[Reconciliation], unexplained: int) -> None:
    if not results:
        say("No source has been read yet: `amends ingest files PATH` reads one.")
        return
    shown = table("Intake reconciled", "held", "source, and what became of it")
    for result in results:
        became = ", ".join(f"{result.fates.get(fate, 0)} {fate.value}" for fate in Fate)
        words = safe(f"{result.source}\n{became}")
        of_those = f"{result.waiting} wait for triage, {result.dead} are dead letters"
        words.append(f"\n{of_those}; unexplained {len(result.unexplained)}", style="dim")
        shown.add_row(str(result.held), words)
    console.print(shown)
    for result in results:
        for item, why in result.unexplained[:_NAMED]:
            say(f"unexplained: {item}: {why}")
    say(f"unexplained {unexplained}")
