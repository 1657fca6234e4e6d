"""The board's own log of accesses: a chain apart from that of the store, written before anything is answered.

Requests that come together share one write to the disk (group commit): while a write is on its way in a thread, those
that come wait for the next. An entry holds a keyed hash of the subject, never the subject.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sinks.access_log import Access, note_accesses
from sinks.errors import StoreError
from streams.board.problems import ProblemError
from streams.board.zones.identity import Reader, Zone

_HASH_DIGITS = 32
_LONGEST_ROUTE = 200


class Accesses:
    """Appends entries to the log in a directory; for one event loop."""

    def __init__(self, root: Path, key: bytes, now: Callable[[], datetime]) -> None:
        """Take the directory of the log, the key of the hashes, and what tells the time; nothing is written yet."""
        self._root = root
        self._key = key
        self._now = now
        self._waiting: list[tuple[Access, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    def name_of(self, reader: Reader) -> str:
        """Return the keyed hash by which somebody is known in the log."""
        return hmac.new(self._key, reader.subject.encode(), hashlib.sha256).hexdigest()[:_HASH_DIGITS]

    async def note(self, reader: Reader, zone: Zone, route: str, release: int) -> None:
        """Append that somebody was given an address; return when it is on the disk.

        Raises ProblemError ``no-release`` (503) where it cannot be written: then nothing may be answered.
        """
        of = {
            "who": self.name_of(reader),
            "role": reader.role,
            **({"ocmw": reader.ocmw} if reader.ocmw else {}),
            "zone": zone,
            "route": route[:_LONGEST_ROUTE],
            "release": release,
        }
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((Access("board", "", of), written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            refused: ProblemError | None = None
            try:
                await asyncio.to_thread(note_accesses, self._root, [access for access, _ in group], self._now())
            except (StoreError, OSError):
                sentence = "The log of accesses cannot be written, so nothing is answered; the operator has been told."
                refused = ProblemError("no-release", sentence)
            for _, written in group:
                if written.done():  # whoever waited has gone
                    continue
                if refused is None:
                    written.set_result(None)
                else:
                    written.set_exception(refused)
