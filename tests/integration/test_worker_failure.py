"""A worker that fails by a fault of ours says which kind and where, and nothing of what it choked on."""

import asyncio
import json

import pytest
from kafka_workers import Workers

from schemas.framing import ROWS_ID, framed
from streams.kafka.clients import producing
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import rows_topic

pytestmark = pytest.mark.slow
CANARY = "canary-of-a-person"


async def send_nonsense(settings: KafkaSettings) -> None:
    async with producing(settings) as producer:
        await producer.send_and_wait(rows_topic(settings), value=framed(ROWS_ID, CANARY.encode()), partition=0)


def test_a_worker_that_fails_logs_kind_and_place_and_no_traceback(workers: Workers) -> None:
    asyncio.run(send_nonsense(workers.settings))
    workers.start("publish", "publish")
    code, last = workers.await_end("publish", 60)
    line = json.loads(last)
    assert (code, line["event"], line["error"]) == (1, "failed", "IndexError")
    assert any(place.startswith("releasing.py:") for place in line["places"])
    assert "Traceback" not in workers.log("publish")
    assert CANARY not in workers.log("publish")
