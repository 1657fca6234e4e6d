"""The audit of a table by linear programs: the least and the most that each hidden cell can be.

A table is its hidden cells as unknowns, equations ``sum(cells) = value`` and bounds. The overlap of unique counts is a
known constant in each equation: the attacker is taken to know it, so the audit is always feasible and never too mild.
Every solution is itself a table that fits, so cells already seen wide enough need no program of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

_ROUNDING = 1e-6
_MANY = 32

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equation:
    """Some unknowns (by number), less some others, that add up to a value."""

    unknowns: tuple[int, ...]
    value: int
    less: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Hidden cells of a table: the bounds of each, and the equations that they fulfil."""

    least: Sequence[int]
    most: Sequence[int]
    equations: Sequence[Equation]


class InfeasibleError(Exception):
    """Nothing fits what is shown: the equations were built wrongly, for the truth fits."""


def too_narrow(unknowns: Unknowns, cells: Sequence[int], width: int, most: int | None = None) -> list[int]:
    """Return which of some cells can be told within less than ``width``; bounds are rounded inward to whole numbers.

    No more are looked for than ``most``, where it is given. Raises InfeasibleError.
    """
    if not cells:
        return []
    program = _Program(unknowns)
    low, high = np.full(len(unknowns.least), np.inf), np.full(len(unknowns.least), -np.inf)
    narrow = []
    for aim in _many_at_once(unknowns, cells):
        table = program.least(aim)
        low, high = np.minimum(low, table), np.maximum(high, table)
    for cell in cells:
        for sign in (1, -1):
            if _width(low[cell], high[cell]) < width:
                table = program.extreme(cell, sign)
                low, high = np.minimum(low, table), np.maximum(high, table)
        if _width(low[cell], high[cell]) < width:
            narrow.append(cell)
        if len(narrow) == most:
            break
    return narrow


def _many_at_once(unknowns: Unknowns, cells: Sequence[int]) -> Iterator[Floats]:
    """Yield aims that move many cells together, none of which stands in a sum with another: most turn out wide."""
    if len(cells) < _MANY:
        return
    sums_of: dict[int, list[int]] = {}
    for number, equation in enumerate(unknowns.equations):
        for unknown in equation.unknowns:
            sums_of.setdefault(unknown, []).append(number)
    groups: list[tuple[set[int], list[int]]] = []
    for cell in cells:
        sums = sums_of.get(cell, [])
        taken, members = next((group for group in groups if group[0].isdisjoint(sums)), (set(), []))
        if not members:
            groups.append((taken, members))
        taken.update(sums)
        members.append(cell)
    for _, members in groups:
        aim = np.zeros(len(unknowns.least))
        aim[members] = 1
        yield aim
        yield -aim


def _width(low: float, high: float) -> float:
    return float(np.floor(high + _ROUNDING) - np.ceil(low - _ROUNDING)) if low <= high else -np.inf


class _Program:
    """The tables that fit, as a linear program that is solved for one aim after the other.

    Each solution begins where the last one ended, which is what makes thousands of aims cheap; the first is the same
    wherever it is made, so all of them are.
    """

    def __init__(self, unknowns: Unknowns) -> None:
        """Pass the equations and bounds."""
        size = len(unknowns.least)
        self._places = np.arange(size, dtype=np.int32)
        self._solver = highspy.Highs()
        self._solver.silent()
        self._solver.setOptionValue("threads", 1)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = size, len(unknowns.equations)
        program.col_cost_ = np.zeros(size)
        program.col_lower_, program.col_upper_ = (
            np.array(bound, np.float64) for bound in (unknowns.least, unknowns.most)
        )
        values = np.array([equation.value for equation in unknowns.equations], np.float64)
        program.row_lower_, program.row_upper_ = values, values
        terms = [
            [*((number, 1.0) for number in equation.unknowns), *((number, -1.0) for number in equation.less)]
            for equation in unknowns.equations
        ]
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.cumsum([0, *map(len, terms)]).astype(np.int32)
        program.a_matrix_.index_ = np.array([number for row in terms for number, _ in row], np.int32)
        program.a_matrix_.value_ = np.array([sign for row in terms for _, sign in row], np.float64)
        self._solver.passModel(program)

    def least(self, aim: Floats) -> Floats:
        """Return a table that fits and makes an aim least. Raises InfeasibleError."""
        self._solver.changeColsCost(len(aim), self._places, aim)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise InfeasibleError(self._solver.modelStatusToString(status))
        return np.array(self._solver.getSolution().col_value)

    def extreme(self, cell: int, sign: int) -> Floats:
        """Return a table that fits in which a cell is least, or for -1 most. Raises InfeasibleError."""
        aim = np.zeros(len(self._places))
        aim[cell] = sign
        return self.least(aim)
