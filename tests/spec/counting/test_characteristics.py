"""By what: sex, age, household, nationality, status, each as on the 15th of the month (C1-C7)."""

import pytest
from named_figures import Teller

ALL_BUT_STATUS = {
    *("total", "sex", "age5", "age13", "household", "nationality_group", "nationality"),
    *("sex_age5", "sex_age13", "household_age5", "nationality_group_age5"),
}


def test_sex_is_male_female_or_unknown_c1(engine: Teller) -> None:
    figures = engine("""
        person | sex
        a      | 1
        b      | 2
        c      | 2
        d      | 3
    """)
    assert figures.by("sex", "LL", "2024-03") == {"1": 1, "2": 2, "3": 1}


@pytest.mark.parametrize(
    ("born", "age5", "age13"),
    [
        ("2024-03-15", "0-17", "0-17"),  # born on the 15th: age 0
        ("2024-03-16", "unknown", "unknown"),  # born after it
        ("-", "unknown", "unknown"),
        ("2006-03-21", "0-17", "0-17"),  # 6569 days
        ("2006-03-20", "18-24", "18-19"),  # 6570 days = 18 x 365
        ("2004-03-20", "18-24", "20-24"),  # 7300 days
        ("2004-03-21", "18-24", "18-19"),
        ("1999-03-22", "25-44", "25-29"),  # 9125 days
        ("1999-03-23", "18-24", "20-24"),
        ("1979-03-27", "45-64", "45-49"),  # 16425 days
        ("1979-03-28", "25-44", "40-44"),
        ("1959-04-01", "65+", "65-69"),  # 23725 days
        ("1959-04-02", "45-64", "60-64"),
        ("1954-04-02", "65+", "70+"),  # 25550 days
        ("1954-04-03", "65+", "65-69"),
        ("1880-01-01", "65+", "70+"),
    ],
)
def test_age_in_march_2024_is_days_over_365_c2_c3(engine: Teller, born: str, age5: str, age13: str) -> None:
    figures = engine(f"""
        born
        {born}
    """)
    assert figures.by("age5", "LL", "2024-03") == {age5: 1}
    assert figures.by("age13", "LL", "2024-03") == {age13: 1}


@pytest.mark.parametrize(
    ("month", "household", "category"),
    [
        ("2004-12", "A", "oldA"),
        ("2004-12", "B", "oldB"),
        ("2004-12", "C", "oldC"),
        ("2004-12", "D", "oldD"),
        ("2004-12", "E", "unknown"),
        ("2004-12", "UNKNOWN", "unknown"),
        ("2005-01", "A", "A"),
        ("2005-01", "B", "B"),
        ("2005-01", "C", "unknown"),
        ("2005-01", "D", "unknown"),
        ("2005-01", "E", "E"),
        ("2005-01", "UNKNOWN", "unknown"),
    ],
)
def test_household_categories_changed_in_2005_c4(engine: Teller, month: str, household: str, category: str) -> None:
    figures = engine(f"""
        month   | household
        {month} | {household}
    """)
    assert figures.by("household", "LL", month) == {category: 1}


@pytest.mark.parametrize(
    ("month", "country", "group"),
    [
        ("2020-01", "GB", "EU"),
        ("2020-02", "GB", "nonEU"),
        ("2024-03", "BE", "BE"),
        ("2024-03", "FR", "EU"),
        ("2024-03", "MA", "nonEU"),
        ("2024-03", "QQ", "nonEU"),  # a country in no list
        ("2024-03", "ZZ", "unknown"),
        ("2004-04", "PL", "nonEU"),  # Poland joined on 2004-05-01
        ("2004-05", "PL", "EU"),
        ("2013-06", "HR", "nonEU"),  # Croatia joined on 2013-07-01
        ("2013-07", "HR", "EU"),
    ],
)
def test_the_european_union_is_that_of_the_month_c5(engine: Teller, month: str, country: str, group: str) -> None:
    figures = engine(f"""
        month   | nationality
        {month} | {country}
    """)
    assert figures.by("nationality_group", "LL", month) == {group: 1}
    assert figures.by("nationality", "LL", month) == {country: 1}


