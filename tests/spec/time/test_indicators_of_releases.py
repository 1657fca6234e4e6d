"""When shown: each release holds the indicators of published months, as a recount from scratch gives them (L1)."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from history import log_file
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from indicators_told import KEY

from processors.reference import indicators as reference_indicators
from processors.reference.events import admitted
from processors.reference.parts import History
from processors.reference.spells import Asked
from schemas.indicators import COLUMNS
from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.directory.indicators import exists, last_counted
from sinks.files.indicators import TABLES, indicator_batches
from sinks.files.selection import ExportRefusedError
from streams.embedded.driver import Embedded

FIRST = parse_month("2022-10")
OF_CLAIMS = ("duration", "spells", "reentry")


def history(people: int, months: int, late: list[tuple[int, int, int]]) -> str:
    """Return some persons on a rota, an update a month, and (person, month, update) of late changes."""
    lines = ["person | month | ocmw | type | cents"]
    for month in range(months):
        for person in range(people):
            if (month + person) % (person + 3):
                ocmw = ("44021", "11007", "71022")[(person + month // 9) % 3]
                lines.append(f"p{person}..p{person} | {month_code(FIRST + month)} | {ocmw} | GRANT | 1000")
        for person, changed, update in late:
            if update == month and changed <= month:
                lines.append(f"p{person}..p{person} | {month_code(FIRST + changed)} | 44021 | REG_GRANT | -1000")
        lines.append(f"close u{month} {month_code(FIRST + month)}")
    return "\n".join(lines)


def replayed(room: Path, table: str) -> tuple[Path, Path]:
    """Return the file of a table and the store that its replay made."""
    file = log_file(room / "log.avro", table)
    Embedded.run(room / "store", FigureSettings(), [file])
    return file, room / "store"


def shown(store: Path, number: int, zone: str = "restricted") -> pd.DataFrame:
    """Return all indicators of a release that claims alone tell; ``test_outcomes_of_stores`` has the others."""
    tables = [pa.Table.from_batches(list(indicator_batches(store, number, name, zone))) for name in OF_CLAIMS]
    found: list[pd.DataFrame] = [table.to_pandas() for table in tables if table.num_columns]
    return pd.concat(found, ignore_index=True).astype(dict.fromkeys((*KEY, "update_id"), str))


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink whole replays would take longer than to read one
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 14), st.integers(7, 15)), max_size=6))
def test_a_release_shows_what_a_recount_from_scratch_gives_whatever_came_late_l1(
    tmp_path_factory: pytest.TempPathFactory, late: list[tuple[int, int, int]]
) -> None:
    file, store = replayed(tmp_path_factory.mktemp("store"), history(4, 16, late))
    log = admitted([file])
    past = History.of(log, FigureSettings())
    last = last_counted(store, 16)
    assert last is not None
    asked = Asked(past, 16, FigureSettings(), "LL")
    expected = reference_indicators.rows(asked, asked.first_month(), last)
    told = shown(store, 16).sort_values(KEY, ignore_index=True)[list(COLUMNS[:9])]
    pd.testing.assert_frame_equal(told, expected, check_dtype=False)


def test_nothing_is_shown_before_a_month_is_published(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 5, []))
    assert [exists(store, number) for number in range(1, 6)] == [False, False, False, True, True]
    assert last_counted(store, 4) == FIRST
    assert last_counted(store, 5) == FIRST + 1


def test_a_release_shows_no_row_while_a_month_that_all_need_is_not_published_yet(tmp_path: Path) -> None:
    forgotten = "p0..p0 | 2022-03 | 44021 | GRANT | 1000\nclose u6"
    _, store = replayed(tmp_path, history(4, 9, []).replace("close u6", forgotten))
    assert [exists(store, number) for number in range(6, 9)] == [True, False, True]
    assert [list(indicator_batches(store, 7, name, "restricted")) for name in TABLES] == [[]] * len(TABLES)
    assert set(shown(store, 8)["update_id"]) == {"u7"}


def test_a_row_names_the_update_that_counted_it(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 12, []))
    rows = shown(store, 12)
    flows = rows[(rows["indicator"] == "spells") & (rows["method"] == "own_g0") & (rows["geo_level"] == "kingdom")]
    by_month = flows.groupby("reference")["update_id"].agg(set).to_dict()
    assert by_month["2022-10"] < {f"u{number}" for number in range(12)}
    assert by_month["2023-05"] == {"u11"}


def test_the_public_sees_areas_and_centre_cities_only(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 12, []))
    municipalities = {
        zone: set(rows[rows["geo_level"] == "municipality"]["geo"])
        for zone, rows in ((zone, shown(store, 12, zone)) for zone in ("public", "restricted"))
    }
    assert municipalities == {"public": {"44021", "71022"}, "restricted": {"44021", "71022", "11007"}}


def test_an_unknown_table_or_zone_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportRefusedError, match="'durations' is no table of indicators; write duration"):
        list(indicator_batches(tmp_path, 1, "durations", "public"))
    with pytest.raises(ExportRefusedError, match="zones public and restricted, not in 'internal'"):
        list(indicator_batches(tmp_path, 1, "duration", "internal"))
