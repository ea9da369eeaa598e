"""An account on X, from the command line: what comes in, what the operator sees, what reconcile says."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amends.bus.port import Topic
from amends.compose import House
from amends.doctor import Finding, examine
from amends.settings import load_settings
from tests.journeys.running import a_house, run_amends, service, start, wait_until
from tests.servers.x import KEYS, Fault, XServer, x_server


@pytest.fixture
def server() -> Iterator[XServer]:
    with x_server(at=datetime.now(UTC)) as found:
        yield found


def the_account(server: XServer, **more: str) -> dict[str, str]:
    """Give the settings of the account on the test server."""
    said = {**{f"x_{key}": value for key, value in KEYS.items()}, "x_api_url": server.url}
    return said | {"x_pause_s": "0.2", "watch_pause_s": "0.2"} | more


@pytest.fixture
def house(tmp_path: Path, server: XServer) -> Iterator[House]:
    """A house with an account on the test server, in the folder `data`."""
    with a_house(tmp_path / "data", **the_account(server)) as opened:
        _ = opened.secret, opened.database
        yield opened


def found_of_x(house: House, **changed: object) -> Finding:
    settings = load_settings(**{**house.settings.model_dump(), **changed})
    [finding] = [found for found in examine(settings) if found.what == "x"]
    return finding


def test_a_service_that_is_killed_takes_in_every_mention_once(server: XServer, house: House, tmp_path: Path) -> None:
    for number in range(120):
        server.post(f"@NorthmoorHelp number {number}")
    server.goes_wrong("mentions", Fault.BUSY, Fault.CUT_AFTER)
    for _ in range(3):
        before = server.asked("mentions")
        killed = start("run", "ingest", "--data-dir", "data", at=tmp_path, settings=the_account(server))
        wait_until(lambda before=before: server.asked("mentions") > before, saying="X is asked")  # type: ignore[misc]
        killed.kill()
        killed.wait()
        server.post("@NorthmoorHelp and one more")

    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=the_account(server)) as running:
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 123, saying="all mentions are on the log")
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0

    told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=the_account(server)).json
    assert told["unexplained"] == 0
    [source] = told["sources"]
    assert (source["held"], source["fates"]) == (123, {"ingested": 123})


def test_the_operator_sees_what_was_read_and_when_the_budget_is_used_up(house: House) -> None:
    house.x_reads.spend(1250)

    well, used_up = found_of_x(house), found_of_x(house, x_reads_a_month=1250)

    assert (well.is_well, well.says) == (True, "@NorthmoorHelp answers; 1,250 of 10,000 posts read this month")
    assert not used_up.is_well
    assert "AMENDS_X_READS_A_MONTH" in used_up.remedy


def test_keys_that_x_does_not_take_are_named(house: House) -> None:
    found = found_of_x(house, x_access_token_secret="another")  # noqa: S106

    assert not found.is_well
    assert "AMENDS_X_" in found.says


def test_keys_of_half_an_account_are_refused_at_the_start(server: XServer, tmp_path: Path) -> None:
    half = the_account(server, x_consumer_secret="")

    refused = run_amends("run", "ingest", "--data-dir", "data", at=tmp_path, settings=half, code=1)

    assert "four keys" in refused.err
    assert "Traceback" not in refused.err


def test_what_the_library_would_log_of_keys_and_posts_is_not_logged(
    server: XServer, house: House, tmp_path: Path
) -> None:
    server.post("@NorthmoorHelp an unmistakable orchard gate")
    settings = the_account(server, log_level="debug")
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 1, saying="the mention is on the log")

    written = (tmp_path / "run-ingest.log").read_text("utf-8")

    assert "source read" in written
    assert not [secret for secret in (*KEYS.values(), "orchard") if secret in written]
