"""Who leaves youth care: what becomes of them at the OCMW where they live (H5)."""

from named_indicators import IndicatorTeller

HEAD = "person | month | ocmw | support"


def leaving(*lines: str, exit_line: str = "youth a exit=2023-03-20 born=2004-06-20") -> str:
    """Return a log in which a leaves youth care, lives in Gent, and what else is told."""
    return "\n".join([HEAD, exit_line, "lives a ocmw=44021 from=2020-01-01", *lines])


def test_a_leaver_counts_where_he_lives_as_beneficiary_there_or_not_h5(indicators: IndicatorTeller) -> None:
    log = leaving("a | 2023-06 | 44021 | LL_OTHER")
    tables = indicators(log, first="2023-06", last="2023-12")
    assert tables.youth("2023-H1", 3, "44021") == {"beneficiary": 1}
    assert tables.youth("2023-H1", 3) == {"beneficiary": 1}
    assert tables.youth("2023-H1", 6, "44021") == {"not_beneficiary": 1}
    assert tables.youth("2023-H1", 12) == {}  # too young


def test_help_by_another_ocmw_is_no_help_there_h5(indicators: IndicatorTeller) -> None:
    tables = indicators(leaving("a | 2023-06 | 11002 | LL_OTHER"), first="2023-06", last="2023-12")
    assert tables.youth("2023-H1", 3, "44021") == {"not_beneficiary": 1}
    assert tables.youth("2023-H1", 3, "11002") == {}


def test_leefloon_financial_help_and_both_employments_make_a_beneficiary_h5(indicators: IndicatorTeller) -> None:
    for support in ("LL_STUD", "FH", "TW_RMI_OTHER", "TW_RMH_ART60"):
        tables = indicators(leaving(f"a | 2023-06 | 44021 | {support}"), first="2023-06", last="2023-12")
        assert tables.youth("2023-H1") == {"beneficiary": 1}
    tables = indicators(leaving("a | 2023-06 | 44021 | MH_DMH"), first="2023-06", last="2023-12")
    assert tables.youth("2023-H1") == {"not_beneficiary": 1}


def test_eighteen_is_reached_on_the_15th_of_the_month_looked_at_h5(indicators: IndicatorTeller) -> None:
    line = "youth a exit=2023-03-20 born={born}"
    for born, situation in (("2005-06-19", "not_beneficiary"), ("2005-06-20", "under_18"), ("-", "age_unknown")):
        tables = indicators(leaving("z | 2023-06 | 44021 | LL_OTHER", exit_line=line.format(born=born)),
                          first="2023-06", last="2023-12")  # fmt: skip
        assert tables.youth("2023-H1") == {situation: 1}  # 18 x 365 days before 2023-06-15 is 2005-06-19


def test_the_residence_is_the_latest_up_to_the_15th_the_last_told_of_one_day_h5(indicators: IndicatorTeller) -> None:
    log = leaving(
        "lives a ocmw=11002 from=2023-06-15",
        "lives a ocmw=71022 from=2023-06-15",
        "lives a ocmw=21004 from=2023-06-16",
        "z | 2023-06 | 44021 | LL_OTHER",
    )
    tables = indicators(log, first="2023-06", last="2023-12")
    assert tables.youth("2023-H1", 3, "71022") == {"not_beneficiary": 1}
    assert tables.youth("2023-H1", 6, "21004") == {"not_beneficiary": 1}


def test_who_left_the_register_or_was_never_in_it_stands_in_the_kingdom_only_h5(indicators: IndicatorTeller) -> None:
    log = leaving("lives a ocmw=0 from=2023-05-01", "youth b exit=2023-03-01", "z | 2023-06 | 44021 | LL_OTHER")
    tables = indicators(log, first="2023-06", last="2023-12")
    assert tables.youth("2023-H1") == {"left_register": 1, "no_residence": 1}
    assert tables.youth("2023-H1", 3, "02000") == {}


def test_the_last_exit_of_a_person_in_a_half_year_counts_h5(indicators: IndicatorTeller) -> None:
    log = leaving(
        "youth a exit=2023-06-30 born=2004-06-20",
        "youth a exit=2023-02-01 born=2004-06-20",
        "youth a exit=2023-07-01 born=2004-06-20",
        "a | 2023-09 | 44021 | LL_OTHER",
    )
    tables = indicators(log, first="2023-06", last="2024-03")
    assert tables.youth("2023-H1") == {"beneficiary": 1}
    assert tables.youth("2023-H2") == {"not_beneficiary": 1}


def test_an_exit_may_lie_in_the_future_h5(indicators: IndicatorTeller) -> None:
    log = leaving("z | 2023-06 | 44021 | LL_OTHER", exit_line="youth a exit=2031-03-20 born=2013-06-20")
    assert indicators(log, first="2023-06", last="2023-12").youth("2031-H1") == {}


def test_a_leaver_is_shown_under_the_name_of_the_last_month_needed_d3(indicators: IndicatorTeller) -> None:
    log = leaving("a | 2024-12 | 11007 | LL_OTHER", exit_line="youth a exit=2024-09-20 born=2004-06-20")
    log = log.replace("ocmw=44021", "ocmw=11007")
    tables = indicators(log, first="2024-12", last="2025-06")
    assert tables.youth("2024-H2", 3, "11002") == {"beneficiary": 1}
    assert tables.youth("2024-H2", 3, "11007") == {}
