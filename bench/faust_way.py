"""The natural way in Faust: one agent, one event at a time, one update of a table for each. For comparison alone.

It counts far less than intake does: grants per support and month, no dedupe, no splitting over months, no rows.
"""

import asyncio
import time
from pathlib import Path

import faust

from schemas.framing import decode
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS

PATIENCE = 120.0


async def seconds(settings: KafkaSettings, folder: Path, events: int) -> float:
    """Return the seconds from the first event to the last of ``events``."""
    app = faust.App(
        "bench.natural",
        broker=f"kafka://{settings.servers}",
        store="memory://",
        datadir=str(folder),
        web_enabled=False,
        topic_disable_leader=True,
    )
    cents = app.Table("cents", default=int, partitions=settings.partitions)
    seen: list[float] = []
    done = asyncio.Event()

    async def count(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            name, claim = decode(value)
            if name != "be.ocmw.v1.UpdateClosed" and "amount_cents" in claim:
                cents[f"{claim['support']}|{claim['statement_month']}"] += claim["amount_cents"]
            seen.append(time.perf_counter())
            if len(seen) >= events:
                done.set()

    topic = app.topic(DOSSIERS, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    app.agent(topic)(count)
    await app.start()
    try:
        await asyncio.wait_for(done.wait(), PATIENCE)
    finally:
        await app.stop()
    return seen[events - 1] - seen[0]
