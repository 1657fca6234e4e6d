"""What always holds: three counts agree, cents are conserved, and what may and may not be added (L1-L4, F1).

The histories are drawn anew from a fixed seed: few persons, places and months, so that moves, mergers, zeros,
negatives, duplicates, conflicts and late corrections meet each other all the time.
"""

from pathlib import Path
from random import Random

import pytest
from engines import ENGINES, Engine
from history import log_file, records
from named_figures import NamedFigures, Teller

from processors.reference.events import admitted
from processors.reference.sql import ThirdOpinion
from schemas.breakdowns import CATEGORIES
from schemas.figures import BlockKey
from schemas.periods import Period, month_code, parse_month
from schemas.places import PLACES
from schemas.settings import FigureSettings
from schemas.supports import LEAVES

SEEDS = range(4)
COLUMNS = "id person support ocmw month type cents days percent sex born household nationality status"
HEADER = " | ".join(COLUMNS.split())
KINGDOM_TOTAL = ("kingdom", "01000", "total", "total")


def drawn(seed: int) -> str:
    """Return a history of 60 events and 4 updates around a year in which rules change."""
    draw = Random(seed)  # noqa: S311 - a spec, not a secret
    base = draw.choice(["2004-11", "2007-11", "2018-11", "2019-12", "2024-11"])
    lines = [_drawn_line(draw, base) for _ in range(54)]
    for _ in range(6):  # said again, here or in a later update
        lines.insert(draw.randrange(len(lines)), draw.choice(lines))
    start = parse_month(base) + draw.choice([0, 3, 14, 27])
    for number in range(4):
        start += draw.choice([0, 1, 1, 4])
        lines.insert((number + 1) * 15 + number, f"close u{number} {month_code(start)}")
    return "\n".join([HEADER, *lines])


def _drawn_line(draw: Random, base: str) -> str:
    first = parse_month(base) + draw.randrange(4)
    month = month_code(first)
    cells = [
        str(draw.randrange(50)),
        draw.choice("abcd"),
        draw.choice([*LEAVES, "LL_OTHER", "LL_STUD", "FH", "MH_DMH"]),
        draw.choice(["11002", "11007", "11056", "46030", "21004", "55086", "52043", "12030", "99999"]),
        draw.choice([month, month, f"{month}-15..{month_code(first + 1)}-10"]),
        draw.choice(["GRANT", "GRANT", "ARREARS", "RECOVERY", "REG_GRANT", "REG_GRANT", "REG_ARREARS", "REG_RECOVERY"]),
        str(draw.choice([0, 1, 100, 101, -1, -100, -101, 7, -7])),
        str(draw.choice([0, 1, 20, 31, -20])),
        str(draw.choice([0, 33, 50, 55, 100])),
        draw.choice("123"),
        draw.choice(["1990-01-01", "2001-05-20", "-", "1939-12-15"]),
        draw.choice("ABCDE"),
        draw.choice(["BE", "GB", "MA", "ZZ"]),
        draw.choice(["A", "B", "NONE"]),
    ]
    return " | ".join(cells)


def _figures(name: str, table: str, room: Path, settings: FigureSettings) -> NamedFigures:
    place = room / name
    place.mkdir()
    chosen: type[Engine] = ENGINES[name]
    return NamedFigures(chosen([log_file(place / "log.avro", table)], place, settings))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "settings",
    [FigureSettings(), FigureSettings(recoveries_in_balance=True, geography="fixed:2025-01-01")],
    ids=["as_then", "fixed_with_recoveries"],
)
def test_the_fast_core_and_the_slow_truth_agree_on_every_cell_of_every_update_l1(
    seed: int, settings: FigureSettings, tmp_path: Path
) -> None:
    slow, fast = (_figures(name, drawn(seed), tmp_path, settings) for name in ("reference", "fast"))
    assert fast.outcomes() == slow.outcomes()
    assert fast.everything() == slow.everything()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fast_core_and_the_slow_truth_agree_on_every_vintage_l1(seed: int, tmp_path: Path) -> None:
    slow, fast = (_figures(name, drawn(seed), tmp_path, FigureSettings()) for name in ("reference", "fast"))
    assert fast.engine.all_vintages() == slow.engine.all_vintages()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recoveries", [False, True])
