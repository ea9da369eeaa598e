"""What strangers must not learn from a public reply: who somebody is, and that they deal with us at all.

The rules, in the order in which they claim their words:

1. Contact details and numbers: e-mail addresses, telephone numbers, postcodes, street
   addresses, card and bank numbers, national insurance, references of orders, accounts,
   cases and the like, any other long number or code, links made for one person.
2. Dates of birth and ages.
3. Names: the customer's as we know them, however written; a person's title with a name;
   a name after a greeting.
4. Circumstances: health, disability, bereavement, belief, origin, orientation, money trouble.
5. Words that confirm that somebody is a customer ("your account", "our records show").

The organisation's own public contact details are let through by name. A handle is not
personal data here: the reply stands under the customer's own post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amends.domain.check import Check, CheckName, Level
from respond.checks.folding import folded, span_in_original
from respond.checks.numbers import is_bank_account, is_payment_card
from respond.checks.personal_patterns import (
    A_DATE,
    ALSO_WORDS,
    BANK_ACCOUNT,
    CARD,
    CIRCUMSTANCES,
    CODE,
    CONFIRMS,
    EMAIL_ADDRESS,
    GREETED,
    IDENTIFIERS,
    LINK,
    LONG_NUMBER,
    PERSONAL_PARAMETER,
    TITLED,
    TOKEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """Words that tell something of a person. `says` completes "This is …"."""

    rule: str
    says: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What we know of the customer and a public text must not repeat: names, and addresses or numbers of any kind."""

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


_AROUND_NAMES = ".,;:!?\"'()[]{}<>@#*\u201c\u201d\u2018\u2019"
_SPACE = r"[\W_]+"
_DIGIT = re.compile(r"\d")

#: Nobody in particular.
NOBODY = Customer()


def find_personal_data(
    text: str, customer: Customer = NOBODY, *, public_contacts: Sequence[str] = ()
) -> list[PersonalData]:
    """Find what a public text must not say, in the order of the text.

    Of two that overlap the earlier rule keeps the words. `public_contacts` are the
    organisation's own details (a website, a telephone number), let through as they are written.
    """
    allowed = [
        match.span() for own in public_contacts if own for match in re.finditer(re.escape(own), text, re.IGNORECASE)
    ]
    found: list[PersonalData] = []
    for one in _all(text, customer):
        is_own = any(start <= one.start and one.end <= end for start, end in allowed)
        overlaps = any(one.start < other.end and other.start < one.end for other in found)
        if not is_own and not overlaps:
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def identifies_somebody(text: str) -> bool:
    """Whether a text holds contact details, numbers, a date of birth or a titled name. Fast on any text."""
    return next(_identifiers(text), None) is not None


def check_personal_data(text: str, customer: Customer, *, public_contacts: Sequence[str]) -> Iterator[Check]:
    """Block a public text that tells something of a person."""
    for one in find_personal_data(text, customer, public_contacts=public_contacts):
        yield Check(
            name=CheckName.PERSONAL_DATA,
            level=Level.BLOCK,
            rule=one.rule,
            says=f"This is {one.says}; strangers can read it here.",
            remedy="Take it out and ask the customer to write to you privately.",
            quote=text[one.start : one.end],
            start=one.start,
            end=one.end,
        )


def check_payment_numbers(text: str) -> Iterator[Check]:
    """Warn of a full card or bank number in a private text: nobody needs to send one back."""
    for one in _payment_numbers(text):
        yield Check(
            name=CheckName.PERSONAL_DATA,
            level=Level.WARN,
            rule=one.rule,
            says=f"This is {one.says} in full; mail is read on its way and kept for years.",
            remedy="Give the last four digits at most.",
            quote=text[one.start : one.end],
            start=one.start,
            end=one.end,
        )


def _all(text: str, customer: Customer) -> Iterator[PersonalData]:
    yield from _known_addresses(text, customer.addresses)
    yield from _identifiers(text)
    yield from _names(text, customer.names)
    for rule, pattern, says in CIRCUMSTANCES:
        yield from _each(pattern, text, rule, says)
    yield from _each(CONFIRMS, text, "confirms_customer", "a word that confirms that somebody is a customer")


