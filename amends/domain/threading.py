"""Which case a message belongs to, and which it may only be suspected of.

A reference is a claim: anybody can write a Message-ID or a case number into a mail.
So a message joins a case only when its author is somebody that case already knows,
by the address the reference was given to. A stranger's reference makes a
"possible follow-up" of a case of its own, which a person may join; the stranger
neither sees nor touches the other case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from amends.domain.contact import Identity, IdentityKind

_BY_ADDRESS = {IdentityKind.EMAIL, IdentityKind.TYPED_EMAIL}


class Via(StrEnum):
    """How a message points at a case, strongest first; of what it answers the nearest counts before the strongest."""

    LOGGED = "logged by a colleague"
    TOKEN = "reply token"  # noqa: S105 - a name for the way, not a secret
    ANSWER_TO_US = "answer to our reply"
    ANSWER_TO_MESSAGE = "answer to a message"
    CONVERSATION = "same conversation"
    REFERENCE = "case reference in the subject"


_STRENGTH = list(Via)
_ANSWERS = {Via.ANSWER_TO_US, Via.ANSWER_TO_MESSAGE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One sign that a message belongs to a case. `known` is whom the thing pointed at was given to or came from.

    `away` counts what the message answers more directly than this: a thread that was split names both cases.
    """

    case_id: str
    via: Via
    known: Identity
    away: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The message belongs to this case."""

    case_id: str
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The message opens a case of its own; `follow_up_of` names cases it points at without proof."""

    follow_up_of: tuple[Pointer, ...] = ()


def same_person(author: Identity, known: Identity, via: Via) -> bool:
    """Whether an author is the one a pointer was given to.

    An address typed into a form becomes the customer's own once a reply comes from
    it that carries what we sent there: then, and only then, kinds may differ.
    """
    if author == known:
        return True
    proves_address = via in {Via.TOKEN, Via.ANSWER_TO_US}
    return proves_address and {author.kind, known.kind} <= _BY_ADDRESS and author.value == known.value


def decide_thread(author: Identity, pointers: Sequence[Pointer]) -> Join | Open:
    """Say which case a message joins, or that it opens one. The strongest pointer that its author can own wins."""
    ranked = sorted(pointers, key=_rank)
    for pointer in ranked:
        # A reference in a subject is read out, copied and guessed: it never joins by itself.
        if pointer.via is not Via.REFERENCE and same_person(author, pointer.known, pointer.via):
            return Join(case_id=pointer.case_id, via=pointer.via)
    first_of_case = {pointer.case_id: pointer for pointer in reversed(ranked)}
    return Open(follow_up_of=tuple(first_of_case.values()))


def _rank(pointer: Pointer) -> tuple[int, int, int]:
    strength = _STRENGTH.index(pointer.via)
    kind = _STRENGTH.index(Via.ANSWER_TO_US) if pointer.via in _ANSWERS else strength
    return kind, pointer.away, strength
