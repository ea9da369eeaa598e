"""Which parts a reply owes (Listen, Apologise, Thank, Explain, Resolve), by its form, purpose and kind.

A public reply owes an apology, thanks and the way to a private conversation; an answer by
mail owes all five; an acknowledgement owes listening, thanks and what happens next. Who
asks a question or praises us gets no apology, as if something had gone wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from amends.domain.check import Check, CheckName, Level
from amends.domain.reply import Form, Part, Purpose, Slot
from amends.domain.verdict import Kind
from respond.checks.phrases import any_of, one_of

_FIVE = (Slot.LISTEN, Slot.APOLOGISE, Slot.THANK, Slot.EXPLAIN, Slot.RESOLVE)
_FOUR = (Slot.LISTEN, Slot.THANK, Slot.EXPLAIN, Slot.RESOLVE)
_RECEIPT = (Slot.LISTEN, Slot.THANK, Slot.EXPLAIN)
_TO_PRIVATE = (Slot.APOLOGISE, Slot.THANK, Slot.MOVE_TO_PRIVATE)

_WRITTEN = (Form.EMAIL, Form.STATUS_PAGE, Form.DIRECT_MESSAGE, Form.LETTER)
_KINDS = (Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.OTHER)
_ANSWERS = {Kind.COMPLAINT: _FIVE, Kind.ENQUIRY: _FOUR, Kind.PRAISE: (Slot.LISTEN, Slot.THANK), Kind.OTHER: _RECEIPT}
_PUBLIC = {
    Form.PUBLIC_HOLDING: {
        Kind.COMPLAINT: _TO_PRIVATE,
        Kind.ENQUIRY: (Slot.THANK, Slot.MOVE_TO_PRIVATE),
        Kind.PRAISE: (Slot.THANK,),
        Kind.OTHER: (Slot.THANK, Slot.MOVE_TO_PRIVATE),
    },
    Form.PUBLIC_REPLY: {
        Kind.COMPLAINT: _TO_PRIVATE,
        Kind.ENQUIRY: (Slot.THANK, Slot.EXPLAIN),
        Kind.PRAISE: (Slot.THANK,),
        Kind.OTHER: (Slot.THANK,),
    },
}

#: What each reply owes. A telephone call has no text, and so owes none.
OBLIGATORY: dict[tuple[Form, Purpose, Kind], tuple[Slot, ...]] = {
    **{(form, Purpose.ACKNOWLEDGEMENT, kind): _RECEIPT for form in _WRITTEN for kind in _KINDS},
    **{(form, Purpose.ANSWER, kind): _ANSWERS[kind] for form in _WRITTEN for kind in _KINDS},
    **{(form, purpose, kind): _PUBLIC[form][kind] for form in _PUBLIC for purpose in Purpose for kind in _KINDS},
    **{(Form.PHONE_CALL, purpose, kind): () for purpose in Purpose for kind in _KINDS},
}

_SIGNS: dict[Slot, re.Pattern[str]] = {
    Slot.LISTEN: any_of(
        rf"you(?:'ve| have)? (?:\w+ )?{one_of('wrote written told tell say said describe described')}",
        rf"you(?:'ve| have)? (?:\w+ )?{one_of('contacted raised explained asked ask mention mentioned')}",
        rf"your (?:kind )?{one_of('message e-?mail letter complaint question enquiry words concern post form')}",
        r"we (?:understand|have read)",
    ),
    Slot.APOLOGISE: any_of(r"sorry|apolog(?:y|ies|i[sz]e)"),
    Slot.THANK: any_of("thank|thanks|grateful|appreciate"),
    Slot.EXPLAIN: any_of(
        r"because|what happened|happens? next|next step|the reason|this means|a member of|no need to",
        r"we (?:have )?(?:found|looked into|checked|investigated)",
        r"will (?:read|look|write|reply|answer|be in touch)",
    ),
    Slot.RESOLVE: any_of(
        r"we (?:will|have|shall|can|would like to)",
        r"refund|replace|replacement|repair|offer|put (?:this|it|things) right",
    ),
    Slot.MOVE_TO_PRIVATE: any_of(
        r"privately|private(?: |-)?message|direct message|DM|message us|send us a message|inbox"
    ),
}

_REMEDY = {
    Slot.LISTEN: "Name what the customer told you, in their sense and in neutral words.",
    Slot.APOLOGISE: "Say that you are sorry; that admits nothing.",
    Slot.THANK: "Thank them for telling you.",
    Slot.EXPLAIN: "Say what happened, or what happens next and when.",
    Slot.RESOLVE: "Say what you have done or will do.",
    Slot.MOVE_TO_PRIVATE: "Ask them to send you a private message.",
}


def obligatory_slots(form: Form, purpose: Purpose, kind: Kind) -> tuple[Slot, ...]:
    """Give the parts that a reply owes; mail that is no customer's owes none."""
    return OBLIGATORY.get((form, purpose, kind), ())


def check_slots(text: str, *, form: Form, purpose: Purpose, kind: Kind, parts: Sequence[Part]) -> Iterator[Check]:
    """Block a reply that lacks a part it owes.

    A part is there when a part of the draft still stands in the text, or when the text
    shows a sign of it (an edit may have changed every word).
    """
    spaced = " ".join(text.split())
    kept = {part.slot for part in parts if part.text.strip() and " ".join(part.text.split()) in spaced}
    for slot in obligatory_slots(form, purpose, kind):
        if slot not in kept and not _SIGNS[slot].search(text):
            words = slot.value.replace("_", " ")
            yield Check(
                name=CheckName.MISSING_SLOT,
                level=Level.BLOCK,
                rule=slot.value,
                says=f"The part “{words}” is missing; this form of reply owes it.",
                remedy=_REMEDY[slot],
            )
