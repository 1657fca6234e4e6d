"""F3: each door to a hidden count, opened with the rule left out, and shut with it.

The hidden count is always Aalst's: 3 persons with a living wage in January 2023, or 4. Worlds that differ in nothing
else must look the same. ``DOORS`` names the test of every other door of the attacker's diary (docs/research.md).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from history import log_file

from processors.board.nothing import Cell
from schemas import indicator_rungs
from schemas.figures import BlockKey
from schemas.indicator_rungs import Known
from schemas.indicators import NUMBER, SERIES, Table
from schemas.periods import Period, parse_month
from schemas.places import MUNICIPALITIES, PLACE_NUMBER
from schemas.settings import FigureSettings
from schemas.supports import LEAVES
from sinks.completeness import read_completeness
from sinks.directory.store import DirectoryStore
from sinks.public.completeness import public_month
from sinks.public.tree import PublicTree
from streams.board.library import Bound, Library
from streams.board.pages.shared import change_of, mean_of_months, rate_of
from streams.embedded.driver import Embedded

HERE = Path(__file__).parent
AALST, GENT, OSTEND = "41002", "44021", "35013"
JANUARY, QUARTER = Period.parse("2023-01"), Period.parse("2023-Q1")
DOORS = {
    "an area less its shown municipalities": "test_a_threshold_hides.py::test_a_single_hidden_part_is_its_area",
    "overlap of persons": "test_a_threshold_hides.py::test_overlap_is_no_protection",
    "a hidden area whose parts are shown": "test_a_threshold_hides.py::test_a_hidden_area_whose_parts_are_shown",
    "a year beside a hidden month": "test_a_threshold_hides.py::test_a_year_beside_a_hidden_month",
    "rolling years": "test_a_threshold_hides.py::test_two_rolling_years",
    "LL less LL_STUD": "test_a_threshold_hides.py::test_a_support_less_its_other_leaf",
    "two municipalities and two supports": "test_a_threshold_hides.py::test_two_places_and_two_supports",
    "narrow ages": "test_a_threshold_hides.py::test_a_narrow_age_is_its_wide_class",
    "two releases": "test_a_threshold_hides.py::test_a_figure_that_grows_to_the_threshold",
    "two geographies": "test_indicators_under_a_threshold.py::test_a_row_in_codes_of_later",
    "quartiles of few spells": "test_doors_of_the_public_zone.py::test_quartiles_of_few_spells",
    "a region's exits": "test_indicators_under_a_threshold.py::test_one_hidden_region",
    "entries less exits": "test_doors_of_the_public_zone.py::test_stocks_and_entries_tell_hidden_exits",
    "mean of the months": "test_doors_of_the_public_zone.py::test_the_mean_of_the_months",
    "rate by inhabitants": "test_doors_of_the_public_zone.py::test_a_rate_times_the_inhabitants",
    "change on a year before": "test_doors_of_the_public_zone.py::test_a_change",
    "amounts": "test_doors_of_the_public_zone.py::test_an_amount_beside",
    "no claim or zero": "test_doors_of_the_public_zone.py::test_who_sent_a_line",
    "digests": "test_doors_of_the_public_zone.py::test_worlds_that_differ_in_what_is_hidden",
    "a file of a release that waits": "test_a_board_under_a_threshold.py::test_a_public_file_holds_the_blocks",
    "a month after its year": "test_a_pattern_of_linked_tables.py::test_the_door_is_open_where_month_and_year",
    "answers of other limits": "../research/test_questions.py::test_two_answers_with_other_limits",
    "answers of other shapes": "../research/test_answers_together.py::test_a_year_a_month_a_cross_and_a_series",
    "refusals": "../research/test_questions.py::test_refusals_for_data_are_the_same_work",
}


@pytest.mark.parametrize("door", DOORS)
def test_each_door_is_a_test(door: str) -> None:
    file, _, name = DOORS[door].partition("::")
    assert f"def {name}" in (HERE / file).read_text(encoding="utf-8")


def world(folder: Path, aalst: int) -> Path:
    """Return a store in which Aalst and Gent have 300 persons together in January 2023, so many of them in Aalst."""
    claims = [
        "person | month | ocmw",
        f"a1..a{aalst} | 2023-01 | {AALST}",
        f"g1..g{300 - aalst} | 2023-01 | {GENT}",
        f"o1..o80 | 2023-01 | {OSTEND}",
    ]
    closings = [f"close 2023-{month:02d} 2023-{month:02d}" for month in (4, 5, 6)]
    log = log_file(folder / f"{aalst}.avro", "\n".join([*claims, *closings]))
    Embedded.run(folder / f"store-{aalst}", FigureSettings(threshold=5), [log])
    return folder / f"store-{aalst}"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two stores that differ in a hidden count alone: 3 persons in Aalst, or 4."""
    folder = tmp_path_factory.mktemp("doors")
    return world(folder, 3), world(folder, 4)


@pytest.fixture(scope="module")
def bound(worlds: tuple[Path, Path]) -> Bound:
    """Return the newest release of the first world as the public sees it."""
    return Library(PublicTree.of(worlds[0])).bound("latest")


def counted(store: Path, period: Period) -> dict[str, int]:
    """Return what the restricted zone has of the municipalities in a period: the rule left out."""
    home = DirectoryStore.reading(store)
    ref = home.release().entries[BlockKey("LL", period)].published
    assert ref is not None
    cells = home.read_block(ref)
    by_place = dict(zip(cells.place.tolist()[::-1], cells.beneficiaries.tolist()[::-1], strict=True))
    return {nis: by_place.get(PLACE_NUMBER["municipality", nis], 0) for nis in (AALST, GENT, OSTEND)}


