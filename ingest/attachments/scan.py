"""Has what is kept looked at by a scanner, beside everything else: no message waits for it.

What was not scanned, because the scanner was down or there was none, is scanned when
there is one. Whoever looks at an attachment sees whether that has happened.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event

from amends.domain.attachment import CaseAttachment, Scan, ScanResult
from amends.domain.audit import Happening
from amends.errors import NotFound, Unavailable
from amends.history import command
from amends.ports import Now, Scanner
from amends.unit_of_work import OpenUnit, UnitOfWork

log = logging.getLogger(__name__)

#: Files that are asked about before what was said of them is stored.
_AT_ONCE = 20
#: A file that breaks the connection so often is said to be one of which the scanner cannot say anything.
_TRIES = 3
_PAUSE_S, _PAUSE_WHEN_DOWN_S = 5.0, 60.0


@command("attachment.scanned")
def record_scans(unit: UnitOfWork, scans: Sequence[Scan], *, at: datetime) -> None:
    """Store what a scanner said. Harm is an entry of the audit trail as well."""
    unit.attachments.record_scans(scans)
    unit.audit.append(
        [
            Happening(
                at=at,
                actor="amends:scan",
                action="attachment.infected",
                subject=f"raw:{scan.sha256[:32]}",
                facts={"found": scan.says, "sha256": scan.sha256},
            )
            for scan in scans
            if scan.result is ScanResult.INFECTED
        ]
    )


class Scanning:
    """Scans what waits, a few files at a time."""

    def __init__(
        self,
        scanner: Scanner,
        open_unit: OpenUnit,
        *,
        reading: OpenUnit,
        content_of: Callable[[CaseAttachment], bytes],
        now: Now,
    ) -> None:
        self._scanner = scanner
        self._reading = reading
        self._open_unit = open_unit
        self._content_of = content_of
        self._now = now
        self._broken: Counter[str] = Counter()

    def scan_some(self) -> int:
        """Scan what waits, at most a batch of it; returns how many files were done.

        Raises:
            Unavailable: the scanner does not answer, and nothing was done.
        """
        with self._reading() as unit:
            waiting = unit.attachments.unscanned(limit=_AT_ONCE)
        scans, down = [], None
        for one in waiting:
            try:
                result, says = self._scan(one)
            except Unavailable as why:
                down = why
                continue
            scans.append(Scan(sha256=one.attachment.sha256, result=result, says=says, at=self._now()))
        if scans:
            with self._open_unit() as unit:
                record_scans(unit, scans, at=self._now())
                unit.commit()
        elif down is not None:
            raise down
        return len(scans)

    def run(self, stop: Event) -> None:
        """Scan until `stop` is set."""
        while not stop.is_set():
            pause_s = _PAUSE_S
            try:
                if self.scan_some():
                    continue
            except Unavailable as why:
                log.warning("attachments not scanned", extra={"why": type(why.__cause__ or why).__name__})
                pause_s = _PAUSE_WHEN_DOWN_S
            stop.wait(pause_s)

    def _scan(self, one: CaseAttachment) -> tuple[ScanResult, str]:
        sha256 = one.attachment.sha256
        try:
            return self._scanner.scan(self._content_of(one))
        except NotFound:
            return ScanResult.CANNOT_SAY, "its bytes are nowhere to be found"
        except Unavailable as why:
            self._broken[sha256] += isinstance(why.__cause__, ConnectionResetError)
            if self._broken[sha256] < _TRIES:
                raise
            return ScanResult.CANNOT_SAY, f"it broke the connection to the scanner {_TRIES} times"
