"""The desk on a fresh database: for clients without a screen, and for a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from storage.unit_of_work import Database
from tests.desk.house import DeskHouse
from tests.support.clock import FakeClock
from tests.web.serving import served

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def desk_house(database: Database, clock: FakeClock, tmp_path: Path) -> DeskHouse:
    """A desk on a fresh SQLite database."""
    return DeskHouse(database=database, clock=clock, folder=tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; a test that uses it is marked `browser`.

    Its driver keeps an event loop running in the thread of the tests, so it must be gone
    before another module's tests start a loop of their own.
    """
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def desk_address(desk_house: DeskHouse) -> Iterator[str]:
    """The address of the desk, served on this machine."""
    with served(desk_house.app) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, desk_house: DeskHouse, desk_address: str) -> Iterator[Callable[..., Page]]:
    """Opens a browser's page for somebody: `open_page("handler", width=390, dark=True, scripts=False)`.

    Without a role nobody is signed in. What the page says on its console, and what it
    could not load, fails the test.
    """
    contexts, said = [], []

    def opened(*roles: str, name: str = "", width: int = 1440, dark: bool = False, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=desk_address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if roles:
            cookie, token = desk_house.session(*roles, name=name)
            context.add_cookies([{"name": cookie, "value": token, "url": desk_address}])
        page = context.new_page()
        # A refusal that a test asks for is no fault of the page.
        page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
