"""The database: is it there, whole, of this version, at the same time of day, and how large."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from amends.compose import House
from amends.doctor.finding import Finding, sized
from amends.doctor.installation import DISK_AT_LEAST
from amends.errors import Unavailable
from storage.engine import fault_of, open_engine
from storage.facts import kind_of, server_time, size_of
from storage.migrate import pending

_SKEW_AT_MOST = timedelta(seconds=2)


def database(house: House) -> Iterator[Finding]:
    """Look whether it can be reached, is of this version, and whole. Nothing is upgraded: its owner decides when."""
    where = house.settings.database
    if isinstance(where, Path) and not where.exists():
        yield Finding(what="database", is_well=False, says=f"{where} is not there", remedy="run `amends setup`")
        return
    engine = open_engine(where)
    try:
        kind, missing = kind_of(engine), pending(engine)
        fault = "" if missing else fault_of(engine)
    except Unavailable as why:
        yield Finding(
            what="database",
            is_well=False,
            says=str(why),
            remedy="start the server, or say with AMENDS_DATABASE_URL where it is; services wait and lose nothing",
        )
        return
    finally:
        engine.dispose()
    if missing:
        yield Finding(
            what="database",
            is_well=False,
            says=f"{kind}, migrations missing: {', '.join(missing)}",
            remedy="stop Amends everywhere, then run `amends setup`",
        )
    else:
        yield Finding(
            what="database",
            is_well=not fault,
            says=f"{kind}, damaged: {fault}" if fault else f"{kind}, whole",
            remedy="stop Amends and restore the database from a backup" if fault else "",
        )


def clock(house: House) -> Iterator[Finding]:
    """Compare this machine's clock with the database server's. A broker does not tell its time, and none goes by it."""
    before = house.now()
    there = server_time(house.database.engine)
    if there is None:
        return
    # The server read its clock at some moment in between.
    half = (house.now() - before) / 2
    behind = there - (before + half)
    is_well = abs(behind) <= _SKEW_AT_MOST + half
    seconds = abs(behind.total_seconds())
    yield Finding(
        what="clock",
        is_well=is_well,
        says=f"{seconds:.1f} s {'behind' if behind > timedelta() else 'ahead of'} the database server's",
        remedy=""
        if is_well
        else "run a time service on both machines (chrony, systemd-timesyncd): deadlines, caps and approvals go by it",
    )


def sizes(house: House) -> Iterator[Finding]:
    """Say how large database, log and blobs are, and whether there is room for more blobs."""
    size, kept = size_of(house.database.engine), house.blobs.extent()
    of_log = "" if size.log_bytes is None else f" ({sized(size.log_bytes)})"
    about = "about " if kept.is_estimate else ""
    free = "" if kept.free_bytes is None else f", {sized(kept.free_bytes)} free"
    has_room = kept.free_bytes is None or kept.free_bytes >= DISK_AT_LEAST
    yield Finding(
        what="sizes",
        is_well=has_room,
        says=f"database {sized(size.database_bytes)}, of which the log {size.log_records:,} records{of_log}; "
        f"raw messages {about}{kept.blobs:,} ({sized(kept.size_bytes)}){free}",
        remedy="" if has_room else "make room on the disk of the raw messages: they are never thrown away",
    )
