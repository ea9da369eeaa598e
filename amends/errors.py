"""What can go wrong, sorted by what the caller can do about it.

AmendsError
├── Unprocessable        this input will never work: set it aside with its reason, go on
├── Unavailable          the other side is down or busy: keep the input, try later
│   └── PositionLost     another worker has this partition: drop the batch, claim again
├── InDoubt              it may have happened all the same: look before doing it again
├── Misconfigured        a person has to fix a setting: refuse to start
├── NotFound             nothing has that id
└── Refused              a rule of the house forbids it; the message says which and what is left

A broken business rule inside a stage is a result (a `Check`, a `Verdict`), not an
exception; `Refused` is for a person's command that cannot be carried out.
"""

from __future__ import annotations


class AmendsError(Exception):
    """Something Amends knows about went wrong."""

    def __str__(self) -> str:
        """Say the message given, or else the sentence that documents the class."""
        return super().__str__() or (type(self).__doc__ or "").partition("\n")[0]


class Unprocessable(AmendsError):
    """This input can never be processed.

    `reason` is a stable code by which parked messages and dead letters are counted and listed.
    """

    def __init__(self, says: str = "", *, reason: str = "unprocessable") -> None:
        super().__init__(says)
        self.reason = reason


class Unavailable(AmendsError):
    """The other side is down or busy; nothing was changed, so it is safe to try again."""


class PositionLost(Unavailable):
    """Another worker has moved this partition on; the batch was rolled back."""


class InDoubt(AmendsError):
    """It may have been done, and nobody said so: ask the other side before it is done again."""


class Misconfigured(AmendsError):
    """A setting is wrong and a person has to fix it."""


class NotFound(AmendsError):
    """Nothing has that id."""


class Refused(AmendsError):
    """A rule of the house forbids this."""
