"""The files that Amends is deployed by, as tests read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.places import REPOSITORY

MANY_MACHINES = REPOSITORY / "docker-compose.yml"
ONE_MACHINE = REPOSITORY / "deploy" / "compose.one-machine.yml"
UNITS = REPOSITORY / "deploy" / "systemd"
#: `${NAME:-default}` and `${NAME-default}`, of which a shell with nothing set leaves the default.
_VARIABLE = re.compile(r"\$\{[A-Z_]+:?-([^}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One service of a Compose file, as it is for somebody who has set nothing."""

    file: Path
    name: str
    said: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        """Whether it runs our image."""
        return str(self.said["image"]).startswith("amends:")

    @property
    def environment(self) -> dict[str, str]:
        """Its environment."""
        said = self.said.get("environment") or {}
        return {name: "" if value is None else str(value) for name, value in said.items()}


def containers(file: Path) -> list[Container]:
    """Give every service of a Compose file."""
    said = yaml.safe_load(_VARIABLE.sub(r"\1", file.read_text("utf-8")))
    return [Container(file=file, name=name, said=service) for name, service in said["services"].items()]


def every_container() -> list[Container]:
    """Give the services of both Compose files."""
    return containers(MANY_MACHINES) + containers(ONE_MACHINE)


def unit(name: str) -> dict[str, list[str]]:
    """Read a systemd unit: each key with all its values, whatever its section."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def environment_file(path: Path) -> dict[str, str]:
    """Read what systemd would put into the environment."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)}


def expanded(command: str, *, instance: str, host: str) -> list[str]:
    """Give the words that systemd would run for an instance."""
    specifiers = {"%%": "%", "%i": instance, "%H": host}
    words = shlex.split(re.sub("%[%iH]", lambda found: specifiers[found.group()], command))
    return [word.replace("$$", "$") for word in words]
