"""Kernels compiled ahead, in processes beside the one that works: the first run has two processors too."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from schemas.periods import ordinal
from streams import kernel_cache

FEW = 20
"""Persons of the history that is folded to compile the fold."""
MONTH = ordinal(2024, 1)


def compile_folding() -> None:
    """Fold the history of a few persons; the compiled kernels go to the cache that all processes share."""
    kernel_cache.prepare()
    from processors.fold import Fold  # noqa: PLC0415 - kernels are imported after their cache is named
    from schemas.log import LogFile  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415
    from streams.embedded import batches  # noqa: PLC0415
    from streams.generator import generate  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.avro"
        generate(FEW, MONTH, MONTH, 1, path)
        fold = Fold(FigureSettings())
        for batch in batches(LogFile.open(path)):
            for step in fold.steps(batch):
                step.admitted()


def compile_counting() -> None:
    """Count an empty ledger once; the compiled kernels go to the cache that all processes share."""
    kernel_cache.prepare()
    from processors.axes import stretches  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.counting import count  # noqa: PLC0415
    from processors.ledger import Ledger  # noqa: PLC0415
    from processors.people import people  # noqa: PLC0415
    from processors.publication import months_of  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415
    from schemas.supports import NODES  # noqa: PLC0415

    settings = FigureSettings()
    for axes in stretches([0]):
        rows = people(Ledger(settings), months_of(axes))
        for _ in count(rows, axes, NODES[0], settings):
            pass


def compile_indicators() -> None:
    """Count the time dimension of nobody; the compiled kernels go to the cache that all processes share."""
    kernel_cache.prepare()
    from processors.indicators import Asked, tables  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.ledger import Ledger  # noqa: PLC0415
    from processors.outcomes import exits, transitions, where, work  # noqa: PLC0415
    from schemas.indicators import EXIT_MONTHS, TRANSITION_MONTHS  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415
    from streams.indicators import everyone  # noqa: PLC0415

    settings = FigureSettings()
    ledger = Ledger(settings)
    asked = Asked(everyone(ledger), 0, 0, "LL", settings)
    tables(asked)
    worked, found, rows = work(ledger.facts, 0, settings), asked.layout(0), asked.people.rows
    transitions(rows, 0, np.ones(1, np.bool_), TRANSITION_MONTHS, worked, where(settings))
    wanted = np.ones((len(EXIT_MONTHS), 1), np.bool_)
    exits(rows, asked.spells(0, found), 0, wanted, worked, found.place_of)
