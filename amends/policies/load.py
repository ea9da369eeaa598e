"""Reads a policy pack (TOML) and makes domain rules of it, refusing what is not plain."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from amends.domain.clock import Anchor, Calendar, ClockKind, HolidayOn, Pack, Roll, Rule, Unit
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import Misconfigured


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    clock: ClockKind
    anchor: Anchor
    kinds: list[Kind]
    severities: list[Severity] = []
    flags: list[FlagName] = []
    quantity: int
    unit: Unit
    roll: Roll = Roll.NONE
    source: str
    checked_on: date

    @field_validator("severities", mode="before")
    @classmethod
    def _from_words(cls, words: object) -> list[Severity]:
        if not isinstance(words, list):
            raise ValueError("severities are a list of words")  # noqa: TRY004 - pydantic reports only ValueError
        return [Severity.from_word(str(word)) for word in words]

    def rule(self) -> Rule:
        return Rule(
            id=self.id,
            clock=self.clock,
            anchor=self.anchor,
            kinds=frozenset(self.kinds),
            severities=frozenset(self.severities),
            flags=frozenset(self.flags),
            quantity=self.quantity,
            unit=self.unit,
            roll=self.roll,
            source=self.source,
            checked_on=self.checked_on,
        )


class _Pack(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    version: str
    zone: str
    country: str
    subdivision: str | None = None
    rule: list[_Rule]

    @field_validator("rule")
    @classmethod
    def _names_differ(cls, rules: list[_Rule]) -> list[_Rule]:
        names = [rule.id for rule in rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two rules have the name {name}: it stands there twice")
        return rules


def load_pack(name_or_path: str) -> Pack:
    """Read a pack that ships with Amends by its name, or one of your own by its path (ending in `.toml`).

    Raises:
        Misconfigured: there is none, or it is not a plain pack; says which line of it and why.
    """
    try:
        if name_or_path.endswith(".toml"):
            written = Path(name_or_path).read_text("utf-8")
        else:
            written = (files("amends.policies") / f"{name_or_path}.toml").read_text("utf-8")
    except OSError as why:
        raise Misconfigured(
            f"no policy pack {name_or_path!r}: {why.strerror}; the shipped one is service-standard"
        ) from why
    except UnicodeDecodeError as why:
        raise Misconfigured(f"the policy pack {name_or_path} is no text in UTF-8: {why}") from why
    try:
        pack = _Pack.model_validate(tomllib.loads(written))
        rules = tuple(rule.rule() for rule in pack.rule)
        zone = ZoneInfo(pack.zone)
        calendar = Calendar(
            name=pack.subdivision or pack.country,
            zone=zone,
            holiday_on=_holidays(pack.country, pack.subdivision),
        )
    except tomllib.TOMLDecodeError as why:
        raise Misconfigured(f"the policy pack {name_or_path} is no TOML: {why}") from why
    except ValidationError as why:
        first = why.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Misconfigured(f"the policy pack {name_or_path} is wrong at {where}: {first['msg']}") from why
    except (ValueError, ZoneInfoNotFoundError, NotImplementedError) as why:
        raise Misconfigured(f"the policy pack {name_or_path} is wrong: {why}") from why
    return Pack(name=pack.name, version=pack.version, rules=rules, calendar=calendar)


def _holidays(country: str, subdivision: str | None) -> HolidayOn:
    # Holidays come from the `holidays` library, which knows each country's and region's by year.
    named: Mapping[date, str] = holidays.country_holidays(country, subdiv=subdivision)

    @lru_cache(maxsize=4096)
    def holiday_on(day: date) -> str | None:
        return named.get(day)

    return holiday_on
