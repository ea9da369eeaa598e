"""Apache Kafka itself: its jars by Maven, one node in KRaft mode on loopback.

The jars are kept in a cache outside the repository. Where Maven is out of reach, a stand-in
from the Python package index serves: `Broker.kind` names which of the two runs.
`AMENDS_TEST_BROKER` asks for one of them: `kafka` and nothing else, or `noida-db`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests.servers.ports import HOST, NoServer, Watcher, answers, end, free_port, wait_until

VERSION = "4.1.1"
_STAND_IN = "noida-db"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>amends</groupId><artifactId>broker-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
#: One node that is broker and controller, and keeps no second copy of anything.
_PROPERTIES = """process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/logs
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class Broker(Protocol):
    """A broker that a test or a benchmark talks to."""

    kind: str
    port: int

    @property
    def servers(self) -> str:
        """Its address, as `AMENDS_KAFKA_SERVERS` takes it."""

    def start(self) -> Broker:
        """Start it and wait until it answers."""

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it; `at_once` as if the power had gone."""


def a_broker(folder: Path) -> Broker:
    """Make a broker: Apache Kafka, or its stand-in where Maven is out of reach.

    Raises:
        NoServer: neither can be had, or not the one that `AMENDS_TEST_BROKER` asks for.
    """
    asked = os.environ.get("AMENDS_TEST_BROKER", "")
    if asked not in {"", "kafka", _STAND_IN}:
        raise NoServer(f"there is no broker {asked!r}: AMENDS_TEST_BROKER is kafka, {_STAND_IN} or empty")
    if asked == _STAND_IN:
        return StandIn(folder)
    try:
        return ApacheKafka(folder, fetched_jars())
    except NoServer as why:
        if asked:
            raise
        print(f"{why}; {_STAND_IN} stands in for it", file=sys.stderr)
        return StandIn(folder)


def fetched_jars() -> Path:
    """Give the folder of Kafka's jars, and fetch them the first time.

    Raises:
        NoServer: Java or Maven is not here, or Maven reaches nothing.
    """
    jars = cache() / f"kafka-{VERSION}"
    for tool in ("java",) if jars.exists() else ("java", "mvn"):
        if shutil.which(tool) is None:
            raise NoServer(f"Apache Kafka needs Java 17 and Maven, and there is no {tool} here")
    if jars.exists():
        return jars
    work = cache() / f"kafka-{VERSION}.{os.getpid()}.part"
    work.mkdir(parents=True, exist_ok=True)
    (work / "pom.xml").write_text(_POM)
    fetched = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars", "-DincludeScope=runtime"],
        cwd=work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fetched.returncode != 0:
        shutil.rmtree(work)
        raise NoServer(f"Maven could not fetch Apache Kafka {VERSION}: {fetched.stdout[-500:].strip()}")
    try:
        (work / "jars").rename(jars)
    except OSError:
        # Another process was as quick.
        if not jars.exists():
            raise
    shutil.rmtree(work)
    return jars


def cache() -> Path:
    """Give the folder outside the repository where fetched servers are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "amends"


class ApacheKafka:
    """One node of Apache Kafka."""

    kind = f"Apache Kafka {VERSION}"

    def __init__(self, folder: Path, jars: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        """Keep everything in `folder`. `settings` are properties of the broker that outrank ours."""
        self.folder = folder
        self.port = port or free_port()
        self._controller = free_port()
        self._jars = jars
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    @property
    def servers(self) -> str:
        """Its address."""
        return f"{HOST}:{self.port}"

    def start(self) -> ApacheKafka:
        """Start it, the first time on an empty folder."""
        properties = self.folder / "server.properties"
        if not properties.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            ours = _PROPERTIES.format(host=HOST, port=self.port, controller=self._controller, folder=self.folder)
            properties.write_text(ours + "".join(f"{name}={value}\n" for name, value in self._settings.items()))
            tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", "YW1lbmRzLXRlc3RzLTAwMQ"]
            subprocess.run([*self._java("128m"), *tool, "-c", str(properties)], check=True, stdout=subprocess.DEVNULL)
        with (self.folder / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java("512m"), "kafka.Kafka", str(properties)], stdout=log, stderr=log
            )
        self._watcher = Watcher(self._process)
        wait_until(lambda: answers(self.port), self._process, what=self.kind, seconds=90)
        return self

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it; `at_once` with SIGKILL."""
        if self._watcher is not None:
            self._watcher.leave()
            self._watcher = None
        if self._process is not None:
            if at_once:
                self._process.kill()
            end(self._process, seconds=40)
            self._process = None

    def _java(self, heap: str) -> list[str]:
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-cp", f"{self._jars}/*"]


class StandIn:
    """A broker from the Python package index, for machines that Maven does not reach. It is no store to rely on."""

    kind = _STAND_IN

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    @property
    def servers(self) -> str:
        """Its address."""
        return f"{HOST}:{self.port}"

    def start(self) -> StandIn:
        """Install it into an environment of its own the first time, and start it."""
        command = self._installed()
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = ["start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", str(self.folder)]
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen([command, *wanted], stdout=log, stderr=log)
        self._watcher = Watcher(self._process)
        wait_until(lambda: answers(self.port), self._process, what=self.kind, seconds=60)
        return self

    def _installed(self) -> Path:
        """Give the program itself: its command would start it as a child, and leave it behind when it is ended."""
        home = cache() / _STAND_IN
        program = f"lib/python*/site-packages/{_STAND_IN.replace('-', '_')}/{_STAND_IN}"
        if not list(home.glob(program)):
            try:
                subprocess.run([sys.executable, "-m", "venv", home], check=True)
                subprocess.run([home / "bin" / "pip", "install", "--quiet", _STAND_IN], check=True)
            except (OSError, subprocess.CalledProcessError) as why:
                raise NoServer(f"{_STAND_IN} cannot be installed: {why}") from why
        found = next(home.glob(program), None)
        if found is None:
            raise NoServer(f"{_STAND_IN} is installed in {home}, and its program is not where it was")
        return found

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it."""
        if self._watcher is not None:
            self._watcher.leave()
            self._watcher = None
        if self._process is not None:
            if at_once:
                self._process.kill()
            end(self._process)
            self._process = None
