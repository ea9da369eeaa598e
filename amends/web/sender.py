"""Who stands behind an address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def one_sender(address: str) -> str:
    """Name the sender behind an address. One household holds a whole /64 of IPv6 addresses (RFC 6177)."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return str(ip)
