"""A writer that is killed at any instant leaves a whole store, and the next one goes on."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from endless_writer import KEEP, check_whole

from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore

_PROGRAM = Path(__file__).with_name("endless_writer.py")
_KILLS = 12


def run_and_kill(root: Path, after: float) -> None:
    """Run the writer, and kill it ``after`` seconds from its first release in this run."""
    command = [sys.executable, str(_PROGRAM), str(root), "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        assert process.stdout.readline()
        time.sleep(after)
        process.kill()


@pytest.mark.faults
def test_a_store_whose_writer_is_killed_again_and_again_stays_whole_and_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "store"
    chance = random.Random(20240115)  # noqa: S311 - a seed, not a secret
    before = 0
    for _ in range(_KILLS):
        run_and_kill(root, chance.uniform(0, 0.15))
        store = DirectoryStore.reading(root)
        assert store.latest() > before
        before = store.latest()
        check_whole(store)


@pytest.mark.slow
def test_what_killed_writers_left_is_swept_to_the_last_file(tmp_path: Path) -> None:
    root = tmp_path / "store"
    for number in range(4):
        run_and_kill(root, number * 0.011)
    store = DirectoryStore.writing(root, FigureSettings(), KEEP, locked=True)
    named = {
        entry.latest.file
        for number in store.numbers()
        for entry in store.release(number).entries.values()
        if entry.latest
    }
    assert {path.relative_to(root).as_posix() for path in (root / "blocks").glob("*/*")} == named
    assert len(list((root / "vintages").iterdir())) == store.latest()
    assert len(list((root / "releases").iterdir())) == len(store.numbers())
