"""What containers do, as far as it shows without one: their entrypoint, the broker's settings, the certificate."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amends.compose import House
from amends.settings import load_settings
from tests.journeys.running import end, wait_until
from tests.servers.kafka import ApacheKafka, StandIn, fetched_jars
from tests.servers.ports import HOST, free_port
from tests.support.deployment import MANY_MACHINES, Container, containers
from tests.support.places import REPOSITORY

#: Stands in for `amends` behind the entrypoint: it notes how it was called, and ends as the test says.
_AMENDS = """#!/bin/sh
echo "$@" >> "$NOTES"
[ "$1" = run ] || exec cat
trap 'echo asked to stop >> "$NOTES"; exit 0' TERM
[ -z "$ENDS_WITH" ] || exit "$ENDS_WITH"
while :; do sleep 0.05; done
"""


@pytest.fixture
def entrypoint(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    (tmp_path / "amends").write_text(_AMENDS, "utf-8")
    (tmp_path / "amends").chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, ends_with: str = "") -> subprocess.Popen[str]:
        paths = f"{tmp_path}:{os.environ['PATH']}"
        process = subprocess.Popen(
            ["sh", str(REPOSITORY / "deploy" / "entrypoint.sh"), *words],
            env={"PATH": paths, "NOTES": str(tmp_path / "notes"), "ENDS_WITH": ends_with},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        end(process)  # type: ignore[arg-type]
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _notes(folder: Path) -> list[str]:
    notes = folder / "notes"
    return notes.read_text("utf-8").splitlines() if notes.exists() else []


def test_the_entrypoint_hands_the_order_to_stop_on_and_waits(
    tmp_path: Path, entrypoint: Callable[..., subprocess.Popen[str]]
) -> None:
    running = entrypoint("run", "triage")
    wait_until(lambda: _notes(tmp_path) == ["run triage"], saying="the service starts")

    running.send_signal(signal.SIGTERM)

    assert running.wait(10) == 0
    assert _notes(tmp_path) == ["run triage", "asked to stop"]


def test_the_entrypoint_ends_as_the_service_ended(entrypoint: Callable[..., subprocess.Popen[str]]) -> None:
    assert entrypoint("run", "triage", ends_with="1").wait(10) == 1


def test_a_stage_that_its_brake_has_stopped_keeps_its_container_without_being_started_again(
    tmp_path: Path, entrypoint: Callable[..., subprocess.Popen[str]]
) -> None:
    running = entrypoint("run", "triage", ends_with="3")
    assert running.stderr is not None
    assert "triage has stopped itself" in running.stderr.readline()
    time.sleep(0.5)
    assert running.poll() is None

    running.send_signal(signal.SIGTERM)

    assert running.wait(10) == 3
    assert _notes(tmp_path) == ["run triage"]


def test_a_command_that_somebody_types_keeps_its_input(entrypoint: Callable[..., subprocess.Popen[str]]) -> None:
    out, _ = entrypoint("triage", "judge", "-").communicate("my parcel is late", timeout=10)

    assert out == "my parcel is late"


@pytest.fixture
def kafka() -> Container:
    return next(one for one in containers(MANY_MACHINES) if one.name == "kafka")


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.postgres
def test_apache_kafka_takes_the_settings_of_its_container_and_setup_makes_the_topics_there(
    tmp_path: Path, kafka: Container, postgres_url: str
) -> None:
    if os.environ.get("AMENDS_TEST_KAFKA_KIND") == StandIn.kind:
        pytest.skip("the stand-in knows none of these settings")
    port, controller = free_port(), free_port()
    here = {"kafka:9092": f"{HOST}:{port}", "kafka:9093": f"{HOST}:{controller}"}
    here |= {
        "://:9092": f"://{HOST}:{port}",
        "://:9093": f"://{HOST}:{controller}",
        "/var/lib/kafka/data": f"{tmp_path}/data",
    }
    lines = []
    for name, value in kafka.environment.items():
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS":
            for there, instead in here.items():
                value = value.replace(there, instead)
            lines.append(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}")
    jars = fetched_jars()
    assert kafka.said["image"].partition(":")[2] == jars.name.removeprefix("kafka-"), "tests run what is deployed"
    properties = tmp_path / "server.properties"
    properties.write_text("\n".join(lines), "utf-8")
    words = ["kafka.tools.StorageTool", "format", "-t", kafka.environment["CLUSTER_ID"], "-c", str(properties)]
    subprocess.run(["java", "-Xmx128m", "-cp", f"{jars}/*", *words], check=True, stdout=subprocess.DEVNULL)
    broker = ApacheKafka(tmp_path, jars, port=port)
    try:
        broker.start()
        settings = load_settings(data_dir=tmp_path / "ours", database_url=postgres_url, kafka_servers=broker.servers)
        house = House(settings=settings)

        made = house.topics.ensure(house.topic_plans)

        assert len(made) == len(house.topic_plans)
        assert house.topics.faults(house.topic_plans) == []
    finally:
        broker.stop()


def test_the_certificate_is_one_that_a_strict_client_takes_for_the_mail_server(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here; the image has it")
    maker = next(one for one in containers(MANY_MACHINES) if one.name == "certificate")
    mail = next(one for one in containers(MANY_MACHINES) if one.name == "mail")
    words = [*maker.said["entrypoint"], *maker.said["command"]]
    here = [word.replace("/certificates", str(tmp_path)) for word in words]
    for _ in range(2):
        # The second time it is there.
        subprocess.run(here, check=True, capture_output=True)
    certificate = tmp_path / Path(mail.environment["MP_SMTP_TLS_CERT"]).name
    key = tmp_path / Path(mail.environment["MP_SMTP_TLS_KEY"]).name

    ours, theirs = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_verify_locations(certificate)
    # As later versions of Python do by themselves.
    ours.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    theirs.load_cert_chain(certificate, key)

    assert _shake_hands(ours, theirs, name="mail")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _shake_hands(ours, theirs, name="another")
    assert key.stat().st_mode & 0o077 == 0


def _shake_hands(ours: ssl.SSLContext, theirs: ssl.SSLContext, *, name: str) -> bool:
    to_us, to_them = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ours.wrap_bio(to_us, to_them, server_hostname=name)
    server = theirs.wrap_bio(to_them, to_us, server_side=True)
    done: set[ssl.SSLObject] = set()
    for _ in range(10):
        for side in (client, server):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    return done == {client, server}
