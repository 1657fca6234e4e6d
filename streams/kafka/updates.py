"""Closing an update: a request gets its rank, then every update not yet released is closed in every partition.

Closings have one order, that of the requests topic. Whoever closes writes all that is accepted and not yet released,
oldest first, and awaits every partition before the next: so first copies stand in the same order everywhere, whoever
crashes or races. Copies may repeat; intake takes the first.
"""

from aiokafka import AIOKafkaProducer, TopicPartition

from processors.closings import Closings
from schemas.framing import REQUEST_ID, UNION_ID, decode, encode
from schemas.periods import to_yyyymm
from schemas.releases import Update
from streams.kafka.clients import last_record, reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import DOSSIERS, RELEASES, UPDATES

NUMBER_HEADER = "number"
_REQUESTS = TopicPartition(UPDATES, 0)


class RequestRefusedError(Exception):
    """An update that cannot be closed; one sentence says why."""


async def accepted_updates(settings: KafkaSettings, until: int | None = None) -> list[Update]:
    """Return the accepted updates, in order, of the requests topic as it is now, or at least up to an offset."""
    closings = Closings()
    async with reading(settings, _REQUESTS) as reader:
        end = max((await reader.end_offsets([_REQUESTS]))[_REQUESTS], until or 0)
        async for fetched in records_between(reader, _REQUESTS, 0, end):
            for record in fetched:
                _, fields = decode(record.value or b"")
                judged = closings.judge(fields["update_id"], fields["reference_month"])
                if isinstance(judged, Update):
                    closings.close(judged)
    return closings.accepted


async def last_released(settings: KafkaSettings) -> int:
    """Return the number of the last release that was announced, 0 before the first."""
    record = await last_record(settings, TopicPartition(RELEASES, 0))
    return 0 if record is None else int(decode(record.value or b"")[1]["number"])


class Closer:
    """Closes updates; one object remembers what it wrote everywhere, so a run of closings does not repeat itself."""

    def __init__(self, settings: KafkaSettings, producer: AIOKafkaProducer) -> None:
        """Take an idempotent producer."""
        self._settings = settings
        self._producer = producer
        self._written = 0

    async def close(self, update_id: str, reference_month: int) -> Update:
        """Close an update (month as YYYYMM) and return it as it was accepted, now or before.

        Raises RequestRefusedError where the request has no number.
        """
        value = encode(REQUEST_ID, {"update_id": update_id, "reference_month": reference_month})
        sent = await self._producer.send_and_wait(UPDATES, value=value, partition=0)
        updates = await accepted_updates(self._settings, sent.offset + 1)
        found = next((update for update in updates if update.update_id == update_id), None)
        if found is None:
            raise RequestRefusedError(_refusal(update_id, reference_month, updates))
        await self._write(updates)
        return found

    async def _write(self, updates: list[Update]) -> None:
        done = max(self._written, await last_released(self._settings))
        for update in updates[done:]:
            await close_everywhere(self._settings, self._producer, update)
            self._written = update.sequence


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
