"""The wordings that drafts are made of: read from `templates/`, chosen by the message's id.

A template is a table of a TOML file, `[complaint]` of `acknowledgement.email.toml`; its
name with its version is what a reply keeps: `acknowledgement.email.complaint.v1`. Whoever
changes what a template says raises its version.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from respond.checks.phrases import words

#: What a wording may leave open, each filled with words that were made safe before.
PLACES = words("received subject due reference status_url urgent_contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The wordings of one template: for each part a choice that means the same."""

    name: str
    situation: str
    wordings: Mapping[str, tuple[str, ...]]

    @property
    def has_gaps(self) -> bool:
        """Whether a person has to write some of it."""
        return any("[" in wording for choices in self.wordings.values() for wording in choices)

    def pick(self, part: str, chosen_by: str) -> str:
        """Give one wording of a part, always the same for the same `chosen_by`; "" where the template has none."""
        return pick(self.wordings.get(part, ()), f"{part}:{chosen_by}")


def pick(choices: Sequence[str], chosen_by: str) -> str:
    """Give one of some choices, always the same for the same `chosen_by`; "" if there are none."""
    if not choices:
        return ""
    digest = hashlib.sha256(chosen_by.encode("utf-8", "surrogatepass")).digest()
    return choices[int.from_bytes(digest[:8], "big") % len(choices)]


@cache
def templates(file: str) -> Mapping[str, Template]:
    """Give the templates of one file, `acknowledgement.email` for example, by the situation they are for."""
    found = {}
    for situation, table in _read(file).items():
        wordings = {part: tuple(choices) for part, choices in table.items() if part != "version"}
        found[situation] = Template(
            name=f"{file}.{situation}.v{table['version']}", situation=situation, wordings=wordings
        )
    return found


@cache
def listening() -> Mapping[str, str]:
    """Give the sentences that say back what a flag tells of, by the flag's name."""
    return tomllib.loads(_text("listening"))


def _read(file: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_text(file))


def _text(file: str) -> str:
    return files(__package__).joinpath("templates", f"{file}.toml").read_text(encoding="utf-8")
