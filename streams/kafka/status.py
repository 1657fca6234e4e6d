"""Where all stands, in sentences: what is closed, what is released, what waits for whom."""

from collections.abc import Mapping
from pathlib import Path

from aiokafka import TopicPartition

from processors.intake import Watermark
from schemas.releases import Update
from sinks.directory import DirectoryStore
from streams.kafka.clients import reading
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS
from streams.kafka.updates import accepted_updates, last_released
from streams.kafka.watermarks import watermarks


async def sentences(settings: KafkaSettings, store: Path | None = None) -> list[str]:
    """Return what ``ocmw status`` says."""
    updates, released = await accepted_updates(settings), await last_released(settings)
    marks = await watermarks(settings, range(settings.partitions))
    ends = await _ends(settings, DOSSIERS)
    aside = sum((await _ends(settings, DEAD_LETTERS)).values())
    return [
        _log(ends, marks),
        _updates(updates, released),
        *([_home(store, released)] if store else []),
        f"{aside:,} events were set aside; see ocmw dead-letters list" if aside else "no event was set aside",
    ]


async def _ends(settings: KafkaSettings, topic: str) -> dict[int, int]:
    places = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
    async with reading(settings, *places) as reader:
        return {place.partition: end for place, end in (await reader.end_offsets(places)).items()}


def _log(ends: Mapping[int, int], marks: Mapping[int, Watermark]) -> str:
    behind = sum(ends[partition] - marks[partition].stop for partition in ends)
    total = sum(ends.values())
    if not behind:
        return f"the log holds {total:,} records, all of them folded"
    return f"the log holds {total:,} records, {behind:,} of them are not folded yet: intake is at it, or is not running"


def _updates(updates: list[Update], released: int) -> str:
    waiting = updates[released:]
    if not updates:
        return "no update was closed yet; close one with ocmw close-update"
    if not waiting:
        return f"{len(updates)} updates are closed, all of them released; the last is {updates[-1].update_id}"
    return (
        f"{len(updates)} updates are closed, {released} released; update {waiting[0].update_id} (number "
        f"{waiting[0].sequence}) waits for its closing in all partitions, or for publish: where it stays, "
        f"run ocmw close-update {waiting[0].update_id} again"
    )


def _home(store: Path, released: int) -> str:
    latest = DirectoryStore.reading(store).latest()
    return f"the store holds releases up to {latest}" + ("" if latest == released else f", {released} are announced")