def published(tree: PublicTree) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a tree by its name, manifests without the moment at which they were published."""
    for path in sorted(one for one in tree.root.rglob("*") if one.is_file()):
        data = path.read_bytes()
        if path.parent.name == "releases":
            data = json.dumps(json.loads(data) | {"published_at": None}).encode()
        yield str(path.relative_to(tree.root)), data


def test_worlds_that_differ_in_what_is_hidden_have_the_same_public_tree(worlds: tuple[Path, Path]) -> None:
    first, second = (dict(published(PublicTree.of(store))) for store in worlds)
    assert counted(worlds[0], JANUARY)[AALST] != counted(worlds[1], JANUARY)[AALST]
    assert first.keys() == second.keys()
    assert first == second


def test_the_digest_of_the_restricted_block_would_tell_them_apart_and_stands_nowhere(
    worlds: tuple[Path, Path],
) -> None:
    refs = [DirectoryStore.reading(one).release().entries[BlockKey("LL", JANUARY)].published for one in worlds]
    digests = [ref.digest.hex() for ref in refs if ref is not None]
    assert len(set(digests)) == len(worlds)
    for store in worlds:
        texts = [data for _, data in published(PublicTree.of(store))]
        assert not [one for one in digests for data in texts if one.encode() in data or bytes.fromhex(one) in data]


def test_a_rate_times_the_inhabitants_is_the_count(bound: Bound, worlds: tuple[Path, Path]) -> None:
    people, persons = 90_068, counted(worlds[0], JANUARY)[AALST]
    assert round(1000 * persons / people, 4) * people / 1000 == pytest.approx(persons, abs=0.1)
    assert rate_of(bound.show(Cell("LL", JANUARY, "municipality", AALST)), people) is None


def test_the_mean_of_the_months_less_the_shown_ones_is_the_hidden_one(bound: Bound, worlds: tuple[Path, Path]) -> None:
    hidden, others = counted(worlds[0], JANUARY)[AALST], (50, 60)
    assert 3 * ((hidden + sum(others)) / 3) - sum(others) == pytest.approx(hidden)
    assert mean_of_months(bound, Cell("LL", QUARTER, "municipality", AALST)) is None


def test_a_change_on_a_shown_count_is_the_hidden_one(bound: Bound, worlds: tuple[Path, Path]) -> None:
    hidden, before = counted(worlds[0], JANUARY)[AALST], 40
    assert before * (1 + (hidden - before) / before) == pytest.approx(hidden)
    assert change_of(bound, Cell("LL", JANUARY, "municipality", AALST)) is None


def test_an_amount_beside_a_count_is_no_column_of_the_public_zone(worlds: tuple[Path, Path]) -> None:
    home, tree = DirectoryStore.reading(worlds[0]), PublicTree.of(worlds[0])
    ref = home.release().entries[BlockKey("LL", JANUARY)].published
    assert ref is not None
    cells = home.read_block(ref)
    aalst = cells.place == PLACE_NUMBER["municipality", AALST]
    assert cells.amount_cents[aalst].max() // 100_000 == counted(worlds[0], JANUARY)[AALST]  # 1,000 euro each
    figures = tree.manifest(tree.current()).figures["LL"].values()
    files = {block.file for one in figures for block in (one.block, one.rungs) if block}
    columns = {name for file in files for name in pq.read_schema(tree.file_path(file)).names}
    assert columns == {"place", "category", "beneficiaries"}


def test_who_sent_a_line_is_not_zero(bound: Bound, worlds: tuple[Path, Path]) -> None:
    home = DirectoryStore.reading(worlds[0])
    sent = read_completeness(home, home.latest(), {JANUARY.last}, (len(LEAVES), len(MUNICIPALITIES)))[JANUARY.last]
    assert AALST in json.loads(public_month(sent, frozenset({"LL"})))["LL"]
    assert AALST not in bound.completeness(JANUARY.last)["LL"]
    assert AALST in bound.hidden_senders("LL", JANUARY.last)


def test_stocks_and_entries_tell_hidden_exits_so_flows_fall_together() -> None:
    flows = NUMBER["spells", "own_g0", "flow"]
    names, month = SERIES[flows].categories, parse_month("2023-05")
    flanders = PLACE_NUMBER["region", "02000"]
    counts = {month: {"stock": 50, "entries": 20, "exits": 3}, month + 1: {"stock": 57, "entries": 10, "exits": 20}}
    told = counts[month]["stock"] + counts[month + 1]["entries"] - counts[month + 1]["stock"]
    assert told == counts[month]["exits"]
    rows = [
        (flows, reference, flanders, names.index(name), count, 0)
        for reference, mine in counts.items()
        for name, count in mine.items()
    ]
    order = ("series", "reference", "place", "category", "counted", "base")
    columns = dict(zip(order, np.array(rows).T, strict=True))
    table = Table(**{name: columns[name] for name in Table._fields})
    assert not indicator_rungs.shown(table, 5, Known({}, month + 12)).any()


@pytest.mark.parametrize(("spells", "are_told"), [(3, False), (19, False), (20, True)])
def test_quartiles_of_few_spells_are_lives(spells: int, *, are_told: bool) -> None:
    lives = sorted([7, 30, 400])  # of three spells the quartiles are the three lives
    assert np.quantile(lives, (0, 0.5, 1)).tolist() == lives
    quartiles = next(number for number, one in enumerate(SERIES) if one.indicator == "quartiles")
    columns = {"series": quartiles, "place": PLACE_NUMBER["region", "02000"], "counted": 30, "base": spells}
    columns |= {"reference": parse_month("2023-05"), "category": 0}
    table = Table(**{name: np.array([columns[name]]) for name in Table._fields})
    assert indicator_rungs.shown(table, 5, Known({}, parse_month("2024-05"))).all() == are_told
