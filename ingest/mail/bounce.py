"""Has a mail of ours come back?

1. A `message/delivery-status` part (RFC 3464), or its fields in plain text, decides: `failed` is a bounce, `delayed` a
   transient one, `delivered`, `relayed` and `expanded` are a report of success and no bounce.
2. A feedback report (RFC 5965, and the older ones that enclose the mail as `complaint about message from`) counts as a bounce of
   kind `feedback`: that recipient must not be written to in the same way again.
3. `X-Failed-Recipients` is written by mail systems only.
4. A notification in JSON by a mail service says what it is (`"notificationType": "Bounce"`).
5. Prose is weighed, see `bounce_text`: who sent it (the mail system's own address, a null return path), what the subject says,
   what the text says, whether a copy of a mail follows, whether it quotes an SMTP code, whether it names an address.
   Three points are enough if the sender or return path is the system's; otherwise five, and an answer (`Re:`, `Fwd:`,
   In-Reply-To) from a person is never a bounce: people forward bounces when they complain.
6. A finding of the weaker kind (5) is not made for a mail that says it answers automatically (`Auto-Submitted: auto-replied`
   with an absence subject): that is an absence note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.mail.automatic import is_system_address
from ingest.mail.body import part_text
from ingest.mail.bounce_text import (
    CODE,
    DELAYED,
    GIVEN_UP,
    REPORT,
    SUBJECT,
    diagnostic_of,
    failed_addresses,
    report_of,
    status_of,
)
from ingest.mail.dsn import RecipientStatus, read_delivery_status
from ingest.mail.parsed import Address, Bounce, BounceKind
from ingest.mail.structure import Structure

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset({"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"})
_PROSE_STATUS = re.compile(r"^[ \t]*final-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_PROSE_ACTION = re.compile(r"^[ \t]*(?:action|status)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_ID = re.compile(rb"^[ \t>]*message-id:[ \t]*\r?\n?[ \t]*<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)
_JSON_KIND = re.compile(r'"notificationType"\s*:\s*"(Bounce|Complaint)"')
_JSON_ADDRESS = re.compile(r'"emailAddress"\s*:\s*"([^"\s]{3,300})"')
_ANSWER = re.compile(r"\s*(?:re|aw|fwd?|wg|sv|vs|tr|rv|antw)\s*(?:\[\d+\])?:", re.IGNORECASE)
_OLD_FEEDBACK = re.compile(r"complaint about message from \d", re.IGNORECASE)
_FEEDBACK_RECIPIENT = re.compile(
    r"^(?:original-rcpt-to|x-hmxmroriginalrecipient)[ \t]*:[ \t]*<?([^\s<>]{3,300})", re.I | re.M
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about a mail as a report on another."""

    bounce: Bounce | None
    is_success_report: bool = False


def find_bounce(
    raw: bytes,
    tree: Structure,
    headers: dict[str, str],
    from_: tuple[Address, ...],
    return_path: str | None,
    subject: str,
    text: str,
) -> Finding:
    """Tell whether a mail reports that another was not delivered.

    Args:
        raw: the whole mail.
        tree: its parts.
        headers: first value of each header by lower-case name, decoded.
        from_: its senders.
        return_path: empty for `<>`, None if missing.
        subject: decoded.
        text: the text that a reader sees.
    """
    statuses = _statuses(raw, tree, text)
    if statuses:
        return _from_statuses(raw, tree, statuses, text)
    feedback = _feedback(raw, tree, subject)
    if feedback is not None:
        return Finding(bounce=feedback)
    listed = headers.get("x-failed-recipients", "")
    report, is_copied = report_of(text)
    if listed:
        failed = tuple(dict.fromkeys(one.strip().strip("<>") for one in listed.split(",") if "@" in one))
        return Finding(bounce=_prose_bounce(raw, tree, "x-failed-recipients", failed, report, subject))
    notified = _JSON_KIND.search(text[:200_000])
    if notified:
        failed = tuple(dict.fromkeys(_JSON_ADDRESS.findall(text[:200_000])))[:100]
        bounce = _prose_bounce(raw, tree, "text", failed, report, subject)
        return Finding(bounce=_as_feedback(bounce) if notified[1] == "Complaint" else bounce)
    return Finding(bounce=_weigh(raw, tree, headers, from_, return_path, subject, report, is_copied))


def _statuses(raw: bytes, tree: Structure, text: str) -> tuple[RecipientStatus, ...]:
    found: list[RecipientStatus] = []
    for part in tree.walk():
        if part.content_type in _STATUS_TYPES:
            found += read_delivery_status(part_text(raw, part)[0])
    if (
        not found
        and tree.root.content_type == "multipart/report"
        or ("inal-" in text and _PROSE_STATUS.search(text[:50_000]) and _PROSE_ACTION.search(text[:50_000]))
    ):
        found += [one for one in read_delivery_status(text) if one.action and one.address]
    return tuple(found)


