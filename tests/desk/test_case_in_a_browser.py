"""A handler's day on the page of a case, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import delete

from amends.domain.case import CaseState
from amends.domain.message import Attachment
from amends.domain.reply import ReplyState
from amends.domain.verdict import Severity
from storage.tables import (
    attachments,
    case_leases,
    cases,
    clocks,
    flags,
    messages,
    queue_places,
    replies,
    search_words,
    thread_names,
)
from tests.desk.file_of_a_case import ANSWER, AtTheDesk
from tests.desk.house import PASSWORD, DeskHouse
from tests.support.builders import a_message
from tests.support.places import shared_data

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    """A page of a long case takes its time where many tests run at once."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def at_the_desk(desk_house: DeskHouse) -> AtTheDesk:
    return AtTheDesk(house=desk_house)


def _dismiss(page: Page, told: list[str]) -> None:
    """Answer every question of a page with no, and note it."""

    def no(dialog: Dialog) -> None:
        told.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", no)


def press(page: Page, name: str) -> None:
    """Press a button or open a fold by the keyboard."""
    page.get_by_text(name, exact=True).last.focus()
    page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.parametrize(("scripts", "width"), [(True, 1440), (False, 1440), (True, 390)])
def test_sign_in_claim_read_why_correct_answer_and_close(
    open_page: Open, at_the_desk: AtTheDesk, scripts: bool, width: int
) -> None:
    at_the_desk.house.account("handler", name="hana", password=PASSWORD)
    case = at_the_desk.case()
    at_the_desk.draft(case)
    page = open_page(scripts=scripts, width=width)

    # Sign in, and come out at the queue; claim what is first, and open it.
    page.goto("/desk/queue")
    page.locator("[name=name]").focus()
    page.keyboard.type("hana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Claim").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{case.id}")).to_contain_text("Yours")
    page.get_by_role("link", name="My kettle").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My kettle")
    expect(page.locator(".case-facts")).to_contain_text("with hana")

    # Why?
    flag = page.locator(".flag").first
    expect(page.get_by_text("A person was burned or scalded.").first).to_be_hidden()
    flag.focus()
    expect(page.get_by_text("A person was burned or scalded.").first).to_be_visible()
    flag.blur()

    # It is not that bad.
    press(page, "Correct it")
    page.get_by_label("Severity").select_option("high")
    page.get_by_label("Why do you correct it?").fill("The burn was slight, and years ago")
    page.keyboard.press("Enter")
    expect(page.locator(".case-facts .severity-high")).to_be_visible()

    # Answer.
    words = page.get_by_label("Your words")
    words.fill("Dear Ines, [what]")
    if scripts:
        expect(page.locator("#checks q")).to_have_text("[what]")
    press(page, "Check")
    expect(page.locator("#checks q")).to_have_text("[what]")
    expect(words).to_have_value("Dear Ines, [what]")
    words.fill(ANSWER)
    press(page, "Send to review")
    expect(page.get_by_role("status").first).to_contain_text("It is in review.")

    # Close.
    press(page, "Close the case")
    page.get_by_label("Was the customer right?").select_option("upheld")
    page.get_by_label("How it ended, in a sentence").fill("A new kettle was sent.")
    press(page, "Close")
    expect(page.get_by_role("status").first).to_contain_text("The case is closed.")

    stored = at_the_desk.stored(case)
    assert (stored.owner, stored.severity, stored.state) == ("hana", Severity.HIGH, CaseState.CLOSED)
    [reply] = at_the_desk.replies(case)
    assert (reply.text, reply.state) == (ANSWER, ReplyState.SUPERSEDED)
    wide = (
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") if scripts else 0
    )
    assert wide <= 0, "the page is wider than the screen"


@pytest.mark.slow
def test_two_handlers_on_one_case(open_page: Open, at_the_desk: AtTheDesk) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    hana, tom = open_page("handler", name="hana"), open_page("handler", name="tom")
    hana.goto(f"/desk/case/{case.id}")
    tom.goto(f"/desk/case/{case.id}")
    expect(tom.locator("#presence")).to_contain_text("Hana is looking at this case too")

    hana.get_by_label("Your words").fill("Hana's words.")
    hana.get_by_role("button", name="Keep as a draft").click()
    expect(hana.get_by_role("status").first).to_contain_text("Kept.")
    tom.get_by_label("Your words").fill("Tom's words.")
    tom.get_by_role("button", name="Keep as a draft").click()

    expect(tom.get_by_role("alert").first).to_contain_text("were changed since you read them")
    expect(tom.locator(".since")).to_contain_text("Hana's words.")
    expect(tom.get_by_label("Your words")).to_have_value("Tom's words.")
    assert at_the_desk.replies(case)[0].text == "Hana's words."


