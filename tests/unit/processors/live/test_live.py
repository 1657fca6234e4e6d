"""Live figures: the same as a count of everything gives, for whatever is asked; and shown in one direction only."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from processors.admission.fold import Fold
from processors.admission.keys import month_in, municipality_in, person_in, row_place_in
from processors.admission.ledger import AMOUNT, DAYS, KEY, STATE_SHARE, TRAITS, Ledger
from processors.axes import axis
from processors.counting.counting import added_up, turned
from processors.counting.people import people
from processors.live.reached import Reached, open_months
from processors.live.running_totals import Standing
from processors.protocol.all_rows import Gathered
from schemas.arrays import Mask
from schemas.figures import BlockKey, Cells
from schemas.live import Recounted, Reflects
from schemas.periods import MONTH_COUNT, Period, parse_month
from schemas.places import MUNICIPALITIES, PLACE_NUMBER
from schemas.releases import Entry, Release, State, Update, Vintage
from schemas.rows import Rows
from schemas.settings import FigureSettings
from schemas.supports import NODES
from sinks.directory.live import Line, LiveHome
from streams.embedded.driver import steps_of
from synthetic import generate

FIRST, LAST = parse_month("2024-10"), parse_month("2025-02")
MONTHS = range(FIRST, LAST + 1)
"""Municipalities merge on 2025-01-01."""

Standings = dict[tuple[str, str, int, int], tuple[int, ...]]
"""(municipality, support, month, category) -> measures."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "history.avro"
    generate(700, FIRST, LAST, 3, path)
    return path


@pytest.fixture(scope="module", params=["as_then", "fixed:2025-01-01"])
def settings(request: pytest.FixtureRequest) -> FigureSettings:
    return FigureSettings(geography=request.param)


@pytest.fixture(scope="module")
def ledger(history: Path, settings: FigureSettings) -> Ledger:
    fold = Fold(settings)
    for _ in steps_of(fold, history):
        pass
    return fold.ledger


def counted(ledger: Ledger, settings: FigureSettings) -> Standings:
    months = np.zeros(MONTH_COUNT, np.bool_)
    months[list(MONTHS)] = True
    places = {PLACE_NUMBER["municipality", nis]: nis for nis in MUNICIPALITIES}
    every = axis("month", tuple(Period("month", month) for month in MONTHS))
    cells_of: Standings = {}
    for node in NODES:
        for _, blocks in added_up(turned(people(ledger, months), (every,), node, settings)):
            for month, cells in zip(MONTHS, blocks, strict=True):
                columns = (cells.place, cells.category, cells.beneficiaries, cells.amount_cents, cells.days)
                for place, category, *measures in zip(*(column.tolist() for column in columns), strict=True):
                    if place in places:
                        cells_of[places[place], node.code, month, category] = tuple(measures)
    return cells_of


def live_count(ledger: Ledger, wanted: Mask, open_: Mask, settings: FigureSettings) -> Standings:
    standing = Standing(settings)
    return cells_of_lines(standing.recounted(standing.take(ledger, wanted, open_)).each())


def cells_of_lines(lines: Iterable[Recounted]) -> Standings:
    cells_of: Standings = {}
    for one in lines:
        cells = one.cells
        columns = (cells.support, cells.category, cells.beneficiaries, cells.amount_cents, cells.days)
        for support, category, *measures in zip(*(column.tolist() for column in columns), strict=True):
            cells_of[one.nis, NODES[support].code, one.month, category] = tuple(measures)
    return cells_of


def every(months: range = MONTHS) -> Mask:
    wanted = np.zeros((len(MUNICIPALITIES), MONTH_COUNT), np.bool_)
    wanted[:, list(months)] = True
    return wanted


def test_everything_live_is_what_a_count_gives(ledger: Ledger, settings: FigureSettings) -> None:
    live = live_count(ledger, every(), open_months(None), settings)
    assert len(live) > 1000
    assert live == counted(ledger, settings)


def test_what_is_wanted_and_open_alone_is_counted(ledger: Ledger, settings: FigureSettings) -> None:
    rng = np.random.default_rng(1)
    wanted = every() & (rng.random((len(MUNICIPALITIES), MONTH_COUNT)) < 0.3)
    open_ = rng.random((len(NODES), MONTH_COUNT)) < 0.5
    number = {node.code: at for at, node in enumerate(NODES)}
    expected = {
        key: measures
        for key, measures in counted(ledger, settings).items()
        if wanted[MUNICIPALITIES.index(key[0]), key[2]] and open_[number[key[1]], key[2]]
    }
    assert expected
    assert live_count(ledger, wanted, open_, settings) == expected


