"""What a public text must not say, and what it may."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.check import CheckName, Level
from respond.checks.numbers import is_bank_account, is_payment_card
from respond.checks.personal_data import Customer, check_payment_numbers, check_personal_data, find_personal_data

CUSTOMER = Customer(
    names=("Siân O\u2019Connor", "Mark Grant-Hill"), addresses=("sian@customer.example", "@sian_oc", "MX-4471")
)


def found(text: str, *, public_contacts: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [
        (one.rule, text[one.start : one.end])
        for one in find_personal_data(text, CUSTOMER, public_contacts=public_contacts)
    ]


@pytest.mark.parametrize(
    ("text", "rule", "quote"),
    [
        # Names, as we know them and as text shows them.
        ("Thank you, Siân O\u2019Connor.", "customer_name", "Siân O\u2019Connor"),
        ("Thank you, SIAN O'CONNOR.", "customer_name", None),
        ("We spoke with Sian today.", "customer_name", "Sian"),
        ("We spoke with sia\u0302n today.", "customer_name", "sia\u0302n"),
        ("Yes, Mark, we did.", "customer_name", "Mark"),
        ("The house of Grant-Hill.", "customer_name", "Grant-Hill"),
        ("We told Mrs Patel so.", "titled_name", "Mrs Patel"),
        ("Please ask Dr. Ahmed Khan.", "titled_name", "Dr. Ahmed Khan"),
        ("Hi Priya, we are sorry.", "greeted_name", "Priya"),
        ("Thanks Tom! That is kind.", "greeted_name", "Tom"),
        ("We are sorry, Deborah Meaden.", "greeted_name", "Deborah Meaden"),
        # Contact details.
        ("Write to jo.bloggs@mail.example please.", "email_address", "jo.bloggs@mail.example"),
        ("Is it jo (at) mail.example still?", "email_address", "jo (at) mail.example"),
        ("We wrote to sian@customer.example.", "known_address", "sian@customer.example"),
        ("Your code MX-4471 works.", "known_address", "MX-4471"),
        ("We rang 07700 900123.", "telephone", "07700 900123"),
        ("We rang +44 7700 900123.", "telephone", "+44 7700 900123"),
        ("We rang (020) 7946 0123.", "telephone", "(020) 7946 0123"),
        ("The van is at SW1A 2AA.", "postcode", "SW1A 2AA"),
        ("The van is at m1 1ae now.", "postcode", "m1 1ae"),
        ("It went to 12 Acacia Avenue.", "street_address", "12 Acacia Avenue"),
        ("It went to 221b baker street.", "street_address", "221b baker street"),
        ("It went to Flat 3.", "street_address", "Flat 3"),
        # Numbers.
        ("Order 48213 is on its way.", "reference", "Order 48213"),
        ("Account number: 12345678 is open.", "reference", "Account number: 12345678"),
        ("Quote AM-7KQ2-9XWD-4T.", "reference", "AM-7KQ2-9XWD-4T"),
        ("Booking ref XK29B is cancelled.", "reference", "Booking ref XK29B"),
        ("We looked at 88213345.", "long_number", "88213345"),
        ("We looked at 88 21 33 45.", "long_number", "88 21 33 45"),
        ("We looked at GBX4471Z.", "code", "GBX4471Z"),
        ("The card 4111 1111 1111 1111 was charged.", "payment_card", "4111 1111 1111 1111"),
        ("Paid from GB82 WEST 1234 5698 7654 32 today.", "bank_account", "GB82 WEST 1234 5698 7654 32"),
        ("Sort code 12-34-56.", "sort_code", "12-34-56"),
        ("It says AB 12 34 56 C.", "national_insurance", "AB 12 34 56 C"),
        ("Look: https://northwind.example/s/Zk3qP0aL9tT7yQ2w", "personal_link", None),
        ("Look: https://northwind.example/x?order=5", "personal_link", None),
        # Dates of birth and ages.
        ("Born on 3 May 1971, it says.", "date_of_birth", "Born on 3 May 1971"),
        ("DOB 03/05/1971.", "date_of_birth", "DOB 03/05/1971"),
        ("For an 82-year-old that is hard.", "age", "82-year-old"),
        # Circumstances.
        ("We are sorry about your diabetes.", "health", "diabetes"),
        ("Your wheelchair was not there.", "health", "wheelchair"),
        ("We hope your treatment goes well.", "health", "your treatment"),
        ("We are sorry that he passed away.", "bereavement", "passed away"),
        ("This has nothing to do with your religion.", "special_category", "your religion"),
        ("We know that you are in arrears.", "money_trouble", "in arrears"),
        # That somebody deals with us at all.
        ("We have looked into your account.", "confirms_customer", "your account"),
        ("We will send your last three bills.", "confirms_customer", "your last three bills"),
        ("As a valued customer, please wait.", "confirms_customer", "As a valued customer"),
        ("Our records show a call.", "confirms_customer", "Our records show"),
        ("When you ordered it, it was new.", "confirms_customer", "you ordered"),
        ("We can see that you waited.", "confirms_customer", "We can see that you"),
        ("Your last complaint is closed.", "confirms_customer", "Your last complaint"),
    ],
)
def test_personal_data_is_found_and_quoted(text: str, rule: str, quote: str | None) -> None:
    rules = dict(found(text))

    assert rule in rules, found(text)
    assert quote is None or rules[rule] == quote


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry to read this. Thank you for telling us. Please send us a private message.",
        "We will mark the day. Grant us a moment.",
        "Mark my words.",
        "Hello, thank you for asking. We open at 10.30 on 24 December 2026.",
        "Hi there, thank you.",
        "Sorry, we are closed. Thanks for asking.",
        "We have served more than 1,000,000 people since 1998, all year from 2024-2025.",
        "Tickets cost £250000.50 in all.",
        "Thank you. We will look into it.",
        "Trains run again from 14:05 on platform 4.",
        "Please see https://northwind.example/returns for how returns work.",
        "The flat rate has not changed; 5 people asked us that.",
        "Thanks for the 5 stars!",
        "In case it helps: we are here until 20:00.",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert found(text) == []


def test_our_own_public_contacts_may_stand() -> None:
    text = "Call us on 0800 496 0123 or write to care@northwind.example; do not post 07700 900123."

    assert found(text, public_contacts=("0800 496 0123", "care@northwind.example")) == [("telephone", "07700 900123")]


@pytest.mark.parametrize("name", ["नीता शर्मा", "李小龙", "Zoë", "J. Smith", "@Sam_Jones", "O\u2019Brien"])
def test_a_name_is_found_in_any_script(name: str) -> None:
    text = f"It was {name.lstrip('@')} who wrote."

    assert [one.rule for one in find_personal_data(text, Customer(names=(name,)))] == ["customer_name"]


def test_no_two_findings_share_a_word() -> None:
    text = "Your order number 4111 1111 1111 1111, Siân O\u2019Connor of 12 Acacia Avenue, SW1A 2AA, born 3 May 1971"

    spans = [(one.start, one.end) for one in find_personal_data(text, CUSTOMER)]

    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@given(st.text(max_size=200))
def test_every_finding_lies_inside_any_text(text: str) -> None:
    for check in check_personal_data(text, CUSTOMER, public_contacts=()):
        assert check.quote == text[check.start : check.end]
        assert check.quote
        assert check.level is Level.BLOCK


@given(prefix=st.text(max_size=20), suffix=st.text(max_size=20))
def test_a_known_address_is_found_wherever_it_stands_alone(prefix: str, suffix: str) -> None:
    assert found(f"{prefix} sian@customer.example {suffix}")


def test_a_full_card_number_in_a_private_text_is_warned_of() -> None:
    [check] = check_payment_numbers("Your card 4111 1111 1111 1111 was refunded.")

    assert (check.name, check.level, check.rule) == (CheckName.PERSONAL_DATA, Level.WARN, "payment_card")


def test_the_secret_part_of_a_link_is_no_bank_account() -> None:
    assert not list(check_payment_numbers("It stands at https://shop.example/status/GB82WEST12345698765432"))


@pytest.mark.parametrize(
    ("digits", "is_card"),
    [
        ("4111111111111111", True),
        ("5500 0000 0000 0004", True),
        ("4111111111111112", False),
        ("0000000000000000", False),
        ("411111111111", False),
    ],
)
def test_a_payment_card_proves_itself(digits: str, is_card: bool) -> None:
    assert is_payment_card(digits) is is_card


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("GB82 WEST 1234 5698 7654 32", 27),
        ("GB82WEST12345698765432 was", 22),
        ("GB83 WEST 1234 5698 7654 32", 0),
        ("GB82WEST12345698765432was", 0),
    ],
)
def test_a_bank_account_proves_itself(written: str, length: int) -> None:
    assert is_bank_account(written) == length
