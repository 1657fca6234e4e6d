"""Redis fails in every way while releases are made: the home does not wait, and the copy is whole at the end."""

import asyncio
import signal
import time
from pathlib import Path
from random import Random

import pytest
from judged import PATIENCE, UPDATES, run, start
from kafka_workers import Workers
from redis_server import RedisServer

from sinks import zones
from sinks.directory.store import DirectoryStore
from sinks.redis.store import RedisCopy, connect
from streams.kafka.updates import last_released

pytestmark = pytest.mark.faults


def copied(copy: RedisCopy, embedded: DirectoryStore) -> str:
    """Return EXACT when the copy shows what the embedded home holds, block by block, in each zone."""
    release = embedded.release()
    if (copy.latest(), copy.missing(release)) != (UPDATES, 0):
        return f"release {copy.latest()}, {copy.missing(release)} values missing"
    for zone in ("public", "restricted"):
        figures = copy.manifest(zone)["figures"]
        chosen = {one.key: one.ref for one in zones.chosen(release, zone)}
        figures_shown = {(support, period) for support, periods in figures.items() for period in periods}
        if figures_shown != {(key.support, key.period.code) for key in chosen}:
            return f"zone {zone} shows other figures"
        for key, ref in chosen.items():
            block = copy.read_block(zone, figures[key.support][key.period.code][3])
            if block.digest() != embedded.read_block(ref).digest():
                return f"{zone}: {key}"
    return "EXACT"


def test_redis_is_killed_emptied_and_stopped_while_releases_are_made(
    workers: Workers, history: Path, embedded: DirectoryStore, tmp_path: Path
) -> None:
    (tmp_path / "redis").mkdir()
    with RedisServer(tmp_path / "redis") as server:  # it keeps nothing on disk: whatever comes back is empty
        workers.environment["OCMW_REDIS_URL"] = server.url
        start(workers)

        def fault(random: Random) -> str:
            for _ in range(5):
                time.sleep(random.uniform(1, 4))
                server.kill()
                time.sleep(random.uniform(0, 2))
                server.start()
            time.sleep(random.uniform(0, 2))
            server.client().flushall()
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(4)
            server.process.send_signal(signal.SIGCONT)
            return "killed Redis five times, emptied it, stopped it for a while"

        run(workers, history, embedded, fault)
        deadline = time.monotonic() + PATIENCE
        while asyncio.run(last_released(workers.settings)) < UPDATES and time.monotonic() < deadline:
            time.sleep(0.5)
        copy = RedisCopy(connect(server.url))
        print(f"the copy, as it is: {copied(copy, embedded)}")  # noqa: T201 - for people
        copy.make_up(DirectoryStore.reading(workers.store))
        after_filling = copied(copy, embedded)
        print(f"the copy, after ocmw redis-fill: {after_filling}")  # noqa: T201 - for people
        assert after_filling == "EXACT"
