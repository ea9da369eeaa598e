"""The audit trail in plain words, for the timeline of a case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amends.domain.audit import AuditEntry

#: What the timeline says elsewhere, by the message, the reply or the note itself; and who has looked.
_SAID_ELSEWHERE = frozenset({
    "arrival.ingested", "case.joined", "case.noted", "case.viewed", "message.judged", "reply.begun", "reply.drafted",
    "reply.in_review", "contact.logged",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that happened: `who` and `what` are a sentence together. `reason` is the one that they gave, or how."""

    number: int
    at: datetime
    who: str
    what: str
    reason: str = ""


def told(entry: AuditEntry) -> Told | None:
    """Say what an entry tells; None where the timeline says it elsewhere."""
    happened = json.loads(entry.happening_json)
    action: str = happened["action"]
    if action in _SAID_ELSEWHERE:
        return None
    facts: Mapping[str, Any] = happened["facts"]
    actor: str = happened["actor"]
    return Told(
        number=entry.number,
        at=datetime.fromisoformat(happened["at"]),
        who=actor.removeprefix("user:") if actor.startswith("user:") else "Amends",
        what=_what(action, facts),
        reason=str(facts.get("reason") or facts.get("how") or "") if actor.startswith("user:") else "",
    )


def _what(action: str, facts: Mapping[str, Any]) -> str:
    if action == "case.corrected":
        return _corrected(facts)
    if action == "case.taken":
        return f"took the case from {facts['from']}" if facts.get("from") else "took the case"
    if action == "case.handed_over":
        return f"handed the case over to {facts['to']}"
    if action == "case.freed":
        return f"gave the case back for {facts['from']}, whose account was disabled"
    if action == "case.closed":
        return f"closed the case: {_plain(facts['upheld'])}, resolved: {_plain(facts['resolved'])}"
    if action == "reply.settled":
        return "said that a reply of unknown fate " + ("arrived" if facts["arrived"] else "was lost")
    if action == "reply.bounced":
        return "saw a reply come back" + ("" if facts.get("permanent") else ": delayed, not lost yet")
    if action == "task.done":
        return f"finished a task: {_plain(facts['kind'])}"
    if action in _WITH_ANOTHER_CASE:
        return f"{_WITH_ANOTHER_CASE[action]} {facts['other']}"
    return _PLAINLY.get(action) or _plain(action.replace(".", " "))


def _corrected(facts: Mapping[str, Any]) -> str:
    changed = [
        f"{what} from {facts[f'{what}_before'] or 'none'} to {facts[what] or 'none'}"
        for what in ("kind", "severity")
        if facts[what] != facts[f"{what}_before"]
    ]
    return (
        f"changed {' and '.join(changed)}"
        if changed
        else f"confirmed: {facts['kind']}, {facts['severity'] or 'no severity'}"
    )


_WITH_ANOTHER_CASE = {
    "link.accepted": "said that this belongs together with",
    "link.refused": "said that this does not belong together with",
    "link.reopened": "took back what was said of the link with",
    "link.suggested": "suggested a link with",
    "case.split": "split a message off into",
    "case.split_off": "split this off from",
    "case.joined_again": "took back the message that was split off into",
}
_PLAINLY = {
    "case.claimed": "claimed the case",
    "case.let_go": "gave the case back",
    "case.opened": "opened the case",
    "case.rights_answered": "said how the rights request was answered",
    "case.became_complaint": "saw the case become a complaint",
    "case.acknowledged": "acknowledged it by the status page",
    "reply.queued": "let an acknowledgement go by itself",
    "reply.suppressed": "held an automatic reply back",
    "reply.submitted": "sent a reply to review",
    "reply.edited": "changed a reply",
    "reply.approved": "approved a reply",
    "reply.rejected": "rejected a reply",
    "reply.back_to_review": "sent a reply back to its reviewer",
    "reply.sent": "sent a reply",
    "reply.sending": "began to send a reply",
    "reply.failed": "could not deliver a reply",
    "reply.unknown": "does not know whether a reply arrived",
    "mail.allowed": "let mail go to this address again",
    "message.parked": "set a message aside",
}


def _plain(word: str) -> str:
    return word.replace("_", " ")
