"""Receipts: what became of the events of one OCMW and statement month, cumulative, a sum from each source partition.

A summary holds everything of its (OCMW, month) in its source partition up to ``to``; so it replaces what that
partition said before, one with a lower or equal ``to`` says nothing new, and any repetition or order gives the same
receipt.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Summary(NamedTuple):
    """What a source partition says, up to offset ``to`` (exclusive). ``set_aside`` is (slug, events), by slug.

    Cents are signed sums at 100 %: ``cents_in`` of all lines received (but of amounts out of range), ``cents_applied``
    of those applied.
    """

    to: int
    received: int
    applied: int
    duplicates: int
    set_aside: tuple[tuple[str, int], ...]
    cents_in: int
    cents_applied: int


class OcmwSummary(NamedTuple):
    """A summary and whose it is; the month is YYYYMM as the events have it."""

    ocmw: int
    statement_month: int
    summary: Summary


Sources = dict[int, Summary]
"""The last summary of each source partition."""


def key_of(ocmw: int, month: int) -> bytes:
    """Return the key of a receipt, as ``44021|202403``."""
    return f"{ocmw:05d}|{month}".encode()


def heard(sources: Sources, partition: int, summary: Summary) -> Sources:
    """Return the sources after a summary; the same object when it says nothing new."""
    known = sources.get(partition)
    if known is not None and known.to >= summary.to:
        return sources
    return {**sources, partition: summary}


def total(sources: Sources) -> Summary:
    """Return the receipt: the sums over all source partitions (``to`` is 0, it has no sum)."""
    summaries = sources.values()
    return Summary(
        0,
        sum(one.received for one in summaries),
        sum(one.applied for one in summaries),
        sum(one.duplicates for one in summaries),
        _added(one.set_aside for one in summaries),
        sum(one.cents_in for one in summaries),
        sum(one.cents_applied for one in summaries),
    )


def _added(parts: Iterable[tuple[tuple[str, int], ...]]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for part in parts:
        for slug, events in part:
            sums[slug] = sums.get(slug, 0) + events
    return tuple(sorted(sums.items()))
