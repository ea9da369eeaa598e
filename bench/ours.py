"""The whole journey, run as `amends` runs it: ingest, then each stage until it is idle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from threading import Event
from typing import Any

from amends.bus.runner import StageRunner
from amends.compose import House
from amends.domain.arrival import Fate
from amends.settings import load_settings
from bench.corpus import Corpus
from bench.measure import Measured, Spent, peak_mib, spent_by
from bench.report import JUDGE
from bench.steps import StepTimer, TimedBlobs, TimedConnector, TimedJudge, TimedLog, TimedStage, timed_readers
from ingest.runner import take_in_all
from respond.stage import RespondStage
from storage.views import Summary, summary
from triage.stage import TriageStage

FETCH = "read the files, ask the ledger"
KEEP = "keep the bytes"
PARSE = "parse"
PUBLISH = "log, ledger, audit, commit"
TAKE = "take from the log, decode"
FILE = "file: threads, cases, clocks, links, audit"
DRAFT = "read back, draft, check"
STORE = "store drafts, tasks, audit"
COMMIT = "move on, commit"
#: The steps in the order of the journey.
STEPS = (FETCH, KEEP, PARSE, PUBLISH, TAKE, JUDGE, FILE, DRAFT, STORE, COMMIT)


def open_house(folder: Path) -> House:
    """Open a fresh installation that acknowledges old messages too and has no caps: more work than usual, not less."""
    return House(
        settings=load_settings(
            data_dir=folder,
            database_url="",
            blob_store="",
            organisation="Northmoor",
            mail_from="care@northmoor.example",
            mail_replies="replies@northmoor.example",
            sender="folder",
            acknowledge_within_days=36_500,
            cap_per_sender_a_day=1_000_000,
            acknowledge_pause_minutes=0,
            cap_per_case=1_000_000,
            cap_an_hour=1_000_000,
        )
    )


def run(corpus: Corpus, folder: Path) -> Measured:
    """Take the corpus through the journey in `folder`."""
    house = open_house(folder / "data")
    journey(house, corpus.warm_up, StepTimer())
    _deliver(house)
    before, before_mib = _summary(house), peak_mib()
    timer = StepTimer()
    fates: Counter[Fate] = Counter()

    def whole() -> None:
        fates.update(journey(house, corpus.measured, timer))

    spent = spent_by(whole)
    peak = peak_mib()
    after = _summary(house)
    delivery = _deliver(house)
    return Measured(
        messages=corpus.messages,
        wall_s=spent.wall_s,
        cpu_s=spent.cpu_s,
        peak_mib=peak,
        before_mib=before_mib,
        steps_s={step: timer.spent_s.get(step, 0.0) for step in STEPS},
        facts={
            **{fate.value: fates.get(fate, 0) for fate in Fate},
            **_came_of_it(before, after),
            "delivered": _summary(house).replies.get("sent", 0) - before.replies.get("sent", 0),
            "delivery_cpu_us": round(delivery.cpu_s * 1e6),
            "delivery_wall_us": round(delivery.wall_s * 1e6),
        },
    )


def journey(house: House, path: Path, timer: StepTimer) -> Counter[Fate]:
    """Take in what is under `path`, judge it, file it, draft and check replies; all of it committed."""
    with timer.step(PUBLISH):
        fates = take_in_all(
            TimedConnector(house.files(path), timer, FETCH),
            house.database.unit,
            TimedBlobs(house.blobs, timer, KEEP),
            timed_readers(house.readers, timer, PARSE),
            stop=Event(),
        )
    triage = TriageStage(TimedJudge(house.judge, timer, JUDGE), pack=house.pack)
    respond = house.stage("respond")
    if not isinstance(respond, RespondStage):
        raise TypeError(f"the respond stage is a {type(respond).__name__}")
    stages: Iterable[TimedStage[Any]] = (
        TimedStage(triage, timer, prepare=TAKE, apply=FILE),
        TimedStage(respond, timer, prepare=DRAFT, apply=STORE),
    )
    for stage in stages:
        _run_until_idle(house, stage, timer)
    return fates


def _run_until_idle(house: House, stage: TimedStage[Any], timer: StepTimer) -> None:
    runner = StageRunner(
        stage,
        TimedLog(house.log, timer, TAKE),
        house.database.batch,
        worker="bench",
        now=house.now,
        batch=house.settings.batch,
    )
    with timer.step(COMMIT):
        runner.run(Event(), until_idle=lambda: True)


def _deliver(house: House) -> Spent:
    return spent_by(lambda: _ignore(house.runner("deliver").run(Event(), until_idle=lambda: True)))


def _ignore(_count: int) -> None:
    """Forget how many there were."""


def _summary(house: House) -> Summary:
    with house.database.engine.connect() as connection:
        return summary(connection)


def _came_of_it(before: Summary, after: Summary) -> dict[str, int]:
    def replies(state: str) -> int:
        return after.replies.get(state, 0) - before.replies.get(state, 0)

    return {
        "judged": after.messages - before.messages,
        "cases": after.cases - before.cases,
        "set_aside": sum(after.parked.values()) - sum(before.parked.values()),
        "drafts": sum(after.replies.values()) - sum(before.replies.values()),
        "waiting_for_review": replies("in_review"),
        "queued": replies("queued"),
        "audit_entries": after.audit_entries - before.audit_entries,
    }
