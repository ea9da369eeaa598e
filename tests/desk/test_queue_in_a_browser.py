"""The queue in a real browser: by keyboard alone, two people at once, without JavaScript, and while cases come in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amends.domain.verdict import Severity
from tests.desk.house import DeskHouse
from tests.desk.queue_cases import a_morning, open_case, reference

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def row(page: Page, number: int):  # type: ignore[no-untyped-def]
    return page.locator(f'[data-reference="{reference(number)}"]')


def owner_of(house: DeskHouse, number: int) -> str:
    with house.database.reading() as unit:
        return unit.cases.get(reference(number)).owner


def test_a_handler_works_the_queue_with_the_keyboard_alone(open_page: Open, desk_house: DeskHouse) -> None:
    a_morning(desk_house.database)
    page = open_page("handler")
    page.goto("/desk/queue")

    for key in ("j", "j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(row(page, 3).get_by_role("link")).to_be_focused()
    page.keyboard.press("c")
    expect(row(page, 3)).to_contain_text("Yours")
    expect(page.get_by_role("status").filter(has_text="is yours")).to_have_count(1)
    assert owner_of(desk_house, 3) == "handler"

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("solicitor jc?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    assert owner_of(desk_house, 1) == ""


def test_single_keys_can_be_switched_off(open_page: Open, desk_house: DeskHouse) -> None:
    a_morning(desk_house.database)
    page = open_page("handler")
    page.goto("/desk/queue")

    page.get_by_role("button", name="Keyboard").click()
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("j")

    expect(row(page, 1).get_by_role("link")).not_to_be_focused()


def test_of_two_handlers_one_gets_the_case_and_the_other_reads_who_has_it(
    open_page: Open, desk_house: DeskHouse
) -> None:
    a_morning(desk_house.database)
    hana, tom = open_page("handler", name="hana"), open_page("handler", name="tomas")
    for page in (hana, tom):
        page.goto("/desk/queue")

    row(hana, 1).get_by_role("button", name="Claim").click()
    expect(row(hana, 1)).to_contain_text("Yours")
    row(tom, 1).get_by_role("button", name="Claim").click()

    expect(row(tom, 1).get_by_role("alert")).to_have_text(re.compile(f"hana has {reference(1)} already", re.IGNORECASE))
    assert owner_of(desk_house, 1) == "hana"


def test_what_was_claimed_can_be_given_back_at_once(open_page: Open, desk_house: DeskHouse) -> None:
    a_morning(desk_house.database)
    page = open_page("handler", name="hana")
    page.goto("/desk/queue")

    row(page, 1).get_by_role("button", name="Claim").click()
    expect(row(page, 1)).to_contain_text("Yours")
    row(page, 1).get_by_role("button", name="Give back").click()

    expect(page.get_by_text(f"{reference(1)} is free again.")).to_be_visible()
    expect(row(page, 1).get_by_role("button", name="Claim")).to_be_visible()
    assert owner_of(desk_house, 1) == ""


def test_new_cases_are_announced_and_no_row_jumps(open_page: Open, desk_house: DeskHouse) -> None:
    a_morning(desk_house.database)
    page = open_page("handler")
    page.goto("/desk/queue")
    first = page.locator("[data-row]").first

    open_case(desk_house.database, 90, subject="Gas in the hall", severity=Severity.CRITICAL, due_in_h=-9, unanswered=3)

    expect(page.get_by_text("1 new case since you opened this page.")).to_be_visible(timeout=20_000)
    expect(first).to_have_attribute("data-reference", reference(1))
    page.get_by_role("link", name="Show them").click()
    expect(page.locator("[data-row]").first).to_have_attribute("data-reference", reference(90))
    expect(page.get_by_text("since you opened this page")).to_be_hidden()


def test_everything_is_done_without_javascript_on_a_phone(open_page: Open, desk_house: DeskHouse) -> None:
    a_morning(desk_house.database)
    page = open_page("handler", width=320, scripts=False)
    page.goto("/desk/queue")
    assert page.evaluate("document.documentElement.scrollWidth") == 320

    row(page, 1).get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status")).to_contain_text(f"{reference(1)} is yours.")
    row(page, 1).get_by_role("button", name="Give back").click()
    page.get_by_role("link", name="Critical").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name", exact=True).fill("Worst")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("link", name="Worst").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("link", name="Show everything").click()
    page.get_by_role("searchbox").fill("parcel")
    page.get_by_role("button", name="Search").click()

    expect(page.locator("[data-row]")).to_have_count(3)
    assert owner_of(desk_house, 1) == ""
