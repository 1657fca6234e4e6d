"""SDMX: structure and data read back by pysdmx and by sdmx1, cell by cell."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pysdmx.io
import pytest
import sdmx
from pysdmx.io import get_datasets
from pysdmx.io.csv.sdmx20.reader import read as read_csv
from sdmx.reader.csv import Reader

from schemas.breakdowns import CATEGORIES
from schemas.datasets import Zone
from schemas.figures import MEASURES
from sinks.directory.store import DirectoryStore
from sinks.files.codes import category_id
from sinks.files.indicator_sdmx import write_indicator_sdmx
from sinks.files.indicators import INDICATOR_SCHEMA
from sinks.files.long_table import columns, long_table
from sinks.files.sdmx import write_sdmx
from sinks.files.selection import ZONES, Selection, select
from sinks.files.structure import table

CATEGORY_OF = {category_id(*one): one for one in CATEGORIES}


def selected(zone: Zone) -> Selection:
    return Selection(zone, ocmw="44021" if zone == "provisional" else None)


def expected(store: DirectoryStore, selection: Selection) -> list[dict[str, str]]:
    batches = long_table(store, select(store.release(), selection), selection)
    return [{name: str(value) for name, value in row.items()} for batch in batches for row in batch.to_pylist()]


def structures(source: io.IOBase) -> Any:  # noqa: ANN401 - what sdmx1 finds in a file it gives by name
    return sdmx.read_sdmx(source)


def observations(file: Path) -> list[dict[str, str]]:
    """Return what pysdmx reads; its reader takes a column of digits for numbers, so NIS codes get their zero back."""
    (dataset,) = read_csv(file.read_text(encoding="utf-8"))
    rows = dataset.data.assign(GEO=dataset.data["GEO"].str.zfill(5)).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def as_long_row(observation: dict[str, str], zone: Zone) -> dict[str, str]:
    row = {name: observation["TIME_PERIOD" if name == "period" else name.upper()] for name in columns(zone)}
    breakdown, category = CATEGORY_OF[row["category"]]
    rolling = "R12-" if row["period_kind"] == "rolling_year" else ""
    return row | {"period": rolling + row["period"], "category": category, "breakdown": breakdown}


@pytest.mark.parametrize("zone", ZONES)
def test_pysdmx_reads_every_cell_back(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    written = write_sdmx(tmp_path, store, store.release(), selected(zone))
    read = [as_long_row(row, zone) for row in observations(tmp_path / "data.csv")]
    assert read == expected(store, selected(zone))
    assert written == len(read)


def test_sdmx1_reads_every_public_cell_back(store: DirectoryStore, tmp_path: Path) -> None:
    write_sdmx(tmp_path, store, store.release(), selected("public"))
    with (tmp_path / "structure.xml").open("rb") as structure, (tmp_path / "data.csv").open("rb") as data:
        flow = structures(structure).dataflow["SUPPORT_MEASURES"]
        message = Reader().convert(data, structure=flow)
    read = [
        {name: value.value for name, value in observation.dimension.values.items()}
        | {"BENEFICIARIES": observation.value}
        | {name: value.value for name, value in observation.attached_attribute.items()}
        for observation in message.data[0].obs
    ]
    assert [as_long_row(row, "public") for row in read] == expected(store, selected("public"))


def test_figures_and_their_structure_are_lawful_sdmx(store: DirectoryStore, tmp_path: Path) -> None:
    written = write_sdmx(tmp_path, store, store.release(), selected("internal"))
    (dataset,) = get_datasets(tmp_path / "data.csv", tmp_path / "structure.xml", validate=True)
    assert len(dataset.data) == written


def test_indicators_and_their_structure_are_lawful_sdmx(tmp_path: Path) -> None:
    series = {"indicator": "spells", "method": "own_g0", "reference": "2024-03", "breakdown": "flow"}
    row = {**series, "geo_level": "kingdom", "geo": "01000", "category": "stock", "count": 3, "base": 3}
    batch = pa.RecordBatch.from_pylist([{**row, "update_id": "u1"}], INDICATOR_SCHEMA)
    write_indicator_sdmx(tmp_path, [batch])
    (dataset,) = get_datasets(tmp_path / "data.csv", tmp_path / "structure.xml", validate=True)
    assert len(dataset.data) == 1


@pytest.mark.parametrize("zone", ZONES)
def test_all_codes_of_the_data_stand_in_the_structure(store: DirectoryStore, tmp_path: Path, zone: Zone) -> None:
    write_sdmx(tmp_path, store, store.release(), selected(zone))
    message = pysdmx.io.read_sdmx(tmp_path / "structure.xml", validate=False)
    (structure,) = message.get_data_structure_definitions()
    rows = observations(tmp_path / "data.csv")
    lists = [component for component in structure.components if component.enumeration is not None]
    assert len(lists) == 8
    for component in lists:
        assert component.enumeration is not None
        assert {row[component.id] for row in rows} <= {code.id for code in component.enumeration}


@pytest.mark.parametrize("zone", ZONES)
def test_the_structure_has_dimensions_measures_and_attributes(zone: Zone) -> None:
    xml = table(zone).message(datetime(2024, 6, 1, tzinfo=UTC))
    structure = structures(io.BytesIO(xml.encode())).structure["SUPPORT_MEASURES"]
    assert {one.id for one in structure.dimensions} == {
        "SUPPORT",
        "TIME_PERIOD",
        "PERIOD_KIND",
        "GEO_LEVEL",
        "GEO",
        "BREAKDOWN",
        "CATEGORY",
    }
    assert {one.id for one in structure.measures} == {name.upper() for name in columns(zone) if name in MEASURES}
    assert {one.id for one in structure.attributes} == {"OBS_STATUS", "STATE", "UPDATE_ID"}


def test_codes_have_their_names_in_three_languages() -> None:
    xml = table("public").message(datetime(2024, 6, 1, tzinfo=UTC))
    lists = structures(io.BytesIO(xml.encode())).codelist
    ghent = lists["CL_GEO"]["44021"].name.localizations
    assert (ghent["nl"], ghent["fr"], ghent["en"]) == ("Gent", "Gand", "Gent / Gand")
    woman = lists["CL_CATEGORY"]["sex_2"].name.localizations
    assert (woman["nl"], woman["fr"], woman["en"]) == ("vrouw", "femme", "female")
    assert lists["CL_SUPPORT"]["IP_RMI"].name.localizations["fr"] == "Prime d'installation (DIS)"


def test_the_public_structure_does_not_name_what_is_restricted() -> None:
    """F1."""
    xml = table("public").message(datetime(2024, 6, 1, tzinfo=UTC))
    lists = structures(io.BytesIO(xml.encode())).codelist
    assert not {"IK_RMH", "IK_OW"} & set(lists["CL_SUPPORT"].items)
    assert "nationality" not in lists["CL_BREAKDOWN"].items
    assert not [code for code in lists["CL_CATEGORY"].items if code.startswith("nationality_F")]


def test_two_exports_of_a_release_are_the_same_bytes(store: DirectoryStore, tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_sdmx(tmp_path / name, store, store.release(), selected("public"))
    for file in ("data.csv", "structure.xml"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_a_store_without_updates_gives_a_header_and_the_structure(store: DirectoryStore, tmp_path: Path) -> None:
    assert write_sdmx(tmp_path, store, None, selected("public")) == 0
    assert len((tmp_path / "data.csv").read_text(encoding="utf-8").splitlines()) == 1
    assert (tmp_path / "structure.xml").stat().st_size > 0


def test_category_identifiers_are_unique_and_lawful() -> None:
    assert len(CATEGORY_OF) == len(CATEGORIES)
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@$-")
    assert not set("".join(CATEGORY_OF)) - allowed