def _from_statuses(raw: bytes, tree: Structure, statuses: tuple[RecipientStatus, ...], text: str) -> Finding:
    bad = [one for one in statuses if one.action in ("failed", "delayed", "") or one.action.startswith("fail")]
    if not bad:
        return Finding(bounce=None, is_success_report=True)
    permanent = [one for one in bad if one.action != "delayed"]
    worst = (permanent or bad)[0]
    failed = tuple(dict.fromkeys(_lower_domain(one.address) for one in permanent or bad if one.address))
    report, _ = report_of(text)
    bounce = Bounce(
        kind=BounceKind.PERMANENT if permanent else BounceKind.TRANSIENT,
        evidence="dsn",
        failed=failed or failed_addresses(report, frozenset()),
        original_message_id=_original_id(raw, tree),
        status=worst.status or status_of(worst.diagnostic),
        diagnostic=worst.diagnostic[:500],
    )
    return Finding(bounce=bounce)


def _feedback(raw: bytes, tree: Structure, subject: str) -> Bounce | None:
    parts = tree.walk()
    report = next((part for part in parts if part.content_type == "message/feedback-report"), None)
    is_old = bool(_OLD_FEEDBACK.match(subject)) and any(part.content_type == "message/rfc822" for part in parts)
    declared = tree.root.parameters.get("report-type", "").lower() == "feedback-report"
    if report is None and not is_old and not declared:
        return None
    source = report or next((part for part in parts if part.content_type == "message/rfc822"), tree.root)
    failed = _FEEDBACK_RECIPIENT.findall(part_text(raw, source)[0][:50_000])
    return Bounce(
        kind=BounceKind.FEEDBACK,
        evidence="feedback-report",
        failed=tuple(dict.fromkeys(_lower_domain(one) for one in failed)),
        original_message_id=_original_id(raw, tree),
        status="",
        diagnostic="",
    )


def _weigh(
    raw: bytes,
    tree: Structure,
    headers: dict[str, str],
    from_: tuple[Address, ...],
    return_path: str | None,
    subject: str,
    report: str,
    is_copied: bool,
) -> Bounce | None:
    by_system = any(is_system_address(sender.address or sender.name) for sender in from_) or any(
        _SYSTEM_NAME.search(sender.name) for sender in from_
    )
    to_nobody = return_path == "" or (return_path is not None and is_system_address(return_path))
    if not (by_system or to_nobody) and (_ANSWER.match(subject) or headers.get("in-reply-to")):
        return None
    if headers.get("auto-submitted", "").strip().lower().startswith("auto-replied") and not by_system:
        return None
    says = bool(REPORT.search(report))
    titled = bool(SUBJECT.search(subject))
    if not says and not titled:
        return None
    is_copied = is_copied or any(part.content_type in _RETURNED_TYPES for part in tree.walk())
    own = frozenset(one.address.lower() for one in from_ if one.address)
    failed = failed_addresses(report, own)
    points = 2 * by_system + to_nobody + 2 * titled + says + is_copied + bool(CODE.search(report)) + bool(failed)
    if points < (3 if by_system or to_nobody else 5):
        return None
    return _prose_bounce(raw, tree, "text", failed, report, subject)


_SYSTEM_NAME = re.compile(
    r"mail(?:er)?[- ]?(?:delivery|daemon)|delivery (?:sub)?system|system administrator|postmaster", re.I
)


def _prose_bounce(
    raw: bytes, tree: Structure, evidence: str, failed: tuple[str, ...], report: str, subject: str
) -> Bounce:
    is_delayed = bool(DELAYED.search(subject)) or (bool(DELAYED.search(report)) and not GIVEN_UP.search(report))
    return Bounce(
        kind=BounceKind.TRANSIENT if is_delayed else BounceKind.PERMANENT,
        evidence=evidence,
        failed=tuple(_lower_domain(one) for one in failed),
        original_message_id=_original_id(raw, tree),
        status=status_of(report),
        diagnostic=diagnostic_of(report),
    )


def _as_feedback(bounce: Bounce) -> Bounce:
    return Bounce(
        kind=BounceKind.FEEDBACK,
        evidence=bounce.evidence,
        failed=bounce.failed,
        original_message_id=bounce.original_message_id,
        status=bounce.status,
        diagnostic=bounce.diagnostic,
    )


def _original_id(raw: bytes, tree: Structure) -> str:
    found = _ORIGINAL_ID.search(raw, tree.root.header.body_start)
    return found[1].decode("ascii", "replace") if found else ""


def _lower_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"
