"""A small Faust app, guarded or as Faust comes, in one of the three situations in which Faust loses data.

agents_program.py SERVERS FOLDER guarded|plain refused|slow|failing
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust
from faust.sensors import Sensor
from faust.types import StreamT

from streams import logs
from streams.agents.guards import EndOnRefusal, GuardedApp, GuardedTable

TOPIC = "trial"
LIMIT = {"refused": {"max.message.bytes": "1000"}}
"""What makes the broker refuse a change."""
LINGER = {"slow": 2.0}
"""Seconds from one request of the producer to its next."""


class Written(Sensor):
    """Counts the changes that are written."""

    changes = 0

    def on_send_completed(self, *_: object) -> None:
        """Count one."""
        self.changes += 1


def build(servers: str, folder: Path, *, guarded: bool, situation: str) -> faust.App:
    """Return the app."""
    make: Callable[..., faust.App] = GuardedApp if guarded else faust.App
    app = make(
        f"trial-{'guarded' if guarded else 'plain'}-{situation}",
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

    async def keep(values: StreamT[bytes]) -> None:
        taken = 0
        async for value in values:
            if value == b"poison":
                message = "poison"
                raise ValueError(message)
            table[b"last"] = value
            if guarded:
                await table.settle()
            taken += 1
            sys.stdout.write(f"taken {taken} written {written.changes}\n")
            sys.stdout.flush()

    app.agent(app.topic(TOPIC, key_type=bytes, value_type=bytes), name="keep")(keep)
    return app


async def run(app: faust.App) -> None:
    """Run until the process is ended."""
    worker = faust.Worker(app, loop=asyncio.get_running_loop(), override_logging=False, redirect_stdouts=False)
    await worker.start()
    await app.wait_until_stopped()


if __name__ == "__main__":
    logs.configure()
    asyncio.run(run(build(sys.argv[1], Path(sys.argv[2]), guarded=sys.argv[3] == "guarded", situation=sys.argv[4])))
