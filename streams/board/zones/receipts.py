"""Receipts of one OCMW for its page: read from Kafka in a thread, kept for a minute, never waited for long."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

import structlog
from aiokafka.errors import KafkaError

from streams.kafka.errors import SENTENCES, sentence
from streams.kafka.receipts import read_receipts
from streams.kafka.settings import KafkaSettings
from streams.settings import UsageError

LOG = structlog.get_logger("ocmw.board")
_KEPT_SECONDS, _PATIENCE_SECONDS, _LONGEST_SECONDS = 60.0, 3.0, 15.0
"""How long a reading is shown, how long a page waits for it, and when it is given up; a later page may show it."""
_AT_ONCE = 2
_LATE = "Kafka does not answer in time; see its brokers"
_UNREADABLE = (KafkaError, OSError, TimeoutError, UsageError, *SENTENCES)


class Receipt(NamedTuple):
    """What became of the lines of a statement month (YYYYMM, as they have it); cents are signed sums at 100 %."""

    month: int
    received: int
    applied: int
    duplicates: int
    set_aside: tuple[tuple[str, int], ...]
    cents_in: int
    cents_applied: int


class Receipts:
    """Receipts as the pages of OCMWs show them. Threads may share it."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Take where Kafka is; nothing is read yet."""
        self._settings = settings
        self._threads = ThreadPoolExecutor(_AT_ONCE, "receipts")
        self._turn = Lock()
        self._readings: dict[str, tuple[float, Future[tuple[Receipt, ...]]]] = {}

    def of(self, nis: str) -> tuple[Receipt, ...] | None:
        """Return the receipts of an OCMW by ascending month, up to a minute old; it takes a few seconds at most.

        None where they cannot be read now: a warning in the log says why.
        """
        try:
            return self._reading(nis).result(_PATIENCE_SECONDS)
        except _UNREADABLE as error:
            LOG.warning("receipts cannot be read", error=type(error).__name__, reason=sentence(error) or _LATE)
            return None

    def _reading(self, nis: str) -> Future[tuple[Receipt, ...]]:
        with self._turn:
            began, known = self._readings.get(nis, (0.0, None))
            if known is not None and (not known.done() or monotonic() - began < _KEPT_SECONDS):
                return known
            made = self._threads.submit(self._read, int(nis))
            self._readings[nis] = monotonic(), made
            return made

    def _read(self, ocmw: int) -> tuple[Receipt, ...]:
        return tuple(map(_receipt, asyncio.run(_within(self._settings, ocmw))))


async def _within(settings: KafkaSettings, ocmw: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(_LONGEST_SECONDS):
        return await read_receipts(settings, ocmw)


def _receipt(record: dict[str, Any]) -> Receipt:
    aside = tuple(sorted(record["set_aside"].items()))
    counts = (record["received"], record["applied"], record["duplicates"])
    return Receipt(record["statement_month"], *counts, aside, record["cents_in"], record["cents_applied"])
