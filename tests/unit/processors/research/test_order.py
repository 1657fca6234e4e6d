"""Rows of persons are put in order as a sort would."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.research.order import ascending

SHIFT = 8


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 255)), unique=True))
def test_numbers_ascend_as_a_sort_has_them(drawn: list[tuple[int, int]]) -> None:
    persons = sorted({person for person, _ in drawn})
    numbers = np.array([persons.index(person) << SHIFT | row for person, row in drawn], np.int64)
    assert ascending(numbers, SHIFT).tolist() == np.argsort(numbers).tolist()
