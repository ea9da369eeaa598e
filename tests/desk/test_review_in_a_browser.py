"""Review in a real browser: by mouse, by keyboard alone, without JavaScript, on a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from amends.domain.reply import ReplyState
from tests.desk.house import DeskHouse
from tests.desk.reviewing import GOOD, Reviewing

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def reviewing(desk_house: DeskHouse) -> Reviewing:
    return Reviewing(house=desk_house)


def test_a_reviewer_reads_approves_and_sees_what_became_of_it(open_page: Open, reviewing: Reviewing) -> None:
    reply = reviewing.reply()
    page = open_page("reviewer", name="uma")
    page.goto("/desk/review")

    page.get_by_role("link", name="Public reply on AM-0001-TEST-00").click()
    expect(page.locator(".answered")).to_contain_text("my kettle gave me a shock")
    page.get_by_role("button", name="Approve and let it go").click()
    expect(page.get_by_role("status")).to_contain_text("is on its way")
    assert reviewing.deliver() == [GOOD]
    page.get_by_role("link", name="See what becomes of it").click()

    expect(page.get_by_role("main")).to_contain_text("approved by uma")
    assert reviewing.stored(reply).state is ReplyState.SENT


def test_an_edit_after_the_approval_ends_it_and_its_author_cannot_approve(
    open_page: Open, reviewing: Reviewing
) -> None:
    reply = reviewing.reply()
    uma, hana = open_page("reviewer", name="uma"), open_page("reviewer", name="hana")
    uma.goto(f"/desk/review/{reply.id}")
    uma.get_by_role("button", name="Approve and let it go").click()
    hana.goto(f"/desk/review/{reply.id}")
    expect(hana.get_by_role("status")).to_contain_text("Approved by uma. The approval holds until")

    hana.locator("#edit-fold summary").click()
    hana.get_by_label("The words").fill(GOOD + " Truly.")
    hana.get_by_role("button", name="Save the words").click()

    expect(hana.get_by_role("main")).to_contain_text("You wrote words of this reply")
    expect(hana.get_by_role("button", name="Approve and let it go")).to_have_count(0)
    assert reviewing.deliver() == []


def test_words_are_checked_and_counted_while_they_are_typed(open_page: Open, reviewing: Reviewing) -> None:
    reply = reviewing.reply()
    page = open_page("reviewer", name="uma")
    page.goto(f"/desk/review/{reply.id}")
    page.keyboard.press("e")
    words = page.get_by_label("The words")
    expect(words).to_be_focused()

    words.fill("Thanks! Your order is on its way to 12 Elm Street. 👍" + " Sorry." * 40)

    tried = page.locator("#tried")
    expect(tried).to_contain_text("too many")
    expect(tried.locator("mark.grave").first).to_contain_text("Your order")
    expect(tried).to_contain_text("Keeps it from going")
    words.fill(GOOD)
    expect(tried).to_contain_text("No check found anything.")
    assert reviewing.stored(reply).text == GOOD


def test_everything_is_done_by_the_keyboard_alone(open_page: Open, reviewing: Reviewing) -> None:
    first, second, third = reviewing.reply(), reviewing.reply("Other words, sorry."), reviewing.reply()
    page = open_page("reviewer", name="uma")
    page.goto("/desk/review")

    page.keyboard.press("?")
    expect(page.get_by_text("next reply")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(second.id))
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(third.id))
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(second.id))
    page.keyboard.press("r")
    page.keyboard.type("just ring them, a letter j in it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Rejected")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is on its way")
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review")

    assert reviewing.stored(second).outcome == "rejected by uma: just ring them, a letter j in it"
    states = {reply.id: reviewing.stored(reply).state for reply in (first, third)}
    assert sorted(states.values()) == [ReplyState.IN_REVIEW, ReplyState.QUEUED]


def test_everything_is_done_without_javascript(open_page: Open, reviewing: Reviewing) -> None:
    reply, other = reviewing.reply(), reviewing.reply()
    page = open_page("reviewer", name="uma", scripts=False)
    page.goto("/desk/review")
    page.get_by_role("link", name="Public reply on AM-0001-TEST-00").click()

    page.locator("#edit-fold summary").click()
    page.get_by_label("The words").fill("Your order, " * 30)
    page.get_by_role("button", name="Check them first").click()
    expect(page.locator("#tried")).to_contain_text("too many")
    page.get_by_label("The words").fill(GOOD + " Truly.")
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_role("main")).to_contain_text("You wrote words of this reply")
    page.get_by_role("link", name="Next").click()
    page.get_by_role("button", name="Approve and let it go").click()
    expect(page.get_by_role("status")).to_contain_text("is on its way")
    page.locator("#reject-fold summary").click()
    page.get_by_label("Why should it not go?").fill("Ring them")
    page.get_by_role("button", name="Reject this reply").click()

    expect(page.get_by_role("main")).to_contain_text("Nothing waits for review")
    assert reviewing.stored(reply).state is ReplyState.REJECTED
    assert reviewing.stored(other).state is ReplyState.QUEUED


@pytest.mark.parametrize("scripts", [True, False])
def test_public_posting_is_held_and_let_go_on_a_telephone(open_page: Open, reviewing: Reviewing, scripts: bool) -> None:
    reviewing.reply()
    page = open_page("reviewer", name="uma", width=390, scripts=scripts)
    page.goto("/desk/review")

    page.get_by_text("Hold all public posting …").click()
    page.get_by_label("Why?").fill("A crisis")
    page.get_by_role("button", name="Hold public posting").click()
    held = page.get_by_label("Public posting is held")
    expect(held).to_contain_text("“A crisis”")
    page.get_by_role("link", name="Public reply on AM-0001-TEST-00").click()
    expect(held).to_contain_text("uma held it")
    page.get_by_role("button", name="Approve and let it go").click()
    expect(held).to_contain_text("1 approved reply waits")
    assert reviewing.deliver() == []
    page.get_by_text("Release …").click()
    page.get_by_label("Why may it go on?").fill("It is over")
    page.get_by_role("button", name="Release public posting").click()

    expect(held).to_have_count(0)
    assert reviewing.deliver() == [GOOD]


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_of_review_is_wider_than_the_screen(open_page: Open, reviewing: Reviewing, width: int) -> None:
    reply = reviewing.reply(wrote="@Northmoor " + "w" * 200 + " https://northmoor.example/" + "a" * 150)
    page = open_page("reviewer", name="uma", width=width)

    for path in ("/desk/review?public=yes", f"/desk/review/{reply.id}", "/desk/review/history"):
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} at {width}"
