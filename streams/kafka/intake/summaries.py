"""Summaries for receipts on their way to the agents: keyed by OCMW, so that one agent has all of an OCMW."""

from collections.abc import Iterable
from functools import cache

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from processors.protocol.receipts import OcmwSummary
from schemas.framing import encode
from streams.kafka.packing import Packer
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import summaries_topic

SUMMARY_ID = 22


async def send_summaries(
    producer: AIOKafkaProducer, settings: KafkaSettings, source: int, summaries: Iterable[OcmwSummary]
) -> None:
    """Send what a partition of the log says, and await every acknowledgement; raises what the broker refuses with."""
    packer = Packer(producer, summaries_topic(settings))
    for summary in summaries:
        key, partition = _place(summary.ocmw, settings.partitions)
        await packer.append(partition, key, encoded(source, summary))
    await packer.flush()


def encoded(source: int, of_ocmw: OcmwSummary) -> bytes:
    """Return the framed value of a summary of a partition of the log."""
    summary = of_ocmw.summary
    fields = {
        "ocmw": of_ocmw.ocmw,
        "statement_month": of_ocmw.statement_month,
        "partition": source,
        "to": summary.to,
        "received": summary.received,
        "applied": summary.applied,
        "duplicates": summary.duplicates,
        "set_aside": dict(summary.set_aside),
        "cents_in": summary.cents_in,
        "cents_applied": summary.cents_applied,
    }
    return encode(SUMMARY_ID, fields)


@cache
def _place(ocmw: int, partitions: int) -> tuple[bytes, int]:
    """Return the key of an OCMW and the partition where Kafka's default partitioner puts it."""
    key, places = f"{ocmw:05d}".encode(), list(range(partitions))
    return key, DefaultPartitioner()(key, places, places)
