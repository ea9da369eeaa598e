"""One reply as its reviewer sees it: in its context, with its checks, and with what may be done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from amends.desk.access import Permission
from amends.desk.parts import Desk
from amends.desk.review.marks import Piece, Remark, pieces
from amends.desk.sessions import Person
from amends.domain.case import Case
from amends.domain.channel import Channel
from amends.domain.check import Check, Level
from amends.domain.delivery import Delivery
from amends.domain.hold import Hold
from amends.domain.reply import Form, Reply, ReplyState, is_author, text_sha256
from amends.unit_of_work import JudgedMessage, UnitOfWork
from respond.checks.post_rule import PostRule, post_rule

#: So many words of the thread before and after are shown; the page of the case has the rest.
_THREAD_AT_MOST = 8
_WENT = {ReplyState.SENT, ReplyState.UNKNOWN}
_EDITABLE = {ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a text is as its network counts, and how long it may be; no limit: None."""

    counts: int
    at_most: int | None
    network: str = ""

    @property
    def is_too_long(self) -> bool:
        """Whether the channel would refuse it."""
        return self.at_most is not None and self.counts > self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that was said in the case: by the customer, or by us."""

    who: str
    at: datetime
    pieces: Sequence[Piece]
    is_ours: bool
    is_answered: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a reply with all that is said of them."""

    text: str
    pieces: Sequence[Piece]
    checks: Sequence[Check]
    length: Length

    @property
    def is_blocked(self) -> bool:
        """Whether a check keeps them from going."""
        return any(check.level is Level.BLOCK for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the page of a reply shows."""

    reply: Reply
    words: Words
    advice: Sequence[dict[str, object]]
    case: Case
    judged: JudgedMessage
    thread: Sequence[Said]
    earlier: int
    deliveries: Sequence[Delivery]
    hold: Hold | None
    #: Why this person cannot approve it; "" if they can.
    why_not: str
    may_edit: bool
    #: The id of the customer's last message, which an edit answers.
    heard: str

    @property
    def seen(self) -> str:
        """The digest of the text that is shown, which a change is bound to."""
        return text_sha256(self.reply.text)


def words_of(text: str, reply: Reply, checks: Sequence[Check], rule: PostRule | None) -> Words:
    """Put the words of a reply together with what its checks say of them, as the network counts that has this rule."""
    remarks = [Remark(start=one.start, end=one.end, says=one.says, is_grave=one.level is Level.BLOCK) for one in checks]
    return Words(text=text, pieces=pieces(text, remarks), checks=checks, length=length_of(text, reply, rule))


def length_of(text: str, reply: Reply, rule: PostRule | None) -> Length:
    """Count a text as the network of a reply does."""
    if rule is None or not (reply.form.is_public or reply.form is Form.DIRECT_MESSAGE):
        return Length(counts=len(text), at_most=None)
    counts, at_most = rule.counted(text, is_public=reply.form.is_public)
    return Length(counts=counts, at_most=at_most, network=rule.network)


def _rule(unit: UnitOfWork, reply: Reply) -> PostRule | None:
    return post_rule(reply.channel, unit.messages.get(reply.message_id).message.facts)


def try_words(unit: UnitOfWork, parts: Desk, reply: Reply, text: str) -> Words:
    """Check words that nobody has saved."""
    if not text.strip():
        return words_of(text, reply, (), _rule(unit, reply))
    tried = replace(
        reply,
        text=text,
        approval=None,
        state=ReplyState.IN_REVIEW,
        is_automatic=False,
        parts=reply.parts if text == reply.text else (),
    )
    return words_of(text, reply, parts.check(unit, tried), _rule(unit, reply))


def show(unit: UnitOfWork, person: Person, reply: Reply) -> Shown:
    """Gather what the page of a reply shows."""
    judged = unit.messages.of_case(reply.case_id)
    words = words_of(reply.text, reply, unit.replies.checks(reply.id), _rule(unit, reply))
    last = unit.messages.last_filed(reply.case_id)
    thread = _thread(judged, unit.replies.of_case(reply.case_id), reply)
    about = [at for at, said in enumerate(thread) if said.is_answered]
    first = max(0, min(about[0] if about else len(thread), len(thread) - _THREAD_AT_MOST + 1) - 1)
    return Shown(
        reply=reply,
        words=words,
        advice=unit.replies.advice(reply.id),
        case=unit.cases.get(reply.case_id),
        judged=next((one for one in judged if one.message.id == reply.message_id), last),
        thread=thread[first : first + _THREAD_AT_MOST],
        earlier=first,
        deliveries=[one for one in unit.deliveries.of_case(reply.case_id) if one.reply_id == reply.id],
        hold=unit.holds.standing(),
        why_not=_why_not(person, reply, words, last),
        may_edit=reply.state in _EDITABLE and person.may(Permission.REVIEW_REPLIES),
        heard=last.message.id,
    )


def _why_not(person: Person, reply: Reply, words: Words, last: JudgedMessage) -> str:
    """Say beforehand what `amends.casework.review.approve` would refuse."""
    if not person.may(Permission.REVIEW_REPLIES):
        return "You may read this reply. Somebody who reviews replies has to approve it."
    if is_author(person.name, reply.authors):
        return "You wrote words of this reply, so somebody else has to approve it."
    if last.message.id != reply.message_id:
        at = last.message.received_at
        return f"The customer wrote again on {at:%d %b %Y at %H:%M} UTC. Edit it so that it answers that, or reject it."
    if words.is_blocked:
        return "A check keeps it from going. Change the words that it quotes."
    return ""


def _thread(judged: Sequence[JudgedMessage], replies: Sequence[Reply], shown: Reply) -> list[Said]:
    said = [_customer(one, is_answered=one.message.id == shown.message_id) for one in judged]
    said += [
        Said(
            who=f"We, {reply.form.value.replace('_', ' ')}",
            at=reply.approval.at if reply.approval is not None else reply.drafted_at,
            pieces=pieces(reply.text, ()),
            is_ours=True,
        )
        for reply in replies
        if reply.state in _WENT and reply.id != shown.id
    ]
    return sorted(said, key=lambda one: one.at)


def _customer(one: JudgedMessage, *, is_answered: bool) -> Said:
    message = one.message
    remarks = [
        Remark(
            start=flag.start,
            end=flag.end,
            says=f"{flag.name.value.replace('_', ' ').capitalize()}"
            + (f" ({flag.severity.word})." if flag.severity is not None else "."),
            is_grave=flag.severity is not None and flag.severity.word in {"high", "critical"},
        )
        for flag in one.verdict.flags
    ]
    is_post = message.channel is Channel.X and message.native_id.isascii() and message.native_id.isdigit()
    return Said(
        who=message.author_name or message.author.value,
        at=message.received_at,
        pieces=pieces(message.own_words, remarks),
        is_ours=False,
        is_answered=is_answered,
        link=f"https://x.com/i/status/{message.native_id}" if is_post else "",
    )
