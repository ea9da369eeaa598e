"""What some tests need beside the repository, and whether it is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.servers.postfix import why_not as why_no_postfix

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """Give the folder of labelled data beside the repository; `AMENDS_SHARED_DATA` names another."""
    named = os.environ.get("AMENDS_SHARED_DATA")
    return Path(named) if named else REPOSITORY.parent / "shared" / "data"


#: By which variable a test finds a server.
_SERVERS = {"kafka": "AMENDS_TEST_KAFKA", "postgres": "AMENDS_TEST_POSTGRES"}


def server(mark: str) -> str:
    """Give the address of a server; empty where none is up."""
    return os.environ.get(_SERVERS[mark], "")


def missing(mark: str) -> str:
    """Say what a test with this mark needs and does not have here; empty when it has all."""
    if mark == "shared_data" and not shared_data().is_dir():
        return "the labelled data beside the repository is not here (AMENDS_SHARED_DATA names its folder)"
    if mark == "browser" and shutil.which("chromium") is None:
        return "no chromium is installed"
    if mark == "dovecot" and shutil.which("dovecot") is None:
        return "no dovecot is installed (Debian: apt install dovecot-imapd)"
    if mark == "npm" and shutil.which("npm") is None:
        return "no npm is installed (Debian: apt install npm)"
    if mark == "postfix":
        return why_no_postfix()
    if mark in _SERVERS and not server(mark):
        return f"no {mark} server is up: `make services` starts one and says how to name it in {_SERVERS[mark]}"
    return ""


def is_required(mark: str) -> bool:
    """Whether what a mark needs has to be there: where all tests must run, a missing thing is a failure."""
    return os.environ.get(f"AMENDS_REQUIRE_{mark.upper()}") == "1"
