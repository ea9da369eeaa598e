"""Who stands behind an address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


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


def network_of(address: str) -> str:
    """Name the network that an address is in: a /48 of IPv6 is often one customer's, a /24 of IPv4 is routed alone."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return f"{IPv6Address(int(ip) >> 80 << 80)}/48"
        ip = ip.ipv4_mapped
    return f"{IPv4Address(int(ip) >> 8 << 8)}/24"
