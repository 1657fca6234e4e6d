"""Files of the log may be compressed in any way that Avro knows."""

from pathlib import Path

import pytest

from schemas.log import LogFile, write_log


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "snappy", "zstandard", "lz4", "xz"])
def test_a_file_of_any_codec_is_read(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "log.avro"
    write_log(path, [("UpdateClosed", {"update_id": "2024-02", "reference_month": 202402})], codec)
    assert [block.count for block in LogFile.open(path).blocks()] == [1]
