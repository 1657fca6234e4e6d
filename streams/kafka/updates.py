"""Closing an update: a request gets its rank, then every update not yet released is closed in every partition.

Closings have one order, that of the requests topic. A closer writes all updates that are accepted and not yet released,
oldest first, and awaits every partition before the next. So first copies stand in the same order everywhere, also when
closers crash or race. Copies may repeat; intake takes the first.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from processors.admission.closings import Closings, lawful_id
from schemas.faults import FAULT
from schemas.framing import REQUEST_ID, UNION_ID, decode, encode
from schemas.periods import to_yyyymm
from schemas.releases import Update
from streams.kafka.clients import found_from_end, producing, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import DOSSIERS, RELEASES, UPDATES

NUMBER_HEADER, EPOCH_HEADER = "number", "epoch"
_REQUESTS, _RELEASES = TopicPartition(UPDATES, 0), TopicPartition(RELEASES, 0)


class RequestRefusedError(Exception):
    """An update that cannot be closed; one sentence says why."""


class AcceptedUpdate(NamedTuple):
    """An accepted update, and when it was asked for (seconds since 1970)."""

    update: Update
    since: float


class Announced(NamedTuple):
    """A release that was announced, and the pipeline that did it; number 0 before the first."""

    number: int
    epoch: int


async def accepted_with_time(settings: KafkaSettings) -> list[AcceptedUpdate]:
    """Return the accepted updates, in order, of the requests topic as it is now."""
    async with reading(settings, _REQUESTS) as reader:
        requests = _Requests(reader)
        await requests.read((await reader.end_offsets([_REQUESTS]))[_REQUESTS])
        return [AcceptedUpdate(*pair) for pair in zip(requests.closings.accepted, requests.since, strict=True)]


async def accepted_updates(settings: KafkaSettings) -> list[Update]:
    """Return the accepted updates, in order, of the requests topic as it is now."""
    return [one.update for one in await accepted_with_time(settings)]


async def unreleased(settings: KafkaSettings) -> list[AcceptedUpdate]:
    """Return the accepted updates whose release was not announced yet, the oldest first."""
    accepted = await accepted_with_time(settings)
    return accepted[await last_released(settings) :]


async def last_released(settings: KafkaSettings) -> int:
    """Return the number of the last release that was announced, 0 before the first."""
    return (await last_announced(settings)).number


async def last_announced(settings: KafkaSettings) -> Announced:
    """Return the last release that was announced, by whichever pipeline."""
    async with reading(settings, _RELEASES) as reader:
        return await _last_announced(reader)


async def _last_announced(reader: AIOKafkaConsumer) -> Announced:
    announced = await found_from_end(reader, _RELEASES, lambda records: _announced(records[-1]))
    reader.resume(*reader.assignment())
    return announced or Announced(0, 1)


def _announced(record: ConsumerRecord) -> Announced:
    epoch = dict(record.headers).get(EPOCH_HEADER, b"1")  # earlier versions wrote none
    return Announced(int(decode(record.value or b"")[1]["number"]), int(epoch))


class _Requests:
    """The requests topic as far as it was read."""

    def __init__(self, reader: AIOKafkaConsumer) -> None:
        self.closings = Closings()
        self.since: list[float] = []
        self._reader = reader
        self._next = 0

    async def read(self, until: int) -> None:
        """Read up to an offset that exists."""
        async for fetched in records_between(self._reader, _REQUESTS, self._next, until):
            for record in fetched:
                _, fields = decode(record.value or b"")
                judged = self.closings.judge(fields["update_id"], fields["reference_month"])
                if isinstance(judged, Update):
                    self.closings.close(judged)
                    self.since.append(record.timestamp / 1000)
        self._next = max(self._next, until)


class Closer:
    """Closes updates; it remembers what it wrote everywhere, so a run of closings does not repeat itself."""

    def __init__(self, settings: KafkaSettings, producer: AIOKafkaProducer, reader: AIOKafkaConsumer) -> None:
        """Take an idempotent producer and a reader of requests and releases; use ``closing``."""
        self._settings = settings
        self._producer = producer
        self._reader = reader
        self._requests = _Requests(reader)
        self._written = 0

    async def close(self, update_id: str, reference_month: int) -> Update:
        """Close an update (month as YYYYMM) and return it as it was accepted, now or before.

        Raises RequestRefusedError where the request has no number, or its id was accepted with another month.
        """
        if not lawful_id(update_id):
            message = f"update {update_id!r}: {FAULT['bad-update-id'].reason}; {FAULT['bad-update-id'].remedy}"
            raise RequestRefusedError(message)
        value = encode(REQUEST_ID, {"update_id": update_id, "reference_month": reference_month})
        sent = await self._producer.send_and_wait(UPDATES, value=value, partition=0)
        await self._requests.read(sent.offset + 1)
        updates = self._requests.closings.accepted
        closed = next((update for update in updates if update.update_id == update_id), None)
        if closed is None:
            raise RequestRefusedError(_refusal(update_id, reference_month, updates))
        accepted = to_yyyymm(closed.reference_month)
        if accepted != reference_month:
            message = (
                f"update {update_id} was accepted with reference month {accepted}, which stays; close it with that, "
                f"or close {reference_month} under another id"
            )
            raise RequestRefusedError(message)
        await self._write(updates)
        return closed

    async def _write(self, updates: list[Update]) -> None:
        done = max(self._written, (await _last_announced(self._reader)).number)
        for update in updates[done:]:
            await close_everywhere(self._settings, self._producer, update)
            self._written = update.sequence


@asynccontextmanager
async def closing(settings: KafkaSettings, producer: AIOKafkaProducer) -> AsyncIterator[Closer]:
    """Yield a closer that sends through an idempotent producer."""
    async with reading(settings, _REQUESTS, _RELEASES) as reader:
        yield Closer(settings, producer, reader)


async def close_update(settings: KafkaSettings, update_id: str, reference_month: int) -> Update:
    """Close one update (month as YYYYMM) and return it as it was accepted.

    Raises TopicsError before anything is asked for, RequestRefusedError where it gets no number.
    """
    await verify_topics(settings, DOSSIERS, UPDATES, RELEASES)
    async with producing(settings) as producer, closing(settings, producer) as closer:
        return await closer.close(update_id, reference_month)


async def close_everywhere(settings: KafkaSettings, producer: AIOKafkaProducer, update: Update) -> None:
    """Write the closing of an update into every partition of the log, and await all."""
    fields = {"update_id": update.update_id, "reference_month": to_yyyymm(update.reference_month)}
    value = encode(UNION_ID, ("be.ocmw.v1.UpdateClosed", fields))
    headers = [(NUMBER_HEADER, str(update.sequence).encode())]
    sent = [
        await producer.send(DOSSIERS, value=value, partition=partition, headers=headers)
        for partition in range(settings.partitions)
    ]
    for acknowledged in sent:
        await acknowledged


def _refusal(update_id: str, reference_month: int, updates: list[Update]) -> str:
    if updates and Closings(updates).judge(update_id, reference_month) == "reference-month-decreases":
        last = updates[-1]
        return (
            f"update {update_id}: {reference_month} lies before {to_yyyymm(last.reference_month)}, the month of update "
            f"{last.update_id}; close it with a reference month at or after that"
        )
    return f"update {update_id}: {reference_month} is no month; write it as YYYYMM"
