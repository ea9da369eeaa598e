"""Has a mail of ours come back?

1. A `message/delivery-status` part (RFC 3464), or its fields in the prose of a mail system, decides: `delivered`,
   `relayed` and `expanded` are a report of success and no bounce, `delayed` is a transient bounce, any other action a
   permanent one. Where nothing of the mail is returned, the envelope's id names it: ours is the Message-ID.
2. A feedback report (RFC 5965, and the older ones titled `complaint about message from`) counts as a bounce of kind
   `feedback`: that recipient must not be written to in the same way again.
3. `X-Failed-Recipients` is written by mail systems only.
4. A notification in JSON by a mail service says what it is (`"notificationType": "Bounce"`).
5. Prose is weighed, see `bounce_text`: who sent it (the mail system's own address, a null return path), what the
   subject says, what the text says, whether a copy of a mail follows, whether it quotes an SMTP code, whether it names
   an address. Three points are enough if the sender or return path is the system's. Otherwise it takes such a subject,
   four points and words that only programs write: "my parcel could not be delivered" is a complaint.
6. An answer (`Re:`, `Fwd:`, In-Reply-To) that no mail system sent is never a bounce: people forward bounces when they
   complain. Some gateways put `Re:` before what they report; theirs is known by naming no mail that it answers, and by
   speaking of nobody's own doing. Nor is a mail that says it answers automatically (`Auto-Submitted: auto-replied`) a
   bounce: that is an absence note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.mail import bounce_text
from ingest.mail.automatic import is_no_reply_address, is_system_address
from ingest.mail.body import part_text
from ingest.mail.dsn import RecipientStatus, read_delivery_status, read_envelope_id
from ingest.mail.parsed import Address, Bounce, BounceKind
from ingest.mail.structure import Structure

_MOST_CHARS = 200_000
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset({"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"})
_GOOD_ACTIONS = frozenset({"delivered", "deliverable", "relayed", "expanded"})
_PROSE_STATUS = re.compile(r"^[ \t]*final-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_PROSE_ACTION = re.compile(r"^[ \t]*(?:action|status)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_ID = re.compile(rb"^[ \t>]*message-id:[ \t]*\r?\n?[ \t]*<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)
# The quotes may be escaped: a notification is often JSON within JSON.
_JSON_KIND = re.compile(r'\\?"notificationType\\?"\s*:\s*\\?"(Bounce|Complaint|Delivery)\\?"')
_JSON_ADDRESS = re.compile(r'\\?"emailAddress\\?"\s*:\s*\\?"([^"\s\\]{3,300})\\?"')
_ANSWER = re.compile(r"\s*(?:re|aw|fwd?|wg|sv|vs|tr|rv|antw)\s*(?:\[\d+\])?:", re.IGNORECASE)
_OF_ONESELF = re.compile(r"\b(?:i|i'm|i've|me|my|we|us|our|mine|ours)\b", re.IGNORECASE)
_OLD_FEEDBACK = re.compile(r"complaint about message from \d", re.IGNORECASE)
_FEEDBACK_RECIPIENT = re.compile(
    r"^(?:original-rcpt-to|x-hmxmroriginalrecipient)[ \t]*:[ \t]*<?([^\s<>]{3,300})", re.IGNORECASE | re.MULTILINE
)
_SYSTEM_NAME = re.compile(
    r"mail(?:er)?[- ]?(?:delivery|daemon)|delivery (?:sub)?system|system administrator|postmaster", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about a mail as a report on another."""

    bounce: Bounce | None
    is_success_report: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A mail that may be a bounce."""

    raw: bytes
    tree: Structure
    #: First value of each header by lower-case name, decoded.
    headers: dict[str, str]
    from_: tuple[Address, ...]
    #: Empty for `<>`, None if missing.
    return_path: str | None
    subject: str
    #: The text that a reader sees.
    text: str

    @property
    def by_system(self) -> bool:
        """The sender's address or name is a mail system's."""
        return any(
            is_system_address(one.address or one.name) or _SYSTEM_NAME.search(one.name) is not None
            for one in self.from_
        )

    @property
    def to_nobody(self) -> bool:
        """The return path is null or a mail system's."""
        return self.return_path == "" or (self.return_path is not None and is_system_address(self.return_path))


def find_bounce(mail: Suspect) -> Finding:
    """Tell whether a mail reports that another was not delivered."""
    is_system = mail.by_system or mail.to_nobody
    is_report = mail.tree.root.content_type == "multipart/report"
    if not is_system and not is_report and _is_an_answer(mail):
        return Finding(bounce=None)
    statuses = _statuses(mail, may_be_prose=is_system or is_report)
    if statuses:
        return _from_statuses(mail, statuses)
    feedback = _feedback(mail)
    if feedback is not None:
        return Finding(bounce=feedback)
    listed = mail.headers.get("x-failed-recipients", "")
    if listed:
        failed = tuple(dict.fromkeys(one.strip().strip("<>") for one in listed.split(",") if "@" in one))
        return Finding(bounce=_from_prose(mail, "x-failed-recipients", failed))
    if any(is_no_reply_address(one.address) for one in mail.from_):
        notified = _from_json(mail)
        if notified is not None:
            return notified
    if mail.headers.get("auto-submitted", "").strip().lower().startswith("auto-replied") and not mail.by_system:
        return Finding(bounce=None)
    return Finding(bounce=_weigh(mail, is_system=is_system))


