"""One installation, as everybody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from amends.bus.replay import Replay
from amends.bus.runner import Stage
from amends.compose.commands import COMMANDS
from amends.compose.pages import Pages
from amends.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class House(Pages):
    """One installation, its parts made when they are first asked for."""

    def replay(self) -> Replay:
        """Make what repeats the history, under the settings of its time. It has no sender."""
        houses: dict[str, House] = {}

        def under(settings: Mapping[str, Any]) -> House:
            known = repr(sorted(settings.items()))
            if known not in houses:
                houses[known] = House(settings=self.settings.model_copy(update=dict(settings)), now=self.now)
            return houses[known]

        def stage_of(name: str, settings: Mapping[str, Any], unit: UnitOfWork) -> Stage[Any] | None:
            if name == "deliver":
                return None
            if name == "triage":
                return self.stage(name)
            return under(settings).stage(name, reading=lambda: nullcontext(unit))

        def given(settings: Mapping[str, Any]) -> Mapping[str, object]:
            house = under(settings)
            return {
                "pack": house.pack,
                "secret": house.secret,
                "name_of": house.name_of,
                "check": house.check_draft,
                "frame": house.frame_answer,
            }

        return Replay(COMMANDS, stage_of=stage_of, given=given)
