"""Tokens: the same for the same person and case, and for nobody else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.contact import Identity, IdentityKind
from amends.domain.secrets import reply_token, status_token
from tests.support.builders import mail_from, typed

KEY, OTHER_KEY = b"k" * 32, b"q" * 32
INES = mail_from("ines@example.org")


def test_a_token_differs_by_key_case_person_and_purpose() -> None:
    tokens = {
        reply_token(KEY, "AM-1", INES),
        reply_token(OTHER_KEY, "AM-1", INES),
        reply_token(KEY, "AM-2", INES),
        reply_token(KEY, "AM-1", mail_from("tom@example.org")),
        reply_token(KEY, "AM-1", typed("ines@example.org")),
        status_token(KEY, "AM-1"),
        status_token(OTHER_KEY, "AM-1"),
    }
    assert len(tokens) == 7


def test_a_token_is_the_same_each_time() -> None:
    assert reply_token(KEY, "AM-1", INES) == reply_token(KEY, "AM-1", INES)


@settings(max_examples=60, deadline=None)
@given(value=st.text(st.characters(exclude_categories=[]), min_size=1).filter(lambda text: text.strip() != ""))
def test_a_token_survives_any_mail_system(value: str) -> None:
    token = reply_token(KEY, "AM-1", Identity(kind=IdentityKind.EMAIL, value=value))
    assert re.fullmatch("[a-z2-7]{26}", token)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        status_token(b"k" * 31, "m1")
