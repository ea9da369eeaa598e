"""The network of kafka-python's clients, amended: it closes what it opened, and waits for nothing for ever.

1. A socket that could not be connected, or whose TLS failed, is closed. kafka-python forgets
   it, several times a second while a broker is away.
2. TLS with something that never answers ends when its time is up.
3. Whoever is not let in is told so. kafka-python tries a wrong password for ever.
4. Closing twice is harmless.
"""

from __future__ import annotations

import ssl
from socket import socket
from typing import Any

from kafka.errors import KafkaConnectionError, KafkaError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport

from amends.bus.kafka.connection import NOT_LET_IN

_SCHEME = "amends"
#: The "proxy" by which kafka-python finds the way of connecting below.
STRAIGHT = f"{_SCHEME}://straight"


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc] # kafka-python has no types
    """Connects straight, and closes what could not be connected. kafka-python takes it for a kind of proxy."""

    SCHEMES = (_SCHEME,)

    async def sock_connect(self, net: Any, sock: socket, address: Any, timeout_at: float | None = None) -> socket:
        """Connect."""
        try:
            connected: socket = await super().sock_connect(net, sock, address, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        return connected


class _Manager(KafkaConnectionManager):  # type: ignore[misc] # kafka-python has no types
    """Remembers who was not let in. kafka-python means to, but forgets a wrong password and tries it for ever."""

    _refused: BaseException | None = None

    def get_connection(self, node_id: Any, **said: Any) -> Any:
        """Give the connection to a node, or raise what a node said to the one before."""
        if self._refused is not None:
            raise self._refused
        is_new = node_id not in self._conns
        connection = super().get_connection(node_id, **said)
        if is_new:
            connection.init_future.add_errback(self._note_refusal)
        return connection

    def _note_refusal(self, why: BaseException) -> None:
        if isinstance(why, NOT_LET_IN):
            self._refused = why

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        if not self.ssl_enabled:
            return await super()._build_transport(node, timeout_at=timeout_at)
        options, proxy = self.config["socket_options"], self.config["proxy_url"]
        plain = await create_connection(
            self._net, node.host, node.port, options, proxy_url=proxy, timeout_at=timeout_at
        )
        tls = {name: value for name, value in self.config.items() if name.startswith("ssl_")}
        transport = _Tls(self._net, plain, host=node.host, **tls)
        try:
            await transport.handshake(timeout_at)
        except (OSError, KafkaError) as why:
            transport._sock.close()
            raise KafkaConnectionError(f"TLS failed: {why}") from None
        return transport


class _Tls(KafkaSSLTransport):  # type: ignore[misc] # kafka-python has no types
    """TLS whose beginning takes no longer than it may."""

    async def handshake(self, timeout_at: float | None = None) -> None:
        """Agree with the other side on how to speak."""
        while True:
            try:
                self._sock.do_handshake()
            except ssl.SSLWantReadError:
                await self._net.wait_read(self._sock, timeout_at=timeout_at)
            except ssl.SSLWantWriteError:
                await self._net.wait_write(self._sock, timeout_at=timeout_at)
            else:
                return


class Net(KafkaNetClient):  # type: ignore[misc] # kafka-python has no types
    """The sockets and the thread of a client; closing them a second time is harmless."""

    _is_closed = False

    def __init__(self, **said: Any) -> None:
        net = NetworkSelector(**said)
        super().__init__(net=net, manager=_Manager(net, **said))

    def close(self, node_id: object = None) -> None:
        """Close one connection, or everything."""
        if node_id is None:
            if self._is_closed:
                return
            self._is_closed = True
        super().close(node_id)
