"""A certificate for servers on this machine, as good as any to those who are told to trust it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for `localhost` in a folder; gives its file and that of its key."""
    found, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-keyout", str(key), "-out", str(found), "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return found, key
