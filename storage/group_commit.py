"""Commits the small writes of many threads together.

A commit forces the disk, and that costs the same for one write as for a hundred. So
threads hand their work in and wait; one of them, the leader, does all that is waiting
in one transaction, each piece in a savepoint of its own: a piece that fails is undone
and told so, and the others are committed. Nobody is told "done" before the disk has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from storage.engine import told_plainly
from storage.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

#: How many pieces go into one transaction at most.
_AT_MOST = 256


@dataclass(slots=True)
class _Piece(Generic[T]):
    work: Callable[[SqlUnitOfWork], T]
    done: Event = field(default_factory=Event)
    result: list[T] = field(default_factory=list)
    error: BaseException | None = None


class GroupCommit:
    """Runs pieces of work from many threads in few transactions."""

    def __init__(self, open_unit: Callable[[], AbstractContextManager[SqlUnitOfWork]]) -> None:
        self._open_unit = open_unit
        self._waiting: deque[_Piece[Any]] = deque()
        self._leading = Lock()

    def run(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        """Run `work` in a transaction and return its result once that is committed.

        `work` must not commit. It may run beside other threads' pieces, never at
        the same time as one.

        Raises:
            Unavailable: the transaction failed; nothing of it was written.
            Exception: what `work` raised; nothing of it was written.
        """
        piece: _Piece[T] = _Piece(work)
        self._waiting.append(piece)
        while not piece.done.is_set():
            # Whoever gets the lock leads; the others find their work done when they get it.
            with self._leading:
                if not piece.done.is_set():
                    self._lead()
        if piece.error is not None:
            raise piece.error
        return piece.result[0]

    def _lead(self) -> None:
        pieces = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_MOST))]
        try:
            with self._open_unit() as unit:
                for piece in pieces:
                    _try(piece, unit)
                unit.commit()
        except Exception as why:
            for piece in pieces:
                piece.error = piece.error or why
        finally:
            for piece in pieces:
                piece.done.set()


def _try(piece: _Piece[Any], unit: SqlUnitOfWork) -> None:
    with unit.savepoint() as savepoint:
        try:
            with told_plainly():
                piece.result.append(piece.work(unit))
        except Exception as why:
            piece.error = why
            savepoint.rollback()
