"""The long table: one row a cell, streamed block by block in the order of its key columns.

Nothing is sorted here. Places and categories are numbered in the order of their texts and a block's cells lie in that
order, so blocks by (support, period) are the table by (support, period, period_kind, geo_level, geo, breakdown,
category). Memory holds one block at a time, whatever the size of the export.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from schemas.datasets import FIGURES, LANGUAGES, Zone
from schemas.figures import MEASURES, Cells
from schemas.places import PLACE_NUMBER
from schemas.releases import UNSTABLE
from schemas.supports import NODE
from sinks.files.codes import CodeList, category_lists, code_list, place_lists
from sinks.files.selection import Chosen, Selection
from sinks.protocol import BlockReader


def columns(zone: Zone, *, labels: bool = False) -> tuple[str, ...]:
    """Return the columns of the table in a zone, in order; with labels each code is followed by its names."""
    shown = FIGURES.shown_in(zone)
    if not labels:
        return tuple(column.name for column in shown)
    return tuple(name for one in shown for name in (one.name, *(f"{one.name}_{lang}" for lang in one.labels)))


def table_schema(zone: Zone, *, labels: bool = False) -> pa.Schema:
    """Return the schema that a reader of the file sees: strings, and int64 measures."""
    names = columns(zone, labels=labels)
    return pa.schema([(name, pa.int64() if name in MEASURES else pa.string()) for name in names])


def long_table(
    store: BlockReader,
    chosen: tuple[Chosen, ...],
    selection: Selection,
    *,
    labels: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the chosen blocks, one batch a block that has any, with the columns of ``columns``."""
    return rows(store, chosen, selection, columns(selection.zone, labels=labels))


def rows(
    store: BlockReader,
    chosen: tuple[Chosen, ...],
    selection: Selection,
    names: tuple[str, ...],
) -> Iterator[pa.RecordBatch]:
    """Yield the rows with the columns named, those of ``columns`` or of SDMX.

    Texts come as dictionaries, the same in every batch.
    """
    about = _block_lists(chosen)
    blocks = store.read_blocks(one.ref for one in chosen)
    for number, block in enumerate(blocks):
        cells = _kept(block, selection)
        if len(cells):
            yield pa.RecordBatch.from_arrays([_column(name, number, cells, about) for name in names], list(names))


def _kept(cells: Cells, selection: Selection) -> Cells:
    # the store's public blocks are public already; a public file does not rest on one check alone (F1)
    allowed = cells.public() if selection.zone == "public" else cells
    if selection.ocmw is None:
        return allowed
    return allowed.take(allowed.place == PLACE_NUMBER["municipality", selection.ocmw])


def _block_lists(chosen: tuple[Chosen, ...]) -> dict[str, CodeList]:
    texts: dict[str, list[str]] = {
        "support": [one.key.support for one in chosen],
        "period": [one.key.period.code for one in chosen],
        "period_kind": [one.key.period.kind for one in chosen],
        "obs_status": ["P" if one.state in UNSTABLE else "A" for one in chosen],
        "state": [one.state.value for one in chosen],
        "update_id": [one.update_id for one in chosen],
        "TIME_PERIOD": [one.key.period.code.removeprefix("R12-") for one in chosen],
    }
    names = {f"support_{lang}": [_node_label(one, lang) for one in chosen] for lang in LANGUAGES}
    return {column: code_list(values) for column, values in {**texts, **names}.items()}


def _node_label(one: Chosen, language: str) -> str:
    label: str = getattr(NODE[one.key.support], f"label_{language}")
    return label


def _column(name: str, block: int, cells: Cells, about: dict[str, CodeList]) -> pa.Array:
    if name in MEASURES:
        return pa.array(getattr(cells, name).astype(np.int64))
    if name in about:
        return about[name].constant(block, len(cells))
    if name in place_lists():
        return place_lists()[name].column(cells.place)
    return category_lists()[name].column(cells.category)
