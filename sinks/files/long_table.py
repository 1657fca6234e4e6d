"""The long table: one row a cell, streamed block by block in the order of its key columns.

Nothing is sorted here. Places and categories are numbered in the order of their texts and a block's cells lie in that
order, so blocks by (support, period) are the table by (support, period, period_kind, geo_level, geo, breakdown,
category). Memory holds one block at a time, whatever the size of the export.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from schemas.arrays import Mask
from schemas.breakdowns import CATEGORIES
from schemas.datasets import FIGURES, LANGUAGES, Zone
from schemas.figures import MEASURES, PUBLIC_CATEGORY, Cells
from schemas.places import PLACE_NUMBER
from schemas.releases import UNSTABLE
from schemas.rungs import hidden_breakdowns, rungs_of
from schemas.supports import NODE
from sinks.files.codes import HIDDEN_NUMBER, CodeList, category_lists, code_list, place_lists
from sinks.files.selection import Chosen, Selection
from sinks.protocol import BlockReader

_CONFIDENTIAL = "c"
_PLACE_IN_ORDER = np.array(
    [2 * number for number in range(len(CATEGORIES))]
    + [2 * min(n for n, (one, _) in enumerate(CATEGORIES) if one == breakdown) - 1 for breakdown in HIDDEN_NUMBER]
)
"""Where a category, or the mark of a hidden breakdown, stands in the order of the table."""


def columns(zone: Zone, *, labels: bool = False) -> tuple[str, ...]:
    """Return the columns of the table in a zone, in order; with labels each code is followed by its names."""
    of_zone = FIGURES.shown_in(zone)
    if not labels:
        return tuple(column.name for column in of_zone)
    return tuple(name for one in of_zone for name in (one.name, *(f"{one.name}_{lang}" for lang in one.labels)))


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
    hidden = store.read_blocks(one.hidden for one in chosen if one.hidden)
    for number, (one, block) in enumerate(zip(chosen, blocks, strict=True)):
        cells = _kept(_with_hidden(one, block, next(hidden)) if one.hidden else block, selection)
        if len(cells):
            yield pa.RecordBatch.from_arrays([_column(name, number, cells, about) for name in names], list(names))


def _with_hidden(one: Chosen, block: Cells, rungs: Cells) -> Cells:
    """Return a public block with a cell for each hidden (place, breakdown), of nobody, in the order of the table."""
    cells = block if one.ref != one.hidden else Cells.empty()
    pairs = list(hidden_breakdowns(cells, rungs_of(rungs), one.key))
    places = np.array([place for place, _ in pairs], np.uint16)
    numbers = np.array([HIDDEN_NUMBER[breakdown] for _, breakdown in pairs], np.uint16)
    nothing = np.zeros(len(pairs), np.int64)
    marks = Cells(places, numbers, np.zeros(len(pairs), np.int32), nothing, nothing, nothing)
    both = cells.and_those_of(marks)
    return both.at(np.lexsort([_PLACE_IN_ORDER[both.category], both.place]))


def _kept(cells: Cells, selection: Selection) -> Cells:
    # the store's public blocks are public already; a public file does not rest on one check alone (F1)
    allowed = cells.take(_is_public(cells)) if selection.zone == "public" else cells
    if selection.ocmw is None:
        return allowed
    return allowed.take(allowed.place == PLACE_NUMBER["municipality", selection.ocmw])


def _is_public(cells: Cells) -> Mask:
    marks = cells.category >= len(CATEGORIES)
    return marks | ((cells.beneficiaries > 0) & PUBLIC_CATEGORY[np.where(marks, 0, cells.category)])


def _block_lists(chosen: tuple[Chosen, ...]) -> dict[str, CodeList]:
    texts: dict[str, list[str]] = {
        "support": [one.key.support for one in chosen],
        "period": [one.key.period.code for one in chosen],
        "period_kind": [one.key.period.kind for one in chosen],
        "obs_status": [*("P" if one.state in UNSTABLE else "A" for one in chosen), _CONFIDENTIAL],
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
    hidden = cells.category >= len(CATEGORIES)
    if name in MEASURES:
        return pa.array(getattr(cells, name).astype(np.int64), mask=hidden if hidden.any() else None)
    if name == "obs_status" and hidden.any():
        numbers = np.where(hidden, len(about[name].index) - 1, block)
        return pa.DictionaryArray.from_arrays(pa.array(about[name].index[numbers]), about[name].texts)
    if name in about:
        return about[name].constant(block, len(cells))
    if name in place_lists():
        return place_lists()[name].column(cells.place)
    return category_lists()[name].column(cells.category)
