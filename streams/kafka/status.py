"""The state of the pipeline in sentences: updates closed and released, who waits for whom, and stable figures."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from schemas.framing import decode
from schemas.periods import to_yyyymm
from schemas.stable_figures import states
from schemas.supports import NODES
from sinks.directory.store import DirectoryStore
from streams.kafka.clients import found_from_end, high_watermarks, reading
from streams.kafka.intake.watermarks import committed_positions, reached_updates, watermarks
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS, RELEASES, UPDATES, VINTAGES, rows_topic
from streams.kafka.updates import AcceptedUpdate, accepted_with_time, last_released
from streams.shell import clock

_MINUTE = 60


async def sentences(settings: KafkaSettings, store: Path | None = None) -> list[str]:
    """Return what ``ocmw status`` says. Raises TopicsError."""
    await verify_topics(settings, DOSSIERS, UPDATES, rows_topic(settings), RELEASES, VINTAGES, DEAD_LETTERS)
    closed, released = await accepted_with_time(settings), await last_released(settings)
    ends, reached = await _ends(settings, DOSSIERS), await reached_updates(settings)
    folded, opened = await _folded(settings, ends), await _open(settings, ends)
    aside = sum((await _ends(settings, DEAD_LETTERS)).values())
    return [
        _log(ends, folded) + _held(opened),
        _updates(closed, released),
        *(_waiting(one, reached, _behind(ends, folded)) for one in closed[released:]),
        *_apart(reached),
        *([_home(store, released)] if store else []),
        f"{aside:,} records stand among the dead letters; see ocmw dead-letters list"
        if aside
        else "no event was set aside",
        *flags(await _vintages(settings)),
    ]


async def _ends(settings: KafkaSettings, topic: str) -> dict[int, int]:
    places = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
    async with reading(settings, *places) as reader:
        return {place.partition: end for place, end in (await reader.end_offsets(places)).items()}


async def _folded(settings: KafkaSettings, ends: Mapping[int, int]) -> dict[int, int]:
    """Return up to which offset each partition is folded.

    What was sent says so up to the last record; behind it aborted records and markers may stand, which intake has
    passed when the position that it committed says so.
    """
    marks = await watermarks(settings, range(settings.partitions))
    passed = await committed_positions(settings)
    return {
        partition: max(marks[partition].stop, min(passed.get(partition, 0), end)) for partition, end in ends.items()
    }


async def _open(settings: KafkaSettings, ends: Mapping[int, int]) -> dict[int, int]:
    """Return how many records of each partition nobody can read yet, because their transaction is open."""
    places = [TopicPartition(DOSSIERS, partition) for partition in ends]
    highest = await high_watermarks(settings, *places)
    return {place.partition: highest[place] - ends[place.partition] for place in places}


def _held(opened: Mapping[int, int]) -> str:
    held = {partition: records for partition, records in opened.items() if records > 0}
    if not held:
        return ""
    return f"; {sum(held.values()):,} more wait in {_named(list(held))} for a sender to end its transaction"


def _behind(ends: Mapping[int, int], folded: Mapping[int, int]) -> dict[int, int]:
    """Return how many records wait in each partition where any do."""
    waiting = {partition: end - folded[partition] for partition, end in ends.items()}
    return {partition: records for partition, records in waiting.items() if records > 0}


def _log(ends: Mapping[int, int], folded: Mapping[int, int]) -> str:
    behind, total = _behind(ends, folded), sum(ends.values())
    if not behind:
        return f"the log holds {total:,} records, all of them folded"
    where = ", ".join(f"partition {partition} at {folded[partition]:,} of {ends[partition]:,}" for partition in behind)
    return (
        f"the log holds {total:,} records, {sum(behind.values()):,} of them are not folded yet ({where}): intake is at "
        "it, or is not running"
    )


def _updates(closed: list[AcceptedUpdate], released: int) -> str:
    if not closed:
        return "no update was closed yet; close one with ocmw close-update"
    if len(closed) == released:
        return f"{released} updates are closed, all of them released; the last is {closed[-1].update.update_id}"
    return f"{len(closed)} updates are closed, {released} of them released"


def _waiting(waiting: AcceptedUpdate, reached: Mapping[int, int], behind: Mapping[int, int]) -> str:
    """Say what an accepted update waits for: its closer, intake, or publish."""
    update, minutes = waiting.update, max(0, round((clock.now() - waiting.since) / _MINUTE))
    about = f"update {update.update_id} (number {update.sequence}), asked for {minutes} minutes ago, waits for"
    missing = [partition for partition, number in reached.items() if number < update.sequence]
    closer = [partition for partition in missing if partition not in behind]
    if closer:
        month = f"{to_yyyymm(update.reference_month):06d}"
        again = f"ocmw close-update {update.update_id} --reference-month {month[:4]}-{month[4:]}"
        return f"{about} its closer: its closing is not in {_named(closer)}; where it stays so, run {again} again"
    if missing:
        return f"{about} intake in {_named(missing)}"
    return f"{about} publish: all partitions have reached it"


def _apart(reached: Mapping[int, int]) -> Iterator[str]:
    """Say at which update each partition stands, where they differ."""
    numbers = sorted(set(reached.values()))
    if len(numbers) > 1:
        stand = (f"{_named([part for part in reached if reached[part] == one])} at update {one}" for one in numbers)
        yield f"partitions stand at different updates: {', '.join(stand)}"


def _named(partitions: list[int]) -> str:
    return f"partition{'s' * (len(partitions) > 1)} {', '.join(map(str, partitions))}"


def _home(store: Path, released: int) -> str:
    latest = DirectoryStore.reading(store).latest()
    return f"the store holds releases up to {latest}" + ("" if latest == released else f", {released} are announced")


async def _vintages(settings: KafkaSettings) -> dict[str, bytes]:
    """Return the last record of vintages of each support."""
    place = TopicPartition(VINTAGES, 0)
    async with reading(settings, place) as reader:
        return await found_from_end(reader, place, _last_update) or {}


def _last_update(records: list[ConsumerRecord]) -> dict[str, bytes] | None:
    """Return the values of the last update, by support; None while the first of the records may be of it too."""
    decoded = [(decode(record.value or b"")[1], record.value or b"") for record in records]
    last = max(fields["sequence"] for fields, _ in decoded)
    if last > 1 and decoded[0][0]["sequence"] == last:
        return None
    return {fields["support"]: value for fields, value in decoded if fields["sequence"] == last}


def flags(vintages: Mapping[str, bytes]) -> Iterator[str]:
    """Yield for each support, in the order of the list of them, how many of its figures are in which state."""
    for node in NODES:
        if node.code in vintages:
            fields: dict[str, Any] = decode(vintages[node.code])[1]
            counts = (f"{periods:,} {state}" for state, periods in states(fields).items() if periods)
            yield f"{node.code} at update {fields['update_id']}: {', '.join(counts)}"
