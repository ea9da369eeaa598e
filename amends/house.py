"""Where an installation keeps things: the data folder, the database, the secret."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from amends.errors import Misconfigured

_SECRET_BYTES = 32


def installation_secret(data_dir: Path) -> bytes:
    """Give this installation's secret, and make it the first time.

    Reply tokens and status pages are derived from it: whoever has it can forge them,
    and when it is lost old ones no longer work. The file is readable by its owner alone.

    Raises:
        Misconfigured: it cannot be read or made, or others can read it.
    """
    path = data_dir / "secret"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise Misconfigured(f"others can read {path}; run: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as why:
        raise Misconfigured(
            f"the data folder {data_dir} cannot be used: {why}; choose another with AMENDS_DATA_DIR"
        ) from why
    if len(secret) < _SECRET_BYTES:
        raise Misconfigured(f"{path} is too short to be the secret; restore it, or delete it to make a new one")
    return secret


def _make(path: Path) -> None:
    """Put a new secret in its place, whole or not at all; one that another process put there meanwhile stays."""
    # Made readable by its owner alone.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".secret-") as unfinished:
        unfinished.write(secrets.token_hex(_SECRET_BYTES).encode("ascii"))
        unfinished.flush()
        os.fsync(unfinished.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished.name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
