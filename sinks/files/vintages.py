"""The revision triangle of a store, for a file (G2). Internal: it holds pending totals and IK_*."""

import pyarrow as pa

from sinks.protocol import Store


def vintage_batches(store: Store) -> list[pa.RecordBatch]:
    """Return the vintages of all updates as ``sinks.vintages.VINTAGE_SCHEMA``, by support, period and sequence."""
    order = [(name, "ascending") for name in ("support", "period", "sequence")]
    batches: list[pa.RecordBatch] = store.vintages().sort_by(order).to_batches()
    return batches
