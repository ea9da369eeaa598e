"""The operators' pages in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amends.domain.dead import DeadState
from tests.desk.house import DeskHouse
from tests.desk.test_operations import bury, park

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False])
def test_many_are_discarded_on_a_telephone_after_their_number_was_confirmed(
    open_page: Open, desk_house: DeskHouse, scripts: bool
) -> None:
    park(desk_house, 3, reason="bounce")
    park(desk_house, 1)
    page = open_page("operator", name="olga", width=390, scripts=scripts)
    page.goto("/desk/operations")

    page.get_by_role("link", name="4 parked").click()
    page.get_by_role("link", name="bounce 3").click()
    page.get_by_text("Discard all 3 …").click()
    expect(page.get_by_text("3 messages that were parked for bounce need nothing more")).to_be_visible()
    page.get_by_label("Why do they need nothing more?").fill("All seen")
    page.get_by_role("button", name="Discard 3 messages").click()

    expect(page.get_by_role("status")).to_contain_text("3 that were parked for bounce are discarded")
    expect(page.get_by_role("row")).to_have_count(2)


def test_a_dead_letter_is_read_and_handed_over_by_the_keyboard(open_page: Open, desk_house: DeskHouse) -> None:
    [letter] = bury(desk_house, "r1", body=b'{"text": "my kettle"}')
    page = open_page("operator", name="olga")
    page.goto("/desk/operations/dead")

    page.get_by_role("link", name=letter).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("The content, as text")).to_contain_text("my kettle")
    page.get_by_role("button", name="Hand it over again").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text(f"{letter} is on messages again")
    with desk_house.database.reading() as unit:
        assert unit.dead.find(letter).state is DeadState.RETRIED
