"""Keeps tests off the network: nothing may be reached but this machine."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_HERE = {"", "localhost", "localhost.localdomain"}
_WATCHED = {"socket.connect", "socket.sendto", "socket.getaddrinfo"}
_watching = False


class NetworkUse(RuntimeError):
    """A test tried to reach another machine. Give it a fake, or serve what it needs on 127.0.0.1."""


def forbid_network() -> None:
    """Refuse every connection but those to this machine, for the rest of this process."""
    global _watching
    if not _watching:
        _watching = True
        sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event not in _WATCHED:
        return
    host = args[0] if event == "socket.getaddrinfo" else _host_of(args[1])
    if not _is_here(host, names_only=event == "socket.getaddrinfo"):
        raise NetworkUse(f"a test tried to reach {host!r}; nothing but this machine may be reached")


def _host_of(address: object) -> object:
    # A path names a socket of this machine.
    return address[0] if isinstance(address, tuple) else None


def _is_here(host: object, *, names_only: bool) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.lower() in _HERE:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    # To look an address up reaches nobody.
    return names_only or address.is_loopback or address.is_unspecified
