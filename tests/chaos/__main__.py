"""`make chaos`: kills on Apache Kafka and PostgreSQL; ends with a line `lost 0, doubled 0`."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.many_machines import run_on_kafka


def main() -> int:
    """Run it; the exit code says whether each message had one effect."""
    asked = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    asked.add_argument("--messages", type=int, default=20_000)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0, help="0 draws one")
    said = asked.parse_args()
    seed = said.seed or random.SystemRandom().randrange(1, 1_000_000)
    at = Path(tempfile.mkdtemp(prefix="amends-chaos-"))
    ended = run_on_kafka(at, messages=said.messages, kills=said.kills, seed=seed, say=_say)
    for what in (ended.effects.lost + ended.effects.doubled + ended.effects.amiss)[:20]:
        _say(f"  {what}")
    _say(
        f"{ended.messages} messages, killed {ended.killed} ({ended.killed_at_work} at work), on {ended.broker} and "
        f"PostgreSQL {ended.postgres}; seed {seed}; {ended.took_s:.0f} s"
    )
    if not ended.effects.are_one_each:
        _say(f"what the processes said is in {at}")
    else:
        shutil.rmtree(at, ignore_errors=True)
    _say(str(ended.effects))
    return 0 if ended.effects.are_one_each else 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
