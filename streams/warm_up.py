"""Kernels of the count compiled ahead, in a process beside the one that folds: the first run has two cores too."""

from streams import kernel_cache


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
