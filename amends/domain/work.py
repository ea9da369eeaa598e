"""Who works on what at this moment, and the views of the queue that people keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Who works on a case is taken to do so for this long after they last said so.
WORKS_FOR = timedelta(minutes=5)
#: The longest name of a view, and how many one person keeps.
VIEW_NAME_CHARS, VIEWS_AT_MOST = 60, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who works on a case, since when, and until when unless they say so again."""

    case_id: str
    holder: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A narrowed queue that somebody keeps under a name. `query` is what stands behind `?` in its address."""

    owner: str
    name: str
    query: str
    made_at: datetime