def test_a_wanted_month_without_rows_is_told_as_empty(ledger: Ledger, settings: FigureSettings) -> None:
    wanted = every(range(FIRST - 3, FIRST - 2))
    standing = Standing(settings)
    lines = list(standing.recounted(standing.take(ledger, wanted, open_months(None))).each())
    assert len(lines) == len(MUNICIPALITIES)
    assert all(len(one.cells.support) == 0 for one in lines)


def changed(ledger: Ledger, chance: np.random.Generator) -> Iterator[Rows]:
    """Yield all rows of a ledger in any order, some of them more than once, with sums and attributes that change."""
    rows = ledger.rows
    month = month_in(rows[:, KEY])
    order = chance.permutation(np.repeat(np.arange(len(rows)), 2))
    for some in np.array_split(order, 12):
        drawn = np.unique(some)  # a batch holds a row once
        amount = rows[drawn, AMOUNT] * chance.choice([0, 1, 1, -1, 3], len(drawn))
        traits = [int(chance.choice(rows[month == one, TRAITS])) for one in month[drawn]]
        place = row_place_in(rows[drawn, KEY])
        person = person_in(rows[drawn, KEY])
        yield Rows(
            person.astype(np.uint32),
            place.astype(np.uint32),
            amount,
            rows[drawn, STATE_SHARE],
            rows[drawn, DAYS],
            np.array(traits, np.uint32),
        )


def blocks_of(ledger: Ledger, open_: Mask, settings: FigureSettings) -> Iterator[tuple[int, int, Cells]]:
    """Yield what a release says of the months that are open."""
    months = np.zeros(MONTH_COUNT, np.bool_)
    months[list(MONTHS)] = True
    every = axis("month", tuple(Period("month", month) for month in MONTHS))
    for number, node in enumerate(NODES):
        for _, blocks in added_up(turned(people(ledger, months), (every,), node, settings)):
            yield from (
                (number, month, cells) for month, cells in zip(MONTHS, blocks, strict=True) if open_[number, month]
            )


