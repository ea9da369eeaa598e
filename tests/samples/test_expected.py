"""Every message has a label, every label a message, and the labels keep their own rules."""

from collections import Counter

import pytest

from amends.domain.verdict import LARGE_LOSS_GBP, SEVERITY_OF_FLAG, FlagName, Kind, Severity
from tests.samples.reading import Expected, expected, folded, form_lines, mails, notifications, posts, statuses, texts

EXPECTED = expected()
INGESTED = [entry for entry in EXPECTED if entry.fate == "ingested"]
COMPLAINTS = [entry for entry in INGESTED if entry.kind == Kind.COMPLAINT]
TEXTS = texts()


def _name(entry: Expected) -> str:
    return entry.file


def test_every_message_has_exactly_one_label_and_every_label_a_message() -> None:
    there = [f"mail/{path.name}" for path in mails()] + [ref for ref, _ in posts()] + [ref for ref, _ in form_lines()]
    there += [ref for ref, _ in statuses()] + [ref for ref, _ in notifications()]
    assert Counter(entry.file for entry in EXPECTED) == Counter(there)


def test_every_label_says_why_its_message_is_there() -> None:
    assert [entry.file for entry in EXPECTED if len(entry.note) < 5] == []


@pytest.mark.parametrize("entry", EXPECTED, ids=_name)
def test_only_what_is_ingested_is_judged(entry: Expected) -> None:
    assert entry.fate in {"ingested", "duplicate", "parked", "own"}
    assert (entry.kind is not None) == (entry.fate == "ingested")
    if entry.kind is not None:
        assert (entry.severity is not None) == (Kind(entry.kind) is Kind.COMPLAINT)


@pytest.mark.parametrize("entry", INGESTED, ids=_name)
def test_every_flag_quotes_words_of_its_message(entry: Expected) -> None:
    assert {FlagName(flag) for flag in entry.flags} == set(entry.quotes)
    words = folded(TEXTS[entry.file])
    assert [quote for quote in entry.quotes.values() if not quote or quote not in words] == []


@pytest.mark.parametrize("entry", COMPLAINTS, ids=_name)
def test_the_severity_of_a_complaint_follows_from_its_flags(entry: Expected) -> None:
    severity = Severity.from_word(entry.severity or "")
    floors = [SEVERITY_OF_FLAG[FlagName(flag)] for flag in entry.flags if FlagName(flag) in SEVERITY_OF_FLAG]
    floor = max(floors, default=Severity.LOW)
    if severity is Severity.MEDIUM:
        # A product that cannot be used, or several failures, make it medium without a flag.
        assert floor <= Severity.MEDIUM
    elif severity is Severity.HIGH and floor is Severity.MEDIUM:
        assert FlagName.FINANCIAL_LOSS in entry.flags, (
            f"only a loss above £{LARGE_LOSS_GBP} makes it high without another flag"
        )
    else:
        assert severity is floor


@pytest.mark.parametrize("entry", [entry for entry in EXPECTED if entry.fate == "duplicate"], ids=_name)
def test_a_duplicate_says_the_same_as_the_message_it_repeats(entry: Expected) -> None:
    assert [TEXTS[entry.file] == TEXTS[original] for original in entry.repeats] == [True]


def test_machines_spam_and_strangers_chatter_carry_no_flags() -> None:
    quiet = {Kind.MACHINE, Kind.SPAM, Kind.OTHER, Kind.PRAISE}
    assert [entry.file for entry in INGESTED if entry.kind in quiet and entry.flags] == []
