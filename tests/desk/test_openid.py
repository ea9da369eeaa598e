"""Signing in through a provider, against a small one that is served on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from httpx2 import Response
from joserfc.jwk import RSAKey

from amends.desk.openid import OpenId, Provider, roles_of_groups
from amends.domain.account import Role
from amends.errors import Misconfigured
from tests.desk.house import ADDRESS, Client, DeskHouse
from tests.desk.provider import CLIENT, CLIENT_SECRET, FakeProvider
from tests.support.clock import FakeClock
from tests.web.serving import served

ROLES = roles_of_groups(["complaints=handler", "complaints=reviewer", "leads=manager", "it=admin"])
BACK = f"{ADDRESS}/sign-in/openid/back"


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


@pytest.fixture
def provider(desk_house: DeskHouse, clock: FakeClock, key: RSAKey) -> Iterator[FakeProvider]:
    fake = FakeProvider(now=clock, key=key)
    with served(fake.app) as address:
        fake.issuer = address
        desk_house.changes["openid"] = OpenId(
            Provider(issuer=address, client_id=CLIENT, client_secret=CLIENT_SECRET, returns_to=BACK, roles_of=ROLES),
            now=clock,
        )
        yield fake


def go_there(client: Client, following: str = "/") -> str:
    """Follow the sign-in to the provider and give the way back that it sends people to."""
    there = client.get("/sign-in/openid", params={"next": following}).headers["location"]
    back = requests.get(there, allow_redirects=False, timeout=30).headers["location"]
    assert back.startswith(BACK)
    return str(back)


def sign_in(client: Client, following: str = "/") -> Response:
    return client.get(go_there(client, following))


def test_whom_the_provider_vouches_for_comes_in_with_the_roles_of_their_groups(
    desk_house: DeskHouse, provider: FakeProvider
) -> None:
    client = desk_house.client()

    answer = sign_in(client, "/desk/style")

    assert "Sign in through your organisation" in desk_house.client().get("/sign-in").text
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/style")
    account = desk_house.account("handler", name="hana")
    assert account.roles == {Role.HANDLER, Role.REVIEWER}
    assert (account.issuer, account.subject, account.password_hash) == (provider.issuer, "4711", "")
    assert "Hana Okafor" in client.get("/").text
    assert '"how":"openid"' in desk_house.audit("account:hana")[-1]
    assert desk_house.client().sign_in("hana", "").status_code == 403


def test_roles_are_those_of_now_and_the_account_is_known_by_its_subject(
    desk_house: DeskHouse, provider: FakeProvider
) -> None:
    sign_in(desk_house.client())
    provider.groups, provider.name = ["leads", "knitting"], "renamed"

    answer = sign_in(desk_house.client())

    assert answer.status_code == 303
    assert desk_house.account("handler", name="hana").roles == {Role.MANAGER}
    assert any("account.roles_set" in said for said in desk_house.audit("account:hana"))
    assert provider.asked == ["configuration", "keys"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-desk"},
        {"aud": [CLIENT, "another-desk"], "azp": "another-desk"},
        {"aud": [CLIENT, "another-desk"]},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_102_444_800},
        {"sub": None},
        {"at_hash": "of another token"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    desk_house: DeskHouse, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    def spoil(given: dict[str, Any]) -> None:
        given.update(claims)
        for name in [name for name, value in claims.items() if value is None]:
            del given[name]

    provider.spoil = spoil
    client = desk_house.client()

    answer = sign_in(client)

    assert answer.status_code == 409
    assert "cannot be trusted" in answer.text
    assert client.get("/").status_code == 303
    assert desk_house.audit("account:hana") == []


def test_a_token_that_another_key_signed_lets_nobody_in(desk_house: DeskHouse, provider: FakeProvider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})

    answer = sign_in(desk_house.client())

    assert answer.status_code == 409
    assert desk_house.audit("account:hana") == []


def test_new_keys_of_the_provider_are_fetched_when_they_are_first_seen(
    desk_house: DeskHouse, provider: FakeProvider
) -> None:
    sign_in(desk_house.client())
    provider.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})

    assert sign_in(desk_house.client()).status_code == 303
    assert provider.asked.count("keys") == 2


def test_a_way_back_serves_in_the_browser_that_began_and_once(desk_house: DeskHouse, provider: FakeProvider) -> None:
    mine, strange = desk_house.client(), desk_house.client()
    back = go_there(mine)
    of_another = go_there(strange)

    assert desk_house.client().get(back).status_code == 409
    assert strange.get(back).status_code == 409
    assert mine.get(back.replace("code-0", "code-1")).status_code == 409, "the verifier is that of another sign-in"
    again = go_there(mine)
    assert mine.get(again).status_code == 303
    assert mine.get(again).status_code == 409
    assert strange.get(of_another).status_code == 409, "its code is spent"


def test_whoever_took_too_long_begins_again(desk_house: DeskHouse, provider: FakeProvider) -> None:
    client = desk_house.client()
    back = go_there(client)
    desk_house.clock.advance(minutes=11)

    assert client.get(back).status_code == 409


def test_a_name_opens_no_account_that_is_somebody_elses(desk_house: DeskHouse, provider: FakeProvider) -> None:
    desk_house.account("admin", name="hana")

    answer = sign_in(desk_house.client())

    assert answer.status_code == 409
    assert desk_house.account("admin", name="hana").subject == ""


def test_who_has_no_group_or_is_disabled_does_not_come_in(desk_house: DeskHouse, provider: FakeProvider) -> None:
    provider.groups = ["knitting"]
    without = sign_in(desk_house.client())
    provider.groups = ["complaints"]
    sign_in(desk_house.client())
    desk_house.client("admin").submit("/accounts/hana/disable")
    disabled = sign_in(desk_house.client())

    assert "None of your groups" in without.text
    assert "is disabled" in disabled.text
    assert (without.status_code, disabled.status_code) == (409, 409)


def test_a_provider_that_is_down_or_calls_itself_otherwise_is_said_so(
    desk_house: DeskHouse, provider: FakeProvider
) -> None:
    provider.issuer = "https://elsewhere.example"

    answer = desk_house.client().get("/sign-in/openid")

    assert answer.status_code == 503
    assert desk_house.client("handler").get("/").status_code == 200


def test_a_provider_without_tls_or_without_roles_is_refused_at_the_start() -> None:
    given: dict[str, Any] = {"client_id": "x", "client_secret": "y", "returns_to": BACK}

    with pytest.raises(Misconfigured, match="no TLS"):
        Provider(issuer="http://id.example.org", roles_of=ROLES, **given)
    with pytest.raises(Misconfigured, match="AMENDS_OPENID_ROLES"):
        Provider(issuer="https://id.example.org", roles_of={}, **given)
    with pytest.raises(Misconfigured, match="no=king"):
        roles_of_groups(["no=king"])


def test_without_a_provider_there_is_no_such_way_in(desk_house: DeskHouse) -> None:
    assert desk_house.client().get("/sign-in/openid").status_code == 404
    assert "through your organisation" not in desk_house.client().get("/sign-in").text