def _is_an_answer(mail: Suspect) -> bool:
    begins = _ANSWER.match(mail.subject)
    if begins is None or mail.headers.get("in-reply-to"):
        return bool(mail.headers.get("in-reply-to"))
    if mail.headers.get("references") or not begins[0].strip().lower().startswith("re"):
        return True
    report, _ = bounce_text.report_of(mail.text)
    return not bounce_text.UNMISTAKABLE.search(report) or _OF_ONESELF.search(report) is not None


def _statuses(mail: Suspect, *, may_be_prose: bool) -> tuple[RecipientStatus, ...]:
    found: list[RecipientStatus] = []
    for part in mail.tree.walk():
        if part.content_type in _STATUS_TYPES:
            found += read_delivery_status(part_text(mail.raw, part)[0])
    if not found and may_be_prose:
        head = mail.text[:_MOST_CHARS]
        if _PROSE_STATUS.search(head) and _PROSE_ACTION.search(head):
            found += [one for one in read_delivery_status(head) if one.action and one.address]
    return tuple(found)


def _from_statuses(mail: Suspect, statuses: tuple[RecipientStatus, ...]) -> Finding:
    bad = [one for one in statuses if one.action not in _GOOD_ACTIONS]
    if not bad:
        return Finding(bounce=None, is_success_report=True)
    permanent = [one for one in bad if one.action != "delayed"]
    worst = (permanent or bad)[0]
    failed = tuple(dict.fromkeys(_lower_domain(one.address) for one in permanent or bad if one.address))
    report, _ = bounce_text.report_of(mail.text)
    bounce = Bounce(
        kind=BounceKind.PERMANENT if permanent else BounceKind.TRANSIENT,
        evidence="dsn",
        failed=failed or bounce_text.failed_addresses(report, frozenset()),
        original_message_id=_original_id(mail) or _envelope_id(mail),
        status=worst.status or bounce_text.status_of(worst.diagnostic),
        diagnostic=worst.diagnostic[:500],
    )
    return Finding(bounce=bounce)


def _feedback(mail: Suspect) -> Bounce | None:
    parts = mail.tree.walk()
    enclosed = next((part for part in parts if part.content_type == "message/rfc822"), None)
    report = next((part for part in parts if part.content_type == "message/feedback-report"), None)
    is_old = enclosed is not None and _OLD_FEEDBACK.match(mail.subject) is not None
    is_declared = mail.tree.root.parameters.get("report-type", "").lower() == "feedback-report"
    if report is None and not is_old and not is_declared:
        return None
    source = report or enclosed or mail.tree.root
    failed = _FEEDBACK_RECIPIENT.findall(part_text(mail.raw, source)[0][:_MOST_CHARS])
    return Bounce(
        kind=BounceKind.FEEDBACK,
        evidence="feedback-report",
        failed=tuple(dict.fromkeys(_lower_domain(one) for one in failed)),
        original_message_id=_original_id(mail),
        status="",
        diagnostic="",
    )


def _from_json(mail: Suspect) -> Finding | None:
    head = mail.text[:_MOST_CHARS]
    notified = _JSON_KIND.search(head)
    if notified is None:
        return None
    if notified[1] == "Delivery":
        return Finding(bounce=None, is_success_report=True)
    bounce = _from_prose(mail, "text", tuple(dict.fromkeys(_JSON_ADDRESS.findall(head)))[:100])
    return Finding(bounce=replace(bounce, kind=BounceKind.FEEDBACK) if notified[1] == "Complaint" else bounce)


def _weigh(mail: Suspect, *, is_system: bool) -> Bounce | None:
    titled = bounce_text.SUBJECT.search(mail.subject) is not None
    if not titled and not is_system:
        return None
    report, is_copied = bounce_text.report_of(mail.text)
    says = bounce_text.REPORT.search(report) is not None
    if not (says or titled) or not (is_system or bounce_text.UNMISTAKABLE.search(report)):
        return None
    is_copied = is_copied or any(part.content_type in _RETURNED_TYPES for part in mail.tree.walk())
    senders = frozenset(one.address.lower() for one in mail.from_ if one.address)
    failed = bounce_text.failed_addresses(report, senders)
    quotes_code = bounce_text.CODE.search(report) is not None
    points = 2 * mail.by_system + mail.to_nobody + 2 * titled + says + is_copied + quotes_code + bool(failed)
    return _from_prose(mail, "text", failed) if points >= (3 if is_system else 4) else None


def _from_prose(mail: Suspect, evidence: str, failed: tuple[str, ...]) -> Bounce:
    report, _ = bounce_text.report_of(mail.text)
    is_delayed = (
        bounce_text.STILL_TRYING.search(report) is not None
        or bounce_text.DELAYED.search(mail.subject) is not None
        or (bounce_text.DELAYED.search(report) is not None and not bounce_text.GIVEN_UP.search(report))
    )
    return Bounce(
        kind=BounceKind.TRANSIENT if is_delayed else BounceKind.PERMANENT,
        evidence=evidence,
        failed=tuple(_lower_domain(one) for one in failed),
        original_message_id=_original_id(mail),
        status=bounce_text.status_of(report),
        diagnostic=bounce_text.diagnostic_of(report),
    )


def _original_id(mail: Suspect) -> str:
    found = _ORIGINAL_ID.search(mail.raw, mail.tree.root.header.body_start)
    return found[1].decode("ascii", "replace") if found else ""


def _envelope_id(mail: Suspect) -> str:
    """Return the envelope's id where it is a Message-ID, which is what we name our envelopes by."""
    for part in mail.tree.walk():
        if part.content_type in _STATUS_TYPES:
            name = read_envelope_id(part_text(mail.raw, part)[0]).strip("<>")
            if "@" in name and not any(char.isspace() for char in name):
                return name
    return ""


def _lower_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"
