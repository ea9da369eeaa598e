from __future__ import annotations

from pathlib import Path

import pytest

from bench import bare
from bench.corpus import LAY_OUT, shared_data
from bench.report import KINDS, VARIANTS
from bench.variant import VARIANTS as RUNS


def test_every_variant_that_is_reported_can_be_run() -> None:
    assert set(RUNS) == set(VARIANTS)
    assert set(LAY_OUT) == set(KINDS)


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("kind", KINDS)
def test_every_variant_takes_the_same_messages_through(kind: str, tmp_path: Path) -> None:
    corpus = LAY_OUT[kind](shared_data(), tmp_path / kind, at_most=30, seed=1)
    (tmp_path / "texts").mkdir()
    bare.write_texts(corpus, tmp_path / "texts")
    found = {}
    for name, run in RUNS.items():
        (tmp_path / name).mkdir()
        found[name] = run(corpus, tmp_path / name)

    assert {one.messages for one in found.values()} == {30}
    ours = found["ours"].facts
    assert ours["ingested"] + ours["duplicate"] + ours["parked"] == 30
    assert ours["judged"] == ours["ingested"]
    assert ours["audit_entries"] >= 30
    if kind != "mails":
        assert ours["cases"] > 15
        assert ours["drafts"] >= ours["cases"]
    assert all(spent >= 0 for spent in found["ours"].steps_s.values())
    assert sum(found["ours"].steps_s.values()) <= found["ours"].cpu_s * 1.05 + 0.01
