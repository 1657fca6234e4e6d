"""Where a row stands: in the geography of the last month that it reads (D3); mergers make no false ends."""

from named_indicators import IndicatorTeller

HASSELT = """
    person | month                  | ocmw
    z      | 2020-01                | 11002
    a      | 2023-01-01..2024-12-31 | 71022
    a      | 2025-01-01..2025-06-30 | 71072
"""
KORTESSEM = """
    person | month                  | ocmw
    z      | 2020-01                | 11002
    a      | 2023-06-01..2024-12-31 | 73040
    a      | 2025-01-01..2025-06-30 | 71072
"""


def test_a_spell_that_runs_through_a_merger_is_one_and_completed_once_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(HASSELT, first="2023-01", last="2026-03")
    assert tables.quartiles("2024", "completed_g0", "71022") == {}
    assert tables.quartiles("2024", "completed_g0", "71072") == {}
    assert tables.quartiles("2025", "completed_g0", "71072") == dict.fromkeys(("q1", "median", "q3"), 30)


def test_flows_of_the_last_month_before_a_merger_stand_under_the_new_code_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(KORTESSEM, first="2024-10", last="2025-03")
    assert tables.flow("2024-11", place="73040") == {"stock": 1}
    assert tables.flow("2024-12", place="73040") == {}
    assert tables.flow("2024-12", place="71072") == {"stock": 1}
    assert tables.flow("2024-10", "own_g2", "71072") == {"stock": 1}  # reads 2025-01


def test_nobody_leaves_to_leefloon_elsewhere_because_of_a_merger_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(KORTESSEM, first="2024-10", last="2026-06")
    for after in (1, 3, 6, 12):
        assert tables.outcomes("2024-12", after, "73040") == tables.outcomes("2024-12", after, "71072") == {}
    assert tables.outcomes("2025-06", 6, "71072") == {"none": 1}


def test_an_outcome_stands_where_the_last_month_it_reads_is_d3(indicators: IndicatorTeller) -> None:
    log = """
        person | month                  | ocmw
        z      | 2020-01                | 11002
        a      | 2024-05-01..2024-10-31 | 73040
    """
    tables = indicators(log, first="2024-10", last="2025-10")
    assert tables.outcomes("2024-10", 1, "73040") == {"none": 1}
    assert tables.outcomes("2024-10", 1, "71072", gap=2) == {"none": 1}  # whether it ended is known in 2025-01
    assert tables.outcomes("2024-10", 3, "71072") == {"none": 1}


def test_ranks_of_a_year_stand_in_the_geography_of_its_december_d3(indicators: IndicatorTeller) -> None:
    log = """
        person | month   | ocmw
        z      | 2020-01 | 11002
        a      | 2023-05 | 11007
        a      | 2024-05 | 11002
        a      | 2025-05 | 11002
    """
    tables = indicators(log, first="2023-01", last="2025-12")
    assert tables.ranks("2024", place="11002") == {"1": 1}
    assert tables.ranks("2025", place="11002") == {"3": 1}  # Antwerpen holds the past of Borsbeek
    assert tables.ranks("2023", place="11007") == {"1": 1}


def test_a_cohort_of_survival_stands_in_the_geography_of_its_horizon_d3(indicators: IndicatorTeller) -> None:
    assert indicators(HASSELT, first="2023-01", last="2024-12").survival("2023", place="71022") != {}
    later = indicators(HASSELT, first="2023-01", last="2025-04")
    assert later.survival("2023", place="71022") == {}
    assert later.survival("2023", place="71072")["24"] == 10000


def test_transitions_keep_the_geography_of_their_month_d3(indicators: IndicatorTeller) -> None:
    tables = indicators(KORTESSEM, first="2024-03", last="2025-03")
    assert tables.changes("2024-03", "73040") == {"ll|ll": 1}
    assert tables.changes("2024-03", "71072") == {}


def test_quartiles_and_survival_are_told_of_kingdom_regions_and_centre_cities_alone(
    indicators: IndicatorTeller,
) -> None:
    log = """
        person | month   | ocmw
        z      | 2020-01 | 11002
        a      | 2023-01 | 44021
        b      | 2023-01 | 11007
        c      | 2023-01 | 21004
    """
    rows = indicators(log, first="2023-01", last="2024-06").rows("quartiles", "survival")
    assert set(rows["geo"]) == {"01000", "02000", "04000", "44021"}


def test_the_outcome_at_an_area_is_the_same_where_the_person_was_in_it_d3(indicators: IndicatorTeller) -> None:
    log = """
        person | month                  | ocmw  | support
        z      | 2020-01                | 11002 | LL_OTHER
        a      | 2023-01-01..2023-05-31 | 44021 | FH
        a      | 2023-08                | 44021 | LL_OTHER
        b      | 2023-01-01..2023-05-31 | 44021 | LL_OTHER
        b      | 2023-08                | 11002 | LL_OTHER
    """
    tables = indicators(log, first="2023-05", last="2023-11", supports="LL+FH")
    assert tables.outcomes("2023-05", 3, "44021") == {"ll_same": 1, "ll_elsewhere": 1}
    assert tables.outcomes("2023-05", 3, "02000") == {"ll_same": 1, "ll_elsewhere": 1}  # Antwerpen: not where b was


def test_outcomes_keep_their_meaning_where_spells_are_of_ll_or_fh(indicators: IndicatorTeller) -> None:
    log = """
        person | month                  | ocmw  | support
        z      | 2020-01                | 11002 | LL_OTHER
        a      | 2023-01-01..2023-03-31 | 44021 | LL_OTHER
        a      | 2023-04-01..2023-05-31 | 44021 | FH
        a      | 2023-08                | 11002 | FH
    """
    assert indicators(log, first="2023-03", last="2023-11").outcomes("2023-03", 1) == {"fh": 1}
    both = indicators(log, first="2023-03", last="2023-11", supports="LL+FH")
    assert both.outcomes("2023-03", 1) == {}
    assert both.outcomes("2023-05", 3) == {"fh": 1}
