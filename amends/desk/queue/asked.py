"""What an address of the queue asks for. All of it stands in the address, so a link shares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.due import Due
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import Unprocessable
from storage.queue import EVERYTHING, Cursor, Wanted

PATH = "/desk/queue"
#: How an address calls oneself and nobody: a view that is shared shows each their own.
ME, NOBODY = "me", "nobody"
_SEARCH_AT_MOST = 500
_READ: Mapping[str, Callable[[str], Any]] = {
    "kind": Kind,
    "severity": Severity.from_word,
    "channel": Channel,
    "owner": str,
    "needs_person": lambda said: {"yes": True, "no": False}[said],
    "state": CaseState,
    "flag": FlagName,
    "due": Due,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: cases of some kind, words that were said, the page after a place."""

    me: str
    wanted: Wanted = EVERYTHING
    search: str = ""
    after: Cursor | None = None
    #: Where a page of what was found begins.
    before: int | None = None

    @property
    def query(self) -> str:
        """What stands behind `?`, in one spelling; empty where all is asked for. Where a page begins is left out."""
        return urlencode(self._pairs())

    @property
    def address(self) -> str:
        """The address of the first page of this."""
        return _address(self._pairs())

    @property
    def without_filters(self) -> str:
        """The address of the same search in all cases."""
        return replace(self, wanted=EVERYTHING).address

    def value(self, name: str) -> Any:
        """The value of a filter."""
        return getattr(self.wanted, name)

    def with_(self, **filters: Any) -> str:
        """Give the address of this with other filters; None takes one away."""
        return replace(self, wanted=replace(self.wanted, **filters)).address

    def page_after(self, cursor: Cursor | None = None, *, before: int | None = None) -> str:
        """Give the address of the page that begins after a place."""
        if cursor is not None:
            place = ("after", f"{cursor.score}~{cursor.opened_at.isoformat()}~{cursor.case_id}")
        else:
            place = ("before", str(before))
        return _address([*self._pairs(), place])

    @property
    def narrowed_by(self) -> list[str]:
        """The names of the filters that are on."""
        return [one.name for one in fields(Wanted) if getattr(self.wanted, one.name) is not None]

    def _pairs(self) -> list[tuple[str, str]]:
        said = [("q", self.search)] if self.search else []
        return said + [(name, self.word(name, getattr(self.wanted, name))) for name in self.narrowed_by]

    def word(self, name: str, value: Any) -> str:
        """Write the value of a filter as an address has it."""
        if name == "owner":
            return {self.me: ME, "": NOBODY}.get(value, str(value))
        if name == "needs_person":
            return "yes" if value else "no"
        return value.word if isinstance(value, Severity) else str(value)


def read(params: Mapping[str, str], *, me: str) -> Asked:
    """Read what an address asks for.

    Raises:
        Unprocessable: it names a filter that there is not.
    """
    found: dict[str, Any] = {}
    for name, read_value in _READ.items():
        said = params.get(name, "")
        if not said:
            continue
        try:
            found[name] = read_value(said)
        except (ValueError, KeyError):
            called = name.replace("_", " ")
            raise Unprocessable(f"there is no {called} {said[:40]!r}; choose one from the filters") from None
    if "owner" in found:
        found["owner"] = {ME: me, NOBODY: ""}.get(found["owner"], found["owner"])
    return Asked(
        me=me,
        wanted=Wanted(**found),
        search=params.get("q", "").strip()[:_SEARCH_AT_MOST],
        after=_cursor(params.get("after", "")),
        before=_number(params.get("before", "")),
    )


def read_query(query: str, *, me: str) -> Asked:
    """Read what stands behind `?`, as views keep it.

    Raises:
        Unprocessable: it names a filter that there is not.
    """
    return replace(read(dict(parse_qsl(query)), me=me), after=None, before=None)


def _cursor(said: str) -> Cursor | None:
    """Read a place in the queue; what is none begins at the top."""
    parts = said.split("~", 2)
    if len(parts) != 3:
        return None
    try:
        at = datetime.fromisoformat(parts[1])
        if at.tzinfo is None:
            return None
        return Cursor(score=_small(parts[0]), opened_at=at.astimezone(UTC), case_id=parts[2][:20])
    # Of the first and the last year not every moment can be told in UTC.
    except (ValueError, OverflowError):
        return None


def _number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 18 else None


def _small(said: str) -> int:
    value = int(said[:10])
    return max(-1_000_000, min(value, 1_000_000))


def _address(pairs: list[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
