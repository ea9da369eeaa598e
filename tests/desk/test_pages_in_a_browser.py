"""The desk in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.desk.house import PASSWORD, DeskHouse

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_signs_in_and_out_with_the_keyboard_alone(
    open_page: Open, desk_house: DeskHouse, scripts: bool
) -> None:
    desk_house.account("handler", password=PASSWORD)
    page = open_page(scripts=scripts)
    page.goto("/")
    expect(page.get_by_label("Name")).to_be_focused()

    page.keyboard.type("handler")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, Handler")
    page.get_by_text("Handler", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("You are signed out.")
