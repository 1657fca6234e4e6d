"""The agent of flags: for each support and period its state of stability, as the gate last said it."""

from collections import Counter

from faust.types import StreamT

from schemas.framing import decode
from schemas.releases import State
from streams.agents.guards import GuardedTable, to_its_end


def newer(known: bytes | None, value: bytes) -> bool:
    """Tell whether a record ``Vintages`` is of a later update than the one known of its support."""
    return known is None or int(decode(value)[1]["sequence"]) > int(decode(known)[1]["sequence"])


def states(value: bytes) -> Counter[str]:
    """Return how many periods of a record ``Vintages`` are in each state; states without any are 0."""
    found = Counter({state.value: 0 for state in State})
    found.update(figure["state"] for figure in decode(value)[1]["figures"])
    return found


class Flags:
    """The agent, with its table: support -> its last record of vintages."""

    def __init__(self, table: GuardedTable) -> None:
        """Take a table of this agent alone, bytes to bytes."""
        self._table = table

    async def run(self, vintages: StreamT[bytes]) -> None:
        """Take one record after the other; older ones, and repeats, change nothing."""
        async for value in vintages:
            await to_its_end(self._keep(value))

    async def _keep(self, value: bytes) -> None:
        support = decode(value)[1]["support"]
        if newer(self._table.get(support.encode()), value):
            self._table[support.encode()] = value
            await self._table.settle()
