"""How a line becomes rows: months by days, cents by largest remainder, attributes of the last event (A5, A6)."""

import pytest
from named_figures import Teller


@pytest.mark.parametrize(
    ("covered", "cents", "parts"),
    [
        ("2024-01-31..2024-02-01", 100, {"2024-01": 50, "2024-02": 50}),
        ("2024-01-31..2024-02-01", 101, {"2024-01": 51, "2024-02": 50}),  # tie: the earlier month
        ("2024-01-31..2024-02-01", -101, {"2024-01": -51, "2024-02": -50}),  # the sign is kept
        ("2024-01-31..2024-02-02", 100, {"2024-01": 33, "2024-02": 67}),  # 33.33 and 66.67
        ("2024-01-01..2024-03-31", 9100, {"2024-01": 3100, "2024-02": 2900, "2024-03": 3100}),
        ("2024-01-01..2024-03-31", 1, {"2024-01": 1}),  # 31/91, 29/91, 31/91: the earlier of the two largest
        ("2024-01-31..2024-02-29", 2, {"2024-02": 2}),  # 0.07 and 1.93
        ("2023-12-15..2024-01-15", 100, {"2023-12": 53, "2024-01": 47}),  # 17 and 15 of 32 days
    ],
)
def test_cents_are_split_by_days_with_the_largest_remainder_a5(
    engine: Teller, covered: str, cents: int, parts: dict[str, int]
) -> None:
    figures = engine(f"""
        month     | cents
        {covered} | {cents}
    """)
    amounts = {month: figures.amount("LL", month) for month in ("2023-12", "2024-01", "2024-02", "2024-03")}
    assert {month: amount for month, amount in amounts.items() if amount} == parts


def test_days_are_split_like_cents_a5(engine: Teller) -> None:
    figures = engine("""
        month                  | cents | days
        2024-01-31..2024-02-02 | 300   | 2
    """)
    assert (figures.days("LL", "2024-01"), figures.days("LL", "2024-02")) == (1, 1)


def test_a_part_of_zero_cents_touches_its_row_a5_a6(engine: Teller) -> None:
    figures = engine("""
        month                  | cents | household
        2024-01                | 1000  | A
        2024-01-31..2024-02-29 | 2     | E
    """)
    assert figures.amounts_by("household", "LL", "2024-01") == {"E": 1000}


def test_a_line_of_zero_cents_makes_a_period_exist_though_it_has_no_cells_a5(engine: Teller) -> None:
    figures = engine("""
        month   | cents
        2024-05 | 0
    """)
    assert figures.periods("LL") == ["2024-05", "2024-Q2", "2024"]
    assert figures.cells("LL", "2024-05") == {}


@pytest.mark.parametrize(
    ("cents", "percent", "share"),
    [
        (1, 50, 1),
        (-1, 50, -1),
        (3, 50, 2),
        (-3, 50, -2),
        (1, 49, 0),
        (10, 55, 6),
        (-10, 55, -6),
        (99, 0, 0),
        (7, 100, 7),
    ],
)
def test_the_state_share_rounds_half_away_from_zero(engine: Teller, cents: int, percent: int, share: int) -> None:
    figures = engine(f"""
        cents   | percent | type
        {cents} | {percent} | ARREARS
    """)
    assert figures.state_share("LL", "2024-03") == share


def test_the_state_share_is_rounded_per_event_and_month_l3(engine: Teller) -> None:
    figures = engine("""
        month                  | cents | percent
        2024-01-31..2024-02-01 | 2     | 50
        2024-03                | 1     | 50
        2024-03                | 1     | 50
    """)
    assert [figures.state_share("LL", period) for period in ("2024-01", "2024-02", "2024-03", "2024")] == [1, 1, 2, 4]


def test_attributes_of_a_row_are_those_of_the_last_event_in_log_order_a6(engine: Teller) -> None:
    figures = engine("""
        household | nationality | sex | born       | type      | cents
        A         | BE          | 1   | 1990-01-01 | GRANT     | 1000
        E         | FR          | 2   | 1950-01-01 | REG_GRANT | -10
    """)
    assert [figures.by(name, "LL", "2024-03") for name in ("household", "nationality", "sex", "age5")] == [
        {"E": 1},
        {"FR": 1},
        {"2": 1},
        {"65+": 1},
    ]
    assert figures.amounts_by("household", "LL", "2024-03") == {"E": 990}


def test_attributes_change_in_the_row_touched_and_in_no_other_a6(engine: Teller) -> None:
    figures = engine("""
        support  | ocmw  | month   | household
        LL_OTHER | 11002 | 2024-03 | A
        LL_STUD  | 11002 | 2024-03 | A
        LL_OTHER | 44021 | 2024-03 | A
        LL_OTHER | 11002 | 2024-02 | A
        LL_OTHER | 11002 | 2024-03 | B
    """)
    assert figures.by("household", "LL_OTHER", "2024-03", place="11002") == {"B": 1}
    assert figures.by("household", "LL_STUD", "2024-03") == {"A": 1}
    assert figures.by("household", "LL", "2024-03", place="44021") == {"A": 1}
    assert figures.by("household", "LL", "2024-02") == {"A": 1}


def test_a_late_event_moves_the_whole_row_to_the_new_cells_at_the_next_update_a6(engine: Teller) -> None:
    figures = engine("""
        month   | household | cents
        2024-03 | A         | 1000
        close 2024-03
        2024-03 | E         | 1
        close 2024-04
    """)
    first, second = (
        {
            code: cell[1]
            for (_, geo, name, code), cell in figures.cells("LL", "2024-03", at).items()
            if (geo, name) == key
        }
        for at, key in ((1, ("01000", "household")), (2, ("01000", "household")))
    )
    assert (first, second) == ({"A": 1000}, {"E": 1001})


def test_attributes_of_a_line_over_months_are_seen_on_the_15th_of_each_a5_c2(engine: Teller) -> None:
    figures = engine("""
        month                  | born
        2024-03-01..2024-04-30 | 2006-03-21
    """)
    assert figures.by("age5", "LL", "2024-03") == {"0-17": 1}
    assert figures.by("age5", "LL", "2024-04") == {"18-24": 1}
