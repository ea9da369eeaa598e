"""What Amends is deployed by: nothing here can start a container, so all that can be known without one is looked at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from amends.cli.app import app
from amends.cli.background import STOPPED_ITSELF
from amends.compose import SERVICES
from amends.settings import load_settings
from tests.support.deployment import (
    MANY_MACHINES,
    ONE_MACHINE,
    UNITS,
    Container,
    containers,
    environment_file,
    every_container,
    expanded,
    unit,
)
from tests.support.places import REPOSITORY

#: As long as a supervisor waits for the batch in hand, and a little more.
_GRACE_S = 65
_SERVICE_UNITS = ("amends@.service", "amends-setup.service", "amends.service")
_OURS = [one for one in every_container() if one.is_ours and one.name != "certificate"]


def _named(one: Container) -> str:
    return f"{one.file.stem}-{one.name}"


@pytest.mark.parametrize("file", [MANY_MACHINES, ONE_MACHINE], ids=lambda file: file.name)
def test_a_compose_file_is_what_the_specification_says(file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]

    checked = subprocess.run(command, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    linter = Path(sys.executable).with_name("hadolint")

    linted = subprocess.run([linter, str(REPOSITORY / "Dockerfile")], capture_output=True, text=True)

    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("one", _OURS, ids=_named)
def test_every_variable_of_a_container_is_a_setting_with_a_value_that_is_taken(
    one: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in one.said.get("secrets", []):
        (tmp_path / secret).write_text("0123456789abcdef0123456789abcdef", "utf-8")
    for name, value in one.environment.items():
        monkeypatch.setenv(name, str(tmp_path) if name == "AMENDS_SECRETS_DIR" else value)

    settings = load_settings()

    assert bool(settings.database_password.get_secret_value()) == ("secrets" in one.said)


@pytest.mark.parametrize("one", _OURS, ids=_named)
def test_every_container_runs_a_command_that_there_is(one: Container) -> None:
    name, *words = one.said["command"]

    parsed = get_command(app).commands[name].make_context(name, list(words))  # type: ignore[attr-defined]

    assert name in {"run", "setup", "up"}
    if name == "run":
        assert parsed.params["service"] in SERVICES
        assert f":{parsed.params['port']}/readyz" in str(one.said["healthcheck"]["test"])


def test_every_service_has_its_container() -> None:
    run = [
        one.said["command"][1] for one in containers(MANY_MACHINES) if one.is_ours and one.said["command"][0] == "run"
    ]

    assert sorted(run) == sorted(SERVICES)


@pytest.mark.parametrize("one", every_container(), ids=_named)
def test_a_container_may_do_little_is_bounded_and_is_watched(one: Container) -> None:
    ends_by_itself = one.name in {"certificate", "setup"}

    assert one.said["cap_drop"] == ["ALL"]
    assert one.said["security_opt"] == ["no-new-privileges:true"]
    assert one.said.get("read_only") is True or one.name == "kafka"
    assert {"cpus", "memory", "pids"} <= set(one.said["deploy"]["resources"]["limits"])
    assert one.said["restart"] == ("no" if ends_by_itself else "unless-stopped")
    assert one.file == ONE_MACHINE or one.said["healthcheck"].get("disable", False) is ends_by_itself
    assert all(str(port).startswith("127.0.0.1:") for port in one.said.get("ports", []))
    assert not one.is_ours or int(one.said["stop_grace_period"].removesuffix("s")) >= _GRACE_S


def test_every_image_is_pinned_to_a_version_and_ours_to_this_one() -> None:
    built = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    bases = re.findall(r"^FROM (\S+)", (REPOSITORY / "Dockerfile").read_text("utf-8"), re.M)
    images = {one.said["image"] for one in every_container()}

    assert [image for image in [*bases, *images] if not re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image)] == []
    assert {image for image in images if image.startswith("amends:")} == {f"amends:{built}"}
    assert len(set(bases)) == 1


def test_the_image_runs_as_an_ordinary_user() -> None:
    users = re.findall(r"^USER (\S+)$", (REPOSITORY / "Dockerfile").read_text("utf-8"), re.M)

    assert [int(user) > 0 for user in users] == [True]


def test_passwords_lie_where_git_does_not_look() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "secrets/database_password", ".env"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if ignored.returncode == 128:
        pytest.skip("this is no clone: nobody can say what is ignored")

    assert ignored.stdout.splitlines() == ["secrets/database_password", ".env"]
    said = {name: value for one in every_container() for name, value in one.environment.items()}
    said |= environment_file(UNITS / "amends.env.example")
    assert {name for name, value in said.items() if re.search("(PASSWORD|SECRET)$", name) and value} == set()


def test_the_example_of_an_environment_holds_settings_that_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_file(UNITS / "amends.env.example").items():
        monkeypatch.setenv(name, str(tmp_path) if name == "AMENDS_SECRETS_DIR" else value)

    assert load_settings().contact_line == "Northmoor customer care, 01632 960100"


@pytest.mark.parametrize("instance", [*SERVICES, "triage-2", "respond-12"])
def test_an_instance_of_the_unit_runs_the_service_it_is_named_after(instance: str) -> None:
    (command,) = unit("amends@.service")["ExecStart"]
    words = expanded(command.replace("/opt/amends/bin/amends", "echo"), instance=instance, host="north.example")

    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert said == ["run", instance.partition("-")[0], "--worker", f"north.example:{instance}"]
    assert CliRunner().invoke(app, [*said, "--help"]).exit_code == 0


def test_systemd_leaves_a_stage_alone_that_its_brake_has_stopped() -> None:
    assert unit("amends@.service")["RestartPreventExitStatus"] == [str(STOPPED_ITSELF)]


def test_systemd_waits_for_the_batch_in_hand() -> None:
    waits = {name: int(unit(name)["TimeoutStopSec"][0]) for name in ("amends@.service", "amends.service")}

    assert all(seconds >= _GRACE_S for seconds in waits.values()), waits


def test_all_units_are_closed_alike() -> None:
    closed = []
    for name in _SERVICE_UNITS:
        words = (UNITS / name).read_text("utf-8")
        closed.append(words[words.index("# Nothing of the machine") :].partition("\n\n")[0].strip())

    assert len(set(closed)) == 1
    for line in ("ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "StateDirectoryMode=0700"):
        assert line in closed[0].splitlines()
    assert {unit(name)["User"][0] for name in _SERVICE_UNITS} == {"amends"}


def test_systemd_itself_finds_nothing_in_the_units(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not here")
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.target")]:
        (tmp_path / path.name).write_text(
            path.read_text("utf-8").replace("/opt/amends/bin/amends", "/bin/true"), "utf-8"
        )
    names = [name.replace("@.", "@triage-2.") for name in _SERVICE_UNITS]

    for name in [*names, "amends.target"]:
        found = subprocess.run(
            [verifier, "verify", f"./{name}"],
            cwd=tmp_path,
            env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
            capture_output=True,
            text=True,
        )
        assert [line for line in found.stderr.splitlines() if "amends" in line] == []
