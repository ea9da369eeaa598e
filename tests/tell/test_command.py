"""`amends webhook` and `amends desk token`, what doctor says of them, and that a rebuild makes them anew."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from amends.casework import programs
from amends.cli.app import app
from amends.cli.opening import OPENED
from amends.compose import House
from amends.doctor.webhooks import webhooks
from amends.domain.audit import Happening
from amends.domain.webhook import CallState, Target
from amends.errors import NotFound, Refused
from amends.settings import load_settings
from storage.digest import derived_tables, digests
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.support.clock import FakeClock
from tests.tell.receiver import is_signed, receiving


def run(folder: Path, *words: str) -> str:
    try:
        return CliRunner().invoke(app, [*words, "--data-dir", str(folder)], catch_exceptions=False).output
    finally:
        OPENED.close()


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> House:
    return House(settings=load_settings(data_dir=tmp_path, webhooks_inside=("127.0.0.0/8",)), now=clock)


def happen(house: House, count: int = 1) -> None:
    with house.database.unit() as unit:
        for number in range(count):
            subject = f"case:AM-{number}"
            unit.audit.append([Happening(at=house.now(), actor="user:hana", action="case.closed", subject=subject)])
        unit.commit()


def test_the_secret_that_is_shown_is_the_one_that_calls_are_signed_with(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_WEBHOOKS_INSIDE", "127.0.0.0/8")
    with receiving() as receiver:
        said = run(tmp_path, "webhook", "add", "crm", receiver.url, "--event", "case.closed", "--as", "ada")
        happen(house)
        run(tmp_path, "run", "webhooks", "--until-idle")
    secret = re.search(r"whsec_\S+", said)
    ((headers, body),) = receiver.got
    assert secret is not None
    assert is_signed(secret[0], headers, body)
    (told,) = json.loads(run(tmp_path, "webhook", "list", "--json"))
    assert (told["name"], told["events"], told["delivered"], told["waiting"]) == ("crm", ["case.closed"], 1, 0)
    assert "1 delivered" in run(tmp_path, "webhook", "list")
    assert "nothing more" in run(tmp_path, "webhook", "remove", "crm")
    assert "No program is told" in run(tmp_path, "webhook", "list")
    house.close()


@pytest.mark.parametrize(
    "url", ["https://10.0.0.8/hooks", "http://169.254.169.254/latest", "gopher://x", "https://[::1]/"]
)
def test_where_calls_may_not_go_is_refused_when_it_is_added(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refused):
        run(tmp_path, "webhook", "add", "crm", url)


def test_what_was_given_up_is_listed_and_made_again(house: House, tmp_path: Path, clock: FakeClock) -> None:
    with receiving(500) as receiver:
        run_add(house, receiver.url)
        happen(house)
        with house.database.unit() as unit:
            unit.calls.make_out([("crm", 2)], upto=2, targets=["crm"], at=clock())
            (call,) = unit.calls.of_state(CallState.WAITING, limit=9)
            unit.calls.failed(call, "it answered 500", next_at=None)
            unit.commit()
        assert "given up: evt_" in run(tmp_path, "webhook", "list")
        assert "1 call is made again" in run(tmp_path, "webhook", "retry", "crm")
    with pytest.raises(NotFound):
        run(tmp_path, "webhook", "retry", "erp")
    house.close()


def test_calls_that_were_given_up_are_dropped_with_a_reason_that_is_kept(
    house: House, tmp_path: Path, clock: FakeClock
) -> None:
    run_add(house, "https://x.example")
    happen(house)
    with house.database.unit() as unit:
        unit.calls.make_out([("crm", 2)], upto=2, targets=["crm"], at=clock())
        (call,) = unit.calls.of_state(CallState.WAITING, limit=9)
        unit.calls.failed(call, "it answered 500", next_at=None)
        unit.commit()
    drop = ("webhook", "discard", "crm", "--as", "ada")
    with pytest.raises(Refused, match="reason"):
        run(tmp_path, *drop, "--reason", " ")
    assert "Missing option '--reason'" in run(tmp_path, *drop)
    (told,) = json.loads(run(tmp_path, "webhook", "list", "--json"))
    assert told["given_up"] == 1
    assert "1 call is dropped" in run(tmp_path, *drop, "--reason", "they have it from elsewhere")
    (told,) = json.loads(run(tmp_path, "webhook", "list", "--json"))
    assert (told["given_up"], told["waiting"]) == (0, 0)
    with house.database.reading() as unit:
        kept = json.loads(unit.audit.about("webhook:crm")[-1].happening_json)
    assert (kept["actor"], kept["action"]) == ("user:ada", "webhook.discarded")
    assert kept["facts"] == {"calls": "1", "reason": "they have it from elsewhere"}
    assert "0 calls are dropped" in run(tmp_path, *drop, "--reason", "once more")
    with pytest.raises(NotFound):
        run(tmp_path, "webhook", "discard", "erp", "--reason", "there is none")
    house.close()


def run_add(house: House, url: str) -> None:
    with house.database.unit() as unit:
        programs.add_webhook(
            unit, Target(name="crm", url=url, events=(), salt="s", added_by="ada", added_at=house.now())
        )
        unit.calls.begin("crm", after=unit.audit.head()[0])
        unit.commit()


def test_doctor_sees_that_nobody_makes_the_calls_and_what_was_given_up(house: House, clock: FakeClock) -> None:
    assert list(webhooks(house)) == []
    run_add(house, "https://x.example")
    (found,) = webhooks(house)
    assert (found.is_well, found.says) == (True, "0 calls wait, 0 were given up")
    happen(house)
    with house.database.unit() as unit:
        unit.calls.make_out([("crm", 2)], upto=2, targets=["crm"], at=clock())
        unit.commit()
    clock.advance(minutes=11)
    (found,) = webhooks(house)
    assert (found.is_well, found.remedy) == (False, "start the service: `amends run webhooks`")
    with house.database.unit() as unit:
        (call,) = unit.calls.of_state(CallState.WAITING, limit=9)
        unit.calls.failed(call, "it answered 500", next_at=None)
        unit.commit()
    (found,) = webhooks(house)
    assert not found.is_well
    assert "amends webhook retry crm" in found.remedy
    house.close()


def test_doctor_sees_a_service_that_is_far_behind(house: House) -> None:
    run_add(house, "https://x.example")
    happen(house, 1_001)
    (found,) = webhooks(house)
    assert (found.is_well, found.remedy) == (False, "start the service: `amends run webhooks`")
    house.close()


def test_a_token_is_shown_once_and_lets_in_until_it_is_revoked(tmp_path: Path) -> None:
    said = run(tmp_path, "desk", "token", "create", "crm", "--role", "handler", "--as", "ada")
    shown = re.search(r"amends_[\w-]{43}", said)
    assert shown is not None
    house = House(settings=load_settings(data_dir=tmp_path))
    client = TestClient(house.desk(), base_url="http://127.0.0.1:8081")
    headers = {"Authorization": f"Bearer {shown[0]}"}
    assert client.get("/api/v1/queue", headers=headers).status_code == 200
    (told,) = json.loads(run(tmp_path, "desk", "token", "list", "--json"))
    assert (told["name"], told["role"], told["holds"], told["made_by"]) == ("crm", "handler", True, "ada")
    assert shown[0] not in run(tmp_path, "desk", "token", "list")
    with pytest.raises(Refused, match="already"):
        run(tmp_path, "desk", "token", "create", "crm", "--role", "admin")
    assert "let in no longer" in run(tmp_path, "desk", "token", "revoke", "crm")
    assert client.get("/api/v1/queue", headers=headers).status_code == 401
    assert "revoked" in run(tmp_path, "desk", "token", "list")
    with pytest.raises(NotFound):
        run(tmp_path, "desk", "token", "revoke", "crm")
    house.close()


@pytest.mark.parametrize("name", ["", "Crm", "a b", "x" * 41, "crm\n", ".x"])
def test_what_cannot_be_a_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="cannot be its name"):
        run(tmp_path, "desk", "token", "create", name, "--role", "handler")


def test_a_rebuild_makes_tokens_and_webhooks_anew(house: House, tmp_path: Path, clock: FakeClock) -> None:
    run(tmp_path, "desk", "token", "create", "crm", "--role", "handler")
    run(tmp_path, "desk", "token", "create", "erp", "--role", "auditor")
    run(tmp_path, "desk", "token", "revoke", "erp")
    run_add(house, "https://x.example")
    run(tmp_path, "rebuild", "--into", str(tmp_path / "new.db"))
    engine = open_engine(tmp_path / "new.db")
    new = Database(engine, partitions=house.partitions)
    assert digests(new) == digests(house.database)
    assert {"api_tokens", "webhook_targets"} <= set(derived_tables())
    assert not {"api_answers", "webhook_progress", "webhook_calls"} & set(derived_tables())
    engine.dispose()
    house.close()
