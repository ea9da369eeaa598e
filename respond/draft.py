"""Drafts of replies: from what we know of a message to words that a customer may read.

1. A draft states no fact that is not in its `ReplyContext`: dates, the reference, the
   organisation's own contacts. Telephone numbers and promises are never made up.
2. A public draft holds nothing of the customer's: its wordings have no places to fill.
3. In private a safe name and a safe subject are said back (`restating.py`), and what a
   complaint tells of in neutral words, as what the customer told us.
4. A question is not answered with an apology, and praise is answered with thanks.
5. What is only for a person to know stands in [brackets], and the checks let no draft go
   while one is open.
6. The same message always gets the same words; different messages get different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from amends.domain.channel import Channel
from amends.domain.message import require_zone
from amends.domain.reply import Form, Part, Purpose, Slot
from amends.domain.verdict import FlagName, Kind, Severity
from respond.checks.phrases import any_of
from respond.checks.post_rule import PostRule, post_rule
from respond.forms import DANGER
from respond.restating import one_line, safe_name, safe_subject
from respond.wording import Template, listening, templates

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyContext:
    """What a draft may know.

    `case_id` is the reference told to the customer. `next_due` is when the customer
    hears from us next, by the case's clock; days are named in `zone`. `contact` and
    `urgent_contact` are lines of the organisation's own, as it wrote them in its
    settings. `post_rule` says how posts are counted, where that is not as usual.
    """

    case_id: str
    message_id: str
    channel: Channel
    form: Form
    kind: Kind
    severity: Severity | None
    received_at: datetime
    organisation: str
    flags: frozenset[FlagName] = frozenset()
    needs_person: bool = False
    customer_name: str = ""
    subject: str = ""
    own_words: str = ""
    next_due: datetime | None = None
    contact: str = ""
    urgent_contact: str = ""
    status_url: str = ""
    zone: ZoneInfo = LONDON
    post_rule: PostRule | None = None

    def __post_init__(self) -> None:
        require_zone("received_at", self.received_at)
        require_zone("next_due", self.next_due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Words for one reply. Each part stands in `text`, in the order of LATER; `template` names where they come from."""

    form: Form
    subject: str
    text: str
    parts: tuple[Part, ...]
    template: str


_GRIEF = any_of(
    r"bereave\w*|passed away|funeral",
    r"late (?:husband|wife|mother|father|partner|son|daughter|brother|sister|mum|dad)",
    r"(?:husband|wife|mother|father|partner|son|daughter|brother|sister|mum|dad|gran\w*|nan|baby|friend|he|she) "
    r"(?:\w+ ){0,2}?(?:died|passed)",
)
#: How many things a complaint tells of are said back; more would be a list.
_MOST_SAID_BACK = 2
_ANSWERED_LIKE_MAIL = frozenset({Form.EMAIL, Form.LETTER, Form.STATUS_PAGE, Form.DIRECT_MESSAGE})
_ACKNOWLEDGED_BY = {
    Form.EMAIL: "acknowledgement.email",
    Form.LETTER: "acknowledgement.email",
    Form.STATUS_PAGE: "acknowledgement.status_page",
    Form.DIRECT_MESSAGE: "acknowledgement.direct_message",
}


def draft_reply(about: ReplyContext, purpose: Purpose) -> Draft:
    """Draft a reply of a purpose in the form that `about` names.

    Raises:
        ValueError: the form has no text: a telephone call.
    """
    if about.form.is_public:
        return draft_public(about)
    return draft_acknowledgement(about) if purpose is Purpose.ACKNOWLEDGEMENT else draft_answer(about)


def draft_acknowledgement(about: ReplyContext) -> Draft:
    """Draft what says that we have the message, what happens next and when. It decides nothing.

    Raises:
        ValueError: the form is no private one with a text.
    """
    if about.form not in _ACKNOWLEDGED_BY:
        raise ValueError(f"an acknowledgement is not drafted as {about.form}")
    return _private(about, _template(about, _ACKNOWLEDGED_BY[about.form], Purpose.ACKNOWLEDGEMENT))


def draft_answer(about: ReplyContext) -> Draft:
    """Draft the frame of an answer, with a gap for everything that only a person knows.

    Raises:
        ValueError: the form is no private one with a text.
    """
    if about.form not in _ANSWERED_LIKE_MAIL:
        raise ValueError(f"an answer is not drafted as {about.form}")
    return _private(about, _template(about, "answer.email", Purpose.ANSWER))


