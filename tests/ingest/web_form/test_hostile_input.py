from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.web_form.cleaning import clean_line, clean_text
from ingest.web_form.settings import FormLimits
from tests.ingest.web_form.fakes import House, some_settings
from tests.ingest.web_form.test_pages import Page

OURS = [
    '"><script>alert(1)</script>',
    "</textarea><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title><svg onload=alert(1)>",
    "<!-- <b> -->",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;&#x3c;",
    "javascript:alert(1)//<",
    "\x00<\x0bscript\x0c>",
    "\u2028</script><script>",
]
HARMLESS = "harmless"


def shared_payloads() -> Path:
    root = os.environ.get("AMENDS_SHARED_DATA") or str(Path(__file__).parents[4] / "shared" / "data")
    return Path(root) / "mail" / "xss" / "Intruder" / "xss-payload-list.txt"


def page_with(house: House, words: str) -> str:
    """The form shown again with these words in every box that can hold them; the address makes it come back."""
    answer = house.visitor.post_page(text=words, name=words, subject=words, reference=words, email=f"@{words}")
    assert answer.status_code == 422
    return answer.text


def assert_shown_as_text(house: House, words: str) -> None:
    shown = page_with(house, words)
    page = Page(shown)

    # The page has the elements and attributes that it has with harmless words, and no other.
    too_long = {name for name in ("name", "subject", "reference") if f'id="{name}-error"' in shown}
    if not too_long:
        assert page.skeleton() == Page(page_with(house, HARMLESS)).skeleton()
    assert "script" not in {tag for tag, _ in page.elements}
    assert page.by_id("name")["value"] == clean_line(words)
    assert page.by_id("subject")["value"] == clean_line(words)
    assert page.texts["textarea"].removeprefix("\n") == clean_text(words)
    if "<" in words:
        assert words not in shown


@pytest.fixture(scope="module")
def house() -> House:
    return House(some_settings(limits=FormLimits(forms_at_once=100_000)))


@pytest.mark.parametrize("words", OURS)
def test_hostile_words_are_shown_as_text(house: House, words: str) -> None:
    assert_shown_as_text(house, words)


@pytest.mark.parametrize("words", OURS)
def test_hostile_words_from_inside_are_shown_as_text(words: str) -> None:
    house = House()
    house.intake.stage = words
    location = house.visitor.post_page(text=HARMLESS).headers["location"]

    shown = house.visitor.get(location.replace("/sent/", "/status/")).text

    assert {"script", "img", "svg", "b"}.isdisjoint(tag for tag, _ in Page(shown).elements)


@pytest.mark.parametrize("words", OURS)
def test_a_refusal_to_a_program_repeats_nothing(words: str) -> None:
    answer = House().visitor.post_json({"text": [words], "name": words, words: words})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "alert" not in answer.text


@pytest.mark.shared_data
@pytest.mark.skipif(not shared_payloads().is_file(), reason="the shared data are not beside the repository")
def test_three_hundred_known_attacks_are_shown_as_text(house: House) -> None:
    lines = shared_payloads().read_text("utf-8", "replace").splitlines()
    payloads = [line for line in lines if line.strip()]

    for words in payloads[:: len(payloads) // 300]:
        assert_shown_as_text(house, words)
