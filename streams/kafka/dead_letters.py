"""What was set aside: listed by reason, shown without what it says, and sent again once the reason is mended.

The dossier log has a topic of such letters, and each keyed service has one.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from processors.protocol.partitioner import KEY_BYTES
from processors.services.protocol import key_of
from schemas.events import schema_ids
from schemas.faults import Fault, detailed
from schemas.framing import HEADER_BYTES, decode
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import record_of
from schemas.services.topics import ADMITS, TOPIC, TOPICS, ServiceName
from streams.kafka.clients import producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DEAD_LETTERS, DOSSIERS, REQUESTS, letters_topic

RESENT_HEADER = "resent"
_OF_SERVICES = {topic.address: topic for topic in TOPICS}


def letters_of(service: ServiceName | None) -> str:
    """Return the topic of dead letters of a keyed service, or of the dossier log (None)."""
    return DEAD_LETTERS if service is None else letters_topic(service)


def sources_of(service: ServiceName | None) -> tuple[str, ...]:
    """Return the topics to which letters of a service may be sent again; requests go through esv-edge alone."""
    if service is None:
        return (DOSSIERS,)
    return tuple(address for name in ADMITS[service] if (address := TOPIC[name].address) != REQUESTS)


class DeadLetter(NamedTuple):
    """An event that was set aside: why, where it stands in its topic, and how many bytes it has.

    ``since`` is when it was set aside (seconds since 1970). ``again`` says that this is a note: it was sent again then.
    """

    fault: Fault
    partition: int
    offset: int
    size: int
    since: float
    again: bool
    record: ConsumerRecord
    topic: str

    @property
    def ocmw(self) -> str:
        """The OCMW that it names, "" where none can be read from it."""
        if self.topic in _OF_SERVICES:
            record = record_of(_OF_SERVICES[self.topic], self.record.value)
            named = getattr(record, "ocmw", getattr(record, "by", ""))
            return f"{named:05d}" if named else ""
        try:
            code = decode(self.record.value or b"")[1].get("ocmw")
        except Exception:  # noqa: BLE001 - these bytes may be anything, and fastavro raises what it likes
            return ""
        return f"{code:05d}" if isinstance(code, int) else ""


class Group(NamedTuple):
    """Letters of one OCMW, reason, topic and partition: how many, of them sent again, where and when they stand.

    ``reasons`` are the sentences of their faults, which name a field or a schema id where these are known.
    """

    ocmw: str
    partition: int
    events: int
    again: int
    offsets: tuple[int, int]
    since: tuple[float, float]
    topic: str
    reasons: frozenset[str] = frozenset()


async def dead_letters(
    settings: KafkaSettings, slug: str | None = None, service: ServiceName | None = None
) -> AsyncIterator[DeadLetter]:
    """Yield what was set aside of the dossier log or of a service, each once, by partition and offset.

    ``slug`` chooses one reason. Raises TopicsError.
    """
    seen: set[tuple[str, int, int]] = set()
    async for letter in _letters(settings, slug, service):
        place = letter.topic, letter.partition, letter.offset
        if not letter.again and place not in seen:
            seen.add(place)
            yield letter


async def groups(
    settings: KafkaSettings, slug: str | None = None, service: ServiceName | None = None
) -> dict[str, list[Group]]:
    """Return what was set aside by reason, grouped by OCMW, topic and partition, with how many were sent again since.

    Raises TopicsError.
    """
    again = {(one.topic, one.partition, one.offset) async for one in _letters(settings, slug, service) if one.again}
    by_reason: dict[str, dict[tuple[str, str, int], Group]] = {}
    async for letter in dead_letters(settings, slug, service):
        of_slug = by_reason.setdefault(letter.fault.slug, {})
        key = letter.ocmw, letter.topic, letter.partition
        of_slug[key] = _with(of_slug.get(key), letter, int((letter.topic, letter.partition, letter.offset) in again))
    return {reason: [of_slug[key] for key in sorted(of_slug)] for reason, of_slug in by_reason.items()}


def _with(group: Group | None, letter: DeadLetter, again: int) -> Group:
    """Return a group with one letter more."""
    ocmw, partition, at, since = letter.ocmw, letter.partition, letter.offset, letter.since
    if group is None:
        reasons = frozenset([letter.fault.reason])
        return Group(ocmw, partition, 1, again, (at, at), (since, since), letter.topic, reasons)
    (first, last), (earliest, latest) = group.offsets, group.since
    offsets, times = (min(first, at), max(last, at)), (min(earliest, since), max(latest, since))
    reasons = group.reasons | {letter.fault.reason}
    return Group(ocmw, partition, group.events + 1, group.again + again, offsets, times, letter.topic, reasons)


async def _letters(settings: KafkaSettings, slug: str | None, service: ServiceName | None) -> AsyncIterator[DeadLetter]:
    topic = letters_of(service)
    await verify_topics(settings, topic)
    for partition in range(settings.partitions):
        place = TopicPartition(topic, partition)
        async with reading(settings, place) as reader:
            start, end = (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, start, end):
                for letter in map(_letter, fetched):
                    if slug in (None, letter.fault.slug):
                        yield letter


async def resend(settings: KafkaSettings, slug: str, service: ServiceName | None = None) -> int:
    """Send events again that were set aside for one reason, key by the default partitioner; return how many.

    What is still faulty is set aside again; what was counted meanwhile counts once. A note beside the letter says that
    it was sent again. Requests for social reports are left: who asked asks again. Raises TopicsError.
    """
    sources, letters = sources_of(service), letters_of(service)
    await verify_topics(settings, *sources)
    sent = 0
    async with producing(settings) as producer:
        async for letter in dead_letters(settings, slug, service):
            if letter.topic not in sources:
                continue
            key = _own_key(letter) if slug == "wrong-partition" else letter.record.key
            partition = DefaultPartitioner()(key, _all(settings), _all(settings)) if key else letter.partition
            await producer.send_and_wait(letter.topic, key=key, value=letter.record.value, partition=partition)
            headers = [*letter.record.headers, (RESENT_HEADER, b"1")]
            await producer.send_and_wait(letters, value=b"", partition=letter.record.partition, headers=headers)
            sent += 1
    return sent


def _letter(record: ConsumerRecord) -> DeadLetter:
    headers = dict(record.headers)
    where, topic = (int(headers["partition"]), int(headers["offset"])), headers.get("topic", DOSSIERS.encode()).decode()
    slug, detail = headers["slug"].decode(), headers.get("detail", b"").decode()  # earlier versions wrote no detail
    fault = SERVICE_FAULT[slug] if topic in _OF_SERVICES else detailed(slug, detail)
    since, again = record.timestamp / 1000, RESENT_HEADER in headers
    return DeadLetter(fault, *where, len(record.value or b""), since, again, record, topic)


def _own_key(letter: DeadLetter) -> bytes:
    """Return the key that an event in a wrong place should have."""
    if letter.topic not in _OF_SERVICES:
        return _person(letter.record)
    record = record_of(_OF_SERVICES[letter.topic], letter.record.value)
    return bytes(letter.record.key or b"") if isinstance(record, str) else key_of(record)


def _all(settings: KafkaSettings) -> list[int]:
    return list(range(settings.partitions))


def _person(record: ConsumerRecord) -> bytes:
    """Return the person of a lawful event in a wrong place: behind frame, branch where there is one, and event id."""
    value: bytes = record.value
    union = schema_ids()[int.from_bytes(value[1:HEADER_BYTES], "big")] is None
    behind = HEADER_BYTES + union + KEY_BYTES
    return value[behind : behind + KEY_BYTES]