def draft_public(about: ReplyContext) -> Draft:
    """Draft what strangers may read. It fits the network where any wording does.

    Raises:
        ValueError: the form is not public.
    """
    if not about.form.is_public:
        raise ValueError(f"{about.form} is no public form")
    template = _template(about, about.form.value, Purpose.ACKNOWLEDGEMENT)
    best: tuple[Part, ...] = ()
    rule = about.post_rule or post_rule(about.channel)
    # Another choice of wordings is tried where one is too long; most networks take the first.
    for attempt in range(16):
        parts = tuple(
            Part(slot=slot, text=words)
            for slot in Slot
            if (words := template.pick(slot.value, f"{about.message_id}:{attempt}" if attempt else about.message_id))
        )
        if rule is None:
            best = parts
            break
        if not best or rule.post(_joined(parts)) < rule.post(_joined(best)):
            best = parts
        if rule.post(_joined(best)) <= rule.limit:
            break
    return Draft(form=about.form, subject="", text=_joined(best), parts=best, template=template.name)


def _template(about: ReplyContext, file: str, purpose: Purpose) -> Template:
    found = templates(file)
    return next(found[situation] for situation in _situations(about, purpose) if situation in found)


def _situations(about: ReplyContext, purpose: Purpose) -> tuple[str, ...]:
    """Name the situations whose template fits, best first. Not every file has each."""
    in_grief = about.kind is not Kind.PRAISE and _GRIEF.search(about.own_words) is not None
    if about.severity is Severity.CRITICAL or about.flags & DANGER or in_grief:
        return "sensitive", "complaint"
    if about.needs_person and purpose is Purpose.ACKNOWLEDGEMENT:
        return ("unsettled", about.kind.value, "neutral") if about.form.is_public else ("neutral",)
    return about.kind.value, "neutral"


def _private(about: ReplyContext, template: Template) -> Draft:
    subject = safe_subject(about.subject) if about.channel is Channel.EMAIL else ""
    places = {
        "received": _day(about.received_at, about.zone),
        "subject": subject,
        "due": _day(about.next_due, about.zone) if about.next_due else "",
        "reference": about.case_id,
        "status_url": about.status_url,
        "urgent_contact": one_line(about.urgent_contact),
    }

    def words(part: str) -> str:
        return template.pick(part, about.message_id).format_map(places)

    listen = (subject and words("listen_about")) or words("listen")
    said_back = _said_back(about) if template.situation == "complaint" and not template.has_gaps else ()
    explain = (words("explain"),) if places["due"] or not words("explain_open") else (words("explain_open"),)
    filled = {
        Slot.LISTEN: (listen, *said_back),
        Slot.APOLOGISE: (words("apologise"),),
        Slot.THANK: (words("thank"),),
        Slot.EXPLAIN: (
            *explain,
            words("explain_urgent") if places["urgent_contact"] else "",
            words("explain_reference"),
            words("explain_status") if about.status_url else "",
        ),
        Slot.RESOLVE: (words("resolve"),),
    }
    parts = tuple(
        Part(slot=slot, text=text) for slot, sentences in filled.items() if (text := " ".join(filter(None, sentences)))
    )
    return Draft(
        form=about.form,
        subject=_subject(about, subject),
        text=_letter(about, parts) if about.form in {Form.EMAIL, Form.LETTER} else _paragraphs(parts),
        parts=parts,
        template=template.name,
    )


def _said_back(about: ReplyContext) -> tuple[str, ...]:
    sentences = (sentence for flag, sentence in listening().items() if FlagName(flag) in about.flags)
    return tuple(sentences)[:_MOST_SAID_BACK]


def _subject(about: ReplyContext, restated: str) -> str:
    if about.form is not Form.EMAIL:
        return ""
    if about.channel is Channel.EMAIL:
        return f"Re: {restated or 'your message'} [{about.case_id}]"
    return f"Your message to {one_line(about.organisation)} [{about.case_id}]"


def _letter(about: ReplyContext, parts: tuple[Part, ...]) -> str:
    name = safe_name(about.customer_name)
    closing = "\n".join(filter(None, ("With kind regards", one_line(about.organisation), one_line(about.contact))))
    return f"{f'Dear {name},' if name else 'Hello,'}\n\n{_paragraphs(parts)}\n\n{closing}\n"


def _paragraphs(parts: tuple[Part, ...]) -> str:
    opening = _joined(tuple(part for part in parts if part.slot in {Slot.LISTEN, Slot.APOLOGISE, Slot.THANK}))
    rest = (part.text for part in parts if part.slot not in {Slot.LISTEN, Slot.APOLOGISE, Slot.THANK})
    return "\n\n".join(filter(None, (opening, *rest)))


def _joined(parts: tuple[Part, ...]) -> str:
    return " ".join(part.text for part in parts)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y}"
