"""What cannot be read now, and why: written by whoever reads, shown by the check of the service's health."""

from __future__ import annotations

from threading import Lock

from amends.errors import AmendsError, Unavailable


class Troubles:
    """Which sources cannot be read now, and why. Several threads write, and a check of the service's health reads."""

    def __init__(self) -> None:
        self._why: dict[str, str] = {}
        self._lock = Lock()

    def came(self, source: str, why: AmendsError) -> None:
        """Note why a source cannot be read."""
        with self._lock:
            self._why[source] = str(why)

    def went(self, source: str) -> None:
        """Note that it can."""
        with self._lock:
            self._why.pop(source, None)

    def raise_any(self) -> None:
        """Raise what troubles a source now; nothing happens where all is well.

        Raises:
            Unavailable: says it.
        """
        with self._lock:
            said = "; ".join(self._why.values())
        if said:
            raise Unavailable(said)
