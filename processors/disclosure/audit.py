"""The audit of a table by linear programs: the least and the most that each hidden cell can be.

A table is its hidden cells as unknowns, equations ``sum(cells) = value`` and bounds. The overlap of unique counts is a
known constant in each equation: the attacker is taken to know it, so the audit is always feasible and never too mild.
Every solution is itself a table that fits, so cells already seen wide enough need no program of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

_ROUNDING = 1e-6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equation:
    """Some unknowns (by number) that add up to a value."""

    unknowns: tuple[int, ...]
    value: int


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Hidden cells of a table: the bounds of each, and the equations that they fulfil."""

    least: Sequence[int]
    most: Sequence[int]
    equations: Sequence[Equation]


class InfeasibleError(Exception):
    """Nothing fits what is shown: the equations were built wrongly, for the truth fits."""


def too_narrow(unknowns: Unknowns, cells: Sequence[int], width: int) -> list[int]:
    """Return which of some cells can be told within less than ``width``; bounds are rounded inward to whole numbers.

    Raises InfeasibleError.
    """
    if not cells:
        return []
    matrix, values = _matrix(unknowns)
    low, high = np.full(len(unknowns.least), np.inf), np.full(len(unknowns.least), -np.inf)
    found = []
    for cell in cells:
        for sign in (1, -1):
            if _width(low[cell], high[cell]) < width:
                table = _solved(matrix, values, unknowns, cell, sign)
                low, high = np.minimum(low, table), np.maximum(high, table)
        if _width(low[cell], high[cell]) < width:
            found.append(cell)
    return found


def _width(low: float, high: float) -> float:
    return float(np.floor(high + _ROUNDING) - np.ceil(low - _ROUNDING)) if low <= high else -np.inf


def _matrix(unknowns: Unknowns) -> tuple[csr_array, Floats]:
    rows = [row for row, equation in enumerate(unknowns.equations) for _ in equation.unknowns]
    columns = [number for equation in unknowns.equations for number in equation.unknowns]
    shape = (len(unknowns.equations), len(unknowns.least))
    matrix = csr_array((np.ones(len(rows)), (np.array(rows, np.int64), np.array(columns, np.int64))), shape=shape)
    return matrix, np.array([equation.value for equation in unknowns.equations], np.float64)


def _solved(matrix: csr_array, values: Floats, unknowns: Unknowns, cell: int, sign: int) -> Floats:
    aim = np.zeros(len(unknowns.least))
    aim[cell] = sign
    bounds = np.column_stack([unknowns.least, unknowns.most])
    equations = {"A_eq": matrix, "b_eq": values} if matrix.shape[0] else {}
    solved = linprog(aim, bounds=bounds, method="highs", **equations)
    if solved.status != 0:
        raise InfeasibleError(solved.message)
    table: Floats = solved.x
    return table
