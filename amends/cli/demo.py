"""`amends demo`: the whole journey on one machine, on the messages that ship with Amends."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import IO, TYPE_CHECKING, Annotated

import typer

from amends.casework import accounts
from amends.cli.background import stop_on_signals
from amends.cli.checking import print_summary
from amends.cli.intake import reconcile_all, take_in
from amends.cli.opening import OPENED, named_path
from amends.cli.output import say
from amends.compose import STAGES, House
from amends.doctor import examine
from amends.domain.account import Role
from amends.domain.arrival import Fate
from amends.domain.audit import first_break
from amends.errors import Misconfigured
from amends.samples import samples_dir
from amends.settings import Settings, load_settings
from storage.views import summary

if TYPE_CHECKING:
    from fastapi import FastAPI

#: The samples are dated: the demo's clock begins where they end.
SAMPLES_END = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
_SAMPLES = ("mail", "x", "mastodon", "bluesky", "forms")
_TOUR_PASSWORD_BYTES = 15
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
    serve_all: Annotated[
        bool, typer.Option("--serve", help="Keep the stages, the web form and the desk up until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The form's port with --serve.")] = 8080,
    desk_port: Annotated[int, typer.Option(min=0, max=65535, help="The desk's port with --serve.")] = 8081,
) -> None:
    """Run the whole journey on the sample messages and say what became of them. Nothing leaves this machine."""
    # Settings that are refused leave an earlier demo as it is.
    folder = _chosen(data_dir)
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
        desk_host="127.0.0.1",
        desk_port=desk_port,
        desk_url="",
        acknowledge_within_days=60,
        database_url="",
        database_password="",
        blob_store="",
        kafka_servers=(),
    )
    if serve_all:
        _try_ports(settings)
    _empty(folder)
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
    if serve_all:
        _keep_up(house)
    if unexplained or broken:
        raise typer.Exit(1)


def _chosen(data_dir: Path | None) -> Path:
    """Give the folder for the demo: a fresh one, an empty one, or one that an earlier demo made."""
    if data_dir is None:
        return Path(tempfile.mkdtemp(prefix="amends-demo-"))
    if data_dir.exists() and not data_dir.is_dir():
        raise Misconfigured(f"{data_dir} is no folder; choose another")
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / _OWN_FOLDER).exists():
        raise Misconfigured(f"{data_dir} is not empty and no demo made it; choose another folder")
    return data_dir


def _try_ports(settings: Settings) -> None:
    """Find out before the journey, and not after it, that the form or the desk could not be served."""
    from amends.web.serve import listen

    with listen(settings.form_host, settings.form_port), listen(settings.desk_host, settings.desk_port):
        pass


def _empty(folder: Path) -> None:
    """Make the folder anew, unless a demo runs in it. Nothing that a demo did not make is ever deleted."""
    mark = folder / _OWN_FOLDER
    if mark.exists():
        with mark.open("rb") as earlier:
            _hold(earlier, folder)
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _hold(OPENED.enter_context(mark.open("wb")), folder)


def _hold(mark: IO[bytes], folder: Path) -> None:
    """Keep other demos out of the folder until the mark is closed."""
    try:
        flock(mark, LOCK_EX | LOCK_NB)
    except BlockingIOError as why:
        raise Misconfigured(f"a demo runs in {folder}; stop it first, or choose another folder") from why


def _say_what_next(folder: Path) -> None:
    say("Look around:")
    for command in ("queue list", "review list", "task list", "parked list", "audit verify", "doctor"):
        say(f"  amends {command} --data-dir {folder}")
    say(f"The replies that went out are files in {folder / 'sent'}.")


def _keep_up(house: House) -> None:
    from amends.web.serve import serve

    stop = stop_on_signals()
    settings = house.settings
    faults: list[Misconfigured] = []

    def keep_serving(app: FastAPI, host: str, port: int) -> None:
        try:
            serve(app, host, port, stop)
        except Misconfigured as why:
            faults.append(why)
            stop.set()

    desk = house.desk(examine=partial(examine, settings), reconcile=partial(reconcile_all, house))
    served = (
        (house.form(), settings.form_host, settings.form_port),
        (desk, settings.desk_host, settings.desk_port),
    )
    workers = [Thread(target=house.runner(stage).run, args=(stop,), name=stage, daemon=True) for stage in STAGES]
    workers += [Thread(target=keep_serving, args=one, daemon=True) for one in served]
    _open_for_a_tour(house)
    for worker in workers:
        worker.start()
    say(f"The form is at {settings.form_base_url}; what you send is triaged at once.")
    say("Ctrl-C stops everything; the folder stays.")
    stop.wait()
    for worker in workers:
        worker.join(timeout=30)
    if faults:
        raise faults[0]
    say("stopped")


def _open_for_a_tour(house: House) -> None:
    """Make an account for each role and say how to sign in. The desk of a demo listens on this machine alone."""
    from amends.desk.passwords import Passwords

    passwords = {role: secrets.token_urlsafe(_TOUR_PASSWORD_BYTES) for role in Role}
    hasher = Passwords()
    hashed = {role: hasher.hash(password) for role, password in passwords.items()}
    with house.database.unit() as unit:
        for role in Role:
            by, at = "amends:demo", house.now()
            accounts.create(unit, role.value, shown_as=f"Tour {role.value}", roles={role}, by=by, at=at)
            accounts.set_password(unit, role.value, hashed[role], is_short=False, by=by, at=at)
        unit.commit()
    say(f"The desk is at {house.settings.desk_base_url}, on this machine only. Sign in for a tour; the passwords are")
    say("random and are shown this once:")
    for role, password in passwords.items():
        say(f"  {role.value:<9} {password}")
