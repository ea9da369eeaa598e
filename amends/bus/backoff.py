"""How long to wait before something that was unavailable is tried again.

The longest pause doubles with each failure, up to a bound. Within it the pause is drawn
at random (full jitter), so that workers who were turned away together do not come back
together; a floor keeps an unlucky draw from becoming a rush. Pure: whoever asks brings
the number that was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Doublings after which the bound has been reached, whatever it is.
_DOUBLINGS_AT_MOST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A policy of pauses, in seconds: never under `least_s`, at first up to `first_s`, in the end up to `most_s`."""

    least_s: float
    first_s: float
    most_s: float

    def __post_init__(self) -> None:
        if not 0 < self.least_s <= self.first_s <= self.most_s:
            raise ValueError("pauses grow: 0 < least_s <= first_s <= most_s")

    def pause_s(self, failures: int, drawn: float) -> float:
        """Give the pause after so many failures in a row, 1 at least; `drawn` lies in [0, 1)."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, _DOUBLINGS_AT_MOST))
        return self.least_s + drawn * (longest - self.least_s)
