"""Gaps that a template leaves for a person, and that nobody has filled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amends.domain.check import Check, CheckName, Level
from amends.domain.ids import REFERENCE

#: A case's own reference may end in "XX": it comes first, so that no gap is found in it.
_GAP = re.compile(
    rf"{REFERENCE.pattern}|(?P<gap>"
    r"\[[^\[\]\n]{2,160}\]"
    r"|\{\{?[^{}\n]{1,80}\}?\}"
    r"|<(?!https?:)[a-z][a-z _-]{2,60}>"
    r"|\b(?:TBC|TBD|TODO|(?-i:XX+)|lorem ipsum)\b|_{3,}|\?{3,})",
    re.IGNORECASE,
)


def check_unfilled(text: str) -> Iterator[Check]:
    """Block each gap that is still open."""
    for match in _GAP.finditer(text):
        if match["gap"] is None:
            continue
        yield Check(
            name=CheckName.UNFILLED,
            level=Level.BLOCK,
            rule="gap",
            says="This gap is for a person to fill; the customer would see it as it is.",
            remedy="Write what belongs here, or take the sentence out.",
            quote=match[0],
            start=match.start(),
            end=match.end(),
        )
