"""`amends demo`: the whole journey on one machine, on the messages that ship with Amends."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Annotated

import typer

from amends.cli.background import stop_on_signals
from amends.cli.checking import print_summary
from amends.cli.intake import reconcile_all, take_in
from amends.cli.opening import named_path
from amends.cli.output import say
from amends.compose import STAGES, House
from amends.domain.arrival import Fate
from amends.domain.audit import first_break
from amends.errors import Misconfigured
from amends.samples import samples_dir
from amends.settings import load_settings
from storage.views import summary

#: The samples are dated: the demo's clock begins where they end.
SAMPLES_END = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
_SAMPLES = ("mail", "x", "mastodon", "bluesky", "forms")
_OWN_FOLDER = "made-by-amends-demo"


@dataclass(frozen=True, slots=True)
class DemoClock:
    """A clock that started at the end of the samples when the demo started."""

    started: float

    def now(self) -> datetime:
        """Give the demo's time."""
        return datetime.fromtimestamp(SAMPLES_END.timestamp() + monotonic() - self.started, UTC)


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            help="Where to make the demo; a fresh folder if it is not given.",
            parser=named_path,
            metavar="PATH",
        ),
    ] = None,
    serve_form: Annotated[
        bool, typer.Option("--serve", help="Keep the stages and the web form up until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option(help="The form's port with --serve.")] = 8080,
) -> None:
    """Run the whole journey on the sample messages and say what became of them. Nothing leaves this machine."""
    folder = _fresh(data_dir)
    settings = load_settings(
        data_dir=folder,
        organisation="Northmoor",
        contact_line="Northmoor customer care, 01632 960100",
        urgent_contact="Northmoor's emergency line, 01632 960999, at any hour.",
        x_handles="NorthmoorHelp",
        mail_from="care@northmoor.example",
        mail_replies="replies@northmoor.example",
        sender="folder",
        form_port=port,
        acknowledge_within_days=60,
        database_url="",
        database_password="",
        blob_store="",
        kafka_servers=(),
    )
    house = House(settings=settings, now=DemoClock(monotonic()).now)
    began = monotonic()
    fates: Counter[Fate] = Counter()
    for kind in _SAMPLES:
        fates += take_in(house, samples_dir() / kind)
    say(f"taken in: {fates.total()} things: " + ", ".join(f"{fates.get(fate, 0)} {fate.value}" for fate in Fate))
    for stage in STAGES:
        done = house.runner(stage).run(Event(), until_idle=lambda: True)
        say(f"{stage}: {done} records")
    unexplained = sum(len(result.unexplained) for result in reconcile_all(house))
    with house.database.viewing() as connection:
        print_summary(summary(connection))
    with house.database.reading() as unit:
        broken = first_break(unit.audit.every())
    say(f"unexplained {unexplained}; the audit trail is {'whole' if broken is None else f'broken at {broken[0]}'}")
    say(f"done in {monotonic() - began:.1f} s; the demo's clock stands at {house.now():%d %b %Y %H:%M} UTC")
    _say_what_next(folder)
    if serve_form:
        _keep_up(house)
    if unexplained or broken:
        raise typer.Exit(1)


def _fresh(data_dir: Path | None) -> Path:
    """Give an empty folder; one that an earlier demo made is made anew, and nothing else is ever deleted."""
    if data_dir is None:
        data_dir = Path(tempfile.mkdtemp(prefix="amends-demo-"))
    elif data_dir.exists() and not data_dir.is_dir():
        raise Misconfigured(f"{data_dir} is no folder; choose another")
    elif data_dir.exists() and any(data_dir.iterdir()):
        if not (data_dir / _OWN_FOLDER).exists():
            raise Misconfigured(f"{data_dir} is not empty and no demo made it; choose another folder")
        shutil.rmtree(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / _OWN_FOLDER).touch()
    return data_dir


def _say_what_next(folder: Path) -> None:
    say("Look around:")
    for command in ("queue list", "review list", "task list", "parked list", "audit verify", "doctor"):
        say(f"  amends {command} --data-dir {folder}")
    say(f"The replies that went out are files in {folder / 'sent'}.")


def _keep_up(house: House) -> None:
    from ingest.web_form.serve import serve

    stop = stop_on_signals()
    workers = [Thread(target=house.runner(stage).run, args=(stop,), name=stage, daemon=True) for stage in STAGES]
    for worker in workers:
        worker.start()
    settings = house.settings
    say(f"The form is at {settings.form_base_url}; what you send is triaged at once. Ctrl-C stops.")
    serve(house.form(), settings.form_host, settings.form_port, stop)
    for worker in workers:
        worker.join(timeout=30)
    say("stopped")
