"""Signs of a machine: told to whoever reads the form, and nothing is dropped for them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.web_form.signs import page_key, signs_of_a_machine
from tests.ingest.web_form.fakes import NOON, House
from tests.ingest.web_form.test_pages import Page

ADVERTISEMENT = "Buy http://a.example now, http://b.example and www.c.example"


def key_of(house: House) -> str:
    """Give the key that the page of the form is shown with."""
    boxes = Page(house.visitor.get("/").text).elements
    return next(found["value"] for _, found in boxes if found.get("name") == "form_id")


@pytest.mark.parametrize(
    ("text", "seconds", "signs"),
    [
        ("My water is brown.", 60, 0),
        ("My water is brown.", 2, 1),
        ("My water is brown.", 3, 0),
        ("I wrote to https://water.example/contact and nobody answered in three weeks, see also my mail.", 60, 0),
        (ADVERTISEMENT, 60, 1),
        (ADVERTISEMENT, 0, 2),
        ('Cheap <a href="http://x.example">pills</a>', 60, 1),
        ("Cheap [url=http://x.example]pills[/url]", 60, 1),
    ],
)
def test_each_sign_is_a_sentence(text: str, seconds: int, signs: int) -> None:
    key = page_key(NOON, "random-part")

    found = signs_of_a_machine(text, key=key, now=NOON + timedelta(seconds=seconds))

    assert len(found) == signs
    assert all(" " in sign for sign in found)


@pytest.mark.parametrize("key", ["", "key-1", "8e03978e-40d5-43dd-bc93-6894a57f9324", "ffffffff-x", "zzz"])
def test_a_key_of_a_program_says_nothing_of_when_its_page_was_shown(key: str) -> None:
    assert signs_of_a_machine("My water is brown.", key=key, now=NOON) == ()


def test_what_has_signs_is_kept_with_them() -> None:
    house = House()
    key = key_of(house)

    house.visitor.post_page(text=ADVERTISEMENT, form_id=key)

    (kept,) = house.intake.submissions
    assert kept.signs == ("it was sent 0 s after the form was shown", "3 links in 6 words")


def test_a_person_who_needs_a_while_has_no_sign() -> None:
    house = House()
    key = key_of(house)
    house.clock.pass_s(40)

    house.visitor.post_page(text="My water is brown.", form_id=key)

    assert house.intake.submissions[0].signs == ()
