"""Runs Amends as its users do: the command as a process of its own, or the same command in this one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from amends.cli.app import main
from amends.compose import STAGES, House
from amends.ports import Now
from amends.settings import load_settings
from tests.support.places import REPOSITORY

#: How long one command may take here, in seconds, on a machine that others share.
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote, as JSON."""
        return json.loads(self.out)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give a process our code and these settings (`batch` becomes `AMENDS_BATCH`), and nothing of this shell's."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    said = {f"AMENDS_{name.upper()}": value for name, value in settings.items()}
    return {**inherited, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", **said}


def command(*words: str) -> list[str]:
    """Give the command line of `amends …`."""
    return [sys.executable, "-m", "amends.cli", *words]


def run_amends(
    *words: str,
    at: Path,
    settings: Mapping[str, str] | None = None,
    stdin: str | None = None,
    columns: int = 80,
    code: int | None = 0,
) -> Ended:
    """Run `amends …` in a process of its own, in the folder `at`. It must end with `code`, unless that is None."""
    done = subprocess.run(
        command(*words),
        cwd=at,
        env={**environment(settings or {}), "COLUMNS": str(columns)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    ended = Ended(code=done.returncode, out=done.stdout, err=done.stderr)
    assert code is None or ended.code == code, f"amends {' '.join(words)}: {ended}"
    return ended


@contextlib.contextmanager
def service(*words: str, at: Path, settings: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start `amends …` and end it in any case. What it says goes to files in `at`, named after it and its pid."""
    process = start(*words, at=at, settings=settings)
    try:
        yield process
    finally:
        end(process)


def start(*words: str, at: Path, settings: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `amends …`; whoever calls this ends it."""
    with (at / f"{'-'.join(words[:2])}.log").open("ab") as log:
        return subprocess.Popen(command(*words), cwd=at, env=environment(settings or {}), stdout=log, stderr=log)


def end(process: subprocess.Popen[bytes], *, patience_s: float = 15.0) -> None:
    """Ask a process to stop, and kill it if it does not listen."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def type_in(*words: str, code: int | None = 0) -> Ended:
    """Run `amends …` in this process through its front door, which is much quicker. It must end with `code`."""
    out, err = _captured(), _captured()
    typed, sys.argv = sys.argv, ["amends", *words]
    found = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as why:
        found = why.code if isinstance(why.code, int) else int(why.code is not None)
    finally:
        sys.argv = typed
    ended = Ended(code=found, out=_read(out), err=_read(err))
    assert code is None or ended.code == code, f"amends {' '.join(words)}: {ended}"
    return ended


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _read(stream: io.TextIOWrapper) -> str:
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode("utf-8", "replace")


@contextlib.contextmanager
def a_house(data: Path, *, now: Now | None = None, **settings: object) -> Iterator[House]:
    """Open the installation in `data` in this process, and close its database at the end."""
    said = load_settings(data_dir=data, **settings)
    house = House(settings=said) if now is None else House(settings=said, now=now)
    try:
        yield house
    finally:
        house.close()


def work(house: House, *stages: str) -> None:
    """Run the stages in order, each until it has nothing left to do."""
    for stage in stages or STAGES:
        house.runner(stage).run(Event(), until_idle=house.is_idle(stage))


def wait_until(what: Callable[[], bool], *, for_s: float = 30.0, saying: str = "") -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + for_s
    while not what():
        assert time.monotonic() < deadline, f"it did not happen within {for_s:.0f} s: {saying}"
        time.sleep(0.05)


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    """List the processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [int(child) for child in listed]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def written_mails(folder: Path, mails: Sequence[bytes], *, name: str = "mail") -> Path:
    """Write mails as files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (folder / f"{name}-{number:05d}.eml").write_bytes(mail)
    return folder
