"""L, the first month of the time dimension: nothing is known of what came before (H, left censoring)."""

import json
from pathlib import Path

import pytest
from history import log_file
from named_indicators import IndicatorTeller
from program import ocmw
from stores import Store

from schemas.settings import FigureSettings
from sinks.errors import StoreMismatchError
from streams.embedded.driver import Embedded


def test_who_is_there_in_the_first_month_does_not_enter_in_it(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        a      | 2022-01-01..2022-03-31
        b      | 2022-02
    """,
        first="2022-01",
        last="2022-04",
    )
    assert tables.by("spells", "own_g0", "2022-01") == {"exits": 0, "stock": 1}  # no row of entries, not 0 of them
    assert tables.by("spells", "own_g0", "2022-02") == {"entries": 1, "exits": 1, "stock": 2}


def test_with_a_tolerance_of_two_nobody_enters_in_the_two_months_after_either(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        z      | 2022-01
        a      | 2022-03
        b      | 2022-04
    """,
        first="2022-01",
        last="2022-07",
    )
    assert "entries" not in tables.by("spells", "own_g2", "2022-03")
    assert tables.flow("2022-03", "own_g2") == {"exits": 1, "stock": 1}
    assert tables.flow("2022-04", "own_g2") == {"entries": 1, "exits": 1, "stock": 1}


def test_a_year_with_a_month_of_unknown_beginnings_has_neither_ranks_nor_a_cohort(indicators: IndicatorTeller) -> None:
    log = """
        person | month
        z      | 2021-12
        a      | 2022-05
        a      | 2023-05
    """
    tables = indicators(log, first="2021-12", last="2023-12")
    assert tables.ranks("2021") == tables.survival("2021") == {}
    assert tables.ranks("2022", "spells_own_g0") == {"unknown": 1}
    assert tables.ranks("2022", "spells_own_g2") == {}  # with g = 2 a spell of 2022-01 or 2022-02 may have begun before
    assert tables.ranks("2023", "spells_own_g2") == {"2": 1}
    assert tables.survival("2022", gap=2) == {}
    assert tables.survival("2022") != {}


def test_the_spell_that_ran_in_l_is_the_first_of_those_seen(indicators: IndicatorTeller) -> None:
    tables = indicators(
        """
        person | month
        a      | 2021-12
        a      | 2022-05
    """,
        last="2022-12",
    )
    assert tables.ranks("2022") == {"2": 1}


def test_who_was_there_within_the_tolerance_of_l_has_no_known_band_for_five_years(indicators: IndicatorTeller) -> None:
    log = """
        person | month
        z      | 2018-01
        a      | 2018-03-01..2023-02-28
        a      | 2023-03
    """
    tables = indicators(log, first="2023-02", last="2023-03")
    assert tables.band("2023-02", "exact_own_g2") == tables.band("2023-02", "exact_national_g2") == {"unknown": 1}
    assert tables.band("2023-02") == tables.band("2023-02", "stock_own") == {"4-5": 1}
    assert tables.band("2023-03", "exact_own_g2") == {"5+": 1}


def test_a_spell_without_a_known_beginning_is_longer_than_any_other_when_it_ends_too(
    indicators: IndicatorTeller,
) -> None:
    tables = indicators(
        """
        person | month
        a      | 2022-01-01..2022-02-28
        b      | 2022-02-01..2022-09-30
        c      | 2022-03
        d      | 2022-04
    """,
        last="2022-12",
        first="2022-01",
    )
    told_later = indicators("person | month\na | 2022-01\nb | 2022-03", first="2022-01", last="2023-01")
    assert tables.quartiles("2022", "completed_g0") == {}  # 2022-12 is the last month seen: exits of it are not known
    assert told_later.quartiles("2022", "completed_g0") == {"q1": 1, "median": 1}  # the third quartile falls on a
    assert told_later.quartiles("2022", "completed_g2") == {}


