"""Lengths on each network, by the documented rules; the vectors are our own."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from amends.domain.channel import Channel
from respond.checks.post_length import links, x_length
from respond.checks.post_rule import post_rule

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Sorry to hear this.", 19),
        ("line\nbreak", 10),
        # Weight 1: Latin to Georgian, and typographic punctuation.
        ("café", 4),
        ("cafe\u0301", 4),
        ("ӑ", 1),
        ("ა", 1),
        ("\u10ff", 1),
        ("\u2013\u2019\u201c\u2032", 4),
        ("\u200d", 1),
        # Weight 2: everything else.
        ("\u1100", 2),
        ("\u200e", 2),
        ("\u2026", 2),
        ("\u2122", 2),
        ("日本語", 6),
        ("한국어", 6),
        (unicodedata.normalize("NFD", "한국어"), 6),
        ("ﬁ", 2),
        ("\U00010348", 2),
        # Emoji count 2 however they are made.
        ("\U0001f44b", 2),
        ("\U0001f44b\U0001f3fd", 2),
        (FAMILY, 2),
        (FAMILY * 3, 6),
        ("\U0001f469\U0001f3fd\u200d\U0001f692", 2),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", 2),
        ("\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f", 2),
        ("\u2764\ufe0f", 2),
        ("\u263a", 2),
        ("\u263a\ufe0e", 4),
        ("\U0001f1ec\U0001f1e7", 2),
        ("\U0001f1ec\U0001f1e7\U0001f1eb\U0001f1f7", 4),
        ("\U0001f1ec", 2),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("1\ufe0f\u20e3", 2),
        ("#\ufe0f\u20e3", 2),
        ("1", 1),
        ("\u00a9", 1),
        ("\u00a9\ufe0f", 2),
        # Links count 23.
        ("https://northwind.example.com/help?topic=returns&x=1#top", 23),
        ("http://a.co", 23),
        ("northwind.com", 23),
        ("www.northwind.co.uk", 23),
        ("northwind.uk", 23),
        ("See northwind.com.", 4 + 23 + 1),
        ("(northwind.com)", 25),
        ("northwind.com/a_(b) now", 23 + 4),
        ("https://northwind.com, https://northwind.org", 23 + 2 + 23),
        ("日本語northwind.com", 6 + 23),
        ("https://☃.net", 23),
        ("HTTPS://NORTHWIND.COM", 23),
        ("northwind.com:8080/x", 23),
        # What looks like one and is none.
        ("northwind.nosuchdomain", 22),
        ("care@northwind.com", 18),
        ("#northwind.com", 14),
        ("e.g. this", 9),
        ("10.30", 5),
        ("http://192.168.0.1/x", 20),
        ("ftp://a.b", 9),
        ("northwind.com@home", 18),
    ],
)
def test_a_post_on_x_counts_as_documented(text: str, length: int) -> None:
    assert x_length(text) == length


def fitting(text: str) -> int:
    rule = post_rule(Channel.X)
    assert rule is not None
    return rule.fitting(text)


def test_a_post_of_280_fits_and_of_281_does_not() -> None:
    assert fitting("x" * 280) == 280
    assert fitting("x" * 281) == 280


def test_a_family_is_never_cut_in_two() -> None:
    text = "x" * 279 + FAMILY

    assert fitting(text) == 279


def test_a_link_is_found_without_the_full_stop_after_it() -> None:
    text = "Look at https://northwind.com/returns."

    assert [text[start:end] for start, end in links(text)] == ["https://northwind.com/returns"]


@given(st.text(max_size=60))
def test_a_length_does_not_depend_on_how_accents_are_written(text: str) -> None:
    assert x_length(text) == x_length(unicodedata.normalize("NFC", text))


_LIGHT = st.characters(min_codepoint=1, max_codepoint=0x10FF, exclude_characters=".\u00a9\u00ae")


@given(st.text(alphabet=_LIGHT, max_size=80))
def test_light_letters_without_links_count_one_each(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    assume(all(ord(letter) <= 0x10FF for letter in normal))

    assert x_length(text) == len(normal)
