"""The journal of admitted events."""

import os
from pathlib import Path

import fastavro
import pytest

from schemas.log import CorruptFileError, LogFile, encode_plain
from sinks.directory.journal import Journal, Segment

CLOSING = encode_plain((2, {"update_id": b"u1", "reference_month": 202401}))


def finished(journal: Journal, count: int) -> Path:
    with journal.writing() as segment:
        segment.append(CLOSING * count, count)
        path = segment.finish()
    assert path is not None
    return path


def test_a_new_journal_has_no_segments(tmp_path: Path) -> None:
    assert Journal(tmp_path).segments() == ()


def test_any_avro_reader_reads_a_segment(tmp_path: Path) -> None:
    with finished(Journal(tmp_path), 2).open("rb") as file:
        assert list(fastavro.reader(file)) == [{"update_id": "u1", "reference_month": 202401}] * 2


def test_blocks_come_back_byte_for_byte(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.writing() as segment:
        segment.append(CLOSING, 1)
        segment.append(memoryview(CLOSING * 3), 3)
        path = segment.finish()
    assert path is not None
    assert [(block.data.tobytes(), block.count) for block in LogFile.open(path).blocks()] == [
        (CLOSING, 1),
        (CLOSING * 3, 3),
    ]


def test_a_segment_is_read_by_the_fast_path(tmp_path: Path) -> None:
    assert LogFile.open(finished(Journal(tmp_path), 1)).layout.native


def test_segments_are_numbered_in_log_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    paths = tuple(finished(journal, 1) for _ in range(11))
    assert journal.segments() == paths


def test_a_segment_that_was_not_finished_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.writing() as segment:
        segment.append(CLOSING, 1)
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_segment_without_events_is_not_made(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.writing() as segment:
        assert segment.finish() is None
    assert journal.segments() == ()


def test_a_segment_is_not_visible_before_it_is_finished(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.writing() as segment:
        segment.append(CLOSING, 1)
        assert journal.segments() == ()


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    if not (child := os.fork()):
        with journal.writing() as segment:
            segment.append(CLOSING, 1)
            os._exit(0)
    os.waitpid(child, 0)
    assert len(list((tmp_path / "journal").iterdir())) == 1
    path = finished(journal, 1)
    assert list((tmp_path / "journal").iterdir()) == [path]


@pytest.mark.parametrize("at", [-20, -30])
def test_a_flipped_bit_of_a_block_or_of_its_checksum_is_noticed(tmp_path: Path, at: int) -> None:
    path = finished(Journal(tmp_path), 1)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match="corrupt or truncated"):
        list(LogFile.open(path).blocks())


def test_a_failing_body_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    before = finished(journal, 1)

    def failing(segment: Segment) -> None:
        segment.append(CLOSING, 1)
        raise LookupError

    with pytest.raises(LookupError), journal.writing() as segment:
        failing(segment)
    assert list((tmp_path / "journal").iterdir()) == [before]
