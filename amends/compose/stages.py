"""The stages, their workers, and what does their work once more."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amends.bus.runner import Stage, StageRunner
from amends.casework import channels
from amends.compose.foundations import Reading
from amends.compose.intake import Intake
from amends.compose.names import STAGES, TOPIC_OF
from amends.compose.replies import Replies
from amends.domain.channel import Channel
from amends.errors import Misconfigured
from amends.meter import NO_METER, Meter
from amends.ports import SendsMany
from respond.delivery import DeliverStage


@dataclass(frozen=True, kw_only=True)
class Stages(Replies, Intake):
    """What makes stages, and those who run them."""

    def stage(self, name: str, *, reading: Reading | None = None, meter: Meter = NO_METER) -> Stage[Any]:
        """Make a stage, which looks things up through `reading`; otherwise in the database.

        Raises:
            Misconfigured: there is no such stage.
        """
        if name == "triage":
            from triage.stage import TriageStage

            return TriageStage(self.judge, pack=self.pack)
        if name == "respond":
            return self._respond_stage(reading)
        if name == "deliver":
            return DeliverStage(
                self.sender,
                open_unit=self.database.unit,
                name_of=self.name_of,
                pack=self.pack,
                secret=self.secret,
                now=self.now,
                # A folder can always say whether a reply is there, and takes many at once; no other channel does.
                at_once=50 if isinstance(self.sender, SendsMany) else 1,
                meter=meter,
                reading=self.database.reading,
            )
        raise Misconfigured(f"there is no stage {name!r}; the stages are {', '.join(STAGES)}")

    def runner(self, name: str, *, worker: str = "", meter: Meter = NO_METER) -> StageRunner[Any]:
        """Make a worker of a stage. Workers of one stage on one machine are told apart by their process."""
        return StageRunner(
            self.stage(name, meter=meter),
            self.log_of(worker),
            self.database.batch,
            worker=worker or f"{socket.gethostname()}:{os.getpid()}",
            now=self.now,
            batch=self.settings.batch,
            meter=meter,
            tracer=self.tracer,
            model=self.judge.model if name == "triage" else "",
        )

    def is_idle(self, name: str) -> Callable[[], bool]:
        """Give the question whether a stage has nothing left to do, for all its workers together."""
        return lambda: self.log.lag(name, TOPIC_OF[name]) == 0

    def workers(self, stage: str) -> int:
        """Count the workers of a stage."""
        if self.kafka is not None:
            return self.topics.members(stage)
        return self.log.workers(stage, TOPIC_OF[stage])

    def channel_watch(self, service: str, *, worker: str = "") -> channels.ChannelWatch:
        """Make what watches the channels, in the process of a service."""
        return channels.ChannelWatch(
            self.database.unit,
            reading=self.database.reading,
            calendar=self.pack.calendar,
            holder=f"{service}:{worker or f'{socket.gethostname()[:40]}:{os.getpid()}'}",
            now=self.now,
            serves=(f"form:{self.settings.form_name}", Channel.WEB_FORM) if service == "form" else None,
        )
