"""What somebody typed into the form, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from email_validator import EmailNotValidError, validate_email

from ingest.web_form.cleaning import clean_line, clean_text, is_blank

#: The longest text that is read at all, in characters; a form may allow less.
MAX_TEXT_CHARS = 100_000
#: The longest of each field of one line, in characters. An address has at most 254 (RFC 5321 with its erratum 1690).
MAX_LINE_CHARS = {"name": 200, "email": 254, "subject": 300, "reference": 100}
#: The order of the boxes on the page.
FIELD_ORDER = ("text", "subject", "reference", "name", "email", "files")
#: What each field is called on the page, where its problem is named.
LABELS = {
    "name": "Your name",
    "email": "E-mail address",
    "subject": "Subject",
    "text": "What happened",
    "reference": "Reference",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The boxes of the form, as they were filled in. `honeypot` is the one that people do not see."""

    name: str = ""
    email: str = ""
    subject: str = ""
    text: str = ""
    reference: str = ""
    honeypot: str = ""

    def parts(self) -> tuple[str, ...]:
        """Give all that was typed, in a fixed order."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field. `code` is stable; `says` tells the remedy."""

    field: str
    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAddress:
    """A typed address in its one spelling, or (`address` is empty) the sentence that says why it is none."""

    address: str
    why_not: str


def check_address(typed: str) -> CheckedAddress:
    """Check the form of an address, without asking the network.

    Letter case is not kept: in practice it tells no two mailboxes apart.
    """
    try:
        found = validate_email(typed, check_deliverability=False)
    except EmailNotValidError as why:
        return CheckedAddress(address="", why_not=clean_line(str(why)))
    return CheckedAddress(address=found.normalized.lower(), why_not="")


def clean(typed: Typed) -> Typed:
    """Clean every field. What is typed into the honeypot is kept, for it is evidence."""
    return Typed(
        name=clean_line(typed.name),
        email=clean_line(typed.email),
        subject=clean_line(typed.subject),
        text=clean_text(typed.text),
        reference=clean_line(typed.reference),
        honeypot=clean_line(typed.honeypot)[: MAX_LINE_CHARS["subject"]].strip(),
    )


def size_problems(typed: Typed, *, max_text_chars: int) -> tuple[Problem, ...]:
    """Find what is missing or too long in a cleaned form; whether the address is one is not asked."""
    found = []
    if is_blank(typed.text):
        found.append(Problem(field="text", code="empty_text", says="Tell us what happened. A sentence is enough."))
    for name, most in {"text": max_text_chars, **MAX_LINE_CHARS}.items():
        length = len(getattr(typed, name))
        if length > most:
            says = (
                f"{LABELS[name]}: this has {length:,} characters and may have {most:,}. "
                f"Please shorten it by {length - most:,}."
            )
            found.append(Problem(field=name, code="too_long", says=says))
    return tuple(found)


def find_problems(typed: Typed, *, max_text_chars: int) -> tuple[Problem, ...]:
    """Find all that the writer of a cleaned form has to put right, in the order of the page."""
    found = list(size_problems(typed, max_text_chars=max_text_chars))
    if typed.email and not any(problem.field == "email" for problem in found):
        checked = check_address(typed.email)
        if checked.why_not:
            says = (
                "This e-mail address will not work. Write it like name@example.com, or leave the box empty. "
                f"({checked.why_not})"
            )
            found.append(Problem(field="email", code="bad_email", says=says))
    return tuple(sorted(found, key=lambda problem: FIELD_ORDER.index(problem.field)))
