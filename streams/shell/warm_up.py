"""Kernels compiled ahead, in processes beside the one that works: the first run has two processors too.

Each of the functions does work on nothing; what they compile goes to the cache that all processes share.
"""

import numpy as np

from streams.shell import kernel_cache
from streams.shell.processes import workers
from streams.shell.progress import Report


def compile_decoding() -> None:
    """Decode no event."""
    kernel_cache.prepare()
    from processors.admission.decoding import batch_of, decode  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.admission.fold import Step  # noqa: PLC0415
    from processors.rules import rules  # noqa: PLC0415
    from schemas.events import union  # noqa: PLC0415
    from schemas.log import Block, Layout  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415

    batch = batch_of([Block(np.zeros(0, np.uint8), 0, 1)], Layout.of(union()))
    Step(batch, decode(batch, rules(FigureSettings())), 0, 0, None).admitted()


def compile_folding() -> None:
    """Fold no event."""
    kernel_cache.prepare()
    from processors.admission.decoding import empty_events  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.admission.ledger import Ledger  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415

    Ledger(FigureSettings()).fold(empty_events(0), 0, 0)


def compile_counting() -> None:
    """Count an empty ledger."""
    kernel_cache.prepare()
    from processors.admission.ledger import Ledger  # noqa: PLC0415
    from processors.axes import stretches  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.counting.counting import added_up, turned  # noqa: PLC0415
    from processors.counting.people import people  # noqa: PLC0415
    from processors.gate.publication import months_of  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415
    from schemas.supports import CHILDREN, NODE  # noqa: PLC0415

    settings = FigureSettings()
    for axes in stretches([0]):
        rows = people(Ledger(settings), months_of(axes))
        children = [turned(rows, axes, child, settings) for child in CHILDREN["LL"]]
        for _ in added_up(turned(rows, axes, NODE["LL"], settings, children)):
            pass


def compile_indicators() -> None:
    """Count the time dimension of nobody."""
    kernel_cache.prepare()
    from processors.admission.ledger import Ledger  # noqa: PLC0415
    from processors.counting.completeness import rows_of_ocmws  # noqa: PLC0415
    from processors.counting.people import everyone  # noqa: PLC0415
    from processors.time.outcomes import Spelled, exits, transitions, where, work  # noqa: PLC0415
    from processors.time.tables import Question, tables  # noqa: PLC0415 - kernels are imported after their cache is named
    from processors.time.window import There, Windows  # noqa: PLC0415
    from schemas.indicators import EXIT_MONTHS, OUTCOME_NODES, TRANSITION_MONTHS  # noqa: PLC0415
    from schemas.periods import MONTH_COUNT  # noqa: PLC0415
    from schemas.settings import FigureSettings  # noqa: PLC0415

    settings = FigureSettings()
    ledger = Ledger(settings)
    there = There(np.ones(MONTH_COUNT, np.bool_), np.ones(MONTH_COUNT, np.bool_))
    question = Question(everyone(ledger), ledger.births, 0, Windows(there, there), 0, 0, settings)
    tables(question)
    worked, layout, rows = work(ledger.facts, 0, settings), question.layout(0), question.people.rows
    transitions(rows, 0, np.ones(1, np.bool_), TRANSITION_MONTHS, worked, where(settings))
    rows_of_ocmws(rows, np.zeros(MONTH_COUNT, np.bool_), settings)
    wanted = np.ones((len(EXIT_MONTHS), 1), np.bool_)
    nodes = np.ones(len(OUTCOME_NODES), np.bool_)
    exits(rows, Spelled(question.spells(0, layout).own, layout.place_of, nodes), 0, wanted, worked)


def compile_ahead(report: Report) -> None:
    """Compile all kernels beside this process, where none is kept yet: else a first run seems to stand still."""
    if not kernel_cache.is_empty():
        return
    with workers(len(COMPILERS)) as beside:
        compiling = [beside.submit(kernels) for kernels in COMPILERS]
        for number, kernels in enumerate(compiling):
            report("compiling, once, a minute", number, len(compiling))
            kernels.result()


COMPILERS = (compile_counting, compile_decoding, compile_indicators, compile_folding)
"""All of them; those that share kernels do not follow each other."""
