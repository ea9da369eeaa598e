"""Checks everything that an installation needs, and says the remedy beside each fault."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from amends.compose import STAGES, TOPIC_OF, House
from amends.errors import AmendsError
from amends.settings import Settings
from storage.engine import fault_of, open_engine
from storage.migrate import pending

_PACKAGES = ("amends", "ingest", "triage", "respond", "storage")
_DISK_AT_LEAST = 500 * 1024 * 1024
#: Some dead letters are work for a person; more of them, or one that nobody has looked at for so long, are a fault.
_DEAD_AT_MOST = 20
_DEAD_FOR_AT_MOST = timedelta(hours=24)
#: A queue longer than this that no worker reads is a fault, not a rush.
_LAG_AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked. `remedy` is empty when all is well."""

    what: str
    is_well: bool
    says: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Check everything; a check that fails in an unexpected way is a finding too."""
    house = House(settings=settings)
    checks: tuple[tuple[str, Callable[[House], Iterator[Finding]]], ...] = (
        ("packages", _packages),
        ("data folder", _data_folder),
        ("database", _database),
        ("raw messages", _blobs),
        ("policy pack", _pack),
        ("triage model", _model),
        ("sender", _sender),
        ("stages", _stages),
        ("dead letters", _dead_letters),
    )
    findings = []
    for what, check in checks:
        try:
            findings += list(check(house))
        except AmendsError as why:
            findings.append(Finding(what=what, is_well=False, says=str(why), remedy="mend what the sentence names"))
        except OSError as why:
            findings.append(
                Finding(what=what, is_well=False, says=str(why), remedy="check the disk and the permissions")
            )
    return findings


def _packages(_house: House) -> Iterator[Finding]:
    home = Path(importlib.import_module("amends").__file__ or "").parent.parent
    strangers = [name for name in _PACKAGES if Path(importlib.import_module(name).__file__ or "").parent.parent != home]
    if strangers:
        yield Finding(
            what="packages",
            is_well=False,
            says=f"{', '.join(strangers)} come from another distribution of the same name",
            remedy="uninstall that distribution, then install amends again",
        )
    else:
        yield Finding(what="packages", is_well=True, says=f"amends {importlib.metadata.version('amends')}")


def _data_folder(house: House) -> Iterator[Finding]:
    _ = house.secret
    folder = house.settings.data_dir
    free = shutil.disk_usage(folder).free
    yield Finding(
        what="data folder",
        is_well=free >= _DISK_AT_LEAST,
        says=f"{folder.resolve()}, {free // 1024**2:,} MiB free",
        remedy="" if free >= _DISK_AT_LEAST else "make room on that disk: raw messages are never thrown away",
    )


def _database(house: House) -> Iterator[Finding]:
    engine = open_engine(house.settings.database)
    missing = pending(engine)
    if missing:
        yield Finding(
            what="database",
            is_well=False,
            says=f"migrations missing: {', '.join(missing)}",
            remedy="run `amends setup`",
        )
        return
    fault = fault_of(engine)
    yield Finding(
        what="database",
        is_well=not fault,
        says=f"{engine.dialect.name}, damaged: {fault}" if fault else f"{engine.dialect.name}, whole",
        remedy="stop Amends and restore the database from a backup" if fault else "",
    )


def _blobs(house: House) -> Iterator[Finding]:
    name = house.blobs.put(b"amends doctor was here\n")
    house.blobs.get(name)
    yield Finding(what="raw messages", is_well=True, says="written and read back")


def _pack(house: House) -> Iterator[Finding]:
    pack = house.pack
    oldest = min(rule.checked_on for rule in pack.rules)
    age = (house.now().date() - oldest).days
    yield Finding(
        what="policy pack",
        is_well=age <= 366,
        says=f"{pack.name} {pack.version}, {len(pack.rules)} rules, last checked {oldest}",
        remedy="" if age <= 366 else "have the rules checked against their sources, and note the date in the pack",
    )


def _model(house: House) -> Iterator[Finding]:
    yield Finding(what="triage model", is_well=True, says=house.judge.model)


def _sender(house: House) -> Iterator[Finding]:
    s = house.settings
    _ = house.sender
    if s.sender == "folder":
        folder = (s.data_dir / "sent").resolve()
        is_there = folder.exists()
        may_write = os.access(folder if is_there else folder.parent, os.W_OK | os.X_OK)
        may_write = may_write and (folder.is_dir() or not is_there)
        yield Finding(
            what="sender",
            is_well=may_write,
            says=f"writes to {folder}; nothing leaves" if may_write else f"{folder} cannot be written to",
            remedy="" if may_write else "give the user that runs Amends the right to write there",
        )
        return
    connect = smtplib.SMTP_SSL if s.smtp_security == "tls" else smtplib.SMTP
    try:
        with connect(s.smtp_host, s.smtp_port, timeout=10) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as why:
        yield Finding(
            what="sender",
            is_well=False,
            says=f"the mail server at {s.smtp_host}:{s.smtp_port} does not answer: {why}",
            remedy="check AMENDS_SMTP_HOST, AMENDS_SMTP_PORT and AMENDS_SMTP_SECURITY, and that the server runs",
        )
        return
    yield Finding(what="sender", is_well=True, says=f"{s.smtp_host}:{s.smtp_port} answers")


def _stages(house: House) -> Iterator[Finding]:
    if pending(open_engine(house.settings.database)):
        # The database's own finding says so; asking further would bring it up to date behind its owner's back.
        return
    for name in STAGES:
        lag = house.log.lag(name, TOPIC_OF[name])
        workers = house.log.workers(name, TOPIC_OF[name])
        is_stuck = lag > 0 and workers == 0
        is_behind = lag > _LAG_AT_MOST
        yield Finding(
            what=f"stage {name}",
            is_well=not is_stuck and not is_behind,
            says=f"{workers} workers, {lag} records waiting",
            remedy=f"start it: `amends run {name}`" if is_stuck else ("start more workers of it" if is_behind else ""),
        )


def _dead_letters(house: House) -> Iterator[Finding]:
    if pending(open_engine(house.settings.database)):
        return
    with house.database.reading() as unit:
        counted, oldest = unit.dead.count(), unit.dead.oldest()
    waiting = sum(counted.values())
    if not waiting or oldest is None:
        yield Finding(what="dead letters", is_well=True, says="none waits")
        return
    are_too_many = waiting > _DEAD_AT_MOST
    are_too_old = house.now() - oldest > _DEAD_FOR_AT_MOST
    found = ", ".join(f"{count} of {stage} ({reason})" for (stage, reason), count in counted.items())
    yield Finding(
        what="dead letters",
        is_well=not are_too_many and not are_too_old,
        says=f"{found}; the oldest waits since {oldest:%d %b %Y %H:%M}. See `amends dead list`",
        remedy="mend what made the stage give them up, then `amends dead retry --all`, or discard them with a reason"
        if are_too_many or are_too_old
        else "",
    )
