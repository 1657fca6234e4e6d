"""The folder of an app's tables: a cache of their changelogs, so what of it is damaged is dropped and made again.

RocksDB refuses to open some damage (a lost file, a bit flipped in MANIFEST or CURRENT) and meets other damage as it
reads. Either would end the app at each start, for ever. So before Faust opens anything each database is opened, and
read whole where the run before did not end in order. One that cannot be read is removed: its partition then comes back
from the changelog. Runs that end in a row without having gone on for a while begin later and later, whoever restarts
them.
"""

import shutil
import time
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from rocksdict import AccessType, Options, Rdict

from streams.kafka.slot import SlotTakenError

LOG = structlog.get_logger("ocmw.agents")

FREE = 3
"""Runs in a row that may end at once before the next one waits."""
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds that the first one waits, twice as many each further one, and the most."""
A_WHILE = 600.0
"""Seconds after which a run has gone on."""


class TablesInUseError(SlotTakenError):
    """Another process uses these tables; one sentence says so."""


class TablesFolder:
    """The folder of one app; ``begin`` before the app, ``settle`` now and then, ``end`` after an end in order."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is made."""
        self._root = root
        self._runs = root / "runs"
        self._lock = FileLock(root / ".lock", timeout=0)
        self._began = 0.0

    def begin(self) -> float:
        """Take the folder, remove databases that are damaged, and return how many seconds to wait before the start.

        Raises TablesInUseError where another process has it.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            message = (
                f"{self._root}: other agents use these tables; give each worker a directory of its own "
                "(OCMW_KAFKA_STATE) and a name of its own (OCMW_KAFKA_INSTANCE)"
            )
            raise TablesInUseError(message) from None
        ended = self._ended_runs()
        for path in sorted(self._root.rglob("*.db")):
            if is_damaged(path, whole=ended > 0):
                LOG.error("a table is damaged; it is dropped and made again from its changelog", reason=path.name)
                shutil.rmtree(path)
        self._runs.write_text(str(ended + 1), encoding="ascii")
        self._began = time.monotonic()
        wait = pause(ended)
        if wait:
            LOG.error("these agents ended again and again; the next run waits", count=ended, seconds=wait)
        return wait

    def settle(self) -> None:
        """Forget runs before this one, once it has gone on for a while."""
        if time.monotonic() - self._began > A_WHILE:
            self._runs.write_text("1", encoding="ascii")

    def end(self) -> None:
        """Note that this run ended in order, and give the folder back."""
        self._runs.unlink(missing_ok=True)
        self._lock.release()

    def _ended_runs(self) -> int:
        """Return how many runs before this one, in a row, did not end in order."""
        try:
            return int(self._runs.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0


def pause(ended: int) -> float:
    """Return how many seconds a run waits after so many runs in a row that did not end in order."""
    return 0.0 if ended < FREE else min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(ended - FREE, 10))


def is_damaged(path: Path, *, whole: bool) -> bool:
    """Tell whether a database cannot be opened or, where it is read ``whole``, holds something that cannot be read."""
    try:
        database = Rdict(str(path), Options(raw_mode=True), access_type=AccessType.read_only())
        try:
            if whole:
                reading = database.iter()
                reading.seek_to_first()
                while reading.valid():
                    reading.next()
                reading.status()  # at damage it only stops, and says so here
        finally:
            database.close()
    except Exception:  # noqa: BLE001 - rocksdict raises no other
        return True
    return False
