"""The whole benchmark, tiny. It starts its own servers: those that other tests share force nothing to disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from amends.domain.verdict import Kind
from amends.ports import TextToJudge
from bench import textcat
from bench.corpus import LAY_OUT, shared_data
from bench.kafka.house import BUS, CONSTANT, SHIPPED
from bench.kafka.latency import latencies_s
from bench.kafka.processes import BROKER, DATABASE
from bench.kafka.runs import Ours, run_ours, run_plain
from bench.kafka.servers import running
from triage.training.sources import OWN_DATA


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.shared_data
def test_every_kind_of_run_takes_all_messages_through(tmp_path: Path) -> None:
    corpora = [LAY_OUT[kind](shared_data(), tmp_path / kind, at_most=30, seed=1) for kind in ("letters", "posts")]
    learnt = tmp_path / "textcat"
    textcat.learn(learnt)

    # Not in the test's own folder: the database's user may not be let in there.
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as made, running(Path(made)) as servers:
        bus = run_ours(servers, corpora, Ours(stages={BUS: 1}, judged_by=CONSTANT, until_shipped=True))
        journey = run_ours(servers, corpora, Ours(stages={"triage": 2, "respond": 1}, judged_by=SHIPPED))
        with_textcat = run_ours(servers, corpora, Ours(stages={"triage": 1}, judged_by=str(learnt)))
        plain = run_plain(servers, corpora, model=learnt)
        took_s = latencies_s(servers, corpora, rate=20, seconds=2)

    assert {run.messages for run in (bus, journey, with_textcat, plain)} == {60}
    # And the history of it: an event for each batch.
    assert 2 * 60 < bus.facts["log_records"] < 2 * 60 + 30
    assert bus.facts["audit_entries"] == 2 * 60
    assert journey.facts["messages"] == with_textcat.facts["messages"] == 60
    assert journey.facts["replies"] >= journey.facts["cases"] > 30
    assert journey.steps_s.keys() >= {DATABASE, BROKER, "relay", "triage", "respond"}
    assert plain.steps_s.keys() >= {DATABASE, BROKER, "consumer"}
    assert all(spent >= 0 for run in (bus, journey, plain) for spent in run.steps_s.values())
    assert len(took_s) == 40
    assert 0 < took_s[0] <= took_s[-1] < 60


def test_the_plain_classifier_is_the_same_each_time_it_is_learnt(tmp_path: Path) -> None:
    texts = [
        TextToJudge(text=text, channel="email")
        for text in ("My parcel never came and nobody answers.", "What are your opening hours?")
    ]
    judged = []
    for name in ("one", "two"):
        textcat.learn(tmp_path / name)
        judged.append(textcat.TextcatJudge(tmp_path / name).judge(texts))

    assert judged[0] == judged[1]
    assert judged[0][0].kind is Kind.COMPLAINT


def test_there_is_something_to_learn_the_plain_classifier_from() -> None:
    assert sum(len(path.read_text().splitlines()) for path in (OWN_DATA / "train").glob("*.jsonl")) > 500
