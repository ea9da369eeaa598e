"""Signing in and out."""

from __future__ import annotations

import pytest

from amends.desk.parts import Entry
from amends.errors import Misconfigured
from tests.desk.house import PASSWORD, DeskHouse


def test_whoever_knows_the_password_comes_in_and_is_led_to_where_they_were_going(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client()
    asked = client.get("/desk/style?all=1")

    answer = client.sign_in(" Handler ", next="/desk/style?all=1")

    assert asked.headers["location"] == "/sign-in?next=%2Fdesk%2Fstyle%3Fall%3D1"
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/style?all=1")
    assert client.get("/desk/style").status_code == 200
    assert '"action":"account.signed_in"' in desk_house.audit("account:handler")[-1]


@pytest.mark.parametrize(("name", "password"), [("handler", PASSWORD + "!"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_refused_in_the_same_words(
    desk_house: DeskHouse, name: str, password: str
) -> None:
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client()

    answer = client.sign_in(name, password)

    assert answer.status_code == 403
    assert "do not go together" in answer.text
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "said",
    [
        *("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "javascript:/alert(1)"),
        *("//[", "http://[", "/\t/evil.example", "\t//evil.example", "http:/desk", "desk"),
    ],
)
def test_signing_in_leads_nowhere_else(desk_house: DeskHouse, said: str) -> None:
    desk_house.account("handler", password=PASSWORD)

    client = desk_house.client()
    shown = client.get("/sign-in", params={"next": said})
    answer = client.sign_in("handler", next=said)

    assert 'name="next" value="/"' in shown.text
    assert answer.headers["location"] == "/"


def test_whoever_signs_out_is_out_and_an_old_cookie_opens_nothing(desk_house: DeskHouse) -> None:
    client = desk_house.client("handler")
    old = dict(client.cookies)

    answer = client.submit("/sign-out")
    client.cookies.update(old)

    assert answer.headers["location"] == "/sign-in"
    assert client.get("/").headers["location"] == "/sign-in"


def test_a_session_ends_when_nothing_is_done_and_after_its_longest_time_whatever_is_done(
    desk_house: DeskHouse,
) -> None:
    idle, busy = desk_house.client("handler"), desk_house.client("reviewer")

    for _ in range(14):
        desk_house.clock.advance(minutes=50)
        assert busy.get("/").status_code == 200
    assert idle.get("/").status_code == 303
    desk_house.clock.advance(minutes=50)
    assert busy.get("/").status_code == 303


def test_the_database_has_no_token_that_could_be_used(desk_house: DeskHouse) -> None:
    _, token = desk_house.session("handler")

    with desk_house.database.viewing() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM desk_sessions").all())
    assert token not in kept


def test_cookies_are_bound_to_the_host_where_there_is_tls(desk_house: DeskHouse) -> None:
    desk_house.entry = Entry(url="https://desk.example.org")
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client()

    given = client.sign_in("handler").headers["set-cookie"]

    assert given.startswith("__Host-amends-session=")
    assert all(part in given for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"))
    assert "Domain" not in given
    assert client.get("/livez").headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("url", ["http://desk.example.org", "https://example.org/desk", "desk.example.org", ""])
def test_an_address_that_is_not_safe_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Misconfigured, match="desk"):
        Entry(url=url)
