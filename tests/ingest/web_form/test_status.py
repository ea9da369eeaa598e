"""What a customer says on the status page: kept once, shown again, and nothing closed by it."""

from __future__ import annotations

import httpx
import pytest

from amends.domain.submission import Said
from ingest.web_form.settings import FormLimits
from tests.ingest.web_form.fakes import House, some_settings
from tests.ingest.web_form.test_files import PHOTO, WORDS, post


def a_token(house: House) -> str:
    answer = house.visitor.post_page(text=WORDS)
    return answer.headers["location"].rpartition("/")[2]


def say(house: House, token: str, said: str, text: str = "", *, key: str = "page-key-0002") -> httpx.Response:
    return post(house, f"/status/{token}", {"form_id": key, "said": said, "text": text})


@pytest.mark.parametrize("said", list(Said))
def test_each_thing_that_can_be_said_is_kept_and_thanked_for(said: Said) -> None:
    house = House()
    token = a_token(house)

    answer = say(house, token, said.value, "The new kettle works.")
    page = house.visitor.get(answer.headers["location"].removeprefix("https://help.example.com"))

    assert answer.status_code == 303
    (addition,) = house.intake.additions.values()
    assert (addition.said, addition.text, addition.said_at) == (said, "The new kettle works.", house.clock.time)
    assert "We have it" in page.text
    assert "What you told us here" in page.text


def test_a_double_click_is_one_and_other_words_are_another() -> None:
    house = House()
    token = a_token(house)

    for text in ("One.", "One.", "Two."):
        say(house, token, "added", text)

    assert [one.text for one in house.intake.additions.values()] == ["One.", "Two."]


def test_something_added_needs_words_or_a_file() -> None:
    house = House()
    token = a_token(house)

    empty = say(house, token, "added", "  ")
    with_file = post(house, f"/status/{token}", {"said": "added", "text": ""}, ("a.jpg", "image/jpeg", PHOTO))

    assert (empty.status_code, with_file.status_code) == (422, 303)
    (kept,) = house.intake.additions.values()
    assert [one.filename for one in kept.files] == ["a.jpg"]


@pytest.mark.parametrize("said", ["", "closed", "ADDED"])
def test_who_chooses_nothing_is_asked_to_and_keeps_their_words(said: str) -> None:
    house = House()

    answer = say(house, a_token(house), said, "My words.")

    assert answer.status_code == 422
    assert "Choose what you want to tell us." in answer.text
    assert "My words." in answer.text
    assert house.intake.additions == {}


def test_only_what_fits_the_state_is_offered() -> None:
    house = House()
    token = a_token(house)
    house.intake.choices = (Said.ADDED, Said.WITHDRAWN)

    page = house.visitor.get(f"/status/{token}").text

    assert 'value="withdrawn"' in page
    assert 'value="accepted"' not in page


def test_a_token_that_nobody_was_given_is_nothing() -> None:
    house = House()
    a_token(house)

    assert say(house, "somebody-elses", "added", "Hello").status_code == 404
    assert say(house, "a" * 300, "added", "Hello").status_code == 404
    assert house.intake.additions == {}


def test_too_many_from_one_address_wait_and_keep_their_words() -> None:
    house = House(some_settings(limits=FormLimits(forms_at_once=2)))
    token = a_token(house)
    say(house, token, "added", "One.")

    refused = say(house, token, "added", "Two.")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert "Two." in refused.text


def test_what_cannot_be_kept_is_said_to_be_so() -> None:
    house = House()
    token = a_token(house)
    house.intake.is_down = True

    assert say(house, token, "added", "One.").status_code == 503
    house.intake.is_down = False
    assert say(house, token, "added", "One.").status_code == 303


def test_a_thank_you_that_nobody_wrote_is_not_shown() -> None:
    house = House()
    token = a_token(house)

    assert "<b>" not in house.visitor.get(f"/status/{token}?thanks=<b>").text
    assert "We have it" not in house.visitor.get(f"/status/{token}?thanks=other").text
