"""One process of ours: `python -m bench.kafka.worker SERVICE JUDGE`, what `amends run SERVICE` runs.

Settings come from the environment, as they do for `amends run`. It says `ready` once it
is. The relay waits at `hold` and goes on at `go`, lines of its standard input; at the end of its
input every service finishes what it has in hand and stops.
"""

from __future__ import annotations

import sys
from threading import Event, Thread

from amends.cli.background import settle_in
from amends.logs import start_logging
from amends.settings import load_settings
from bench.kafka.house import ComparedHouse

RELAY = "relay"
READY, HELD, GO, HOLD = "ready", "held", "go", "hold"


def main(service: str, judged_by: str) -> None:
    """Run `service` until standard input ends."""
    house = ComparedHouse(settings=load_settings(), judged_by=judged_by)
    start_logging(house.settings.log_level)
    _ = house.secret, house.pack, house.database, house.blobs
    settle_in()
    if service == RELAY:
        _relay(house)
        return
    if service == "triage":
        _ = house.judge
    runner = house.runner(service)
    stop = Event()
    Thread(target=_stop_at_the_end, args=(stop,), daemon=True).start()
    _say(READY)
    runner.run(stop)


def _stop_at_the_end(stop: Event) -> None:
    sys.stdin.read()
    stop.set()


def _relay(house: ComparedHouse) -> None:
    relay, hold = house.relay(), Event()
    _say(READY)
    while True:
        shipping = Thread(target=relay.run, args=(hold,))
        shipping.start()
        if not _is_told(HOLD):
            break
        hold.set()
        shipping.join()
        _say(HELD)
        if not _is_told(GO):
            return
        hold.clear()
    hold.set()
    shipping.join()


def _is_told(word: str) -> bool:
    return sys.stdin.readline().strip() == word


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