def in_open(live_cells: Standings, open_: Mask) -> Standings:
    number = {node.code: at for at, node in enumerate(NODES)}
    return {key: measures for key, measures in live_cells.items() if open_[number[key[1]], key[2]]}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_changes_in_whatever_turns_what_stands_is_what_a_count_gives(
    ledger: Ledger, settings: FigureSettings, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    open_ = (chance.random((len(NODES), MONTH_COUNT)) < 0.7) & every().any(axis=0)
    gathered, reached, standing = Gathered(Ledger(settings), 1), Reached(1, settings), Standing(settings)
    standing_cells: Standings = {}
    for number, rows in enumerate(changed(ledger, chance)):
        standing.note(gathered.persons_of(0, rows), rows, gathered.ledger)
        gathered.put(0, rows)
        reached.note(0, rows)
        if number % 3 == 1:
            continue  # changes of several batches are one turn
        wanted = reached.take() & open_.any(axis=0)
        lines = list(standing.recounted(standing.take(gathered.ledger, wanted, open_)).each())
        again = {(line.nis, line.month) for line in lines}
        standing_cells = {
            key: measures for key, measures in standing_cells.items() if (key[0], key[2]) not in again
        } | cells_of_lines(lines)
        if number == 5:  # a release: it says what there is, and shows begin anew
            standing.begin(blocks_of(gathered.ledger, open_, settings))
            standing_cells = counted(gathered.ledger, settings)
    expected = in_open(counted(gathered.ledger, settings), open_)
    assert len(expected) > 1000
    assert in_open(standing_cells, open_) == expected


def test_rows_are_noted_by_the_municipality_that_shows_them(ledger: Ledger, settings: FigureSettings) -> None:
    rows = ledger.rows
    nothing = np.zeros(len(rows), np.int64)
    place = row_place_in(rows[:, KEY]).astype(np.uint32)
    given = Rows(place, place, nothing, nothing, nothing, place)
    reached = Reached(2, settings)
    reached.note(1, given)
    wanted = reached.take()
    assert live_count(ledger, wanted, open_months(None), settings) == counted(ledger, settings)
    assert not reached.take().any()
    reached.note(1, given)
    reached.forget([1])
    assert not reached.take().any()
    assert len(np.unique(municipality_in(place))) > 100


def test_stable_months_are_closed_and_unknown_ones_open() -> None:
    update = Update(1, "u1", parse_month("2024-06"))
    states = {
        "2024-01": State.PUBLISHED,
        "2024-02": State.REVISING,
        "2024-03": State.SETTLING,
        "2024-04": State.PENDING,
    }
    entries = {BlockKey("LL", Period.parse(code)): Entry(Vintage(1, None, state)) for code, state in states.items()}
    is_open = open_months(Release(update, entries))[[node.code for node in NODES].index("LL")]
    months = [parse_month(f"2024-0{month}") for month in range(1, 6)]
    assert is_open[months].tolist() == [False, False, True, True, True]
    assert not is_open[parse_month("2007-12")]
    assert is_open[parse_month("2008-01")]


HEADER = 100
"""Bytes before the first page of a database says anything of its tables."""
SOME, MORE = Line("11002", "2024-01", b"some"), Line("11002", "2024-01", b"more")
OTHER = Line("44021", "2024-02", b"other")


@pytest.fixture
def home(tmp_path: Path) -> LiveHome:
    made = LiveHome(tmp_path)
    assert made.show(Reflects(3, (10, 20), 5_000), [SOME, OTHER])
    return made


def live_lines(home: LiveHome, nis: str = "11002") -> list[Line]:
    live = home.of(nis)
    assert live is not None
    return live[1]


def test_nothing_is_shown_before_something_was(tmp_path: Path) -> None:
    home = LiveHome(tmp_path)
    assert home.state() is None
    assert home.of("11002") is None
    assert home.admits(Reflects(0, (0,), 0))
    assert list(tmp_path.iterdir()) == []


def test_a_later_state_replaces_its_lines_and_keeps_others(home: LiveHome) -> None:
    before = home.state()
    assert home.show(Reflects(3, (11, 20), 6_000), [MORE])
    after = home.state()
    assert before is not None
    assert after is not None
    assert after.turn > before.turn
    assert after.reflects.positions == (11, 20)
    assert live_lines(home) == [MORE]
    assert live_lines(home, "44021") == [OTHER]
    changed = home.since(before.turn)
    assert changed is not None
    assert changed[1] == [MORE]


@pytest.mark.parametrize("older", [Reflects(3, (9, 30), 9_000), Reflects(2, (99, 99), 9_000)])
def test_an_older_state_is_refused(home: LiveHome, older: Reflects) -> None:
    assert not home.admits(older)
    assert not home.show(older, [MORE])
    assert live_lines(home) == [SOME]


def test_the_next_release_empties_it(home: LiveHome) -> None:
    assert home.show(Reflects(4, (10, 20), 5_000), [])
    assert live_lines(home) == []
    assert live_lines(home, "44021") == []


@pytest.mark.parametrize("torn", [b"", b"no database at all, but long enough to be read as one" * 100])
def test_a_torn_database_shows_nothing_and_is_made_anew(home: LiveHome, tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "live.sqlite").write_bytes(torn)
    assert home.of("11002") is None
    assert home.show(Reflects(3, (1, 1), 5_000), [OTHER])
    assert live_lines(home, "44021") == [OTHER]


@pytest.mark.parametrize("fill", [b"\0", b"\xff"], ids=["zeros", "ones"])
@pytest.mark.parametrize("half", ["whole", "end"])
@pytest.mark.parametrize("table", ["schema", "state", "line"])
def test_a_database_torn_behind_its_header_raises_nothing_and_is_made_anew(
    home: LiveHome, tmp_path: Path, table: str, half: str, fill: bytes
) -> None:
    path = tmp_path / "live.sqlite"
    data = path.read_bytes()
    page = len(data) // 3
    stop = page * (1 + ["schema", "state", "line"].index(table))
    start = stop - (page // 2 if half == "end" else page - HEADER)
    path.write_bytes(data[:start] + fill * (stop - start) + data[stop:])
    later = Reflects(3, (11, 20), 6_000)
    assert home.admits(later)
    assert (home.of("44021") or (None, []))[1] == []
    assert home.show(later, [OTHER])
    assert live_lines(home, "44021") == [OTHER]


def test_a_database_of_another_version_shows_nothing_and_is_made_anew(home: LiveHome, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "live.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    assert home.state() is None
    assert home.show(Reflects(1, (1, 1), 5_000), [])
    assert live_lines(home) == []
