"""Every page of `shown.py` in a real browser: nobody is kept out, nothing overflows, nothing is said on the console.

With DESK_PICTURES a picture of each is written into that folder, at 390 and 1440 px, light and dark: no test
sees whether a page is beautiful.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.desk.house import DeskHouse
from tests.desk.shown import SHOWN, Shown
from tests.support.axe import faults_of

pytestmark = pytest.mark.browser
WIDTHS = (320, 390, 1440)
PICTURES = os.environ.get("DESK_PICTURES", "")
_OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_a_page_keeps_nobody_out_and_fits_every_width(
    shown: Shown, open_page: Callable[..., Page], desk_house: DeskHouse
) -> None:
    address = shown.address if isinstance(shown.address, str) else shown.address(desk_house)
    faults, over = {}, {}
    page = open_page(*shown.roles)
    page.goto(address)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        faults[scheme] = faults_of(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            over[scheme, width] = page.evaluate(_OVER)
            if PICTURES and width > 320:
                name = re.sub(r"\W+", "-", f"{SHOWN.index(shown):02} {shown.name}")
                page.screenshot(path=Path(PICTURES) / f"{name}.{width}.{scheme}.png", full_page=True)

    assert faults == {"light": [], "dark": []}
    assert set(over.values()) == {0}, over
    assert page.locator("h1").count() == 1
