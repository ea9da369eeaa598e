"""Goes through all checks. One that rests on another is left out where that other has failed.

So a database that is down is named once, and not again by each stage that cannot be asked
about. Nothing is upgraded and no topic is made on the way: whoever looks at a patient does
not operate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from amends.compose import House, utc_now
from amends.doctor.broker import broker, record_size, topics
from amends.doctor.database import clock, database, sizes
from amends.doctor.finding import Finding
from amends.doctor.installation import (
    channels,
    data_folder,
    mailboxes,
    network,
    packages,
    policy_pack,
    raw_messages,
    scanner,
    sender,
    triage_model,
)
from amends.doctor.stages import dead_letters, public_posting, relay, stages
from amends.doctor.webhooks import webhooks
from amends.domain.channel import Channel
from amends.errors import AmendsError
from amends.ports import Now
from amends.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, under the name of its findings, and the checks without which it cannot be made."""

    name: str
    make: Callable[[House], Iterator[Finding]]
    needs: frozenset[str] = frozenset()


CHECKS = (
    Check(name="packages", make=packages),
    Check(name="data folder", make=data_folder),
    Check(name="database", make=database),
    Check(name="clock", make=clock, needs=frozenset({"database"})),
    Check(name="raw messages", make=raw_messages),
    Check(name="sizes", make=sizes, needs=frozenset({"database", "raw messages"})),
    Check(name="policy pack", make=policy_pack),
    Check(name="triage model", make=triage_model),
    Check(name="mailboxes", make=mailboxes, needs=frozenset({"database"})),
    Check(name="channels", make=channels, needs=frozenset({"database"})),
    Check(name="scanner", make=scanner),
    Check(name="sender", make=sender, needs=frozenset({"data folder"})),
    *(
        Check(name=channel.value, make=partial(network, channel), needs=frozenset({"database"}))
        for channel in (Channel.X, Channel.MASTODON, Channel.BLUESKY)
    ),
    Check(name="broker", make=broker),
    Check(name="topics", make=topics, needs=frozenset({"broker"})),
    Check(name="record size", make=record_size, needs=frozenset({"broker"})),
    Check(name="relay", make=relay, needs=frozenset({"database", "broker"})),
    Check(name="stages", make=stages, needs=frozenset({"database", "broker"})),
    Check(name="dead letters", make=dead_letters, needs=frozenset({"database"})),
    Check(name="public posting", make=public_posting, needs=frozenset({"database"})),
    Check(name="webhooks", make=webhooks, needs=frozenset({"database"})),
)


def examine(settings: Settings, *, now: Now = utc_now) -> list[Finding]:
    """Check everything; a check that fails in an unexpected way is a finding too."""
    house = House(settings=settings, now=now)
    findings: list[Finding] = []
    failed: set[str] = set()
    try:
        for check in CHECKS:
            if check.needs & failed:
                continue
            found = list(_findings(check, house))
            findings += found
            if not all(finding.is_well for finding in found):
                failed.add(check.name)
    finally:
        house.close()
    return findings


def _findings(check: Check, house: House) -> Iterator[Finding]:
    try:
        yield from check.make(house)
    except AmendsError as why:
        yield Finding(what=check.name, is_well=False, says=str(why), remedy="mend what the sentence names")
    except OSError as why:
        yield Finding(what=check.name, is_well=False, says=str(why), remedy="check the disk and the permissions")
