"""`python -m tests.servers`: a broker and a database for as long as this runs.

    python -m tests.servers                 until Ctrl-C; prints the settings to use them with
    python -m tests.servers run COMMAND …   while the command runs; ends with its exit code

The command, and every test, finds them by `AMENDS_TEST_KAFKA`, `AMENDS_TEST_KAFKA_KIND` and
`AMENDS_TEST_POSTGRES`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from tests.servers.kafka import a_broker
from tests.servers.ports import NoServer
from tests.servers.postgres import Postgres


@contextlib.contextmanager
def both() -> Iterator[dict[str, str]]:
    """Start both, give the variables by which they are found, and end them."""
    folder = Path(tempfile.mkdtemp(prefix="amends-servers-"))
    folder.chmod(0o755)
    database, broker = Postgres(folder / "postgres"), a_broker(folder / "kafka")
    try:
        database.start()
        broker.start()
        yield {
            "AMENDS_TEST_KAFKA": broker.servers,
            "AMENDS_TEST_KAFKA_KIND": broker.kind,
            "AMENDS_TEST_POSTGRES": database.url(),
        }
    finally:
        broker.stop()
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run what the command line says."""
    if sys.argv[1:] and (sys.argv[1] != "run" or not sys.argv[2:]):
        print(__doc__, file=sys.stderr)
        return 2
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    try:
        with both() as found:
            if sys.argv[1:]:
                return _run(sys.argv[2:], {**os.environ, **found}, stop)
            print("A broker and a database are up, for as long as this runs. For tests:\n")
            for name, value in found.items():
                print(f"  export {name}={value!r}")
            print("\nFor `amends` itself:\n")
            print(f"  export AMENDS_DATABASE_URL={found['AMENDS_TEST_POSTGRES']!r}")
            print(f"  export AMENDS_KAFKA_SERVERS={found['AMENDS_TEST_KAFKA']!r}\n\nCtrl-C ends both.", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                stop.wait()
    except NoServer as why:
        print(why, file=sys.stderr)
        return 1
    return 0


def _run(command: list[str], environment: dict[str, str], stop: Event) -> int:
    """Run a command with the servers up; SIGTERM is passed on to it. Returns its exit code."""
    with subprocess.Popen(command, env=environment) as running:
        while True:
            try:
                return running.wait(0.2)
            except subprocess.TimeoutExpired:
                if stop.is_set():
                    running.terminate()
                    return running.wait()
            except KeyboardInterrupt:
                # The terminal has told the command as well.
                continue


if __name__ == "__main__":
    sys.exit(main())
