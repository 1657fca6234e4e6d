"""Workers of the Kafka driver as processes of their own, which a test starts, kills and starts again."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sinks.directory.identity import exists
from sinks.directory.store import DirectoryStore
from streams.agents.table import every_topic
from streams.kafka.roles.supervisor import command
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import make_topics
from streams.servers.kafka import KafkaServer


class Workers:
    """The processes of one test, with a broker, a state directory and a store of their own."""

    def __init__(self, root: Path, server: KafkaServer, **settings: object) -> None:
        """Make the topics; no worker runs yet."""
        self.root = root
        self.server = server
        self.store = root / "store"
        self.settings = KafkaSettings.model_validate({"servers": server.servers, "state": root / "state", **settings})
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}
        asyncio.run(make_topics(self.settings, every_topic(self.settings)))

    def start(self, name: str, role: str, *, machine: str = "state") -> None:
        """Start a worker under a name, its snapshots in a directory; its output goes to a file of its name."""
        self.run(name, command(role, self.store), machine=machine)

    def run(self, name: str, program: Sequence[str], *, machine: str = "state") -> None:
        """Start another program in the place of a worker."""
        given = {
            "OCMW_KAFKA_SERVERS": self.settings.servers,
            "OCMW_KAFKA_STATE": str(self.root / machine),
            "OCMW_KAFKA_SNAPSHOT_SECONDS": str(self.settings.snapshot_seconds),
            "OCMW_KAFKA_INSTANCE": name,
            "OCMW_KAFKA_LOG_LEVEL": "INFO",
            **self.environment,
        }
        with (self.root / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - this program
                program, env={**os.environ, **given}, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """End a worker at once (kill -9)."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a worker."""
        self.processes[name].send_signal(number)

    def stop(self, name: str) -> int:
        """End a worker in order and return its exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(30)

    def stop_all(self) -> None:
        """End all workers."""
        for name in list(self.processes):
            self.kill(name)

    def log(self, name: str) -> str:
        """Return what a worker wrote."""
        return (self.root / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def released(self) -> int:
        """Return the number of the current release."""
        return DirectoryStore.reading(self.store).latest() if exists(self.store) else 0

    def await_end(self, name: str, seconds: float) -> tuple[int, str]:
        """Wait until a worker ends by itself; return its exit code and the last line that it wrote."""
        process = self.processes.pop(name)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{name} did not end:\n{self.log(name)[-2000:]}") from None
        return code, self.log(name).strip().rpartition("\n")[2]

    def await_release(self, number: int, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for a release; fails with the logs when it does not come, or a worker ends."""
        deadline = time.monotonic() + seconds
        while self.released() < number:
            meanwhile()
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = "\n".join(f"--- {name}\n{self.log(name)[-2000:]}" for name in self.processes)
                raise AssertionError(f"release {number} did not come ({self.released()} is); ended: {ended}\n{logs}")
            time.sleep(0.1)
