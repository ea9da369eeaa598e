"""What of a customer's own words may be said back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.restating import one_line, safe_name, safe_subject


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Sarah O'Brien", "Sarah O'Brien"),
        ("  Sarah \n Jones ", "Sarah Jones"),
        ("SARAH JONES", "Sarah Jones"),
        ("siân llewelyn-jones", "Siân Llewelyn-Jones"),
        ("Jean-Luc de la Tour", "Jean-Luc de la Tour"),
        ("李小龙", "李小龙"),
        ("नीता शर्मा", "नीता शर्मा"),
        ("sarah@customer.example", ""),
        ("Sarah123", ""),
        ("Customer", ""),
        ("http://evil.example", ""),
        ("evil.com", ""),
        ("We Were Negligent", ""),
        ("One Two Three Four Five", ""),
        ("A" * 41, ""),
        ("Sarah -- Jones", ""),
        ("-Sarah", ""),
        ("Z\u0351\u0351\u0351algo", ""),
        ("", ""),
    ],
)
def test_a_name_is_greeted_only_where_it_is_plainly_one(written: str, name: str) -> None:
    assert safe_name(written) == name


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("Broken kettle", "Broken kettle"),
        ("RE: Fwd: Aw: Broken kettle", "Broken kettle"),
        ("Re[2]: Broken kettle.", "Broken kettle"),
        ("My “new” [blue] <kettle>", "My new blue kettle"),
        ("Wasserkocher kaputt, Größe 5", "Wasserkocher kaputt, Größe 5"),
        ("line\r\nBcc: x", "line Bcc: x"),
        ("See http://evil.example", ""),
        ("See evil.shop", ""),
        ("See evil.invalid/x", ""),
        ("Sizes, e.g. 5 or 6", "Sizes, e.g. 5 or 6"),
        ("Order 48213", ""),
        ("Ring 07700 900123", ""),
        ("from sam@customer.example", ""),
        ("We accept liability", ""),
        ("WHY NO ANSWER", ""),
        ("x" * 101, ""),
        ("Re:", ""),
    ],
)
def test_a_subject_is_said_back_only_where_it_is_harmless(written: str, subject: str) -> None:
    assert safe_subject(written) == subject


@given(st.text(max_size=200))
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)

    assert not any(unicodedata.category(letter)[0] in "CZ" and letter != " " for letter in line)
    assert line == line.strip()


@given(st.text(max_size=200))
def test_what_may_be_said_back_stays_the_same_when_asked_again(text: str) -> None:
    assert safe_subject(safe_subject(text)) == safe_subject(text)
