"""Answers of different shapes about the same persons, laid side by side, tell no small count (F3).

The attacker asks an integer program of her own. She knows every answer, that a month is a part of its year, and by how
much parts exceed their wholes; she knows nothing of how cells were hidden.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from study_room import Room

from processors.disclosure.grids import ALL
from schemas.periods import Period
from schemas.questions import THRESHOLD
from streams.embedded.inquiry import Inquiry
from streams.embedded.question_tables import Frozen, Tables

OF = 'study = "mobility"\nsupport = "LL"\nlevel = "region"\nplace = "02000"\n'
QUESTIONS = (
    'shape = 3\nperiod = "2023"\nby = ["sex", "age5"]\n',
    'shape = 2\nperiod = "2023-06"\nby = ["sex"]\n',
    'shape = 2\nperiod = "2023-06"\nby = ["age5"]\n',
    'shape = 1\nfrom = "2023-06"\nto = "2023-07"\n',
)
TABLES = (
    ("2023", ()),
    ("2023", ("sex",)),
    ("2023", ("age5",)),
    ("2023", ("age5", "sex")),
    ("2023-06", ()),
    ("2023-06", ("sex",)),
    ("2023-06", ("age5",)),
)
Key = tuple[str, str, str, frozenset[tuple[str, str]]]
"""Period, level, place, and the categories that a cell names."""


@dataclass
class Attacker:
    """All answers as one table: each count once, whatever answers show it."""

    counts: dict[Key, int] = field(default_factory=dict)
    hidden: dict[Key, bool] = field(default_factory=dict)
    rows: list[tuple[dict[Key, int], float, float]] = field(default_factory=list)

    def learn(self, period: str, by: tuple[str, ...], table: Frozen) -> None:
        """Take in a table: its cells, and that a place and a category are sums."""
        keys: list[Key] = []
        for cell, at in table.grid.number.items():
            named = frozenset((name, code) for name, code in zip(by, cell[2:], strict=False) if code != ALL)
            key = (period, cell[0], cell[1], named)
            keys.append(key)
            empty = table.grid.structural()[at]
            self.counts[key] = int(table.counts[at])
            self.hidden[key] = bool(table.hidden[at]) and self.hidden.get(key, True) and not empty
        nothing = np.zeros_like(table.counts)
        for whole, parts in table.grid.linked(table.counts, nothing > 0, table.hidden, (nothing, nothing)).sums:
            excess = sum(self.counts[keys[part]] for part in parts) - self.counts[keys[whole]]
            self.rows.append(({**{keys[part]: 1 for part in parts}, keys[whole]: -1}, excess, excess))
            for part in parts:
                self.at_most(keys[part], keys[whole])

    def at_most(self, part: Key, whole: Key) -> None:
        """Take in that a count is at most another."""
        self.rows.append(({part: 1, whole: -1}, -np.inf, max(0, self.counts[part] - self.counts[whole])))

    @cached_property
    def number(self) -> dict[Key, int]:
        """The number of each hidden count."""
        return {key: at for at, key in enumerate(key for key, hides in self.hidden.items() if hides)}

    @cached_property
    def known(self) -> LinearConstraint:
        """All that was learnt, about hidden counts."""
        number = self.number
        entries: list[tuple[int, int, int]] = []
        low: list[float] = []
        high: list[float] = []
        for terms, least, most in self.rows:
            known = sum(sign * self.counts[key] for key, sign in terms.items() if key not in number)
            if any(key in number for key in terms):
                entries += [(len(low), number[key], sign) for key, sign in terms.items() if key in number]
                low.append(least - known)
                high.append(most - known)
        row, column, sign = np.array(entries, np.int64).T
        matrix = csr_array((sign, (row, column)), shape=(len(low), len(number)))
        return LinearConstraint(matrix, np.array(low), np.array(high))

    def interval(self, cell: Key) -> tuple[int, int]:
        """Return the least and the most that a count can be."""
        ends = []
        for way in (1, -1):
            aim = np.zeros(len(self.number))
            aim[self.number[cell]] = way
            solved = milp(aim, constraints=self.known, integrality=np.ones(len(aim)), bounds=Bounds(0, 10_000))
            assert solved.success, solved.message
            ends.append(round(way * solved.fun))
        return ends[0], ends[1]


def test_a_year_a_month_a_cross_and_a_series_tell_no_small_count_together(room: Room) -> None:
    for question in QUESTIONS:
        done = room.ask(OF + question)
        assert done.returncode == 0, done.stderr
    inquiry = Inquiry.on(room.store, "mobility", date(2026, 1, 1))
    attacker = Attacker()
    for period, by in TABLES:
        attacker.learn(period, by, Tables(inquiry, "LL", Period.parse(period)).frozen("persons", by))
    for month in [key for key in attacker.counts if key[0] == "2023-06"]:
        attacker.at_most(month, ("2023", *month[1:]))
    small = [
        key
        for key, count in attacker.counts.items()
        if attacker.hidden[key] and 0 < count < THRESHOLD and key[1] in {"kingdom", "region"}
    ]
    assert small
    ends = {key: attacker.interval(key) for key in small[:: 1 + len(small) // 4]}
    assert [(key, end) for key, end in ends.items() if end[1] - end[0] < THRESHOLD] == []
