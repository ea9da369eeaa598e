"""Accounts: made, changed and closed by an admin, and looked after by their owners."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from httpx2 import Response

from amends.domain.account import Role
from amends.domain.case import CaseState
from tests.desk.house import PASSWORD, Client, DeskHouse, link_in
from tests.storage.stock import add_case
from tests.support.builders import a_case

OTHER = "four loud blue parrots"
HERE = (("handler", "hana"), ("admin", "ada"), ("handler", "tom"))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def choose(client: Client, link: str, password: str = PASSWORD, again: str | None = None) -> Response:
    fields = {"new_password": password, "new_password_again": password if again is None else again}
    return client.submit(link, fields, page=link)


def actions(desk_house: DeskHouse, name: str) -> list[tuple[str, str]]:
    told = [json.loads(said) for said in desk_house.audit(f"account:{name}")]
    return [(one["action"], one["actor"]) for one in told]


def test_an_admin_adds_somebody_who_chooses_a_password_by_a_link_once(desk_house: DeskHouse) -> None:
    admin, guest = desk_house.client("admin"), desk_house.client()

    made = admin.submit("/accounts", {"name": " Hana ", "shown_as": "Hana Okafor", "role": ["handler", "reviewer"]})
    link = link_in(made.text)
    looked = [guest.get(link) for _ in range(2)]
    chosen = choose(guest, link)
    again = guest.get(link)

    assert [answer.status_code for answer in looked] == [200, 200]
    assert looked[0].headers["referrer-policy"] == "no-referrer"
    assert chosen.headers["location"] == "/sign-in"
    assert again.status_code == 404
    assert guest.sign_in("hana").status_code == 303
    assert "Hana Okafor" in guest.get("/").text
    assert actions(desk_house, "hana") == [
        ("account.created", "admin"),
        ("account.link_made", "admin"),
        ("account.password_set", "hana"),
        ("account.signed_in", "hana"),
    ]


def test_a_link_runs_out_and_a_newer_one_spends_it(desk_house: DeskHouse) -> None:
    desk_house.account("handler")
    admin, guest = desk_house.client("admin"), desk_house.client()
    first = link_in(admin.submit("/accounts/handler/link").text)
    second = link_in(admin.submit("/accounts/handler/link").text)

    assert [guest.get(link).status_code for link in (first, second)] == [404, 200]
    desk_house.clock.advance(hours=24)
    assert guest.get(second).status_code == 404
    assert guest.get("/password/guessed").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [("too short", "too short", "15 or more"), (PASSWORD, OTHER, "not the same"), ("hana" * 5, "hana" * 5, "guessed")],
)
def test_a_password_that_is_refused_leaves_the_link_good(
    desk_house: DeskHouse, password: str, again: str, says: str
) -> None:
    desk_house.account("handler", name="hana")
    link = link_in(desk_house.client("admin").submit("/accounts/hana/link").text)
    guest = desk_house.client()

    answer = choose(guest, link, password, again)

    assert answer.status_code == 422
    assert says in answer.text
    assert choose(guest, link).status_code == 303


def test_the_database_has_no_link_that_could_be_used(desk_house: DeskHouse) -> None:
    desk_house.account("handler")

    link = link_in(desk_house.client("admin").submit("/accounts/handler/link").text)

    with desk_house.database.viewing() as connection:
        kept = str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in ("account_links",)])  # noqa: S608
    assert link.rpartition("/")[2] not in kept
    assert link.rpartition("/")[2] not in str(desk_house.audit("account:handler"))


def test_what_is_taken_away_is_gone_at_once(desk_house: DeskHouse) -> None:
    admin, other = desk_house.client("admin"), desk_house.client("admin", name="other")

    given = admin.submit("/accounts/other/roles", {"role": "auditor"})

    assert given.headers["location"] == "/accounts/other"
    assert other.get("/accounts").status_code == 403
    assert desk_house.account("admin", name="other").roles == {Role.AUDITOR}


def test_whoever_is_disabled_is_out_at_once_and_stays_out(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    admin, handler = desk_house.client("admin"), desk_house.client("handler")

    admin.submit("/accounts/handler/disable")

    assert handler.get("/").status_code == 303
    assert desk_house.client().sign_in("handler").status_code == 403
    assert admin.submit("/accounts/handler/link").status_code == 409
    admin.submit("/accounts/handler/enable")
    assert handler.get("/").status_code == 303
    assert desk_house.client().sign_in("handler").status_code == 303


def test_the_open_cases_of_whoever_is_disabled_are_for_others_to_claim(desk_house: DeskHouse) -> None:
    hana, admin, tom = (desk_house.client(role, name=name) for role, name in HERE)
    with desk_house.database.unit() as unit:
        for case_id, state, owner in (
            ("AM-1", CaseState.IN_HAND, "hana"),
            ("AM-2", CaseState.ANSWERED, "hana"),
            ("AM-3", CaseState.CLOSED, "hana"),
            ("AM-4", CaseState.IN_HAND, "tom"),
        ):
            add_case(unit, replace(a_case(case_id=case_id, state=state), owner=owner))
        unit.commit()
    hana.submit("/desk/queue/claim", {"reference": "AM-1"}, page="/desk/queue")

    answer = admin.submit("/accounts/hana/disable")

    says = text_of(admin.get(answer.headers["location"]).text)
    assert "2 open cases are nobody's now, for others to claim." in says
    with desk_house.database.reading() as unit:
        owners = {case.id: case.owner for case in unit.cases.get_many(["AM-1", "AM-2", "AM-3", "AM-4"]).values()}
        assert unit.work.leases(["AM-1"], now=desk_house.clock()) == {}
    assert owners == {"AM-1": "", "AM-2": "", "AM-3": "hana", "AM-4": "tom"}
    for case_id in ("AM-1", "AM-2"):
        told = json.loads(desk_house.audit(f"case:{case_id}")[-1])
        assert (told["action"], told["actor"], told["facts"]) == ("case.freed", "user:ada", {"from": "hana"})
    tom.submit("/desk/queue/claim", {"reference": "AM-1"}, page="/desk/queue")
    with desk_house.database.reading() as unit:
        assert unit.cases.get("AM-1").owner == "tom"


def test_the_last_admin_cannot_be_lost(desk_house: DeskHouse) -> None:
    admin = desk_house.client("admin")

    disabled, lowered = (
        admin.submit("/accounts/admin/disable"),
        admin.submit("/accounts/admin/roles", {"role": "handler"}),
    )

    assert (disabled.status_code, lowered.status_code) == (409, 409)
    assert "last admin" in disabled.text
    assert admin.get("/accounts").status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "", "role": "handler"}, "is empty"),
        ({"name": "two words", "role": "handler"}, "letters, digits"),
        ({"name": "amends:demo", "role": "handler"}, "letters, digits"),
        ({"name": "x" * 65, "role": "handler"}, "may have 64"),
        ({"name": "ADMIN", "role": "handler"}, "already"),
        ({"name": "hana"}, "needs a role"),
        ({"name": "hana", "role": "king"}, "no role"),
    ],
)
def test_what_cannot_be_an_account_is_refused_and_what_was_typed_is_kept(
    desk_house: DeskHouse, fields: dict[str, str], says: str
) -> None:
    answer = desk_house.client("admin").submit("/accounts", {**fields, "shown_as": "Hana <Okafor>"})

    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="Hana &lt;Okafor&gt;"' in answer.text


def test_a_changed_password_ends_all_other_sessions(desk_house: DeskHouse) -> None:
    desk_house.account("handler", password=PASSWORD)
    here, elsewhere = desk_house.client("handler"), desk_house.client("handler")
    fields = {"new_password": OTHER, "new_password_again": OTHER}

    wrong = here.submit("/account/password", {**fields, "password": "wrong password"})
    right = here.submit("/account/password", {**fields, "password": PASSWORD})

    assert wrong.status_code == 422
    assert right.headers["location"] == "/account"
    assert "Your password is changed" in here.get("/account").text
    assert elsewhere.get("/").status_code == 303
    assert desk_house.client().sign_in("handler").status_code == 403
    assert desk_house.client().sign_in("handler", OTHER).status_code == 303


def test_somebody_signs_out_everywhere_else(desk_house: DeskHouse) -> None:
    here, there, admin = desk_house.client("handler"), desk_house.client("handler"), desk_house.client("admin")

    here.submit("/account/sign-out-elsewhere")

    assert (here.get("/").status_code, there.get("/").status_code) == (200, 303)
    admin.submit("/accounts/handler/sign-out")
    assert here.get("/").status_code == 303


def test_a_notice_is_shown_once_and_nobody_else_can_write_one(desk_house: DeskHouse) -> None:
    client = desk_house.client("handler")
    client.submit("/account/sign-out-elsewhere")

    shown, gone = client.get("/account").text, client.get("/account").text
    client.cookies.set("amends-notice", "eyJzYXlzIjoiSGkifQ==.0000")

    assert "There was no other session." in shown
    assert "There was no other session." not in gone
    assert client.get("/account").status_code == 200