@pytest.mark.parametrize("letter", "ABCDEFGHIJKM")
def test_status_of_the_law_of_1965_is_a_letter_c6(engine: Teller, letter: str) -> None:
    figures = engine(f"""
        support | status
        FH      | {letter}
    """)
    assert figures.by("status", "FH", "2024-03") == {letter: 1}
    assert figures.by("status", "RMH", "2024-03") == {letter: 1}


@pytest.mark.parametrize("status", ["NONE", "UNKNOWN"])
def test_status_none_and_unknown_are_unknown_c6(engine: Teller, status: str) -> None:
    figures = engine(f"""
        support | status
        MH_DMH  | {status}
    """)
    assert figures.by("status", "MH", "2024-03") == {"unknown": 1}


@pytest.mark.parametrize(
    ("leaf", "nodes"),
    [
        ("FH", ("FH", "RMH")),
        ("TW_RMH_ART60", ("TW_RMH_ART60", "TW_RMH", "RMH")),
        ("TW_RMH_OTHER", ("TW_RMH_OTHER", "TW_RMH", "RMH")),
        ("MH_NDMH", ("MH_NDMH", "MH", "RMH")),
        ("MH_DMH", ("MH_DMH", "MH", "RMH")),
        ("IK_RMH", ("IK_RMH",)),
    ],
)
def test_status_is_shown_for_supports_of_the_law_of_1965_c6(engine: Teller, leaf: str, nodes: tuple[str, ...]) -> None:
    figures = engine(f"""
        support | status
        {leaf}  | C
    """)
    assert {node: figures.breakdowns(node, "2024-03") for node in nodes} == {
        node: ALL_BUT_STATUS | {"status"} for node in nodes
    }


@pytest.mark.parametrize("support", ["LL", "LL_OTHER", "RMI"])
def test_no_status_is_shown_for_the_law_of_2002_c6(engine: Teller, support: str) -> None:
    figures = engine("""
        status
        C
    """)
    assert figures.breakdowns(support, "2024-03") == ALL_BUT_STATUS


def test_no_status_is_shown_for_the_organic_law_c6(engine: Teller) -> None:
    figures = engine("""
        support
        IK_OW
    """)
    assert figures.breakdowns("IK_OW", "2024-03") == ALL_BUT_STATUS


def test_combinations_join_both_codes_c7(engine: Teller) -> None:
    figures = engine("""
        person | sex | born       | household | nationality
        a      | 1   | 2000-01-01 | A         | BE
        b      | 2   | 1990-01-01 | E         | SY
        c      | 2   | -          | E         | ZZ
    """)
    assert figures.by("sex_age5", "LL", "2024-03") == {"1|18-24": 1, "2|25-44": 1, "2|unknown": 1}
    assert figures.by("sex_age13", "LL", "2024-03") == {"1|20-24": 1, "2|30-34": 1, "2|unknown": 1}
    assert figures.by("household_age5", "LL", "2024-03") == {"A|18-24": 1, "E|25-44": 1, "E|unknown": 1}
    assert figures.by("nationality_group_age5", "LL", "2024-03") == {
        "BE|18-24": 1,
        "nonEU|25-44": 1,
        "unknown|unknown": 1,
    }


def test_one_person_fills_one_cell_of_each_breakdown_and_level_with_all_measures_c7_d1(engine: Teller) -> None:
    figures = engine("""
        ocmw  | cents
        11002 | 129500
    """)
    cells = figures.cells("LL", "2024-03")
    assert len(cells) == 5 * 11
    assert set(cells.values()) == {(1, 129500, 71225, 31)}


def test_a_month_before_2005_has_old_household_categories_in_its_combination_c4_c7(engine: Teller) -> None:
    figures = engine("""
        month   | household | born
        2004-12 | D         | 1970-01-01
    """)
    assert figures.by("household_age5", "LL", "2004-12") == {"oldD|25-44": 1}
