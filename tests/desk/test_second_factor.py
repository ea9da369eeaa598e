"""Codes from an app."""

from __future__ import annotations

import re

import pyotp

from amends.desk.second_factor import seal, step_of, unseal
from amends.desk.tokens import digest
from tests.desk.house import PASSWORD, SECRET, Client, DeskHouse
from tests.support.clock import MONDAY

_KEY = r'name="key" value="([^"]+)"'
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def found_in(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]


def code_of(secret: str, desk_house: DeskHouse) -> str:
    return pyotp.TOTP(secret).at(desk_house.clock())


def set_up(desk_house: DeskHouse, client: Client) -> str:
    """Set a second factor up as a person does and give the app's secret."""
    shown = client.get("/account/second-factor").text
    secret, key = found_in(shown, r'class="mono">([A-Z2-7 ]+)<').replace(" ", ""), found_in(shown, _KEY)
    fields = {"key": key, "new_code": code_of(secret, desk_house), "password": PASSWORD}
    answer = client.submit("/account/second-factor", fields)
    assert answer.headers["location"] == "/account", answer.text
    return secret


def test_a_code_is_asked_for_and_serves_once(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    secret = set_up(desk_house, desk_house.client("handler"))
    desk_house.clock.advance(minutes=5)
    code = code_of(secret, desk_house)

    without, wrong = desk_house.client().sign_in("handler"), desk_house.client().sign_in("handler", code="000000")
    right = desk_house.client().sign_in("handler", code=f"{code[:3]} {code[3:]}")
    again = desk_house.client().sign_in("handler", code=code)

    assert [answer.status_code for answer in (without, wrong, right, again)] == [403, 403, 303, 403]
    assert without.text.count("do not go together") == wrong.text.count("do not go together") == 1
    assert any("second_factor_set" in said for said in desk_house.audit("account:handler"))


def test_the_apps_secret_is_kept_sealed_and_opens_for_its_account_alone(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    secret = set_up(desk_house, desk_house.client("handler"))

    kept = desk_house.account("handler").totp_secret

    assert secret not in kept
    assert unseal(SECRET, kept, bound_to="handler") == secret
    assert unseal(SECRET, kept, bound_to="reviewer") == ""
    assert unseal(b"x" * 32, kept, bound_to="handler") == ""
    assert unseal(SECRET, "no base 64!", bound_to="handler") == ""


def test_a_clock_that_is_half_a_minute_off_is_let_pass_and_no_more() -> None:
    now = int(MONDAY.timestamp()) // 30
    codes = {drift: pyotp.TOTP(KEY).generate_otp(now + drift) for drift in (-2, -1, 0, 1, 2)}

    found = {drift: step_of(KEY, code, MONDAY) for drift, code in codes.items()}

    assert found == {-2: None, -1: now - 1, 0: now, 1: now + 1, 2: None}
    assert step_of(KEY, codes[0], MONDAY, after=now) is None
    assert step_of(KEY, "١٢٣٤٥٦", MONDAY) is None


def test_a_secret_is_not_taken_over_from_another_session(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    key = seal(SECRET, KEY, bound_to="a session of somebody else")

    answer = desk_house.client("handler").submit(
        "/account/second-factor", {"key": key, "new_code": code_of(KEY, desk_house), "password": PASSWORD}
    )

    assert answer.status_code == 409
    assert desk_house.account("handler").totp_secret == ""


def test_nothing_is_set_up_without_the_code_and_the_password(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client("handler")
    key = found_in(client.get("/account/second-factor").text, _KEY)
    kept = unseal(SECRET, key, bound_to=digest_of_session(client))

    wrong_code = client.submit("/account/second-factor", {"key": key, "new_code": "1", "password": PASSWORD})
    wrong_password = client.submit(
        "/account/second-factor", {"key": key, "new_code": code_of(kept, desk_house), "password": "wrong"}
    )

    assert (wrong_code.status_code, wrong_password.status_code) == (422, 422)
    assert desk_house.account("handler").totp_secret == ""


def test_a_short_password_needs_the_second_factor_and_keeps_it(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client("handler")
    short = {"new_password": "kq7 wvx2", "new_password_again": "kq7 wvx2", "password": PASSWORD}

    refused = client.submit("/account/password", short)
    secret = set_up(desk_house, client)
    desk_house.clock.advance(minutes=1)
    taken = client.submit("/account/password", {**short, "code": code_of(secret, desk_house)})
    desk_house.clock.advance(minutes=1)
    removed = client.submit(
        "/account/second-factor/remove", {"password": "kq7 wvx2", "code": code_of(secret, desk_house)}
    )

    assert "second factor first" in refused.text
    assert taken.headers["location"] == "/account"
    assert removed.status_code == 409
    assert "too short to stand alone" in removed.text


def test_an_admin_takes_it_from_who_has_lost_it_and_a_short_password_goes_with_it(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    client = desk_house.client("handler")
    secret = set_up(desk_house, client)
    desk_house.clock.advance(minutes=1)
    fields = {"new_password": "kq7 wvx2", "new_password_again": "kq7 wvx2", "password": PASSWORD}
    client.submit("/account/password", {**fields, "code": code_of(secret, desk_house)})

    answer = desk_house.client("admin").submit("/accounts/handler/second-factor")

    assert answer.headers["location"] == "/accounts/handler"
    account = desk_house.account("handler")
    assert (account.totp_secret, account.password_hash) == ("", "")


def digest_of_session(client: Client) -> str:
    return digest(client.cookies["amends-session"])
