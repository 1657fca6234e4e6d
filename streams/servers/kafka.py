"""One Apache Kafka broker (KRaft) on free loopback ports, for tests and the demo; never for production.

The jars come from Maven Central through ``mvn`` into the user's cache, once. Beside them lies an archive of the classes
that a broker loads, made by the first one on a machine: with it the next start in half the time.
"""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from uuid import uuid4

from platformdirs import user_cache_path

HEAP = "512m"
START_SECONDS = 60.0


class ServerError(Exception):
    """A server cannot be had or does not start; the text says what to install or where its log lies."""


def jars() -> Path:
    """Return the directory of Kafka's jars, fetched when it is not there. Raises ServerError without mvn or Java."""
    pom = files("streams.servers") / "pom.xml"
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    directory = user_cache_path("ocmw") / "servers" / f"kafka-{version}"
    if directory.is_dir():
        return directory
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            message = f"{program} is missing: install Maven and Java 17 or later (apt-get install maven)"
            raise ServerError(message)
    fresh = directory.with_name(f"{directory.name}.{os.getpid()}")
    with as_file(pom) as path:
        command = ["mvn", "-q", "-B", "-f", str(path), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if fetched.returncode:
        message = f"Maven could not fetch Apache Kafka: {fetched.stdout[-500:]}"
        raise ServerError(message)
    if not directory.is_dir():
        fresh.rename(directory)
    return directory


def archive() -> Path:
    """Return the archive of classes, made when it is not there; where that fails, an empty file: no use, no harm."""
    path = jars() / "classes.jsa"
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}")
        with TemporaryDirectory() as folder:
            _Recording(Path(folder) / "kafka", made).start().stop()
        if not is_whole(made):
            made.unlink(missing_ok=True)
            made.touch()
        made.replace(path)
    return path


def is_whole(archived: Path) -> bool:
    """Tell whether a JVM can use an archive: with that of a broker that was killed as it wrote, it would crash."""
    checks = ("-Xshare:on", "-XX:+VerifySharedSpaces", f"-XX:SharedArchiveFile={archived}", "-XX:+UseSerialGC")
    command = ["java", *checks, "-cp", f"{jars()}/*", "-version"]
    with TemporaryDirectory() as folder:  # a JVM that crashes says so in a file
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0  # noqa: S603 - ours


def free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _drawn_cluster() -> str:
    """Return a new name as Kafka writes them: 16 bytes by URL-safe Base64, so it may begin with a dash."""
    return urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")


class KafkaServer:
    """A broker with its data in ``root``; start, kill and start again as often as a test likes."""

    def __init__(self, root: Path) -> None:
        """Choose ports and write the configuration; nothing runs yet."""
        self.root = root
        self.cluster = _drawn_cluster()
        self.port, self._controller = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        root.mkdir(parents=True, exist_ok=True)
        (root / "server.properties").write_text(self._properties(), encoding="utf-8")

    @property
    def servers(self) -> str:
        """The bootstrap server."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start and wait until it serves; formats an empty data directory. Raises ServerError."""
        if not (self.root / "data").exists():
            self._tool(
                "format", f"--cluster-id={self.cluster}", "-c", str(self.root / "server.properties"), *self._users()
            )
        log = self.root / "server.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*self._java(HEAP), "kafka.Kafka", str(self.root / "server.properties")],
                stdout=output,
                stderr=output,
            )
        self._await_ready(log)
        return self

    def stop(self) -> None:
        """End it in order; quickly, since nobody else follows it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (kill -9)."""
        self._end(signal.SIGKILL)

    def lose_data(self) -> None:
        """Remove all data of a stopped broker: the next start is a new cluster."""
        shutil.rmtree(self.root / "data")
        self.cluster = _drawn_cluster()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _await_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.1)
        self.kill()
        message = f"Kafka did not start; its log: {log.read_text(encoding='utf-8', errors='replace')[-500:]}"
        raise ServerError(message)

    def _tool(self, *arguments: str) -> str:
        made = subprocess.run(  # noqa: S603 - our own command
            [*self._java("128m"), "kafka.tools.StorageTool", *arguments], capture_output=True, text=True, check=False
        )
        if made.returncode:
            message = f"Kafka's storage tool failed: {made.stderr[-500:]}"
            raise ServerError(message)
        return made.stdout

    def _java(self, heap: str) -> list[str]:
        quick = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", self._classes())
        return ["java", f"-Xmx{heap}", *quick, "-cp", f"{jars()}/*"]

    def _classes(self) -> str:
        return f"-XX:SharedArchiveFile={archive()}"

    def _users(self) -> list[str]:
        """Return the options of formatting about users: there are none, whoever connects may do anything."""
        return []

    def _properties(self) -> str:
        return "".join(f"{name}={value}\n" for name, value in self._configuration().items())

    def _configuration(self) -> dict[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.root / "data",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            "message.max.bytes": 16 << 20,
            "replica.fetch.max.bytes": 16 << 20,
        }


class _Recording(KafkaServer):
    """A broker that writes the classes it has loaded into an archive when it is stopped."""

    def __init__(self, root: Path, archived: Path) -> None:
        super().__init__(root)
        self._archived = archived

    def _classes(self) -> str:
        return f"-XX:ArchiveClassesAtExit={self._archived}"
