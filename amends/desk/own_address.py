"""Reads the addresses that browsers send back to us: where somebody came from, and where they want to go on.

Anybody can write such an address. What leads elsewhere, or is no address at all, is none of ours.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def own_address(said: str, *, host: str = "") -> SplitResult | None:
    """Read an address of this desk; None where it is none.

    It is a path, as our pages write it; with `host` it is a whole address there, as browsers
    name the page that they come from.
    """
    try:
        parted = urlsplit(said)
    except ValueError:
        return None
    is_whole = bool(parted.scheme)
    # Browsers read a path that begins with two slashes, of either kind, as a host.
    is_path = parted.path.startswith("/") and not parted.path.startswith(("//", "/\\"))
    return parted if is_path and is_whole == bool(host) and parted.netloc == host and said.isprintable() else None
