"""Structured logs: one JSON object a line, ids and codes only.

Nothing personal may reach a log. Messages are fixed sentences, facts travel as keys,
and an exception is told by its type and the places it passed, never by its words:
those may quote a customer.
"""

from __future__ import annotations

import logging
import sys
from traceback import extract_tb
from typing import Any

from pythonjsonlogger.json import JsonFormatter


class _QuietAboutPeople(JsonFormatter):
    def formatException(self, ei: Any) -> str:
        return told(ei[1])


def told(why: BaseException | None) -> str:
    """Tell an exception by its kind and the places that it passed, without its words."""
    if why is None:
        return "unknown"
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(extract_tb(why.__traceback__)))
    return f"{type(why).__name__} at {places}"


def start_logging(level: str, *, plain: bool = False) -> None:
    """Send the logs of all rooms to standard error. `plain` is for a person at a terminal."""
    handler = logging.StreamHandler(sys.stderr)
    if plain:
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler.setFormatter(
            _QuietAboutPeople(
                "%(asctime)s %(levelname)s %(name)s %(message)s",
                rename_fields={"asctime": "at", "levelname": "level", "name": "room", "message": "event"},
            )
        )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ("amends", "ingest", "triage", "respond", "storage"):
        logging.getLogger(room).setLevel(level.upper())
    # It reports every attempt to connect, several times a second while a broker is away; what matters we say ourselves.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    # It writes keys and customers' words at its most talkative, which no setting of ours may ask for.
    logging.getLogger("tweepy").setLevel(logging.CRITICAL)
