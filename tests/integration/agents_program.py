"""A small Faust app, guarded or as Faust comes, in one of the four situations in which Faust loses data.

agents_program.py SERVERS FOLDER guarded|plain refused|slow|failing|ended
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust
from faust.sensors import Sensor
from faust.types import StreamT

from streams.agents.guards import EndOnRefusal, GuardedApp, GuardedTable, to_its_end
from streams.shell import logs
from streams.shell.services import run_service

LIMIT = {"refused": {"max.message.bytes": "1000"}}
"""What makes the broker refuse a change."""
LINGER = {"slow": 2.0}
"""Seconds from one request of the producer to its next."""


WAIT = 3.0
"""Seconds that the agent works on a message before it changes its table, where it is ended meanwhile."""


def name_of(kind: str, situation: str) -> str:
    """Return the name of the app, which is also that of its topic."""
    return f"trial-{kind}-{situation}"


def say(sentence: str) -> None:
    """Say it to whoever runs this program."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


class Written(Sensor):
    """Counts the changes that are written."""

    changes = 0

    def on_send_completed(self, *_: object) -> None:
        """Count one."""
        self.changes += 1


def build(servers: str, folder: Path, *, guarded: bool, situation: str) -> faust.App:
    """Return the app."""
    make: Callable[..., faust.App] = GuardedApp if guarded else faust.App
    name = name_of("guarded" if guarded else "plain", situation)
    app = make(
        name,
        broker=f"kafka://{servers}",
        store="memory://",
        datadir=str(folder),
        key_serializer="raw",
        value_serializer="raw",
        web_enabled=False,
        autodiscover=False,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        producer_acks=-1,
        producer_linger=LINGER.get(situation, 0.0),
        broker_commit_interval=0.2,
        broker_session_timeout=10,
        broker_heartbeat_interval=1,
        broker_request_timeout=40,
        stream_wait_empty=False,
        stream_recovery_delay=0,
    )
    kind: type[Any] = GuardedTable if guarded else faust.Table
    options = {"key_type": bytes, "value_type": bytes, "partitions": 1, "extra_topic_configs": LIMIT.get(situation, {})}
    table = kind(app, name="kept", beacon=app.tables.beacon, **options)
    app.tables.add(table)
    if guarded:
        app.sensors.add(EndOnRefusal())

    written = Written()
    app.sensors.add(written)

    async def work(value: bytes) -> None:
        if value == b"poison":
            message = "poison"
            raise ValueError(message)
        if situation == "ended":
            say("waiting")
            await asyncio.sleep(WAIT)
        table[b"last"] = value
        if guarded:
            await table.settle()
        say(f"taken {value.decode()} written {written.changes}")

    async def keep(values: StreamT[bytes]) -> None:
        async for value in values:
            await (to_its_end(work(value)) if guarded else work(value))

    app.agent(app.topic(name, key_type=bytes, value_type=bytes), name="keep")(keep)
    return app


if __name__ == "__main__":
    logs.configure()
    asyncio.run(
        run_service(build(sys.argv[1], Path(sys.argv[2]), guarded=sys.argv[3] == "guarded", situation=sys.argv[4]))
    )
