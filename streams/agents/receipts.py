"""The agent of receipts: summaries of intake in, one receipt for each OCMW and statement month out.

A receipt is kept as the very bytes that are sent to the claim systems, so that table and topic cannot disagree.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from faust import Stream, TopicT
from faust.types import EventT, StreamT

from processors.protocol.receipts import Sources, Summary, heard, key_of, total
from schemas.framing import decode, encode
from streams.agents.guards import GuardedTable, to_its_end
from streams.shell.metrics import Metrics

RECEIPT_ID = 23
MOST = 2_000
"""Summaries that are taken together: two waits for the broker then serve all of them."""
WITHIN = 0.5
"""Seconds that the first of them waits for others."""


def next_receipt(known: bytes | None, summary: dict[str, Any]) -> bytes | None:
    """Return the receipt after a summary (fields of ``ReceiptSummary``), None when it says nothing new."""
    before = _sources(known)
    after = heard(before, summary["partition"], _summary(summary))
    if after is before:
        return None
    record = {
        "ocmw": summary["ocmw"],
        "statement_month": summary["statement_month"],
        **_counts(total(after)),
        "sources": [{"partition": partition, "to": one.to, **_counts(one)} for partition, one in sorted(after.items())],
    }
    return encode(RECEIPT_ID, record)


class Receipts:
    """The agent, with its table and where it answers."""

    def __init__(self, table: GuardedTable, answers: TopicT) -> None:
        """Take a table of this agent alone, bytes to bytes."""
        self._table = table
        self._answers = answers

    async def run(self, summaries: StreamT[bytes]) -> None:
        """Take what has come; the next only when all that came of it is acknowledged."""
        async for some in cast("Stream[bytes]", summaries).take_events(MOST, WITHIN):
            await to_its_end(self._answer(some))

    async def _answer(self, summaries: Sequence[EventT[bytes]]) -> None:
        """Send the last receipt that summaries lead to for each key, then keep it: never known and not sent."""
        receipts: dict[bytes, tuple[EventT[bytes], bytes]] = {}
        for event in summaries:
            _, summary = decode(event.value)
            key = key_of(summary["ocmw"], summary["statement_month"])
            receipt = next_receipt(receipts[key][1] if key in receipts else self._known(event, key), summary)
            if receipt is not None:
                receipts[key] = event, receipt
        sent = [await self._answers.send(key=key, value=receipt) for key, (_, receipt) in receipts.items()]
        await asyncio.gather(*sent)
        for key, (event, receipt) in receipts.items():
            self._table.turn_to(event)
            self._table[key] = receipt
        await self._table.settle()

    def tell(self, metrics: Metrics) -> None:
        """Tell how many receipts there are here; the store knows no better than to count them."""
        metrics.tell("ocmw_receipts", len(self._table))

    def withdraw(self, metrics: Metrics) -> None:
        """Leave the last count: it is of the whole group, once it stands still."""

    def _known(self, event: EventT[bytes], key: bytes) -> bytes | None:
        self._table.turn_to(event)
        return self._table.get(key)


def _sources(receipt: bytes | None) -> Sources:
    return {} if receipt is None else {one["partition"]: _summary(one) for one in decode(receipt)[1]["sources"]}


def _summary(fields: dict[str, Any]) -> Summary:
    set_aside = tuple(sorted(fields["set_aside"].items()))
    names = ("to", "received", "applied", "duplicates", "cents_in", "cents_applied")
    return Summary(set_aside=set_aside, **{name: fields[name] for name in names})


def _counts(summary: Summary) -> dict[str, Any]:
    return {name: value for name, value in summary._asdict().items() if name != "to"} | {
        "set_aside": dict(summary.set_aside)
    }
