"""Runs an app on a port of this machine for as long as a test needs it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from queue import Queue

from fastapi import FastAPI

from amends.web.serve import serve


@contextlib.contextmanager
def served(app: FastAPI, **more: int) -> Iterator[str]:
    """Give the address of the running app; stop it at the end. `more` is for `serve`."""
    stop, ports = threading.Event(), Queue[int]()
    worker = threading.Thread(target=serve, args=(app, "127.0.0.1", 0, stop), kwargs={"on_bound": ports.put, **more})
    worker.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=30)}"
    finally:
        stop.set()
        worker.join(timeout=30)
    assert not worker.is_alive()
