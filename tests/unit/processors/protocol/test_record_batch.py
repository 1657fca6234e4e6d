"""A batch of records is read as Kafka's client reads it, or not at all."""

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from processors.protocol.record_batch import plain_records
from processors.protocol.records import Records, joined, records_of

LZ4 = 3
PAIRS = [(b"k" * 16, b"v" * 300), (None, b"value"), (b"key", None), (b"", b""), (b"k" * 200, b"w" * 5000)]


def batch(
    pairs: list[tuple[bytes | None, bytes | None]], codec: int = 0, headers: tuple[tuple[str, bytes], ...] = ()
) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1 << 20,
    )
    for offset, (key, value) in enumerate(pairs):
        builder.append(offset, 1_700_000_000_000 + offset * 999, key, value, list(headers))
    return bytes(builder.build())


def plain(records: Records | None) -> list[tuple[int, bytes | None, bytes | None]]:
    assert records is not None
    return [(offset, *records.at(offset)) for offset in records.offsets.tolist()]


def by_the_client(data: bytes) -> list[tuple[int, bytes | None, bytes | None]]:
    return [(record.offset, record.key or None, record.value or None) for record in DefaultRecordBatch(data)]


def test_a_plain_batch_gives_the_records_that_the_client_gives() -> None:
    data = batch(PAIRS)
    assert plain(plain_records(memoryview(data), 0)) == by_the_client(data)
    assert len(by_the_client(data)) == len(PAIRS)


def test_what_lies_before_the_offset_asked_for_is_left_out() -> None:
    data = batch(PAIRS)
    assert plain(plain_records(memoryview(data), 3)) == by_the_client(data)[3:]


def test_a_batch_that_is_compressed_or_has_headers_or_another_format_is_for_the_client() -> None:
    older = bytearray(batch(PAIRS))
    older[16] = 1
    for data in (batch(PAIRS * 9, LZ4), batch(PAIRS, headers=(("number", b"1"),)), bytes(older), b"short"):
        assert plain_records(memoryview(data), 0) is None


def test_a_batch_that_is_cut_short_is_for_the_client() -> None:
    data = batch(PAIRS)
    assert all(plain_records(memoryview(data)[:size], 0) is None for size in range(len(data)))


def test_joined_records_are_those_of_the_parts_in_order() -> None:
    first = plain_records(memoryview(batch(PAIRS)), 1)
    assert first is not None
    second = records_of([7, 8], [b"a", None], [b"", b"closing"], {1: 12})
    assert plain(joined([first, second])) == [*plain(first), *plain(second)]
    assert joined([first, second]).numbers == {len(first) + 1: 12}
