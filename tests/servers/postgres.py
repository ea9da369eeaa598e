"""PostgreSQL from the machine's packages, on a port and in a folder of its own."""

from __future__ import annotations

import atexit
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.servers.ports import HOST, NoServer, Watcher, end, free_port, wait_until

#: The password of the one user, on loopback, for as long as the server runs.
PASSWORD = "amends"  # noqa: S105
_LOWEST = 15


def bin_folder() -> Path:
    """Find the newest PostgreSQL that is installed.

    Raises:
        NoServer: there is none, or only older ones.
    """
    found = [
        (int(version[0]), folder)
        for folder in (*Path("/usr/lib/postgresql").glob("*/bin"), _on_path())
        if folder is not None and (version := _version(folder)) is not None
    ]
    newest = max(found, default=None)
    if newest is None or newest[0] < _LOWEST:
        raise NoServer(f"PostgreSQL {_LOWEST} or later is not installed (Debian: apt install postgresql)")
    return newest[1]


class Postgres:
    """One server. `durable` forces commits to disk, as an installation does; tests can do without."""

    def __init__(self, folder: Path, *, durable: bool = False, port: int = 0) -> None:
        self.folder = _reachable(folder)
        self.port = port or free_port()
        self._durable = durable
        self._bin = bin_folder()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def url(self, database: str = "postgres") -> str:
        """Give the address of one of its databases, as `AMENDS_DATABASE_URL` takes it."""
        return f"postgresql://amends:{PASSWORD}@{HOST}:{self.port}/{database}"

    def start(self) -> Postgres:
        """Make the server's folder if it is new, start it and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            self._make(data)
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "logging_collector": "off",
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
        }
        command = [str(self._bin / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), group=_user())
        self._watcher = Watcher(self._process)
        wait_until(self._is_ready, self._process, what="PostgreSQL", seconds=60)
        return self

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it; `at_once` as if the power had gone, so that it recovers at its next start."""
        if self._watcher is not None:
            self._watcher.leave()
            self._watcher = None
        if self._process is not None:
            end(self._process, gently=signal.SIGQUIT if at_once else signal.SIGINT)
            self._process = None

    def _is_ready(self) -> bool:
        asked = [str(self._bin / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def _make(self, data: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        word = self.folder / "password"
        word.write_text(PASSWORD)
        if owner := _owner():
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            os.chown(word, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            [
                str(self._bin / "initdb"), "-D", str(data), "-U", "amends", "--pwfile", str(word),
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
            ],
            check=True, stdout=subprocess.DEVNULL, user=_user(), group=_user(),
        )  # fmt: skip


def _reachable(folder: Path) -> Path:
    """Give a folder that the server's own user can reach: what root makes for a test is closed to it."""
    if os.getuid() != 0:
        return folder
    own = Path(tempfile.mkdtemp(prefix="amends-postgres-"))
    own.chmod(0o755)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _owner() -> pwd.struct_passwd | None:
    """Say who has to own the server's files: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def _user() -> str | None:
    return "postgres" if os.getuid() == 0 else None


def _on_path() -> Path | None:
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _version(folder: Path) -> tuple[str, ...] | None:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+)(?:\.(\d+))?", said)
    return found.groups() if found else None
