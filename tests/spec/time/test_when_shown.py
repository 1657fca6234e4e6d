"""When a row is shown: a late month hides what needs it, and nothing else (H)."""

from pathlib import Path

import pytest
from stores import Store

from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings

FIRST = parse_month("2022-01")


def months(*bounds: str) -> list[str]:
    """Return the codes of the months from one to another, and of further such pairs."""
    ranges = [range(parse_month(first), parse_month(last) + 1) for first, last in batched(bounds)]
    return [month_code(month) for stretch in ranges for month in stretch]


def batched(bounds: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the bounds two by two."""
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def monthly(updates: int, late: dict[int, str], absent: tuple[str, ...] = ()) -> str:
    """Return one person with leefloon in Gent in each month but some, an update a month, and late lines of updates."""
    lines = ["person | month | ocmw | support"]
    for number in range(updates):
        month = month_code(FIRST + number)
        lines += [f"a | {month} | 44021 | LL_OTHER"] if month not in absent else []
        lines += [late[number + 1]] if number + 1 in late else []
        lines += [f"close u{number + 1} {month}"]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store whose month 2022-06 has no row, until update 15 (2023-03) brings one: then it is settling."""
    table = monthly(22, {15: "a | 2022-06 | 44021 | LL_OTHER"}, absent=("2022-06",))
    return Store(tmp_path_factory.mktemp("gap"), table, FigureSettings())


def test_a_month_without_a_row_is_there_when_its_delay_has_passed(gap: Store) -> None:
    assert gap.counts(14, "spells", "own_g0", "2022-05", "44021") == {"exits": 1, "stock": 1}
    assert gap.references(14, "duration", "exact_own_g0") == months("2022-01", "2022-05", "2022-07", "2022-11")


def test_a_settling_month_hides_durations_of_itself_and_of_the_five_years_after(gap: Store) -> None:
    assert gap.references(15, "duration", "exact_own_g0") == months("2022-01", "2022-05")
    assert gap.references(15, "duration_difference", "own_g0") == months("2022-01", "2022-05")
    assert gap.references(15, "quartiles", "running_g0") == []  # all that run began in L
    assert gap.references(16, "duration", "exact_own_g0") == months("2022-01", "2023-01")


def test_flows_need_the_month_itself_and_those_up_to_g_plus_1_after(gap: Store) -> None:
    assert gap.references(15, "spells", "own_g0", "exits") == months("2022-01", "2022-04", "2022-07", "2022-11")
    assert gap.references(15, "spells", "own_g2", "stock") == months("2022-01", "2022-02", "2022-07", "2022-09")


def test_entries_need_the_g_plus_1_months_before_too(gap: Store) -> None:
    assert gap.references(15, "spells", "own_g0", "entries") == months("2022-02", "2022-04", "2022-08", "2022-11")
    assert gap.references(15, "spells", "own_g2", "entries") == []  # 2022-01 to 2022-03: L and the tolerance
    assert gap.references(16, "spells", "own_g2", "entries") == months("2022-04", "2022-10")


def test_ranks_need_the_year_and_the_five_years_before_january(tmp_path: Path) -> None:
    late = {27: "b | 2023-07 | 44021 | LL_OTHER"}
    absent = tuple(months("2022-05", "2022-06") + months("2023-04", "2023-11"))
    store = Store(tmp_path, monthly(28, late, absent), FigureSettings())
    references = [store.references(number, "reentry", "spells_own_g0") for number in (26, 27, 28)]
    assert references == [[], [], ["2023"]]  # December's delay passes at update 27, when July is settling
    late = {30: "b | 2022-06 | 44021 | LL_OTHER"}
    (tmp_path / "late").mkdir()
    store = Store(tmp_path / "late", monthly(31, late, absent), FigureSettings())
    assert [store.references(number, "reentry", "spells_own_g0") for number in (29, 30, 31)] == [["2023"], [], ["2023"]]


def test_a_year_is_shown_when_its_last_month_has_no_row(tmp_path: Path) -> None:
    absent = tuple(months("2023-04", "2023-05") + months("2023-08", "2025-06"))
    store = Store(tmp_path, monthly(30, {}, absent), FigureSettings())
    assert store.counts(27, "reentry", "spells_own_g0", "2023") == {"2": 1}
    assert store.references(27, "spells", "own_g0", "exits")[-1] == "2023-07"
    assert store.references(27, "quartiles", "completed_g0") == []
    assert store.counts(28, "quartiles", "completed_g0", "2023") == {"q1": 2, "median": 2}  # the other one began in L


def test_outcomes_need_the_exit_to_be_known_and_the_month_looked_at_not_those_between(gap: Store) -> None:
    """Pending at update 15 (2023-03): LL from 2023-01 on, FH and TW_RMH from 2022-10 on."""
    assert gap.references(15, "exit_to_work", "own_x12_g0") == []
    assert gap.references(14, "exit_to_work", "own_x3_g0") == ["2022-05"]
    assert gap.references(15, "exit_to_work", "own_x3_g0") == []  # 2022-06 is settling: was there an exit in 2022-05?
    table = monthly(22, {15: "a | 2022-08 | 44021 | FH"}, absent=("2022-06",))
    room = gap.root.parent / "between"
    room.mkdir()
    store = Store(room, table, FigureSettings())
    assert store.references(15, "exit_to_work", "own_x3_g0") == []  # FH 2022-08 settles
    assert store.references(15, "exit_to_work", "own_x6_g0") == []  # 2022-11: pending
    assert store.references(16, "exit_to_work", "own_x3_g0") == ["2022-05"]
    assert store.references(18, "exit_to_work", "own_x6_g0") == ["2022-05"]
    table = monthly(22, {18: "a | 2022-08 | 44021 | FH"}, absent=("2022-06",))
    (room / "later").mkdir()
    store = Store(room / "later", table, FigureSettings())
    assert store.references(18, "exit_to_work", "own_x3_g0") == []
    assert store.references(18, "exit_to_work", "own_x6_g0") == ["2022-05"]


def test_transitions_need_the_two_months_that_they_compare_and_no_other(gap: Store) -> None:
    """At update 22 (2023-10) all is published up to 2023-07 (LL), 2023-04 (FH, TW_RMH)."""
    assert gap.references(22, "transitions", "own") == months("2022-01", "2022-04")
    table = monthly(22, {22: "a | 2022-06 | 44021 | LL_OTHER\na | 2022-03 | 44021 | TW_RMH_OTHER"}, absent=("2022-06",))
    room = gap.root.parent / "transitions"
    room.mkdir()
    assert Store(room, table, FigureSettings()).references(22, "transitions", "own") == [
        "2022-01",
        "2022-02",
        "2022-04",
    ]


def test_the_horizon_of_survival_ends_where_a_month_is_not_there(tmp_path: Path) -> None:
    absent = (*months("2022-07", "2022-12"), "2023-03", "2024-01")
    late = {28: "b | 2023-03 | 44021 | LL_OTHER", 31: "b | 2024-01 | 44021 | LL_OTHER"}
    store = Store(tmp_path, monthly(32, late, absent), FigureSettings())
    references = [store.references(number, "survival", "kaplan_meier_g0") for number in (26, 27, 28, 29)]
    assert references == [[], ["2023"], [], ["2023"]]  # at update 28 a month of the cohort is settling
    assert store.counts(29, "survival", "kaplan_meier_g0", "2023", "44021") == {"1": 6667, "3": 3333, "6": 3333}
    references = [store.references(number, "survival", "kaplan_meier_g0", "12") for number in (30, 31, 32)]
    assert references == [
        ["2023"],
        [],
        ["2023"],
    ]  # at update 31 the horizon is 2023-12: the end in that month is not seen
    assert store.references(31, "survival", "kaplan_meier_g0", "6") == ["2023"]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store in which 2005-03 is frozen without a block: its first row came after the freeze."""
    table = """
        person | month
        a      | 2005-01-01..2005-02-28
        a      | 2005-04-01..2005-06-30
        close 2009-11
        close 2009-12
        close 2010-01
        a      | 2005-03
        close 2010-02
        close 2010-03
    """
    return Store(tmp_path_factory.mktemp("frozen"), table, FigureSettings())


@pytest.mark.parametrize("number", [4, 5])
def test_a_month_frozen_without_a_block_is_not_there_at_a_reference_or_after_it(frozen: Store, number: int) -> None:
    assert frozen.references(3, "spells", "own_g0", "exits") == months("2005-01", "2005-02", "2005-04", "2005-06")
    assert frozen.references(number, "spells", "own_g0", "exits") == ["2005-01", *months("2005-04", "2005-06")]
    assert frozen.references(number, "duration", "exact_own_g0") == months("2005-01", "2005-02", "2005-04", "2005-06")


@pytest.mark.parametrize("number", [4, 5])
def test_a_month_frozen_without_a_block_is_taken_as_recounted_before_a_reference(frozen: Store, number: int) -> None:
    assert frozen.counts(3, "spells", "own_g0", "2005-04") == {"entries": 1, "stock": 1}
    assert frozen.counts(number, "spells", "own_g0", "2005-04") == {"stock": 1}  # the recount has one spell
    assert "2005-04" in frozen.references(number, "spells", "own_g0", "entries")
    assert frozen.counts(number, "duration", "exact_own_g0", "2005-04") == {"unknown": 1}


def test_a_month_before_l_is_never_needed(tmp_path: Path) -> None:
    store = Store(tmp_path, monthly(9, {8: "b | 2021-11 | 44021 | LL_OTHER"}), FigureSettings())
    assert store.references(8, "duration", "exact_own_g0") == months("2022-01", "2022-05")
    assert store.references(8, "spells", "own_g0", "stock") == months("2022-01", "2022-04")


def test_under_ll_or_fh_a_row_of_spells_needs_the_months_of_both(tmp_path: Path) -> None:
    store = Store(tmp_path, monthly(9, {}), FigureSettings(spells="LL+FH"))
    assert store.references(9, "duration", "exact_own_g0") == months("2022-01", "2022-03")  # FH waits six months
