"""A hold on public posting: while it stands, nothing that strangers can read is posted, whoever approved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amends.domain.message import require_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who held public posting, since when and why; and who let it go again. It stands until it is released."""

    placed_by: str
    placed_at: datetime
    because: str
    released_by: str = ""
    released_at: datetime | None = None
    released_because: str = ""

    def __post_init__(self) -> None:
        require_zone("placed_at", self.placed_at)
        require_zone("released_at", self.released_at)
        if not self.because.strip():
            raise ValueError("a hold says why")
        if (self.released_at is None) != (not self.released_by):
            raise ValueError("a hold that was released says by whom and when")

    @property
    def stands(self) -> bool:
        """Whether nobody has released it."""
        return self.released_at is None

    @property
    def says(self) -> str:
        """The sentence by which it is told of wherever it matters."""
        return f"public posting is held since {self.placed_at:%d %b %Y %H:%M} UTC by {self.placed_by}: {self.because}"