def _each(pattern: re.Pattern[str], text: str, rule: str, says: str, group: str | int = 0) -> Iterator[PersonalData]:
    for match in pattern.finditer(text):
        yield PersonalData(rule=rule, says=says, start=match.start(group), end=match.end(group))


def _identifiers(text: str) -> Iterator[PersonalData]:
    has_digits = _DIGIT.search(text) is not None
    if has_digits:
        yield from _payment_numbers(text)
    for link in _each(LINK, text, "personal_link", "a link made for one person"):
        address = text[link.start : link.end]
        tokens = (token for token in TOKEN.findall(address) if any(map(str.isdecimal, token)))
        if PERSONAL_PARAMETER.search(address) or next(tokens, None):
            yield link
    yield from _each(EMAIL_ADDRESS, text, "email_address", "an e-mail address")
    if has_digits:
        yield from _numbers(text)
    yield from _each(TITLED, text, "titled_name", "a person's name")


def _numbers(text: str) -> Iterator[PersonalData]:
    for rule, pattern, says in IDENTIFIERS:
        yield from _each(pattern, text, rule, says)
    for number in _each(LONG_NUMBER, text, "long_number", "a long number"):
        if not A_DATE.fullmatch(text, number.start, number.end):
            yield number
    for code in _each(CODE, text, "code", "a code made of letters and digits"):
        written = text[code.start : code.end]
        if sum(map(str.isdecimal, written)) >= 3 and any(map(str.isalpha, written)):
            yield code


def _payment_numbers(text: str) -> Iterator[PersonalData]:
    for match in CARD.finditer(text):
        if is_payment_card(match[0]):
            yield PersonalData(rule="payment_card", says="a payment card number", start=match.start(), end=match.end())
    for match in BANK_ACCOUNT.finditer(text):
        length = is_bank_account(match[0])
        if length:
            end = match.start() + length
            yield PersonalData(rule="bank_account", says="a bank account number (IBAN)", start=match.start(), end=end)


#: Letters that a pattern without regard to case takes for an ASCII letter, and `lower` does not.
_LIKE_ASCII = frozenset("\u0130\u0131\u017f\u212a")


def _known_addresses(text: str, addresses: Sequence[str]) -> Iterator[PersonalData]:
    low = text.lower()
    for address in addresses:
        # Most texts hold none: looking for it costs far less than making a pattern of it.
        is_plain = address.isascii() and _LIKE_ASCII.isdisjoint(text)
        if is_plain and address.strip().lower() not in low:
            continue
        if len(address.strip()) >= 3:
            for match in re.finditer(rf"(?<!\w){re.escape(address.strip())}(?!\w)", text, re.IGNORECASE):
                says = "the customer's own address or number"
                yield PersonalData(rule="known_address", says=says, start=match.start(), end=match.end())


def _names(text: str, names: Sequence[str]) -> Iterator[PersonalData]:
    plain, offsets = folded(text)
    for name in names:
        parts = [part for word in name.split() if (part := folded(word)[0].strip(_AROUND_NAMES))]
        alone = [part for part in parts if len(part) > 2 or (len(parts) == 1 and len(part) > 1)]
        for wanted in ([parts] if len(parts) > 1 else []) + [[part] for part in alone]:
            # Most texts hold none of a name: looking for its parts costs far less than making a pattern of them.
            if not all(part in plain for part in wanted):
                continue
            says = "the customer's name"
            for match in re.finditer(rf"(?<!\w){_SPACE.join(map(re.escape, wanted))}(?!\w)", plain):
                start, end = span_in_original(offsets, match.start(), match.end())
                if not ALSO_WORDS.issuperset(wanted) or _is_name_here(text, start):
                    yield PersonalData(rule="customer_name", says=says, start=start, end=end)
    yield from _each(GREETED, text, "greeted_name", "a person's name", group="name")


def _is_name_here(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'\u201c\u2018(")
    return text[start].isupper() and bool(before) and before[-1] not in ".!?:\n…"
