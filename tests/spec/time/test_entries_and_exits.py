"""How often again: entries by rank, exits, the stock between them, completed spells and survival (H3)."""

from indicators_told import IndicatorTeller


def test_a_first_spell_long_after_the_log_began_is_the_first_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2024-01
        b      | 2023-12
    """,
        first="2023-01",
        last="2024-12",
    )
    assert told.ranks("2024") == {"1": 1}
    assert told.ranks("2023") == {"unknown": 1}


def test_who_was_a_minor_when_the_log_began_had_no_spell_before_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month   | born
        z      | 2022-01 | 1980-01-01
        a      | 2022-06 | 2004-01-21
        b      | 2022-06 | 2004-01-20
        c      | 2022-06 | -
    """,
        last="2022-12",
    )
    assert told.ranks("2022") == {"1": 1, "unknown": 3}


def test_each_spell_seen_before_adds_to_the_rank_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2020-01
        a      | 2022-01
        a      | 2022-03
        a      | 2022-05
        a      | 2022-07
        a      | 2022-09
    """,
        last="2022-12",
    )
    assert told.ranks("2022") == {"1": 1, "2": 1, "3": 1, "4+": 2}
    assert told.ranks("2022", "persons_own_g0") == {"1": 1}
    assert told.ranks("2022", "spells_own_g2") == {"1": 1}


def test_a_return_to_another_municipality_is_a_first_there_and_a_second_in_the_kingdom_h3(
    indicators: IndicatorTeller,
) -> None:
    told = indicators(
        """
        person | month   | ocmw
        z      | 2020-01 | 44021
        a      | 2022-05 | 44021
        a      | 2023-05 | 11002
    """,
        last="2023-12",
    )
    assert told.ranks("2023", "spells_own_g0", "11002") == {"1": 1}
    assert told.ranks("2023", "spells_national_g0", "11002") == {"2": 1}
    assert told.ranks("2023") == {"2": 1}


def test_a_move_without_a_gap_begins_a_spell_in_the_municipality_only_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month   | ocmw
        z      | 2020-01 | 44021
        a      | 2022-12 | 44021
        a      | 2023-01 | 11002
    """,
        last="2023-12",
    )
    assert told.ranks("2023", place="11002") == {"1": 1}
    assert told.ranks("2023", "spells_national_g0", "11002") == {"1": 1}
    assert told.ranks("2023") == {}


def test_a_spell_that_goes_on_in_the_new_year_does_not_begin_in_it_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2020-01
        a      | 2022-12-01..2023-02-28
    """,
        last="2023-12",
    )
    assert told.ranks("2023") == {}


def test_entries_less_exits_of_the_month_before_are_the_change_of_the_stock_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        a      | 2024-01-01..2024-03-31
        b      | 2024-02-01..2024-02-29
        c      | 2024-03
    """,
        first="2024-01",
        last="2024-05",
    )
    assert told.flow("2024-01") == {"entries": 1, "stock": 1}
    assert told.flow("2024-02") == {"entries": 1, "exits": 1, "stock": 2}
    assert told.flow("2024-03") == {"entries": 1, "exits": 2, "stock": 2}
    assert told.flow("2024-04") == {}


def test_an_exit_is_known_only_when_the_months_behind_it_are_h3(indicators: IndicatorTeller) -> None:
    table = """
        person | month
        a      | 2024-01
        z      | 2024-06
    """
    assert indicators(table, first="2024-01", last="2024-01").flow("2024-01") == {}
    told = indicators(table, first="2024-01", last="2024-02")
    assert told.flow("2024-01") == {"entries": 1, "exits": 1, "stock": 1}
    assert told.flow("2024-01", "own_g2") == {}


def test_gap_months_are_in_no_stock_h3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        a      | 2024-01
        a      | 2024-03
    """,
        first="2024-01",
        last="2024-06",
    )
    assert told.flow("2024-01", "own_g2") == {"entries": 1, "stock": 1}
    assert told.flow("2024-02", "own_g2") == {}
    assert told.flow("2024-03", "own_g2") == {"exits": 1, "stock": 1}


def test_nobody_leaves_a_municipality_because_it_merges_d3(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month                  | ocmw
        a      | 2024-11-01..2025-02-28 | 71022
    """,
        first="2024-11",
        last="2025-03",
    )
    assert told.flow("2024-12", place="71072") == {"stock": 1}
    assert told.flow("2025-01", place="71072") == {"stock": 1}
    assert told.flow("2025-02", place="71072") == {"exits": 1, "stock": 1}


def test_completed_spells_are_measured_in_the_year_they_end_h2(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2023-01
        b      | 2022-12-01..2023-02-28
        c      | 2023-01-01..2023-05-31
        d      | 2023-01-01..2024-01-31
    """,
        first="2023-01",
        last="2024-01",
    )
    assert told.by("quartiles", "completed_g0", "2023") == {"q1": 1, "median": 3, "q3": 5}


def test_survival_says_how_many_of_ten_thousand_last_longer_h2(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2022-03
        b      | 2022-03-01..2022-08-31
        c      | 2022-05-01..2023-06-30
        d      | 2022-05-01..2022-07-31
    """,
        last="2023-07",
    )
    assert told.by("survival", "kaplan_meier_g0", "2022") == {"3": 5000, "6": 2500, "12": 2500}


def test_a_spell_still_running_is_at_risk_as_long_as_it_was_seen_h2(indicators: IndicatorTeller) -> None:
    told = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2022-12-01..2023-03-31
        b      | 2022-06-01..2022-10-31
        c      | 2022-02-01..2023-03-31
    """,
        last="2023-03",
    )
    assert told.by("survival", "kaplan_meier_g0", "2022") == {"3": 10000, "6": 5000, "12": 5000}
