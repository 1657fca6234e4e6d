"""F3, H: under a threshold a group of the indicators is shown whole or not at all, and what is hidden stays wide."""

from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from history import log_file
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import indicator_rungs
from schemas.indicator_rungs import Groups, Known
from schemas.indicators import NUMBER, SERIES, Table, months_read
from schemas.periods import parse_month
from schemas.places import KINGDOM, PLACE_NUMBER, PLACES
from schemas.rungs import FULL, TOTAL
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.indicators import indicator_batches
from sinks.public.tree import PublicTree
from streams.board.library import Library
from streams.embedded.driver import Embedded

EXITS = NUMBER["exit_to_work", "own_x3_g0", "outcome"]
FLOWS = NUMBER["spells", "own_g0", "flow"]
NATION, FLANDERS, BRUSSELS, WALLONIA = (
    PLACE_NUMBER[place]
    for place in (("kingdom", KINGDOM), ("region", "02000"), ("region", "04000"), ("region", "03000"))
)
REGIONS = (FLANDERS, BRUSSELS, WALLONIA)
MONTH = parse_month("2023-05")
NOTHING_KNOWN = Known({}, parse_month("2024-06"))


class Row(NamedTuple):
    """A row of a table."""

    place: int
    category: int
    counted: int
    base: int
    series: int = EXITS
    reference: int = MONTH


def table(rows: list[Row]) -> Table:
    """Return rows as columns."""
    return Table(*(np.array([getattr(row, name) for row in rows]) for name in Table._fields))


def shown(
    rows: list[Row], threshold: int, known: Known = NOTHING_KNOWN, before: Groups | None = None
) -> set[tuple[int, int]]:
    """Return the (reference, place) that are shown."""
    stands = indicator_rungs.shown(table(rows), threshold, known, before)
    return {(row.reference, row.place) for row, mine in zip(rows, stands, strict=True) if mine}


def exits(*places: tuple[int, int, int]) -> list[Row]:
    """Return exits to work and to nothing of some places: place, work, nothing."""
    return [
        Row(place, at, count, sum(counts))
        for place, *counts in places
        for at, count in ((4, counts[0]), (6, counts[1]))
    ]


def test_one_hidden_region_is_not_the_kingdom_less_the_others() -> None:
    rows = exits((NATION, 60, 60), (FLANDERS, 30, 30), (BRUSSELS, 2, 1), (WALLONIA, 28, 29))
    assert shown(rows, 5) == {(MONTH, NATION), (MONTH, FLANDERS)}


def test_two_hidden_regions_with_few_in_a_category_hide_a_third() -> None:
    rows = exits((NATION, 33, 70), (FLANDERS, 30, 30), (BRUSSELS, 2, 20), (WALLONIA, 1, 20))
    assert shown(rows, 5) == {(MONTH, NATION)}


def test_a_city_alone_in_its_arrondissement_hides_it() -> None:
    ghent, arrondissement = PLACE_NUMBER["municipality", "44021"], PLACE_NUMBER["arrondissement", "44000"]
    alone = exits((arrondissement, 5, 0), (ghent, 4, 0))
    assert shown(alone, 5) == set()
    others_there = exits((arrondissement, 30, 30), (ghent, 4, 20))
    assert shown(others_there, 5) == {(MONTH, arrondissement)}


