"""What publish believes: whole batches of one session, in order; closings when all partitions have them."""

import numpy as np
import pytest

from processors.protocol.barrier import Alignment, GapError, Source
from processors.protocol.intake import ROWS_PER_BATCH
from schemas.releases import Update
from schemas.rows import CutReached, Rows, RowsBatch, message_of

SESSION, OTHER = b"s" * 16, b"o" * 16


def rows(*persons: int) -> Rows:
    count = len(persons)
    return Rows(
        np.array(persons, np.uint32),
        np.zeros(count, np.uint32),
        np.arange(count, dtype=np.int64),
        np.arange(count, dtype=np.int64),
        np.full(count, -(2**40), np.int64),
        np.full(count, 2**31 - 1, np.uint32),
    )


def batch(start: int, stop: int, part: int = 0, parts: int = 1, session: bytes = SESSION) -> RowsBatch:
    return RowsBatch(0, start, stop, part, parts, session, b"d" * 8, rows(part))


def marker(number: int, stop: int, partition: int = 0) -> CutReached:
    return CutReached(partition, Update(number, f"u{number}", 1500), stop, 1, b"d" * 8)


def fresh(partitions: int = 1, released: int = 0) -> Alignment:
    return Alignment([Source() for _ in range(partitions)], released)


def test_a_batch_counts_when_all_its_parts_are_there_in_their_order() -> None:
    alignment = fresh()
    assert alignment.hear_batch(batch(0, 5, 1, 2)) is None
    parts = alignment.hear_batch(batch(0, 5, 0, 2))
    assert parts is not None
    assert [part.person.tolist() for part in parts] == [[0], [1]]
    assert alignment.sources[0].stop == 5


def test_parts_of_two_sessions_make_no_batch() -> None:
    alignment = fresh()
    assert alignment.hear_batch(batch(0, 5, 0, 2)) is None
    assert alignment.hear_batch(batch(0, 5, 1, 2, OTHER)) is None
    assert alignment.sources[0].stop == 0


def test_a_batch_that_was_had_already_is_ignored() -> None:
    alignment = fresh()
    assert alignment.hear_batch(batch(0, 5)) is not None
    assert alignment.hear_batch(batch(0, 5, session=OTHER)) is None
    assert alignment.hear_batch(batch(0, 3)) is None


def test_a_batch_that_begins_earlier_and_reaches_further_counts() -> None:
    alignment = fresh()
    alignment.hear_batch(batch(0, 5))
    assert alignment.hear_batch(batch(3, 9, session=OTHER)) is not None
    assert alignment.sources[0].stop == 9


def test_a_gap_stops_publish_and_changes_nothing() -> None:
    alignment = fresh()
    with pytest.raises(GapError, match="rows from 0 to 2 are missing"):
        alignment.hear_batch(batch(2, 5))
    assert alignment.sources[0].stop == 0


def test_a_closing_aligns_when_the_last_partition_has_it() -> None:
    alignment = fresh(2)
    assert alignment.hear_marker(marker(1, 0))
    assert alignment.aligned() is None
    assert alignment.hear_marker(marker(1, 0, partition=1))
    assert alignment.aligned() == Update(1, "u1", 1500)
    alignment.release()
    assert alignment.aligned() is None
    assert alignment.released == 1


def test_a_closing_that_is_released_already_is_ignored() -> None:
    assert not fresh(released=3).hear_marker(marker(3, 99))


@pytest.mark.parametrize(("number", "stop"), [(2, 0), (1, 7)])
def test_a_closing_out_of_turn_or_elsewhere_stops_publish(number: int, stop: int) -> None:
    alignment = fresh()
    with pytest.raises(GapError, match="begin a new epoch"):
        alignment.hear_marker(marker(number, stop))
    assert alignment.sources[0].marker is None


def test_partitions_that_name_different_closings_stop_publish() -> None:
    alignment = fresh(2)
    alignment.hear_marker(marker(1, 0))
    alignment.hear_marker(marker(1, 0, partition=1)._replace(update=Update(1, "another", 1500)))
    with pytest.raises(GapError, match="different closings"):
        alignment.aligned()


def test_messages_come_back_as_they_were_sent() -> None:
    sent = batch(3, 9, 1, 2)
    got = message_of(sent.encoded())
    assert isinstance(got, RowsBatch)
    assert got[:-1] == sent[:-1]
    for mine, other in zip(got.rows, sent.rows, strict=True):
        np.testing.assert_array_equal(mine, other)
    assert message_of(marker(4, 12).encoded()) == marker(4, 12)


def test_a_part_of_a_batch_stays_under_500_kb() -> None:
    full = batch(0, 1)._replace(rows=rows(*range(ROWS_PER_BATCH)))
    assert len(full.encoded()) < 500_000


def test_a_closing_that_comes_again_after_later_rows_is_not_where_its_partition_stands() -> None:
    alignment = fresh(released=1)
    alignment.hear_batch(batch(0, 5))
    assert not alignment.hear_marker(marker(1, 5))
    assert alignment.stands_at(marker(1, 5))
    alignment.hear_batch(batch(5, 9))
    assert not alignment.hear_marker(marker(1, 5))
    assert not alignment.stands_at(marker(1, 5))
