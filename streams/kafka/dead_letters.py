"""What was set aside: listed by reason, shown without what it says, and sent again once the reason is mended."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from processors.protocol.partitioner import KEY_BYTES
from schemas.events import schema_ids
from schemas.faults import Fault, detailed
from schemas.framing import HEADER_BYTES, decode
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS

RESENT_HEADER = "resent"


class DeadLetter(NamedTuple):
    """An event that was set aside: why, where it stands in the dossier log, and how many bytes it has.

    ``since`` is when it was set aside (seconds since 1970). ``again`` says that this is a note: it was sent again then.
    """

    fault: Fault
    partition: int
    offset: int
    size: int
    since: float
    again: bool
    record: ConsumerRecord

    @property
    def ocmw(self) -> str:
        """The OCMW that it names, "" where none can be read from it."""
        try:
            found = decode(self.record.value or b"")[1].get("ocmw")
        except Exception:  # noqa: BLE001 - these bytes may be anything, and fastavro raises what it likes
            return ""
        return f"{found:05d}" if isinstance(found, int) else ""


class Group(NamedTuple):
    """Letters of one OCMW, reason and partition: how many, how many of them sent again, where and when they stand."""

    ocmw: str
    partition: int
    events: int
    again: int
    offsets: tuple[int, int]
    since: tuple[float, float]


async def dead_letters(settings: KafkaSettings, slug: str | None = None) -> AsyncIterator[DeadLetter]:
    """Yield what was set aside, each once, by partition and offset; ``slug`` chooses one reason. Raises TopicsError."""
    seen: set[tuple[int, int]] = set()
    async for letter in _letters(settings, slug):
        place = letter.partition, letter.offset
        if not letter.again and place not in seen:
            seen.add(place)
            yield letter


async def groups(settings: KafkaSettings, slug: str | None = None) -> dict[str, list[Group]]:
    """Return what was set aside by reason, grouped by OCMW and partition, with how many were sent again since.

    Raises TopicsError.
    """
    again = {(one.partition, one.offset) async for one in _letters(settings, slug) if one.again}
    found: dict[str, dict[tuple[str, int], Group]] = {}
    async for letter in dead_letters(settings, slug):
        of_slug = found.setdefault(letter.fault.slug, {})
        key = letter.ocmw, letter.partition
        of_slug[key] = _with(of_slug.get(key), letter, int((letter.partition, letter.offset) in again))
    return {reason: [of_slug[key] for key in sorted(of_slug)] for reason, of_slug in found.items()}


def _with(group: Group | None, letter: DeadLetter, again: int) -> Group:
    """Return a group with one letter more."""
    ocmw, partition, at, since = letter.ocmw, letter.partition, letter.offset, letter.since
    if group is None:
        return Group(ocmw, partition, 1, again, (at, at), (since, since))
    (first, last), (earliest, latest) = group.offsets, group.since
    offsets, times = (min(first, at), max(last, at)), (min(earliest, since), max(latest, since))
    return Group(ocmw, partition, group.events + 1, group.again + again, offsets, times)


async def _letters(settings: KafkaSettings, slug: str | None) -> AsyncIterator[DeadLetter]:
    await verify_topics(settings, DEAD_LETTERS)
    for partition in range(settings.partitions):
        place = TopicPartition(DEAD_LETTERS, partition)
        async with reading(settings, place) as reader:
            start, end = (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, start, end):
                for letter in map(_letter, fetched):
                    if slug in (None, letter.fault.slug):
                        yield letter


async def resend(settings: KafkaSettings, slug: str) -> int:
    """Send events again that were set aside for one reason, key by the default partitioner; return how many.

    What is still faulty is set aside again; what was counted meanwhile counts once. A note beside the letter says that
    it was sent again. Raises TopicsError.
    """
    await verify_topics(settings, DOSSIERS, DEAD_LETTERS)
    sent = 0
    async with producing(settings) as producer:
        async for letter in dead_letters(settings, slug):
            key = _person(letter.record) if slug == "wrong-partition" else letter.record.key
            partition = DefaultPartitioner()(key, _all(settings), _all(settings)) if key else letter.partition
            await producer.send_and_wait(DOSSIERS, key=key, value=letter.record.value, partition=partition)
            headers = [*letter.record.headers, (RESENT_HEADER, b"1")]
            await producer.send_and_wait(DEAD_LETTERS, value=b"", partition=letter.record.partition, headers=headers)
            sent += 1
    return sent


def _letter(record: ConsumerRecord) -> DeadLetter:
    headers = dict(record.headers)
    where = int(headers["partition"]), int(headers["offset"])
    fault = detailed(headers["slug"].decode(), headers.get("detail", b"").decode())  # earlier versions wrote none
    since, again = record.timestamp / 1000, RESENT_HEADER in headers
    return DeadLetter(fault, *where, len(record.value or b""), since, again, record)


def _all(settings: KafkaSettings) -> list[int]:
    return list(range(settings.partitions))


def _person(record: ConsumerRecord) -> bytes:
    """Return the person of a lawful event in a wrong place: behind frame, branch where there is one, and event id."""
    value: bytes = record.value
    union = schema_ids()[int.from_bytes(value[1:HEADER_BYTES], "big")] is None
    behind = HEADER_BYTES + union + KEY_BYTES
    return value[behind : behind + KEY_BYTES]