def test_claims_of_before_l_belong_to_no_spell_and_stand_on_no_list(indicators: IndicatorTeller) -> None:
    log = """
        person | month
        a      | 2021-06-01..2022-03-31
        b      | 2020-02-01..2022-02-28
    """
    tables = indicators(log, first="2020-02", last="2022-12", since="2022-02")
    assert tables.flow("2022-01") == {}
    assert tables.flow("2022-02") == {"exits": 1, "stock": 2}
    assert tables.band("2022-02", "stock_own") == {"unknown": 2}
    assert tables.changes("2021-06") == {"ll|none": 2}  # transitions follow no spell


def test_a_stray_claim_of_long_ago_does_not_move_l(tmp_path: Path) -> None:
    lines = ["person | month | ocmw"]
    for month in range(1, 10):
        lines += [f"{person} | 2022-0{month} | 44021" for person in ("ab" if month > 2 else "a")]
        lines += ["z | 2012-05 | 44021"] if month == 6 else []
        lines += [f"close 2022-0{month} 2022-0{month}"]
    store = Store(tmp_path, "\n".join(lines), FigureSettings())
    assert json.loads((store.root / "store.json").read_text())["first_month"] == "2022-01"
    assert store.counts(9, "spells", "own_g0", "2022-03") == {"entries": 1, "stock": 2}
    assert store.references(9, "spells", "own_g0", "entries") == ["2022-02", "2022-03", "2022-04", "2022-05"]
    assert store.references(7, "spells", "own_g0", "stock") == ["2022-01", "2022-02", "2022-03"]


def test_l_is_told_by_the_first_update_that_has_a_row_of_the_supports_of_spells(tmp_path: Path) -> None:
    table = """
        person | month   | support
        a      | 2021-03 | FH
        close 2021-06
        a      | 2021-05 | LL_OTHER
        b      | 2021-07 | LL_STUD
        close 2021-07
        a      | 2021-04 | LL_OTHER
        close 2021-08
    """
    for given, first in ((FigureSettings(), "2021-05"), (FigureSettings(spells="LL+FH"), "2021-03")):
        room = tmp_path / given.spells
        room.mkdir()
        store = Store(room, table, given)
        assert json.loads((store.root / "store.json").read_text())["first_month"] == first


TABLE = "person | month\na | 2022-01\nclose 2022-01"


def test_a_store_refuses_another_first_month_and_other_supports_of_spells(tmp_path: Path) -> None:
    store = Store(tmp_path, TABLE, FigureSettings(first_month="2015-01"))
    for other in (FigureSettings(first_month="2016-01"), FigureSettings(first_month="2015-01", spells="LL+FH")):
        with pytest.raises(StoreMismatchError, match=r"made with .*first_month=2015-01.*use those settings or a new"):
            Embedded.run(store.root, other, [store.log])


def test_the_month_that_the_first_update_told_may_be_set_afterwards_and_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path, TABLE, FigureSettings())
    Embedded.run(store.root, FigureSettings(first_month="2022-01"), [store.log])
    with pytest.raises(StoreMismatchError, match="first_month"):
        Embedded.run(store.root, FigureSettings(first_month="2021-12"), [store.log])


def test_both_settings_come_from_the_environment(tmp_path: Path) -> None:
    log = log_file(tmp_path / "log.avro", TABLE)
    given = {"OCMW_SPELLS": "LL+FH", "OCMW_FIRST_MONTH": "2021-06"}
    assert ocmw("replay", log, "--store", tmp_path / "store", **given).returncode == 0
    known = json.loads((tmp_path / "store" / "store.json").read_text())["settings"]
    assert (known["spells"], known["first_month"]) == ("LL+FH", "2021-06")
    refused = ocmw("replay", log, "--store", tmp_path / "store", OCMW_FIRST_MONTH="2021-07")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    for name, value in (("OCMW_SPELLS", "FH"), ("OCMW_FIRST_MONTH", "2021-6"), ("OCMW_FIRST_MONTH", "1899-12")):
        refused = ocmw("replay", log, "--store", tmp_path / "other", **{name: value})
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert name in refused.stderr
