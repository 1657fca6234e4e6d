"""L1 for the indicators: on any history the kernel tells what the slow truth tells; identities of H2 and H3 hold."""

import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from history import log_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from named_indicators import KEY, fast, reference

from processors.reference import indicators as reference_indicators
from schemas.indicators import BANDS
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings, SpellSupports

FIRST, LAST = parse_month("2024-10"), parse_month("2025-03")
EARLIER = parse_month("2023-10")

LINES = st.tuples(
    st.sampled_from("abc"),
    st.integers(parse_month("2022-09"), parse_month("2025-04")).map(month_code),
    st.sampled_from(["11002", "11007", "44021", "71022", "21004"]),  # Borsbeek and Hasselt merge in 2025
    st.sampled_from(["LL_OTHER", "LL_OTHER", "LL_STUD", "FH"]),
    st.sampled_from(["1000", "1000", "1000", "-1000", "0"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["1990-06-20", "2006-01-16", "-"]),
)
RUNS = st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(1, 14), st.sampled_from(["44021", "11007"]))
HEADER = "person | month | ocmw | support | cents | household | born"


def history(lines: list[tuple[str, ...]], runs: list[tuple[str, int, int, str]]) -> str:
    """Return a table: single lines, and runs of months as people really have them."""
    steady = [
        (person, month_code(parse_month("2022-09") + start + month), ocmw, "LL_OTHER", "1000", "A", "1990-06-20")
        for person, start, length, ocmw in runs
        for month in range(length)
    ]
    return "\n".join([HEADER, *(" | ".join(line) for line in [*lines, *steady])])


PERSON, DAY = st.sampled_from("abc"), st.dates(date(2023, 9, 1), date(2025, 4, 30))
DECLARED = st.tuples(st.sampled_from(["IN", "IN", "OUT", "CANCEL"]), PERSON, DAY, st.sampled_from(["OTH", "IVT"]))
FACTS = st.one_of(
    DECLARED.map(
        lambda fact: f"dimona {fact[0]} {fact[1]} {'end' if fact[0] == 'OUT' else 'start'}={fact[2]} type={fact[3]}"
    ),
    st.tuples(PERSON, DAY).map(lambda fact: f"dimona IN {fact[0]} period=2 start={fact[1]} ocmw=yes"),
    st.tuples(PERSON, DAY, st.sampled_from(["2006-01-16", "2005-01-01", "-"]))
    .map(lambda fact: f"youth {fact[0]} exit={fact[1]} born={fact[2]}"),
    st.tuples(PERSON, st.sampled_from(["11007", "44021", "0"]), DAY)
    .map(lambda fact: f"lives {fact[0]} ocmw={fact[1]} from={fact[2]}"),
)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(LINES, min_size=1, max_size=25),
    st.lists(RUNS, max_size=5),
    st.lists(FACTS, max_size=12),
    st.sampled_from(["LL", "LL+FH"]),
    st.sampled_from(["as_then", "fixed:2025-01-01"]),
)
def test_every_row_of_the_kernel_is_a_row_of_the_slow_truth_l1(
    lines: list[tuple[str, ...]],
    runs: list[tuple[str, int, int, str]],
    facts: list[str],
    supports: SpellSupports,
    geography: str,
) -> None:
    with tempfile.TemporaryDirectory() as room:
        log = "\n".join([history([*lines, LINES_ANCHOR], runs), *facts])
        files = [log_file(Path(room) / "a.avro", log)]
        given = FigureSettings(geography=geography, spells=supports)
        slow, quick = reference(files, given, FIRST, LAST)(), fast(files, given, FIRST, LAST)()
        outcomes = [*reference_indicators.OUTCOME_INDICATORS, *reference_indicators.YOUTH_INDICATORS]
        wanted = files, given, EARLIER, LAST
        slow_outcomes, quick_outcomes = reference(*wanted)(*outcomes), fast(*wanted)(*outcomes)
    pd.testing.assert_frame_equal(quick_outcomes.reset_index(drop=True), slow_outcomes, check_dtype=False)
    pd.testing.assert_frame_equal(quick, slow, check_dtype=False)


LINES_ANCHOR = ("z", "2022-09", "44021", "LL_OTHER", "1000", "A", "1990-06-20")


@pytest.mark.parametrize("geography", ["as_then", "fixed:2025-01-01"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINES, min_size=1, max_size=40), runs=st.lists(RUNS, max_size=8))
def test_identities_of_durations_and_flows_h2_h3(
    geography: str, lines: list[tuple[str, ...]], runs: list[tuple[str, int, int, str]]
) -> None:
    with tempfile.TemporaryDirectory() as room:
        files = [log_file(Path(room) / "a.avro", history([*lines, LINES_ANCHOR], runs))]  # L is 2022-09
        rows = fast(files, FigureSettings(geography=geography), FIRST, LAST)()
    assert _bands_add_up_to_the_base(rows)
    assert _stock_is_never_below_exact(rows)
    merged = {parse_month("2024-12")} if geography == "as_then" else set()  # read in 2025-01, under other codes
    assert _entries_less_exits_change_the_stock(rows, merged)


def _bands_add_up_to_the_base(rows: pd.DataFrame) -> bool:
    counts: Counter[tuple[str, ...]] = Counter()
    bases: dict[tuple[str, ...], int] = {}
    for row in rows[rows["indicator"] == "duration"].to_dict("records"):
        key = (*(str(row[name]) for name in KEY[1:-1]), str(row["category"]).partition("|")[2])
        counts[key] += int(row["count"])
        bases[key] = int(row["base"])
    return counts == bases


def _stock_is_never_below_exact(rows: pd.DataFrame) -> bool:
    pairs = [text.split("|") for text in rows[rows["indicator"] == "duration_difference"]["category"]]
    unknown = BANDS[-1]
    return all(
        (stock == unknown) == (exact == unknown) and BANDS.index(stock) >= BANDS.index(exact) for stock, exact in pairs
    )


def _entries_less_exits_change_the_stock(rows: pd.DataFrame, merged: set[int]) -> bool:
    flows = rows[(rows["indicator"] == "spells") & (rows["method"] == "own_g0")]
    if flows.empty:
        return True
    wide = flows.pivot_table("count", ["geo_level", "geo", "reference"], "category", fill_value=0)
    months = [month_code(month) for month in range(FIRST, LAST)]
    for _, place in wide.groupby(["geo_level", "geo"]):
        by_month = place.droplevel([0, 1]).reindex(months, fill_value=0)
        change = by_month["stock"].diff() - by_month["entries"] + by_month["exits"].shift()
        if change.drop(index=[months[0], *map(month_code, merged)]).any():
            return False
    return True
