"""Counts what became of each message: how many were lost, how many had two effects, and what else is not right."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes

from sqlalchemy import select

from amends.compose import TOPIC_OF, House
from amends.domain.audit import AuditEntry, first_break
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.unit_of_work import JudgedMessage
from storage.tables import log_ends, log_positions, log_records, messages
from tests.journeys.crowd import Crowd

#: What can happen to one thing many times.
_MANY_TIMES = {"case.joined", "link.suggested", "arrival.duplicate", "arrival.parked"}
_MAY_STAND = {
    ReplyState.SENT, ReplyState.UNKNOWN, ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.SUPERSEDED
}  # fmt: skip


@dataclass(slots=True)
class Effects:
    """What was found. All three are empty when each message had one effect."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    #: What is neither, and wrong all the same.
    amiss: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in the words that `make chaos` ends with."""
        return f"lost {len(self.lost)}, doubled {len(self.doubled)}"

    @property
    def are_one_each(self) -> bool:
        """Whether all is right."""
        return not (self.lost or self.doubled or self.amiss)


def effects_of(house: House, crowd: Crowd) -> Effects:
    """Look at each message, case, reply, audit entry and record that came of a crowd."""
    found = Effects()
    with house.database.viewing() as connection:
        ids = list(connection.scalars(select(messages.c.id)))
    with house.database.reading() as unit:
        judged = list(unit.messages.get_many(ids).values())
        replies = unit.replies.in_state(*ReplyState)
        entries = list(unit.audit.every())
        parked = unit.intake.parked()
    by_name = {one.message.native_id: one for one in judged}
    _look_at_messages(found, crowd, judged, by_name)
    if len(parked) != crowd.machines + crowd.unreadable:
        found.amiss.append(f"{len(parked)} are parked, not {crowd.machines + crowd.unreadable}")
    _look_at_trail(found, crowd, entries)
    _look_at_replies(found, crowd, replies, by_name)
    _look_at_log(found, house)
    if house.settings.sender == "folder":
        _look_at_files(found, house, replies, by_name)
    return found


def _look_at_messages(
    found: Effects, crowd: Crowd, judged: list[JudgedMessage], by_name: dict[str, JudgedMessage]
) -> None:
    names = [name for thread in crowd.threads for name in thread] + crowd.forms
    found.lost += [f"message {name}" for name in names if name not in by_name]
    counted = Counter(one.message.native_id for one in judged)
    found.doubled += [f"message {name}" for name, times in counted.items() if times > 1]
    if len(judged) != crowd.messages:
        found.amiss.append(f"{len(judged)} messages are stored, and there were {crowd.messages}")
    for thread in crowd.threads:
        of_thread = [by_name[name] for name in thread if name in by_name]
        if len({one.case_id for one in of_thread}) != 1 or of_thread[0].case_id is None:
            found.amiss.append(f"the thread of {thread[0]} is not one case")
        if [one.number for one in of_thread] != list(range(1, len(of_thread) + 1)):
            found.amiss.append(f"the thread of {thread[0]} is not in order")
    cases = {one.case_id for one in judged} - {None}
    if len(cases) != len(crowd.threads) + len(crowd.forms):
        found.amiss.append(f"there are {len(cases)} cases, not {len(crowd.threads) + len(crowd.forms)}")


def _look_at_trail(found: Effects, crowd: Crowd, entries: list[AuditEntry]) -> None:
    told = Counter((entry["action"], entry["subject"]) for entry in map(_happening, entries))
    found.doubled += [f"{action} {about}" for (action, about), n in told.items() if n > 1 and action not in _MANY_TIMES]
    verdicts = sum(action == "message.judged" for action, _ in told)
    if verdicts < crowd.messages:
        found.lost += ["a verdict"] * (crowd.messages - verdicts)
    if (broken := first_break(entries)) is not None:
        found.amiss.append(f"the audit trail is broken at {broken}")


def _look_at_replies(found: Effects, crowd: Crowd, replies: list[Reply], by_name: dict[str, JudgedMessage]) -> None:
    first = [thread[0] for thread in crowd.threads] + crowd.forms
    acknowledged = Counter(reply.message_id for reply in replies if reply.purpose is Purpose.ACKNOWLEDGEMENT)
    for name in first:
        if name in by_name and not acknowledged[by_name[name].message.id]:
            found.lost.append(f"the acknowledgement of {name}")
    found.doubled += [f"the acknowledgement of {one}" for one, times in acknowledged.items() if times > 1]
    found.amiss += [f"reply {one.id} is {one.state.value}" for one in replies if one.state not in _MAY_STAND]


def _look_at_log(found: Effects, house: House) -> None:
    with house.database.viewing() as connection:
        ends = {(row.topic, row.partition): row.next_position for row in connection.execute(select(log_ends))}
        stands = connection.execute(select(log_positions)).all()
        at: dict[tuple[str, int], list[int]] = {key: [] for key in ends}
        for row in connection.execute(select(log_records.c.topic, log_records.c.partition, log_records.c.position)):
            at[row.topic, row.partition].append(row.position)
    for key, end in ends.items():
        if sorted(at[key]) != list(range(end)):
            found.amiss.append(f"the offsets of {key} have a gap")
    reached = {(row.topic, row.partition): row.next_position for row in stands}
    read = set(TOPIC_OF.values())
    found.amiss += [
        f"{key} was read up to {reached.get(key)}, and ends at {end}"
        for key, end in ends.items()
        if key[0] in read and reached.get(key) != end
    ]


def _look_at_files(found: Effects, house: House, replies: list[Reply], by_name: dict[str, JudgedMessage]) -> None:
    """Each reply that was sent is one file. One whose name begins with a dot was never finished: nobody got it."""
    name_of = {one.message.id: one.message.native_id for one in by_name.values()}
    sent = {reply.id: reply for reply in replies if reply.state is ReplyState.SENT}
    mails = {
        path.stem: message_from_bytes(path.read_bytes()) for path in (house.settings.data_dir / "sent").glob("[!.]*")
    }
    found.lost += [f"the file of reply {reply_id}" for reply_id in sent.keys() - mails.keys()]
    found.amiss += [f"the file of {reply_id}, which was not sent" for reply_id in mails.keys() - sent.keys()]
    for header in ("Message-ID", "In-Reply-To"):
        counted = Counter(mail[header] for mail in mails.values() if mail[header])
        found.doubled += [f"a mail with {header} {value}" for value, times in counted.items() if times > 1]
    found.amiss += [
        f"reply {reply_id} answers no mail"
        for reply_id, reply in sent.items()
        if "@" in name_of[reply.message_id] and reply_id in mails and not mails[reply_id]["In-Reply-To"]
    ]


def _happening(entry: AuditEntry) -> dict[str, str]:
    found: dict[str, str] = json.loads(entry.happening_json)
    return found
