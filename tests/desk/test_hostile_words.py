"""Thousands of texts that try to run as script, where the pages of review and of operators show words from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Dialog, Page

from amends.casework.hold import hold
from amends.domain.reply import Reply
from tests.desk.house import DeskHouse
from tests.desk.reviewing import GOOD, Reviewing
from tests.support.builders import a_dead_letter, a_parked
from tests.support.places import shared_data

pytestmark = [pytest.mark.browser, pytest.mark.shared_data, pytest.mark.slow]
Open = Callable[..., Page]

#: What of a parked message is shown is cut off; so each holds less.
_AT_ONCE = 19_000
#: What a script of theirs would leave behind, or do.
_MARKS = (
    "() => document.querySelectorAll('script:not([nonce]), iframe, object, embed, svg, img, video, audio, base').length"
)


@pytest.fixture(scope="module")
def payloads() -> list[str]:
    """All of them, in portions."""
    lines = (shared_data() / "mail/xss/Intruder/xss-payload-list.txt").read_text("utf-8", "replace").splitlines()
    portions: list[str] = [""]
    for line in lines:
        if len(portions[-1]) + len(line) > _AT_ONCE:
            portions.append("")
        portions[-1] += line + "\n"
    assert len(lines) > 5_000
    return portions


@pytest.fixture
def watched(open_page: Open) -> Iterator[Callable[..., Page]]:
    """Opens pages on which no dialog may appear, and which may ask nobody else for anything."""
    went_wrong: list[str] = []

    def note(dialog: Dialog) -> None:
        went_wrong.append(dialog.message)
        dialog.dismiss()

    def opened(role: str, name: str) -> Page:
        page = open_page(role, name=name)
        page.on("dialog", note)
        page.on("request", lambda asked: None if "127.0.0.1" in asked.url else went_wrong.append(asked.url))
        return page

    yield opened
    assert went_wrong == []


def shows(page: Page, path: str, words: str) -> None:
    """Open a page: the words stand there as words, and nothing of them has become an element."""
    page.goto(path)
    assert words in page.locator("main").inner_text()
    assert page.evaluate(_MARKS) == 0, path
    for marked in page.locator("mark").all()[:3]:
        marked.hover()


def test_no_post_and_no_name_of_its_author_runs(
    watched: Callable[..., Page], desk_house: DeskHouse, payloads: list[str]
) -> None:
    reviewing = Reviewing(house=desk_house)
    # Few pages with much on each: all payloads are shown.
    joined = ["\n".join(payloads[start : start + 4]) for start in range(0, len(payloads), 4)]
    replies: list[Reply] = [
        reviewing.reply(GOOD, wrote=f"{portion}the kettle gave me a shock", author=portion, checks=())
        for portion in joined
    ]
    replies.append(reviewing.reply(payloads[0][:5_000], wrote="hello", checks=()))
    with desk_house.database.unit() as unit:
        hold(unit, payloads[1][:2_000], by="rita", at=desk_house.clock())
        unit.commit()
    page = watched("reviewer", "uma")

    shows(page, "/desk/review", "<")
    for reply in replies[:-1]:
        shows(page, f"/desk/review/{reply.id}", "the kettle gave me a shock")
    shows(page, f"/desk/review/{replies[-1].id}", "<")
    shows(page, "/desk/review/history", "<")
    page.goto(f"/desk/review/{replies[-1].id}")
    page.keyboard.press("e")
    page.get_by_label("The words").fill(payloads[2][:3_000])
    page.locator("#tried").get_by_text("too many").wait_for()
    assert page.evaluate(_MARKS) == 0


def test_no_parked_message_and_no_dead_letter_runs(
    watched: Callable[..., Page], desk_house: DeskHouse, payloads: list[str]
) -> None:
    parked, letters = [], []
    for number, portion in enumerate(payloads):
        digest = desk_house.parts.blobs.put(portion.encode("utf-8", "replace"))
        name = portion[:400]
        parked.append(replace(a_parked(f"{number}"), item=name, source=name, says=name, reason="x", raw_sha256=digest))
        letter = a_dead_letter(
            f"r{number}", headers={"channel": portion[:300]}, body=portion.encode("utf-8", "replace")
        )
        letters.append(replace(letter, says=name, key=name[:60]))
    with desk_house.database.unit() as unit:
        unit.intake.park(parked)
        unit.dead.add(letters)
        unit.commit()
    page = watched("operator", "olga")

    shows(page, "/desk/operations", "parked")
    shows(page, "/desk/operations/parked", "<")
    shows(page, "/desk/operations/dead", "<")
    for one in parked[::2]:
        shows(page, f"/desk/operations/parked/{one.id}", "<")
    for letter in letters[1::4]:
        shows(page, f"/desk/operations/dead/{letter.id}", "<")