def test_an_open_case_of_ones_own_is_worked_on_until_its_page_is_left(
    open_page: Open, at_the_desk: AtTheDesk, desk_house: DeskHouse
) -> None:
    def works() -> bool:
        with desk_house.database.reading() as unit:
            return case.id in unit.work.leases([case.id], now=desk_house.clock())

    case = at_the_desk.case()
    page = open_page("handler", name="hana")
    page.clock.install()
    page.goto(f"/desk/case/{case.id}")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("status").first).to_contain_text("The case is yours.")
    assert works()

    desk_house.clock.advance(minutes=4)
    with page.expect_response("**/working"):
        page.clock.run_for(60_000)
    desk_house.clock.advance(minutes=4)
    assert works(), "it was renewed while somebody worked on it"

    said: list[str] = []
    page.on("request", lambda request: said.append(request.url.rsplit("/", 1)[1]))
    page.clock.run_for(600_000)
    left_alone = said.count("working")
    assert left_alone < 7, "nobody did anything for minutes"
    with page.expect_response("**/working"):
        page.keyboard.press("Tab")

    page.goto("/desk/queue")
    expect(page.locator(f"#{case.id}")).to_contain_text("Yours")
    for _ in range(100):
        if not works():
            break
        page.wait_for_timeout(50)
    assert not works()


def test_whoever_was_signed_out_is_told_before_they_type_on(open_page: Open, at_the_desk: AtTheDesk) -> None:
    page = open_page("handler", name="hana")
    page.clock.install()
    page.goto(f"/desk/case/{at_the_desk.case().id}")
    expect(page.locator("#signed-out")).to_be_hidden()
    page.context.clear_cookies()

    page.clock.run_for(16_000)

    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.locator("#presence")).to_be_empty()


def test_words_that_are_not_kept_are_not_lost_by_a_wrong_click(open_page: Open, at_the_desk: AtTheDesk) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    page = open_page("handler")
    page.goto(f"/desk/case/{case.id}")
    page.get_by_label("Your words").press_sequentially("New: ")
    asked: list[str] = []
    _dismiss(page, asked)

    page.locator(".brand").click(no_wait_after=True)

    expect(page.get_by_label("Your words")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.slow
@pytest.mark.shared_data
def test_no_payload_runs_as_name_subject_words_file_name_form_field_or_html(
    open_page: Open, at_the_desk: AtTheDesk
) -> None:
    listed = shared_data() / "mail/xss/Intruder/xss-payload-list.txt"
    payloads = listed.read_text("utf-8", "replace").splitlines()
    page = open_page("handler")
    tried: list[str] = []
    _dismiss(page, tried)
    page.on("request", lambda request: tried.append(request.url) if "127.0.0.1" not in request.url else None)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error(`refused ${e.violatedDirective}`))"
    )
    chunks = [payloads[start : start + 1200] for start in range(0, len(payloads), 1200)]
    for number, chunk in enumerate(chunks):
        words = "\n".join(chunk)
        told = a_message(words, author=f"ines{number}@example.org", name=" ".join(chunk), subject=" ".join(chunk))
        files = tuple(Attachment(filename=one, content_type=one, size_bytes=1, sha256="0" * 64) for one in chunk[:200])
        first = replace(told, attachments=files)
        case = at_the_desk.case(first, html="\n".join(chunk))
        at_the_desk.draft(case, "\n".join(chunk[:200]))
        path = f"/desk/case/{case.id}"
        page.goto(path)
        assert page.locator("#timeline .words").first.inner_text().count("\n") > 500
        page.locator(".entry-links a").first.click()
        page.get_by_text("Show it as HTML").click()
        page.frame_locator("iframe").locator("body").wait_for()
        # Refused, and so shown once more: as typed words, and beside them.
        at_the_desk.writes(case, words + " again")
        page.goto(path)
        page.locator("[name=seen]").first.evaluate(f"field => field.value = {first.id!r}")
        page.get_by_label("Your words").fill(" ".join(chunk[:200]))
        page.get_by_role("button", name="Keep as a draft").click()
        expect(page.locator("#reply .notice.bad")).to_contain_text("wrote again")
        _forget(at_the_desk)
    assert tried == []


def _forget(at_the_desk: AtTheDesk) -> None:
    """Empty the database for the next payloads."""
    with at_the_desk.house.database.engine.begin() as connection:
        for table in (
            replies,
            flags,
            thread_names,
            search_words,
            attachments,
            messages,
            clocks,
            queue_places,
            case_leases,
            cases,
        ):
            connection.execute(delete(table))
