"""One writer at a time."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.errors import StoreLockedError
from sinks.lock import turn_at, writer_lock


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


def test_a_turn_that_does_not_come_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    refused = pytest.raises(StoreLockedError, match=r"access\.log: another program has been writing to it for 0 s")
    with turn_at(path), refused, turn_at(path, patience=0):
        pass


def test_a_turn_comes_once_the_other_has_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with turn_at(tmp_path / "access.log", patience=0):
            pass
