"""The pages in a real browser, with JavaScript switched off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright
from starlette.responses import HTMLResponse

from amends.domain.submission import Said
from tests.ingest.web_form.fakes import House, some_settings
from tests.web.serving import served

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WORDS = "My water is brown since Monday."
LONG_WORD = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 3

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("AMENDS_REQUIRE_BROWSER") != "1", reason="chromium is not installed"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        # People's browsers keep a page whole when they go on from it; only the driver switches that off.
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture
def house() -> House:
    return House(some_settings(contact_line=f"Call 0800 555 0100, or write to {LONG_WORD}@example.com."))


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    with served(house.app) as address:
        context = browser.new_context(java_script_enabled=False, base_url=address)
        page = context.new_page()
        page.goto("/")
        yield page
        context.close()


def has_focus(page: Page, name: str) -> bool:
    return page.locator(f"#{name}:focus").count() == 1


def test_a_complaint_is_sent_and_followed_with_the_keyboard_alone(page: Page, house: House) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    visited = []
    for name, words in [
        ("text", WORDS),
        ("subject", "Brown water"),
        ("reference", "ORD-1"),
        ("name", "Ines Okafor"),
        ("email", "ines@example.com"),
    ]:
        page.keyboard.press("Tab")
        visited.append((name, has_focus(page, name)))
        page.keyboard.type(words)
    page.keyboard.press("Tab")
    visited.append(("files", has_focus(page, "files")))
    page.keyboard.press("Tab")
    visited.append(("send", has_focus(page, "send")))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")
    reference = page.locator(".reference").first.inner_text()
    page.get_by_role("link", name="See where it stands").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Where your complaint stands")
    assert page.locator(".reference").first.inner_text() == reference
    assert visited == [(name, True) for name in ("text", "subject", "reference", "name", "email", "files", "send")]
    (kept,) = house.intake.submissions
    assert (kept.text, kept.email, kept.honeypot) == (WORDS, "ines@example.com", "")


def test_an_error_is_met_first_and_leads_to_its_field(page: Page, house: House) -> None:
    page.get_by_label("E-mail address").fill("ines at example")
    page.get_by_role("button", name="Send").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").nth(1).click()

    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_value("ines at example")
    expect(page.locator("#email-error")).to_be_visible()
    assert house.intake.submissions == []

    page.get_by_label("What happened?").fill(WORDS)
    page.get_by_label("E-mail address").fill("ines@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")


def test_going_back_keeps_what_was_typed_and_a_second_send_is_the_same_form(page: Page, house: House) -> None:
    page.get_by_label("What happened?").fill(WORDS)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")
    page.go_back(wait_until="commit")
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")

    assert len(house.intake.submissions) == 1


def test_a_text_far_too_long_for_the_form_still_meets_a_page(page: Page) -> None:
    page.get_by_label("What happened?").fill("a " * 1_500_000)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("That is too long for this form")


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(browser: Browser, house: House, width: int, scheme: str) -> None:
    # Scripts are on here for the measuring alone: the pages have none.
    with served(house.app) as address:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,
        )
        page = context.new_page()

        def overflow(title: str) -> int:
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

        widths = {}
        page.goto("/")
        widths["form"] = overflow("Make a complaint")
        page.get_by_label("What happened?").fill(LONG_WORD)
        page.get_by_label("Your name").fill(LONG_WORD)
        page.get_by_label("E-mail address").fill(LONG_WORD)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_be_visible()
        widths["errors"] = overflow("Make a complaint")
        page.get_by_label("E-mail address").fill("")
        page.get_by_label("Your name").fill("")
        page.get_by_role("button", name="Send").click()
        widths["sent"] = overflow("Thank you. We have your message.")
        page.get_by_role("link", name="See where it stands").click()
        widths["status"] = overflow("Where your complaint stands")
        page.goto("/status/nobody")
        widths["notice"] = overflow("There is nothing at this address")
        context.close()

    assert widths == dict.fromkeys(("form", "errors", "sent", "status", "notice"), 0)


def test_the_browser_finds_nothing_to_complain_of(browser: Browser, house: House) -> None:
    said: list[str] = []
    with served(house.app) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("requestfailed", lambda request: said.append(request.url))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/")
        page.get_by_label("What happened?").fill(WORDS)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")
        context.close()

    assert said == []
    assert all(url.startswith(address) for url in asked)


def test_something_is_said_on_the_status_page_with_the_keyboard_alone(page: Page, house: House) -> None:
    page.get_by_label("What happened?").fill(WORDS)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="See where it stands").click()

    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("I accept the answer")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("The new one works.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_focused()
    (addition,) = house.intake.additions.values()
    assert (addition.said, addition.text) == (Said.ACCEPTED, "The new one works.")


def test_a_file_is_chosen_and_sent(page: Page, house: House) -> None:
    page.get_by_label("What happened?").fill(WORDS)
    page.get_by_label("Pictures or documents").set_input_files(
        [FilePayload(name=f"Küche {number}.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff") for number in (1, 2)]
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")

    (kept,) = house.intake.submissions
    assert [one.filename for one in kept.files] == ["Küche 1.jpg", "Küche 2.jpg"]


@pytest.mark.parametrize("is_named", [True, False])
def test_only_a_page_that_is_named_shows_the_form_in_a_frame(browser: Browser, is_named: bool) -> None:
    site = FastAPI()
    with served(site) as around:
        house = House(some_settings(frame_ancestors=(around,) if is_named else ("https://elsewhere.example",)))
        with served(house.app) as address:
            frame = f'<iframe src="{address}/" title="Make a complaint"></iframe>'
            site.add_api_route("/", lambda: HTMLResponse(frame))
            context = browser.new_context(java_script_enabled=False)
            page = context.new_page()
            page.goto(around)
            inside = page.frame_locator("iframe")
            if is_named:
                inside.get_by_label("What happened?").fill(WORDS)
                inside.get_by_role("button", name="Send").click()
                expect(inside.get_by_role("heading", level=1)).to_have_text("Thank you. We have your message.")
            else:
                expect(inside.get_by_label("What happened?")).to_have_count(0)
            context.close()

    assert len(house.intake.submissions) == is_named
