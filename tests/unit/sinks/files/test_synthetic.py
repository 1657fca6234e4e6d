"""What is made of a synthetic history says so wherever figures are shown; what is not, does not."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from made_figures import FIGURES

from sinks.directory.store import DirectoryStore
from sinks.files.sdmx import write_sdmx
from sinks.files.selection import Selection
from sinks.files.workbook import write_workbooks

PUBLIC = Selection("public")


@pytest.fixture(params=["synthetic-2024-06", "u2", "not-synthetic-1"])
def said(request: pytest.FixtureRequest, make_store: Callable[..., DirectoryStore]) -> tuple[DirectoryStore, bool]:
    """Return a store whose newest update has this id, and whether its history is synthetic."""
    return make_store(FIGURES, update_id=request.param), request.param == "synthetic-2024-06"


def test_the_cover_of_a_workbook_says_synthetic(said: tuple[DirectoryStore, bool], tmp_path: Path) -> None:
    store, synthetic = said
    for path in write_workbooks(tmp_path, store, store.release(), PUBLIC):
        cover = openpyxl.load_workbook(path)["info"]
        assert [str(cell.value).startswith("SYNTHETIC") for cell in cover[2][1:4]] == [synthetic] * 3


def test_the_structure_of_sdmx_says_that_it_is_a_test(said: tuple[DirectoryStore, bool], tmp_path: Path) -> None:
    store, synthetic = said
    write_sdmx(tmp_path, store, store.release(), PUBLIC)
    text = (tmp_path / "structure.xml").read_text("utf-8")
    assert f":Test>{str(synthetic).lower()}</" in text
