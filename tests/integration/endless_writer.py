"""A program that publishes release after release into a store until something stops it; used by the tests beside it.

Its cells are a function of the number of the update, so that a test can tell whether a release is whole. Its
arguments: directory, how many releases to publish at most.
"""

import sys
from pathlib import Path

import numpy as np

from schemas.figures import BlockKey, Cells
from schemas.periods import Period
from schemas.releases import BlockRef, Entry, Release, State, Update, Vintage
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.errors import StoreError
from sinks.lock import writer_lock

KEEP = 3
NODES = ("LL",)
PERIODS = tuple(Period("month", 1440 + number) for number in range(6))


def cells(update: int) -> Cells:
    """Return cells that tell which update they are of."""
    size = 100 + update % 7
    numbers = np.arange(size)
    return Cells(
        (numbers // 40).astype(np.uint16),
        (numbers % 40).astype(np.uint16),
        (numbers * update).astype(np.int32),
        numbers * update * 1_000,
        numbers * update * 700,
        numbers,
    )


def touched(update: int) -> tuple[Period, ...]:
    """Return the periods that an update counts anew: all at the first, then one more or less at a time."""
    return PERIODS if update == 1 else PERIODS[update % 6 :]


def counted_at(update: int, period: Period) -> int:
    """Return the last update up to ``update`` that counted a period."""
    return next(number for number in range(update, 0, -1) if period in touched(number))


def publish_next(store: DirectoryStore) -> None:
    """Publish the release after the newest one."""
    before = store.release().entries if store.latest() else {}
    update = Update(store.latest() + 1, f"u{store.latest() + 1}", 1440 + store.latest())
    refs: dict[BlockKey, BlockRef | None] = {key: entry.latest for key, entry in before.items()}
    for node in NODES:
        blocks = ((period, cells(update.sequence)) for period in touched(update.sequence))
        made = store.write_blocks(update, "internal", node, blocks)
        refs.update((BlockKey(node, period), ref) for period, ref in made.items())
    vintage = Vintage(update.sequence, None, State.PENDING)
    store.publish(Release(update, {key: Entry(vintage, ref) for key, ref in refs.items()}))


def check_whole(store: DirectoryStore) -> None:
    """Assert that every kept release holds exactly the cells it should, and the history every update."""
    assert [update.sequence for update in store.updates()] == list(range(1, store.latest() + 1))
    assert store.vintages().num_rows == store.latest() * len(NODES) * len(PERIODS)
    for number in store.numbers():
        entries = store.release(number).entries
        assert len(entries) == len(NODES) * len(PERIODS)
        for key, entry in entries.items():
            assert entry.latest is not None
            assert store.read_block(entry.latest).digest() == cells(counted_at(number, key.period)).digest()


def main(root: Path, releases: int) -> int:
    """Publish until ``releases`` are out; say a refusal in a sentence and return 1."""
    lock = writer_lock(root)
    try:
        lock.acquire()
        store = DirectoryStore.writing(root, FigureSettings(), KEEP, locked=True)
        while store.latest() < releases:
            publish_next(store)
            print(store.latest(), flush=True)  # noqa: T201 - the test reads how far it came
    except StoreError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as the command would say it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
