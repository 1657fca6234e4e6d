# ruff: noqa: SLF001 - the guard leans on private names of Faust, and so does what tests it
"""The consumer of the agents beside a rebalance: what it asks aiokafka for, and when (R5)."""

import asyncio
from pathlib import Path
from typing import Any

from faust.types import TP

from streams.agents.app import build_app
from streams.kafka.settings import KafkaSettings

PLACE = TP("ocmw.requests.v1", 0)


def test_a_fetch_that_waited_for_a_seek_asks_for_nothing_where_all_was_paused_meanwhile(tmp_path: Path) -> None:
    async def fetched() -> object:
        app = build_app(KafkaSettings(state=tmp_path), store="memory://")
        consumer: Any = app._new_consumer()
        active = {PLACE}
        async with consumer._moving:
            fetching = asyncio.create_task(consumer._getmany(active, 1.0))
            await asyncio.sleep(0)
            active.clear()  # as pausing does
        consumer._thread.thread_loop.close()  # of a thread that never ran
        return await fetching

    assert asyncio.run(fetched()) == {}
