"""Finds out why no broker answers: kafka-python only says that it took too long."""

from __future__ import annotations

import socket
import ssl

from amends.bus.kafka.connection import Connection
from amends.errors import AmendsError, Misconfigured, Unavailable

#: How long one look at one server may take.
_LOOK_S = 2.0


def hindrance(connection: Connection) -> AmendsError | None:
    """Say what is wrong with the way to the brokers; None if at least one can be reached as the settings say.

    Takes two or three seconds a server at most.
    """
    found = []
    for server in connection.servers:
        wrong = _of_server(server, connection)
        if wrong is None:
            return None
        found.append(wrong)
    # What a person has to change comes before what may pass.
    for wrong in found:
        if isinstance(wrong, Misconfigured):
            return wrong
    return Unavailable("; ".join(str(wrong) for wrong in found)) if found else None


def _of_server(server: str, connection: Connection) -> AmendsError | None:
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    try:
        reached = socket.create_connection((host, int(port)), timeout=_LOOK_S)
    except (socket.gaierror, UnicodeError):
        return Unavailable(f"this machine knows no address of the broker {host}: check AMENDS_KAFKA_SERVERS")
    except OSError as why:
        return Unavailable(
            f"nothing answers at {server} ({type(why).__name__}): check that the broker runs, and AMENDS_KAFKA_SERVERS"
        )
    with reached:
        if connection.security == "PLAINTEXT":
            return _of_plain(server, host, reached)
        return _of_tls(server, host, reached, connection.ca_file)


def _of_plain(server: str, host: str, reached: socket.socket) -> AmendsError | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is said or believed here: the question is only whether TLS is spoken at all.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(reached, server_hostname=host).close()
    except OSError:
        return Unavailable(
            f"something listens at {server} and does not answer as a broker: check its port in AMENDS_KAFKA_SERVERS"
        )
    return Misconfigured(f"{server} speaks TLS: set AMENDS_KAFKA_SECURITY to SSL, or to SASL_SSL with a user")


def _of_tls(server: str, host: str, reached: socket.socket, ca_file: str) -> AmendsError | None:
    context = ssl.create_default_context(cafile=ca_file or None)
    try:
        context.wrap_socket(reached, server_hostname=host).close()
    except ssl.SSLCertVerificationError as why:
        return Misconfigured(
            f"the certificate of {server} is not to be trusted ({why.verify_message}): name the file of its authority "
            "in AMENDS_KAFKA_CA_FILE, and write the broker in AMENDS_KAFKA_SERVERS as its certificate does"
        )
    except OSError:
        return Misconfigured(
            f"{server} does not speak TLS: take its port for TLS in AMENDS_KAFKA_SERVERS, "
            "or set AMENDS_KAFKA_SECURITY to PLAINTEXT on a network that you trust"
        )
    return None
