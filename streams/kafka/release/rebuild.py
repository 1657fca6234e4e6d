"""A store made anew from the topics: every release that the rows and closings on Kafka give, once, without a worker."""

import tempfile
from pathlib import Path

from schemas.releases import Release
from schemas.settings import FigureSettings
from sinks.directory.live import LiveHome
from sinks.directory.store import DirectoryStore
from streams.kafka.clients import consumer, stopped
from streams.kafka.release.live import Live
from streams.kafka.release.releasing import Publisher
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.shell.metrics import Metrics
from streams.shell.progress import Report, silent


async def make_releases(
    settings: KafkaSettings, figures: FigureSettings, store: DirectoryStore, progress: Report = silent
) -> int:
    """Make every release that the store has not, up to the last closing that all partitions have reached.

    Return the number of the newest release. The rows are read from their beginning; no snapshot is believed or kept.
    Raises TopicsError, GapError, and ReleaseExistsError where a publisher releases at the same time.
    """
    await verify_topics(settings)
    reader = consumer(settings)
    await reader.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            live = Live(LiveHome(Path(folder)), figures, settings.live_seconds, Metrics())
            alone = settings.model_copy(update={"state": Path(folder)})
            publisher = Publisher(alone, figures, store, reader, live, Metrics())
            await publisher.resume()
            ends = await publisher.ends()

            async def released(release: Release) -> None:
                read = sum(publisher.positions.values())
                progress(f"released update {release.update.update_id}", read, sum(ends.values()))

            while not publisher.has_read(ends):
                await publisher.run_once(released)
            await publisher.end()
    finally:
        await stopped(reader)
    return store.latest()
