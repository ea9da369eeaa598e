"""The form advisor: in which form to answer, what speaks for each, and what forbids it (CFACSC8, K12).

The table has three parts: what each form is good and bad at (`FORMS`), what forbids it in
a given situation (`BLOCKS`, the first that applies gives the reason), and which of those
left is the first choice (`_preferred`). Every form is always listed, so that a person sees
not only what to do but why not the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amends.domain.channel import Channel
from amends.domain.reply import Form
from amends.domain.verdict import FlagName, Kind, Severity
from respond.checks.personal_data import identifies_somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the advice depends on.

    `needs_person` means that nobody has settled yet what the message is; until then it
    counts as a complaint. `personal_data_found` says that the customer's words hold
    personal data; numbers and addresses in `own_words` are found without it as well.
    `was_private` says that it was said in private on a network.
    `may_be_published` is false where the network takes a public reply from people alone.
    """

    channel: Channel
    kind: Kind
    severity: Severity | None
    flags: frozenset[FlagName] = frozenset()
    needs_person: bool = False
    has_email_address: bool = True
    own_words: str = ""
    personal_data_found: bool = False
    may_be_published: bool = True
    was_private: bool = False

    @property
    def is_public(self) -> bool:
        """Whether strangers can read what the customer said."""
        return self.channel.is_public and not self.was_private

    @property
    def is_complaint(self) -> bool:
        """Whether it is handled as a complaint."""
        return self.kind is Kind.COMPLAINT or self.needs_person

    @property
    def is_critical(self) -> bool:
        """Whether somebody may come to harm."""
        return self.severity is Severity.CRITICAL or bool(self.flags & DANGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOption:
    """One form of reply in one situation. `blocked_by` says what forbids it, and is empty when it is allowed."""

    form: Form
    allowed: bool
    benefits: tuple[str, ...]
    drawbacks: tuple[str, ...]
    blocked_by: str = ""
    is_recommended: bool = False

    def __post_init__(self) -> None:
        if self.allowed == bool(self.blocked_by):
            raise ValueError("a form is allowed, or something blocks it")
        if self.is_recommended and not self.allowed:
            raise ValueError("what is blocked cannot be recommended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Every form of reply once, in the order of `Form`; exactly one is recommended.

    `first_written` is the best form that has a text: the recommended one, or what to
    draft beside the telephone call that is recommended.
    """

    options: tuple[FormOption, ...]
    first_written: Form

    def __post_init__(self) -> None:
        if sum(option.is_recommended for option in self.options) != 1:
            raise ValueError("advice recommends one form")

    @property
    def recommended(self) -> FormOption:
        """The form to take unless a person knows better."""
        return next(option for option in self.options if option.is_recommended)

    def about(self, form: Form) -> FormOption:
        """What is said of one form."""
        return next(option for option in self.options if option.form is form)


#: What may mean that somebody comes to harm, whatever severity was given.
DANGER = frozenset({FlagName.SAFETY, FlagName.SAFEGUARDING, FlagName.SELF_HARM})

#: What is never argued about where strangers read along.
SENSITIVE = frozenset(
    {
        FlagName.VULNERABLE,
        FlagName.DISCRIMINATION,
        FlagName.STAFF_MISCONDUCT,
        FlagName.FRAUD,
        FlagName.DATA_BREACH,
        FlagName.RIGHTS_REQUEST,
        FlagName.LEGAL_THREAT,
        FlagName.REGULATOR,
        FlagName.MEDIA,
        FlagName.FINANCIAL_LOSS,
        FlagName.ESSENTIAL_SUPPLY,
    }
)

#: What speaks for each form and against it.
FORMS: dict[Form, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Form.EMAIL: (
        ("private", "room for a full answer", "both sides keep the words and their date"),
        ("slower than a call", "a wrong address sends it to a stranger", "cold where somebody is upset"),
    ),
    Form.PUBLIC_REPLY: (
        ("quick", "everybody sees that you answer", "one answer serves all who wonder the same"),
        (
            "strangers read it for ever",
            "the few characters of a post leave no room for a case",
            "nothing about the person may be said",
            "others may join in",
        ),
    ),
    Form.PUBLIC_HOLDING: (
        ("shows at once that you listen", "gives nothing away", "leads to where the case can be talked about"),
        ("solves nothing by itself", "the same words under every post look canned", "the customer has to write again"),
    ),
    Form.DIRECT_MESSAGE: (
        ("private", "stays where the customer is", "room for a reference and a question"),
        (
            "the network may refuse it when the customer takes no messages from strangers",
            "strangers do not see that you answered",
            "no proof of identity: ask before you say anything of a case",
        ),
    ),
    Form.STATUS_PAGE: (
        ("there at any hour", "needs no address", "shows nothing that the customer was not told"),
        ("seen only when the customer looks", "no conversation"),
    ),
    Form.PHONE_CALL: (
        ("quickest", "you hear how somebody is", "questions are answered at once"),
        (
            "a person's time",
            "only a note remains of what was said",
            "needs a number: where you have none, ask for it privately",
        ),
    ),
    Form.LETTER: (
        ("formal, and kept", "reaches those who are not online", "can be sent with proof of posting"),
        ("takes days", "costs", "needs a postal address: where you have none, ask for it privately"),
    ),
}

_Block = tuple[frozenset[Form], Callable[[Situation], bool], str]
_PUBLIC = frozenset({Form.PUBLIC_REPLY, Form.PUBLIC_HOLDING})
_ANSWERED_IN_PUBLIC = frozenset({Form.PUBLIC_REPLY})


def _unreachable(situation: Situation) -> bool:
    return situation.channel is Channel.WEB_FORM and not situation.has_email_address


#: What forbids which forms, and the reason that a person reads.
BLOCKS: tuple[_Block, ...] = (
    (
        _PUBLIC,
        lambda situation: not situation.is_public,
        "the customer wrote to us privately; a public word would tell strangers that they did",
    ),
    (
        _PUBLIC,
        lambda situation: bool(situation.flags & {FlagName.SELF_HARM, FlagName.SAFEGUARDING}),
        "a person may be in danger: a public reply draws strangers to them",
    ),
    (
        _ANSWERED_IN_PUBLIC,
        lambda situation: situation.is_critical,
        "it is critical: the substance is for a person and the customer alone",
    ),
    (
        _ANSWERED_IN_PUBLIC,
        lambda situation: situation.personal_data_found or identifies_somebody(situation.own_words),
        "the post holds personal data (a number, an address): answering its substance in public would confirm them",
    ),
    (
        _ANSWERED_IN_PUBLIC,
        lambda situation: situation.kind is not Kind.PRAISE and bool(situation.flags & SENSITIVE),
        "it tells of something that is not for strangers (law, money, health, how somebody was treated)",
    ),
    (
        _ANSWERED_IN_PUBLIC,
        lambda situation: situation.needs_person,
        "nobody has settled yet what it is; until then it is handled as a complaint",
    ),
    (
        _ANSWERED_IN_PUBLIC,
        lambda situation: (
            situation.is_complaint and situation.severity is not None and situation.severity > Severity.LOW
        ),
        "a complaint of this severity turns on the customer's own case, and that is private",
    ),
    (
        frozenset({Form.DIRECT_MESSAGE}),
        lambda situation: not situation.channel.is_public,
        "there are no private messages on the channel that the customer used",
    ),
    (
        frozenset({Form.STATUS_PAGE}),
        lambda situation: situation.channel is not Channel.WEB_FORM,
        "only who sent a form has a status page",
    ),
    (
        frozenset({Form.EMAIL}),
        lambda situation: not situation.has_email_address,
        "we have no e-mail address of this customer",
    ),
    (
        frozenset({Form.PHONE_CALL, Form.LETTER}),
        _unreachable,
        "the form came without any way to reach its sender",
    ),
)


def advise(situation: Situation) -> Advice:
    """Say in which form to answer: all forms, each with benefits, drawbacks and what blocks it; one recommended."""
    blocked = {form: _blocked_by(form, situation) for form in Form}
    preferred = [form for form in _preferred(situation) if not blocked[form]]
    first = preferred[0]
    return Advice(
        first_written=next(form for form in preferred if form is not Form.PHONE_CALL),
        options=tuple(
            FormOption(
                form=form,
                allowed=not blocked[form],
                benefits=FORMS[form][0],
                drawbacks=(*FORMS[form][1], *_drawbacks_here(form, situation)),
                blocked_by=blocked[form],
                is_recommended=form is first,
            )
            for form in Form
        ),
    )


def _blocked_by(form: Form, situation: Situation) -> str:
    return next((reason for forms, applies, reason in BLOCKS if form in forms and applies(situation)), "")


def _preferred(situation: Situation) -> tuple[Form, ...]:
    """Give the forms from the best to the last resort. On each channel one of them is always allowed."""
    forms: tuple[Form, ...] = (Form.EMAIL, Form.DIRECT_MESSAGE, Form.STATUS_PAGE, Form.PHONE_CALL, Form.LETTER)
    if situation.channel.is_public and situation.was_private:
        forms = (Form.DIRECT_MESSAGE, *(form for form in forms if form is not Form.DIRECT_MESSAGE))
    elif situation.channel.is_public:
        in_public = (Form.PUBLIC_HOLDING, Form.DIRECT_MESSAGE)
        settles_nothing = situation.is_complaint or situation.kind is Kind.OTHER
        forms = (*in_public, *forms) if settles_nothing else (Form.PUBLIC_REPLY, *in_public, *forms)
    return (Form.PHONE_CALL, *forms) if situation.is_critical else forms


def _drawbacks_here(form: Form, situation: Situation) -> tuple[str, ...]:
    """Give what speaks against a form in this situation alone."""
    against: list[str] = []
    if situation.is_critical and form is Form.LETTER:
        against.append("too slow where somebody may come to harm; send it after the call")
    if situation.is_critical and form in {Form.EMAIL, Form.STATUS_PAGE, Form.DIRECT_MESSAGE}:
        against.append("nobody knows when it is read, and this cannot wait")
    if situation.channel is Channel.WEB_FORM and form is Form.EMAIL:
        against.append("the address was typed into a form: nobody has shown that it is the customer's")
    if form is Form.PUBLIC_HOLDING and situation.kind is Kind.PRAISE and not situation.needs_person:
        against.append("there is nothing to take to a private conversation: it reads as if they had complained")
    if form.is_public and not situation.may_be_published:
        against.append(
            "the post does not mention us, so X takes an answer from people alone: somebody posts it by hand"
        )
    if form is Form.DIRECT_MESSAGE and situation.channel is Channel.BLUESKY:
        against.append("Amends sends no private messages on Bluesky: somebody writes it there by hand")
    if form is Form.PHONE_CALL and FlagName.RIGHTS_REQUEST in situation.flags:
        against.append("a request about one's data is answered in writing")
    if form.is_public and FlagName.ABUSIVE_LANGUAGE in situation.flags:
        against.append("an answer may feed the quarrel; a calm one is for the others who read along")
    return tuple(against)
