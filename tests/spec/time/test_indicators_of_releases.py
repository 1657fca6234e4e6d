"""When shown: each release holds the indicators of published months, as a recount from scratch gives them (L1)."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from history import log_file
from named_indicators import KEY

from schemas.periods import month_code, parse_month
from schemas.settings import FigureSettings
from sinks.directory.store import DirectoryStore
from sinks.files.indicators import indicator_batches
from sinks.files.selection import ExportRefusedError
from sinks.indicators import exists
from sinks.memory import MemoryStore
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


def indicators_of(store: Path, number: int, zone: str = "restricted") -> pd.DataFrame:
    """Return all indicators of a release that claims alone tell; ``test_outcomes_of_stores`` has the others."""
    tables = [
        pa.Table.from_batches(list(indicator_batches(DirectoryStore.reading(store), number, name, zone)))
        for name in OF_CLAIMS
    ]
    frames: list[pd.DataFrame] = [table.to_pandas() for table in tables if table.num_columns]
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys((*KEY, "update_id"), str))


def test_nothing_is_shown_before_a_month_is_published(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 5, []))
    assert [exists(DirectoryStore.reading(store), number) for number in range(1, 6)] == [True] * 5
    shown_at = [[set(indicators_of(store, number)["reference"]) for number in range(1, 6)]]
    assert shown_at == [[set(), set(), set(), {"2022-10"}, {"2022-10", "2022-11"}]]


def test_a_row_names_the_update_that_counted_it(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 12, []))
    rows = indicators_of(store, 12)
    flows = rows[(rows["indicator"] == "spells") & (rows["method"] == "own_g0") & (rows["geo_level"] == "kingdom")]
    by_month = flows.groupby("reference")["update_id"].agg(set).to_dict()
    assert by_month["2022-10"] < {f"u{number}" for number in range(12)}
    assert by_month["2023-05"] == {"u11"}


def test_the_public_sees_areas_and_centre_cities_only(tmp_path: Path) -> None:
    _, store = replayed(tmp_path, history(4, 12, []))
    municipalities = {
        zone: set(rows[rows["geo_level"] == "municipality"]["geo"])
        for zone, rows in ((zone, indicators_of(store, 12, zone)) for zone in ("public", "restricted"))
    }
    assert municipalities == {"public": {"44021", "71022"}, "restricted": {"44021", "71022", "11007"}}


def test_an_unknown_table_or_zone_is_refused_with_a_sentence() -> None:
    with pytest.raises(ExportRefusedError, match="'durations' is no table of indicators; write duration"):
        list(indicator_batches(MemoryStore(), 1, "durations", "public"))
    with pytest.raises(ExportRefusedError, match="zones public and restricted, not in 'internal'"):
        list(indicator_batches(MemoryStore(), 1, "duration", "internal"))
