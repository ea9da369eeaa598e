"""Reads as much of PromQL as tells which metrics an expression names, and by which labels."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
#: A name with what it matches; one that is followed by a bracket is a function.
_SELECTOR = re.compile(r"(?<![\w.])(?P<name>[a-zA-Z_:][\w:]*)\s*(?P<matchers>\{[^}]*\})?\s*(?P<called>\()?")
_MATCHER = re.compile(r'\s*([a-z_]+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_OPERATORS = {"and", "or", "unless", "bool", "offset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A metric as an expression names it, with the labels that it matches and their values."""

    metric: str
    matches: dict[str, str]


def named_in(expression: str) -> list[Named]:
    """Give the metrics that an expression names.

    Raises:
        ValueError: its brackets do not match, or a list of matchers cannot be read.
    """
    if any(expression.count(opened) != expression.count(closed) for opened, closed in ("()", "[]", "{}")):
        raise ValueError(f"the brackets of {expression!r} do not match")
    bare = _RANGE.sub(" ", _GROUPING.sub(" ", expression))
    return [
        Named(metric=found["name"], matches=_matchers(found["matchers"] or "{}"))
        for found in _SELECTOR.finditer(bare)
        if not found["called"] and found["name"] not in _OPERATORS
    ]


def grouped_by(expression: str) -> set[str]:
    """Give the labels that an expression groups or joins by."""
    return {label.strip() for group in _GROUPING.findall(expression) for label in group.split(",") if label.strip()}


def _matchers(said: str) -> dict[str, str]:
    inside, found = said[1:-1], {}
    while inside.strip():
        matcher = _MATCHER.match(inside)
        if matcher is None:
            raise ValueError(f"{said!r} is no list of matchers")
        found[matcher[1]] = matcher[2]
        inside = inside[matcher.end() :]
    return found