def test_what_a_release_hid_a_later_one_hides_and_what_would_tell_it() -> None:
    few = exits((NATION, 60, 60), (FLANDERS, 30, 30), (BRUSSELS, 2, 1), (WALLONIA, 28, 29))
    many = exits((NATION, 68, 67), (FLANDERS, 30, 30), (BRUSSELS, 10, 8), (WALLONIA, 28, 29))
    everywhere = {(MONTH, place) for place in (NATION, *REGIONS)}
    assert shown(many, 5) == everywhere
    before = indicator_rungs.hidden(table(few), indicator_rungs.shown(table(few), 5, NOTHING_KNOWN))
    assert set(zip(*before, strict=True)) == {(EXITS, MONTH, BRUSSELS), (EXITS, MONTH, WALLONIA)}
    assert shown(many, 5, before=before) == {(MONTH, NATION), (MONTH, FLANDERS)}
    alone = Groups(np.array([EXITS]), np.array([MONTH]), np.array([BRUSSELS]))
    thin = exits((NATION, 39, 10), (FLANDERS, 30, 0), (BRUSSELS, 9, 5), (WALLONIA, 0, 5))
    assert shown(thin, 5) == everywhere
    assert shown(thin, 5, before=alone) == {(MONTH, NATION), (MONTH, FLANDERS), (MONTH, WALLONIA)}
    assert shown(many, 5, before=alone._replace(reference=alone.reference + 1)) == everywhere


class Released(NamedTuple):
    """A store whose update 2 knew of three who entered in Gent in 2023-03, and whose update 3 knows of eleven."""

    root: Path

    def flows(self, number: int, zone: str) -> dict[tuple[str, str], dict[str, int]]:
        """Return the flows of LL that an export of a release shows, by (month, place)."""
        batches = indicator_batches(DirectoryStore.reading(self.root), number, "spells", zone)
        return _flows([row for batch in batches for row in batch.to_pylist()])


def _flows(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    held: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        if row["method"] == "own_g0" and row["breakdown"] == "flow":
            held.setdefault((row["reference"], row["geo"]), {})[row["category"]] = row["count"]
    return held


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """Return it; nine enter in Antwerp in the same month, so that Flanders shows twelve, and then twenty."""
    homes = ("g1..g30 | {} | 44021", "v1..v30 | {} | 11002")
    entering = ("n1..n3 | {} | 44021", "w1..w9 | {} | 11002")
    lines = ["person | month | ocmw"]
    for month in range(1, 5):
        lines += [line.format(f"2023-{month:02d}") for line in (*homes, *(entering if month > 2 else ()))]
    lines += [f"close 2023-{month:02d} 2023-{month:02d}" for month in (10, 11)]
    lines += [f"l1..l8 | 2023-{month:02d} | 44021" for month in (3, 4)]
    lines += ["close 2023-12 2023-12"]
    room = tmp_path_factory.mktemp("released")
    Embedded.run(room / "store", FigureSettings(threshold=5), [log_file(room / "log.avro", "\n".join(lines))])
    return Released(room / "store")


MARCH_IN_GENT = ("2023-03", "44021")


def test_a_row_hidden_in_a_release_is_hidden_in_the_next_where_nothing_is_small_any_more(released: Released) -> None:
    assert released.flows(2, "restricted")[MARCH_IN_GENT]["entries"] == 3
    assert released.flows(3, "restricted")[MARCH_IN_GENT]["entries"] == 11
    for number, entries in ((2, 12), (3, 20)):
        public = released.flows(number, "public")
        assert MARCH_IN_GENT not in public
        assert public["2023-03", "02000"]["entries"] == entries
    names = [path.name for path in sorted((released.root / "indicators_hidden").iterdir())]
    assert names == [f"{number:06d}.parquet" for number in range(1, 4)]


def test_the_board_shows_the_rows_of_an_export_and_no_others(released: Released) -> None:
    for number in (2, 3):
        rows = Library(PublicTree.of(released.root)).bound(str(number)).indicators("spells").to_pylist()
        assert _flows(rows) == released.flows(number, "public")


def test_flows_of_a_place_fall_in_all_months_together() -> None:
    rows = [
        Row(place, 0, counted, 50, FLOWS, month)
        for month, flanders in ((MONTH, 3), (MONTH + 1, 20))
        for place, counted in ((NATION, flanders + 40), (FLANDERS, flanders), (BRUSSELS, 20), (WALLONIA, 20))
    ]
    assert (MONTH + 1, FLANDERS) not in shown(rows, 5)


def test_flows_that_fall_for_those_of_another_place_fall_in_all_months_and_judged_again_no_more_do() -> None:
    rows = [
        Row(place, 0, counted, 300, FLOWS, month)
        for month, brussels in ((MONTH, 2), (MONTH + 1, 9))
        for place, counted in ((NATION, 50 + brussels), (BRUSSELS, brussels), (WALLONIA, 20), (FLANDERS, 30))
    ]
    stands = shown(rows, 5)
    assert stands == {(month, place) for month in (MONTH, MONTH + 1) for place in (NATION, WALLONIA)}
    before = indicator_rungs.hidden(table(rows), indicator_rungs.shown(table(rows), 5, NOTHING_KNOWN))
    assert shown(rows, 5, before=before) == stands


def test_a_row_in_codes_of_later_falls_where_a_predecessor_is_hidden() -> None:
    before = parse_month("2024-12")  # on 2025-01-01 Borsbeek becomes a part of Antwerp
    antwerp, borsbeek = PLACE_NUMBER["municipality", "11002"], PLACE_NUMBER["municipality", "11007"]
    assert months_read(SERIES[FLOWS], before) == before + 1
    rungs = np.full(len(PLACES), FULL, np.int8)
    row = [Row(antwerp, 0, 500, 5000, FLOWS, before)]
    assert shown(row, 5, Known({before: rungs}, before + 6)) == {(before, antwerp)}
    rungs[borsbeek] = TOTAL
    assert shown(row, 5, Known({before: rungs}, before + 6)) == set()
    assert shown(row, 5, Known({before: rungs}, before + 6, fixed=True)) == {(before, antwerp)}
    of_that_month = [row[0]._replace(reference=before - 1)]
    assert shown(of_that_month, 5, Known({before - 1: rungs}, before + 6)) == {(before - 1, antwerp)}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=3))
