"""The partitioner is Kafka's: persons would be counted twice otherwise."""

import numpy as np
from aiokafka.partitioner import DefaultPartitioner

from processors.protocol.partitioner import partitions_of


def test_every_key_goes_where_the_default_partitioner_of_kafka_puts_it() -> None:
    data = np.random.default_rng(1).bytes(16 * 500)
    starts = np.arange(0, len(data), 16)
    ours = partitions_of(np.frombuffer(data, np.uint8), starts, 12).tolist()
    kafkas = [DefaultPartitioner()(data[start : start + 16], list(range(12)), list(range(12))) for start in starts]
    assert ours == kafkas
