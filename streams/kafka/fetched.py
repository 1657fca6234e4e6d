"""What the client fetched, as columns."""

from collections.abc import Sequence

from aiokafka import ConsumerRecord

from processors.records import Records, records_of
from streams.kafka.updates import NUMBER_HEADER


def records_of_fetch(fetched: Sequence[ConsumerRecord]) -> Records:
    """Return consecutive records of one partition as columns, with the number headers of closings."""
    numbers = {}
    for row, record in enumerate(fetched):
        if record.headers:
            number = dict(record.headers).get(NUMBER_HEADER, b"")
            if number.isdigit():
                numbers[row] = int(number)
    return records_of(
        [record.offset for record in fetched],
        [record.key for record in fetched],
        [record.value for record in fetched],
        numbers,
    )