def test_the_third_opinion_agrees_on_every_kingdom_total_l1(*, seed: int, recoveries: bool, tmp_path: Path) -> None:
    settings = FigureSettings(recoveries_in_balance=recoveries)
    slow = _figures("reference", drawn(seed), tmp_path, settings)
    third = ThirdOpinion(admitted([log_file(tmp_path / "log.avro", drawn(seed))]), settings)
    in_sql = {
        (key.support, key.period.code, sequence): tuple(total)
        for sequence, _ in enumerate(slow.update_ids(), start=1)
        for key, total in third.totals(sequence).items()
    }
    assert in_sql == {key: cells.get(KINGDOM_TOTAL, (0, 0, 0, 0)) for key, cells in slow.everything().items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_events_in_are_applied_plus_duplicates_plus_set_aside_l2(seed: int, tmp_path: Path) -> None:
    outcomes = _figures("fast", drawn(seed), tmp_path, FigureSettings()).outcomes()
    assert outcomes.applied + outcomes.duplicates + len(outcomes.set_aside) == len(records(drawn(seed)))


def test_the_drawn_histories_hold_duplicates_conflicts_and_faults(tmp_path: Path) -> None:
    outcomes = _figures("reference", drawn(0), tmp_path, FigureSettings()).outcomes()
    slugs = {slug for _, _, slug in outcomes.set_aside}
    assert slugs == {"unknown-ocmw", "conflicting-duplicate"}
    assert outcomes.duplicates > 0


def test_amounts_are_conserved_from_events_to_year_totals_l3(engine: Teller) -> None:
    figures = engine("""
        person | support      | month                  | cents | type
        a      | LL_OTHER     | 2024-01-17..2024-11-03 | 12347 | GRANT
        a      | LL_STUD      | 2024-01-30..2024-03-02 |     7 | GRANT
        b      | LL_OTHER     | 2024-05                | -9999 | REG_GRANT
        b      | TW_RMI_ART60 | 2024-02-29..2024-12-31 |   101 | ARREARS
        c      | IP_RMI       | 2024-12                |    -3 | REG_ARREARS
    """)
    total = 12347 + 7 - 9999 + 101 - 3
    months = [figures.amount("RMI", f"2024-{month:02d}") for month in range(1, 13)]
    quarters = [figures.amount("RMI", f"2024-Q{quarter}") for quarter in range(1, 5)]
    assert sum(months) == sum(quarters) == figures.amount("RMI", "2024") == total


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_is_at_most_the_sum_of_what_it_holds_and_a_total_of_its_categories_l4(
    seed: int, tmp_path: Path
) -> None:
    figures = _figures("reference", drawn(seed), tmp_path, FigureSettings())
    for cells in figures.everything().values():
        kingdom = cells.get(KINGDOM_TOTAL, (0,))[0]
        regions = [cell[0] for (level, _, name, _), cell in cells.items() if (level, name) == ("region", "total")]
        assert kingdom <= sum(regions)
        for breakdown in {name for _, _, name, _ in cells}:
            told_of = [
                cell[0] for (level, _, name, _), cell in cells.items() if (level, name) == ("kingdom", breakdown)
            ]
            assert kingdom <= sum(told_of)


def test_a_month_can_exceed_its_year_when_another_month_is_negative_l4(engine: Teller) -> None:
    figures = engine("""
        month   | type      | cents
        2024-01 | GRANT     |  1000
        2024-05 | REG_GRANT | -2000
    """)
    assert (figures.beneficiaries("LL", "2024-01"), figures.beneficiaries("LL", "2024")) == (1, 0)


def test_nothing_repairs_categories_that_exceed_the_total_e3_l4(engine: Teller) -> None:
    figures = engine("""
        month   | household | nationality | ocmw
        2024-01 | A         | BE          | 11002
        2024-02 | B         | FR          | 62063
        2024-03 | E         | MA          | 21004
    """)
    assert figures.beneficiaries("LL", "2024") == 1
    assert figures.by("household", "LL", "2024") == {"A": 1, "B": 1, "E": 1}
    assert figures.by("nationality_group", "LL", "2024") == {"BE": 1, "EU": 1, "nonEU": 1}
    assert figures.places("region", "LL", "2024") == {"02000": 1, "03000": 1, "04000": 1}


def test_absent_is_zero_a_cell_whose_measures_are_all_zero_is_not_written(engine: Teller) -> None:
    figures = engine("""
        person | ocmw  | type      | cents | days
        a      | 11002 | GRANT     |  1000 | 31
        b      | 44021 | GRANT     |  1000 | 31
        b      | 44021 | REG_GRANT | -1000 | -31
    """)
    cells = figures.cells("LL", "2024-03")
    assert not [geo for _, geo, _, _ in cells if geo == "44021"]
    assert min(any(measures) for measures in cells.values())


def test_what_the_public_sees_has_no_other_measure_no_country_and_no_empty_cell_f1(engine: Teller) -> None:
    figures = engine("""
        person | ocmw  | type      | cents | nationality
        a      | 11002 | GRANT     |  1000 | MA
        b      | 44021 | REG_GRANT |  -500 | FR
    """)
    public = figures.engine.cells(BlockKey("LL", Period.parse("2024-03")), 1).public()
    public_cells = {
        (PLACES[place][1], *CATEGORIES[category]) for place, category in zip(public.place, public.category, strict=True)
    }
    assert {place for place, _, _ in public_cells} == {"01000", "02000", "10000", "11000", "11002"}
    assert {breakdown for _, breakdown, _ in public_cells} == figures.breakdowns("LL", "2024-03") - {"nationality"}
    assert set(public.beneficiaries) == {1}
    assert [column.any() for column in (public.amount_cents, public.state_share_cents, public.days)] == [False] * 3
