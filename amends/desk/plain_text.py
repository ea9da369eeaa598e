"""Shows bytes that came from outside as text that steers nothing."""

from __future__ import annotations

from dataclasses import dataclass

#: So much is shown; the rest can be downloaded.
SHOWN_BYTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText:
    """The beginning of some bytes as text, and how many bytes are not shown."""

    text: str
    left: int


def plain_text(content: bytes) -> PlainText:
    """Give the beginning as text; what a person cannot see in it, or would turn it round, is replaced."""
    decoded = content[:SHOWN_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    text = "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in decoded)
    return PlainText(text=text, left=max(0, len(content) - SHOWN_BYTES))
