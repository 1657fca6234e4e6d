"""Reading receipts: the agents' last word on the events that an OCMW sent."""

from decimal import Decimal
from typing import Any

from aiokafka import TopicPartition

from processors.protocol.receipts import key_of
from schemas.framing import decode
from streams.kafka.clients import reading, records_between
from streams.kafka.settings import KafkaSettings
from streams.kafka.topic_admin import verify_topics
from streams.kafka.topics import RECEIPTS


async def read_receipts(settings: KafkaSettings, ocmw: int, month: int | None = None) -> list[dict[str, Any]]:
    """Return the last receipt (fields of ``Receipt``) of each statement month of an OCMW, or of one (YYYYMM).

    Raises TopicsError.
    """
    await verify_topics(settings, RECEIPTS)
    last: dict[bytes, bytes] = {}
    for partition in range(settings.partitions):
        place = TopicPartition(RECEIPTS, partition)
        async with reading(settings, place) as reader:
            start, end = (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]
            async for fetched in records_between(reader, place, start, end):
                last |= {record.key: record.value for record in fetched if _is_of(record.key or b"", ocmw, month)}
    receipts = [decode(value)[1] for value in last.values()]
    return sorted(receipts, key=lambda receipt: int(receipt["statement_month"]))


def line(receipt: dict[str, Any]) -> tuple[int | str, ...]:
    """Return a receipt as people read it: month, received, applied, duplicates, set aside, euro in and applied."""
    aside = ", ".join(f"{slug} {events:,}" for slug, events in sorted(receipt["set_aside"].items()))
    euros = (f"{Decimal(receipt[cents]).scaleb(-2):,.2f}" for cents in ("cents_in", "cents_applied"))
    month, counts = (
        f"{receipt['statement_month']:06d}",
        (receipt["received"], receipt["applied"], receipt["duplicates"]),
    )
    return f"{month[:-2]}-{month[-2:]}", *counts, aside or "0", *euros


def _is_of(key: bytes, ocmw: int, month: int | None) -> bool:
    return key.startswith(b"%05d|" % ocmw) if month is None else key == key_of(ocmw, month)
