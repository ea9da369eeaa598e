"""What the desk takes at all, and how it says that something went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import APIRouter

from amends.desk import app as desk_app
from amends.desk.access import ROUTES, Permission
from amends.desk.app import MOST_BODY_BYTES
from amends.desk.page import HERE
from amends.desk.refusals import SENT_ALONG
from amends.errors import NotFound, Refused, Unavailable, Unprocessable
from tests.desk.house import Client, DeskHouse

TEMPLATES = HERE / "templates"
_WHY: dict[str, Callable[[], Exception]] = {
    "refused": lambda: Refused("the reply is on its way; wait for its receipt"),
    "missing": lambda: NotFound("there is no case AM-0000; see `amends queue list`"),
    "unusable": lambda: Unprocessable("the text holds no words"),
    "down": lambda: Unavailable("host db.internal does not answer"),
    "broken": lambda: KeyError("password of ines@example.org"),
}


@pytest.fixture
def failing(desk_house: DeskHouse, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of a desk with one more page, which fails as its address says."""
    router = APIRouter()

    @router.post("/fail/{how}", name="fail")
    def fail(how: str) -> None:
        raise _WHY[how]()

    @router.post("/api/fail/{how}", name="api.fail")
    def fail_for_programs(how: str) -> None:
        raise _WHY[how]()

    monkeypatch.setattr(desk_app, "ROUTERS", (*desk_app.ROUTERS, router))
    routes = {**ROUTES, "fail": Permission.SIGNED_IN, "api.fail": Permission.SIGNED_IN}
    monkeypatch.setattr("amends.desk.guard.ROUTES", routes)
    cookie, token = desk_house.session("handler")
    client = Client(desk_house.app, raises=False)
    client.cookies.set(cookie, token)
    return client


@pytest.mark.parametrize(
    ("how", "status", "says"),
    [
        ("refused", 409, "The reply is on its way; wait for its receipt."),
        ("missing", 404, "There is no case AM-0000."),
        ("unusable", 422, "The text holds no words."),
        ("down", 503, "Nothing was changed. Try again in a minute."),
        ("broken", 500, "It has been noted."),
    ],
)
def test_what_went_wrong_is_a_page_that_keeps_what_was_typed_and_tells_nothing_of_the_inside(
    failing: Client, how: str, status: int, says: str
) -> None:
    fields = {"reason": "She <called> twice.", "password": "not to be shown"}

    answer = failing.submit(f"/fail/{how}", fields)

    assert answer.status_code == status
    assert says in answer.text
    assert "She &lt;called&gt; twice." in answer.text
    assert [
        word
        for word in ("not to be shown", "db.internal", "amends queue list", "ines@example.org")
        if word in answer.text
    ] == []
    assert "content-security-policy" in answer.headers


def test_a_program_is_told_the_same_as_a_problem(failing: Client) -> None:
    answer = failing.submit("/api/fail/refused")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The reply is on its way; wait for its receipt."


def test_what_was_typed_when_a_session_has_ended_is_shown_to_be_copied(desk_house: DeskHouse) -> None:
    client = desk_house.client("handler")
    token = client.token("/")
    desk_house.clock.advance(hours=2)

    answer = client.post("/account/password", data={"csrf": token, "note": "Half an answer", "password": "secret"})

    assert answer.status_code == 403
    assert "You are signed out" in answer.text
    assert "Half an answer" in answer.text
    assert "secret" not in answer.text


def test_whoever_signs_in_again_is_led_back_to_what_they_were_doing(desk_house: DeskHouse) -> None:
    client = desk_house.client("handler")
    token = client.token("/")
    desk_house.clock.advance(hours=2)

    sent = {"csrf": token, "seen": "0ec8b1d5", "instead_of": "20b6a34e", "text": "Half an answer"}
    answer = client.post(
        "/desk/case/AM-1/reply/save", data=sent, headers={"Referer": "http://127.0.0.1:8081/desk/case/AM-1"}
    )

    assert 'href="/sign-in?next=%2Fdesk%2Fcase%2FAM-1">Sign in</a>' in answer.text
    assert "Half an answer" in answer.text
    assert [unread for unread in ("0ec8b1d5", "20b6a34e") if unread in answer.text] == []


@pytest.mark.parametrize("said", ["http://[", "http://127.0.0.1:8081//evil.example", "http://evil.example/desk", "//["])
def test_a_refusal_leads_back_to_no_page_but_ours(desk_house: DeskHouse, said: str) -> None:
    answer = desk_house.client("handler").get("/nowhere", headers={"Referer": said})

    assert answer.status_code == 404
    assert "evil.example" not in answer.text


def test_what_pages_send_along_by_themselves_is_known_to_be_no_persons_words() -> None:
    pages = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html") if path.name != "style.html")
    hidden = set(re.findall(r'type="hidden" name="([a-z_]+)"', pages))
    seen = set(re.findall(r'ui\.(?:field|area|choice)\("([a-z_]+)"', pages))
    seen |= set(re.findall(r'<(?:input|textarea) id="[\w-]+" name="([a-z_]+)"', pages))

    assert len(hidden) > 8
    assert hidden - seen - SENT_ALONG == {"address", "key"}, "an address is worth copying; a key is never shown"
    assert not SENT_ALONG & seen, "somebody may have typed it"


def test_a_request_has_a_largest_size_and_most_fields(desk_house: DeskHouse) -> None:
    client = desk_house.client()
    token = client.token()

    large = client.post("/sign-in", data={"csrf": token, "name": "x" * MOST_BODY_BYTES})
    many = client.post("/sign-in", data={"csrf": token, **{f"f{number}": "x" for number in range(400)}})
    garbled = client.post("/sign-in", content=b"\x00--", headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert (large.status_code, many.status_code, garbled.status_code) == (413, 400, 400)
    assert "too much for one request" in large.text


def test_what_a_page_does_not_do_is_refused(desk_house: DeskHouse) -> None:
    client = desk_house.client("admin")

    assert client.delete("/accounts").status_code == 405
    assert client.get("/accounts/nobody").status_code == 404
    assert client.get("/static/../app.py").status_code == 404


def test_whoever_is_signed_in_finds_their_own_desk_where_there_is_no_page(desk_house: DeskHouse) -> None:
    handler, stranger = desk_house.client("handler"), desk_house.client()

    for answer in (handler.get("/nothing"), handler.put("/desk/queue")):
        assert answer.status_code in {404, 405}
        assert "Log a contact" in answer.text
        assert "To the start page" in answer.text
    assert "Log a contact" not in stranger.get("/nothing").text
    assert ">Sign in</a>" in stranger.get("/nothing").text
