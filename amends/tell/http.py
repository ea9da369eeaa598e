"""Makes one call to an address that somebody else chose.

1. The name is looked up once, each address that it has is judged, and the connection goes to
   one that passed: a name that means something else a moment later leads nowhere new.
2. Addresses inside our own networks are refused, unless the settings allow them. Without TLS
   only this machine is called.
3. A redirect is an answer like any other: nobody is sent on.
4. The whole call has one time limit, so that an answer in drips holds nobody up.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from amends.errors import Refused, Unavailable

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Gives the addresses that a name has.
LookUp: TypeAlias = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where calls may go, and how long one may take, in seconds."""

    inside: tuple[Network, ...] = ()
    timeout_s: float = 15.0
    ca_file: str = ""


def look_up(host: str, port: int) -> list[str]:
    """Give the addresses that a name has.

    Raises:
        OSError: it has none, or nobody can say.
    """
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def read_url(url: str) -> tuple[str, str, int, str]:
    """Take an address apart into scheme, host, port, and path with query.

    Raises:
        Refused: it is none that can be called.
    """
    try:
        said = urlsplit(url)
        port = said.port
    except ValueError as why:
        raise Refused(f"{url!r} is no address that can be called: {why}") from why
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if said.scheme not in {"http", "https"} or not said.hostname or not is_plain:
        raise Refused(f"{url!r} is no address that can be called: write one like https://example.org/hooks")
    if said.username is not None or said.password is not None or said.fragment:
        raise Refused("leave user, password and # out of the address: calls are signed, and prove themselves by that")
    path = (said.path or "/") + (f"?{said.query}" if said.query else "")
    return said.scheme, said.hostname, port or (443 if said.scheme == "https" else 80), path


def allowed(address: str, *, scheme: str, inside: Sequence[Network]) -> Address:
    """Give an address that may be called.

    Raises:
        Refused: it is inside, and the settings do not allow it, or it would be called in the clear.
    """
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    is_named = any(found.version == network.version and found in network for network in inside)
    is_public = found.is_global and not found.is_multicast
    if not is_named and not is_public:
        raise Refused(f"{found} is no public address: name its network in AMENDS_WEBHOOKS_INSIDE if calls may go there")
    if scheme == "http" and not found.is_loopback:
        raise Refused(f"{found} would be called in the clear: use an https address")
    return found


def where_to(url: str, *, way: Way, names: LookUp = look_up) -> str:
    """Give the address that a call goes to: the first of its name's that may be called.

    Raises:
        Refused: none of them may be called.
        Unavailable: the name has none now.
    """
    scheme, host, port, _ = read_url(url)
    try:
        found = names(host, port)
    except (OSError, UnicodeError) as why:
        raise Unavailable(f"{host} cannot be found: {_told(why)}") from why
    refused: Refused | None = None
    for address in found:
        try:
            return str(allowed(address, scheme=scheme, inside=way.inside))
        except Refused as why:
            refused = refused or why
    raise refused or Unavailable(f"{host} has no address")


def post(url: str, body: bytes, headers: Mapping[str, str], *, way: Way, names: LookUp = look_up) -> None:
    """Call an address; returns when it has taken the call, with a status of 200 to 299.

    Raises:
        Refused: it may not be called.
        Unavailable: it did not take the call.
        OSError: the file of authorities cannot be read.
    """
    scheme, host, port, path = read_url(url)
    address = where_to(url, way=way, names=names)
    tls = ssl.create_default_context(cafile=way.ca_file or None) if scheme == "https" else None
    connection = _Connection(host, address, port, tls, way.timeout_s)
    # The end of all of it: a time limit of a socket begins anew with each byte.
    alarm = threading.Timer(way.timeout_s, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as why:
        is_late = connection.is_cut or isinstance(why, TimeoutError)
        says = f"no answer within {way.timeout_s:g} s" if is_late else f"the connection broke: {_told(why)}"
        raise Unavailable(says) from why
    finally:
        alarm.cancel()
        connection.close()
    if not 200 <= status < 300:
        raise Unavailable(f"it answered {status}")


class _Connection(http.client.HTTPConnection):
    """A connection to one address, under the name that was asked for."""

    def __init__(self, host: str, address: str, port: int, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address
        self._tls = tls
        self.is_cut = False
        if tls is not None:
            # What the Host header leaves out.
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:
            # The handshake comes after, so that it can be cut too.
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        if self.is_cut:
            raise TimeoutError
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def cut(self) -> None:
        """End it from another thread: whoever waits for it gets an error."""
        self.is_cut = True
        sock = self.sock
        if sock is not None:
            # The socket's own: that of TLS would go on in the clear.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _told(why: Exception) -> str:
    return str(getattr(why, "strerror", "") or why or type(why).__name__)
