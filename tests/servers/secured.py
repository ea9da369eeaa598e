"""A broker that is spoken to in TLS, asks who one is, and forbids what it was not told to allow."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.kafka import ApacheKafka, fetched_jars
from tests.servers.ports import HOST, free_port

USER = "amends"
#: On loopback, for as long as the broker runs.
PASSWORD = "correct-horse"  # noqa: S105
_STORE_PASSWORD = "changeit-for-tests"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredKafka:
    """A broker with three doors: plain for whoever sets it up, TLS alone, and TLS with a password."""

    broker: ApacheKafka
    tls_port: int
    sasl_port: int
    ca_file: Path

    @property
    def tls(self) -> str:
        return f"{HOST}:{self.tls_port}"

    @property
    def sasl(self) -> str:
        return f"{HOST}:{self.sasl_port}"


def a_secured_broker(folder: Path) -> SecuredKafka:
    """Make and start one.

    Raises:
        NoServer: Apache Kafka cannot be had here.
    """
    jars = fetched_jars()
    folder.mkdir(parents=True, exist_ok=True)
    ca_file, store = _certificates(folder)
    plain, tls, sasl, controller = free_port(), free_port(), free_port(), free_port()
    doors = {"PLAINTEXT": plain, "SSL": tls, "SASL_SSL": sasl}
    listeners = ",".join(f"{name}://{HOST}:{port}" for name, port in doors.items())
    plain_users = f'required user_{USER}="{PASSWORD}"'
    broker = ApacheKafka(
        folder / "broker",
        jars,
        port=plain,
        settings={
            "listeners": f"{listeners},CONTROLLER://{HOST}:{controller}",
            "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT," + ",".join(f"{name}:{name}" for name in doors),
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(store),
            "ssl.keystore.password": _STORE_PASSWORD,
            "ssl.key.password": _STORE_PASSWORD,
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": (
                f"org.apache.kafka.common.security.plain.PlainLoginModule {plain_users};"
            ),
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            # Whoever comes by a door that asks nothing: the broker itself, and a test that sets it up.
            "super.users": "User:ANONYMOUS",
        },
    ).start()
    return SecuredKafka(broker=broker, tls_port=tls, sasl_port=sasl, ca_file=ca_file)


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Make an authority and the broker's certificate; gives the authority's file and the broker's store."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    request, key, certificate, store = (folder / f"broker.{end}" for end in ("csr", "key", "pem", "p12"))
    names = folder / "names"
    names.write_text(f"subjectAltName=IP:{HOST}\n")
    new_key = ["-newkey", "rsa:2048", "-nodes"]
    _openssl(
        "req", "-x509", *new_key, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=authority of the tests"
    )
    _openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", f"/CN={HOST}")
    _openssl(
        "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
        "-out", certificate, "-days", "2", "-extfile", names,
    )  # fmt: skip
    _openssl(
        "pkcs12", "-export", "-in", certificate, "-inkey", key, "-certfile", ca,
        "-out", store, "-passout", f"pass:{_STORE_PASSWORD}",
    )  # fmt: skip
    return ca, store


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
