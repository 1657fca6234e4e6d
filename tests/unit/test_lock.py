"""One writer at a time."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.errors import StoreLockedError
from sinks.lock import writer_lock


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that holds the lock of the store until it is killed."""
    program = (
        "import pathlib, signal, sys; from sinks.lock import writer_lock;"
        "lock = writer_lock(pathlib.Path(sys.argv[1])); lock.acquire(); print('held', flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused_with_a_sentence(tmp_path: Path) -> None:
    first = writer_lock(tmp_path / "store")
    first.acquire()
    with pytest.raises(StoreLockedError, match="another program is writing to this store; wait until it has ended"):
        writer_lock(tmp_path / "store").acquire()
    first.release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    first, second = writer_lock(tmp_path), writer_lock(tmp_path)
    first.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_lock_dies_with_the_process_that_holds_it(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    lock = writer_lock(tmp_path)
    with pytest.raises(StoreLockedError):
        lock.acquire()
    holder.kill()
    holder.wait()
    lock.acquire()
    lock.release()
