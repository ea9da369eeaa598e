"""What the installation on this machine consists of: packages, folders, rules, model, sender."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import smtplib
from collections.abc import Iterator
from pathlib import Path

from amends.compose import House
from amends.doctor.finding import Finding, sized
from amends.domain.channel import Channel
from amends.errors import AmendsError
from storage.channels import alerts

_PACKAGES = ("amends", "ingest", "triage", "respond", "storage")
#: What has to be free on a disk that Amends writes to.
DISK_AT_LEAST = 500 * 1024 * 1024


def packages(_house: House) -> Iterator[Finding]:
    """Look whether the five packages are ours."""
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


def data_folder(house: House) -> Iterator[Finding]:
    """Look whether the data folder is there, holds a secret that others cannot read, and has room."""
    folder = house.settings.data_dir
    if not folder.is_dir():
        yield Finding(
            what="data folder", is_well=False, says=f"{folder.resolve()} is not there", remedy="run `amends setup`"
        )
        return
    _ = house.secret
    free = shutil.disk_usage(folder).free
    yield Finding(
        what="data folder",
        is_well=free >= DISK_AT_LEAST,
        says=f"{folder.resolve()}, {sized(free)} free",
        remedy="" if free >= DISK_AT_LEAST else "make room on that disk: raw messages are never thrown away",
    )


def raw_messages(house: House) -> Iterator[Finding]:
    """Look whether the blob store takes something new."""
    if not house.settings.blob_store and not house.settings.data_dir.is_dir():
        # `data folder` has said so; trying it out would make one.
        return
    try:
        house.blobs.try_out()
    except AmendsError as why:
        yield Finding(
            what="raw messages",
            is_well=False,
            says=str(why),
            remedy="check the disk or the store, whether it is mounted read-only, what this user may do there, and "
            "AMENDS_BLOB_STORE: nothing new is taken in until it can be kept",
        )
        return
    yield Finding(what="raw messages", is_well=True, says=f"{house.blobs.root}, written and read back")


def policy_pack(house: House) -> Iterator[Finding]:
    """Look whether the rules were checked against their sources within a year."""
    pack = house.pack
    oldest = min(rule.checked_on for rule in pack.rules)
    age = (house.now().date() - oldest).days
    yield Finding(
        what="policy pack",
        is_well=age <= 366,
        says=f"{pack.name} {pack.version}, {len(pack.rules)} rules, last checked {oldest}",
        remedy="" if age <= 366 else "have the rules checked against their sources, and note the date in the pack",
    )


def triage_model(house: House) -> Iterator[Finding]:
    """Look whether the shipped model can be read."""
    yield Finding(what="triage model", is_well=True, says=house.judge.model)


def mailboxes(house: House) -> Iterator[Finding]:
    """Look whether each folder of each mailbox can be read."""
    for connector in house.mailbox_folders():
        try:
            held = sum(1 for _ in connector.holdings())
        except AmendsError as why:
            yield Finding(what="mailboxes", is_well=False, says=str(why), remedy="mend what the sentence names")
        else:
            yield Finding(what="mailboxes", is_well=True, says=f"{connector.source} holds {held:,} mails")
        finally:
            connector.close()


def channels(house: House) -> Iterator[Finding]:
    """Look whether any channel is silent or loud beyond what is usual, and nobody has seen it."""
    with house.database.viewing() as connection:
        unseen = [alert for alert in alerts(connection, only_open=True) if not alert.seen_by]
    for alert in unseen:
        yield Finding(
            what="channels",
            is_well=False,
            says=f"{alert.channel.value}: {alert.says}",
            remedy=f"look into it, then `amends channels seen {alert.id}`",
        )
    if not unseen:
        yield Finding(what="channels", is_well=True, says="none is unusual, or somebody has seen it")


def scanner(house: House) -> Iterator[Finding]:
    """Look whether the scanner of attachments answers. Nothing is said where there is none."""
    if house.scanner is None:
        return
    try:
        says = house.scanner.check()
    except AmendsError as why:
        yield Finding(
            what="scanner",
            is_well=False,
            says=str(why),
            remedy="start clamd, or say with AMENDS_CLAMD where it is: until then attachments are shown as not scanned",
        )
        return
    yield Finding(what="scanner", is_well=True, says=says)


def sender(house: House) -> Iterator[Finding]:
    """Look whether replies can go."""
    s = house.settings
    _ = house.sender
    if s.sender == "folder":
        folder = (s.data_dir / "sent").resolve()
        is_there = folder.exists()
        may_write = os.access(folder if is_there else folder.parent, os.W_OK | os.X_OK)
        may_write = may_write and (folder.is_dir() or not is_there)
        leaves = "only what is for networks" if any(one.sends for one in house.accounts.values()) else "nothing"
        yield Finding(
            what="sender",
            is_well=may_write,
            says=f"writes to {folder}; {leaves} leaves" if may_write else f"{folder} cannot be written to",
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


def network(channel: Channel, house: House) -> Iterator[Finding]:
    """Look whether a network knows us, and how many posts may still be read there; nothing without an account."""
    account = house.accounts.get(channel)
    if account is None:
        return
    handle = account.me()
    is_well = account.reads.left() >= account.reads_least
    yield Finding(
        what=channel.value,
        is_well=is_well,
        says=f"@{handle} answers; {account.reads.spent():,} of {account.budget:,} posts read this month",
        remedy=""
        if is_well
        else f"raise {account.budget_setting}, within what your plan allows, or wait for the next month: until "
        "then mentions stay where they are",
    )
