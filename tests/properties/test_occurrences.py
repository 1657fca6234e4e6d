"""How often an equal line came before: as a dictionary counts it, in at most 28 bytes a line."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.occurrences import Occurrences
from schemas.arrays import UInt64

BYTES_A_LINE = 28
FIRST_TABLE = 9 * 4096


def digests(lines: list[int]) -> UInt64:
    """Return a digest for each line; those that share their upper half begin in the same place of the table."""
    return np.array([line * 2 + 1 if line < 5 else line << 59 | 1 for line in lines], np.uint64)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 20), max_size=40), max_size=6))
def test_each_line_knows_how_many_equal_ones_came_before_it(chunks: list[list[int]]) -> None:
    seen, counted = Occurrences(), Counter[int]()
    for chunk in chunks:
        expected = []
        for line in chunk:
            expected.append(counted[line])
            counted[line] += 1
        assert seen.of(digests(chunk)).tolist() == expected


def test_a_line_that_comes_a_thousand_times_is_counted_to_the_end() -> None:
    seen = Occurrences()
    assert seen.of(digests([7] * 600)).tolist() == list(range(600))
    assert seen.of(digests([7] * 400 + [8])).tolist() == [*range(600, 1000), 0]


def test_at_no_moment_are_more_than_28_bytes_a_line_held() -> None:
    seen, lines = Occurrences(), 0
    draw = np.random.default_rng(1)
    for _ in range(40):
        before = seen.held
        assert not seen.of(draw.integers(1, np.iinfo(np.uint64).max, 20_000, np.uint64)).any()
        lines += 20_000
        grown = before if seen.held > before else 0
        assert seen.held + grown <= BYTES_A_LINE * lines + FIRST_TABLE