def test_no_small_count_of_a_hidden_region_is_told_by_its_sums(counts: list[tuple[int, int]]) -> None:
    threshold = 3
    work, nothing = map(sum, zip(*counts, strict=True))
    if not work + nothing:
        return
    there = [(place, *mine) for place, mine in zip(REGIONS, counts, strict=True) if sum(mine)]
    stands = shown(exits((NATION, work, nothing), *there), threshold)
    hidden = [mine for place, mine in zip(REGIONS, counts, strict=True) if sum(mine) and (MONTH, place) not in stands]
    if (MONTH, NATION) not in stands:
        assert not stands
        return
    seen = tables_that_fit(hidden) if hidden else []
    for at, mine in enumerate(hidden):
        for category in (0, 1):
            if 0 < mine[category] < threshold:
                values = {one[at][category] for one in seen}
                assert max(values) - min(values) >= threshold, (counts, hidden)


def tables_that_fit(hidden: list[tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    """Return all tables of hidden places, somebody in each, with the sums that these have."""
    work, nothing = (sum(column) for column in zip(*hidden, strict=True))
    fits = []
    for first in product(range(work + 1), repeat=len(hidden)):
        if sum(first) != work:
            continue
        for second in product(range(nothing + 1), repeat=len(hidden)):
            mine = tuple(zip(first, second, strict=True))
            if sum(second) == nothing and all(sum(one) for one in mine):
                fits.append(mine)
    return fits


@pytest.mark.parametrize(
    ("method", "indicator", "breakdown", "after"),
    [
        ("own_g2", "spells", "flow", 3),
        ("own_x12_g0", "exit_to_work", "outcome", 12),
        ("own_x1_g2", "exit_to_work", "outcome", 3),
        ("completed_g2", "quartiles", "quartile", 3),
        ("own", "transitions", "state|later", 0),
        ("exact_own_g2", "duration", "band", 0),
    ],
)
def test_a_row_stands_in_the_codes_of_the_last_month_that_it_reads(
    method: str, indicator: str, breakdown: str, after: int
) -> None:
    assert months_read(SERIES[NUMBER[indicator, method, breakdown]], MONTH) == MONTH + after
