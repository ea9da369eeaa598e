"""How the broker is reached, and how long is waited for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kafka.errors import (
    AuthorizationError,
    IllegalSaslStateError,
    KafkaConfigurationError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from amends.errors import Misconfigured, Unavailable

#: How long one request may take, and how long a first contact.
_REQUEST_TIMEOUT_MS = 10_000
_BOOTSTRAP_TIMEOUT_MS = 5_000
#: What a broker takes by itself, and how much of that a record may need beside its body.
_RECORD_BYTES, _ROOM_BYTES = 1_048_588, 65_536
#: How kafka-python says that a broker does not let us in, or not to that.
NOT_LET_IN = (
    AuthorizationError,
    IllegalSaslStateError,
    KafkaConfigurationError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where the broker is and what our topics and groups are called there.

    `servers` are `host:port` of some brokers of the cluster. `security` is Kafka's own
    word: `PLAINTEXT`, `SSL`, `SASL_SSL`. Topics and groups begin with `prefix`, so that
    several installations share one cluster. A record whose body is larger than
    `body_at_most` bytes travels by its blob's name. `session_timeout_ms` is how long a
    worker may be silent before its share is given to others, `max_poll_interval_ms` how
    long its reading thread may be stuck.
    """

    servers: tuple[str, ...]
    security: str = "PLAINTEXT"
    ca_file: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = "SCRAM-SHA-512"
    prefix: str = "amends."
    body_at_most: int = 700_000
    session_timeout_ms: int = 10_000
    max_poll_interval_ms: int = 60_000

    @property
    def record_at_most(self) -> int:
        """How many bytes a record may have that travels whole, with key, headers and envelope."""
        return max(_RECORD_BYTES, self.body_at_most + _ROOM_BYTES)

    def client(self) -> dict[str, Any]:
        """Give what every client of kafka-python is made with."""
        said: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": "amends",
            "security_protocol": self.security,
            "request_timeout_ms": _REQUEST_TIMEOUT_MS,
            "bootstrap_timeout_ms": _BOOTSTRAP_TIMEOUT_MS,
            # A broker that comes back is found again within a second or two.
            "reconnect_backoff_max_ms": 2_000,
        }
        if self.ca_file:
            said["ssl_cafile"] = self.ca_file
        if self.user:
            said |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return said

    def topic(self, name: str) -> str:
        """Give what a topic of ours is called on the broker."""
        return f"{self.prefix}{name}"

    def group(self, name: str) -> str:
        """Give what a group of ours is called on the broker."""
        return f"{self.prefix}{name}"


@contextmanager
def told_plainly(connection: Connection) -> Iterator[None]:
    """Turn what kafka-python says into a sentence for a person.

    Raises:
        Unavailable: the broker is down, busy or out of reach.
        Misconfigured: it does not let us in.
    """
    where = ", ".join(connection.servers)
    try:
        yield
    except NOT_LET_IN as why:
        raise Misconfigured(
            f"the broker at {where} does not let us in ({type(why).__name__}): check AMENDS_KAFKA_SECURITY, "
            "AMENDS_KAFKA_USER and AMENDS_KAFKA_PASSWORD, and what that user may do"
        ) from why
    except (KafkaError, OSError, TimeoutError) as why:
        raise Unavailable(
            f"the broker at {where} cannot be used now ({type(why).__name__}): "
            "check that it runs, and AMENDS_KAFKA_SERVERS"
        ) from why
