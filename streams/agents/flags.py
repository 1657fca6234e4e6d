"""The agent of flags: for each support and period its state of stability, as the gate last said it."""

from faust.types import StreamT

from schemas.framing import decode
from schemas.stable_figures import states
from streams.agents.guards import GuardedTable, to_its_end
from streams.shell.metrics import Metrics


def newer(known: bytes | None, value: bytes) -> bool:
    """Tell whether a record ``Vintages`` is of a later update than the one known of its support."""
    return known is None or int(decode(value)[1]["sequence"]) > int(decode(known)[1]["sequence"])


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

    def tell(self, metrics: Metrics) -> None:
        """Tell the states of the supports that the table holds here."""
        self.withdraw(metrics)
        for support, value in self._table.items():
            for state, periods in states(decode(value)[1]).items():
                metrics.tell("ocmw_stability", periods, support.decode(), state)

    def withdraw(self, metrics: Metrics) -> None:
        """Withdraw the gauges: another member of the group may have the table now."""
        metrics.withdraw("ocmw_stability")
