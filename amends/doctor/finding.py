"""What a check finds, and how sizes are told."""

from __future__ import annotations

from dataclasses import dataclass

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked. `remedy` is empty when all is well."""

    what: str
    is_well: bool
    says: str
    remedy: str = ""


def sized(size_bytes: float) -> str:
    """Write a size for people: `3.4 MiB`."""
    unit = 0
    while size_bytes >= 1024 and unit < len(_UNITS) - 1:
        size_bytes, unit = size_bytes / 1024, unit + 1
    return f"{size_bytes:,.0f} {_UNITS[unit]}" if unit == 0 or size_bytes >= 100 else f"{size_bytes:.1f} {_UNITS[unit]}"
