"""F3: whatever the public asks of a store under a threshold, nothing that a rung hides is in an answer."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from history import log_file
from starlette.testclient import TestClient

from schemas.breakdowns import CATEGORIES
from schemas.periods import Period
from schemas.places import PLACES
from schemas.public_release import PublicBlock
from schemas.rungs import CATEGORY_RUNG, rungs_of
from schemas.settings import FigureSettings
from schemas.supports import NODE
from sinks.directory.store import DirectoryStore
from sinks.public.tree import PublicTree
from streams.board.app import Board, build_app
from streams.board.library import Library
from streams.embedded.driver import Embedded

GENT, AALST, ANTWERP, KINGDOM = "44021", "41002", "11002", "01000"
PLACES_ASKED = (KINGDOM, "02000", "10000", "40000", "11000", "41000", "44000", GENT, AALST, ANTWERP, "12025", "46021")
THRESHOLD = 5
WOMEN = {"2023-01": 1523, "2023-02": 1531}
"""So many women in Antwerp, beside two men, that no other number of an answer is the same: a canary."""
CLAIMS = """
g1..g{many}  | {month} | 44021 | 1 | B
a1..a3       | {month} | 41002 | 1 | A
v1..v{women} | {month} | 11002 | 2 | A
w1..w2       | {month} | 11002 | 1 | B
m1..m80      | {month} | 12025 | 1 | A
n1..n90      | {month} | 12025 | 2 | B
"""
QUERIES = (
    "/",
    *(f"/support/LL?geo={geo}&kind=month" for geo in (KINGDOM, GENT, AALST, "44000", "40000", "02000")),
    *(f"/support/LL_OTHER?geo={geo}&by=sex&kind=quarter" for geo in (KINGDOM, ANTWERP, "11000", "10000")),
    "/map?support=LL&measure=count",
    "/map?support=LL&period=2023-Q1&by=sex:2",
    f"/compare?support=LL&geo={GENT}&geo={AALST}&geo={ANTWERP}&measure=count",
    "/table?support=LL&level=municipality&kind=month&sort=-2023-01",
    "/table?support=LL&level=arrondissement&by=sex&period=2023-01",
    "/revisions?support=LL&period=2023-01&all=1",
    "/cities?year=2023",
    f"/cities/{GENT}?year=2023",
    "/completeness?support=LL&year=2023",
    "/definitions",
    "/access",
    "/report/quarter/2023-Q1",
)
BREAKDOWNS = ("total", "sex", "age5", "age13", "household", "nationality_group", "sex_age5")
INDICATORS = ("duration", "duration_difference", "spells", "reentry", "quartiles", "survival")


@dataclass(frozen=True)
class Room:
    """A store under a threshold, and its board."""

    store: Path
    board: TestClient


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return two months of living wages, and a quarter; the newest release adds seven persons to Aalst's three."""
    made = tmp_path_factory.mktemp("zone")
    lines = ["person | month | ocmw | sex | household"]
    for many, (month, women) in zip((1237, 1249), WOMEN.items(), strict=True):
        lines += [line for line in CLAIMS.format(month=month, many=many, women=women).splitlines() if line]
    lines += [f"close 2023-{month:02d} 2023-{month:02d}" for month in (3, 4, 5, 6)]
    late = ["r1..r7 | 2023-01 | 41002 | 2 | A", *(f"close 2023-{month:02d} 2023-{month:02d}" for month in (7, 8))]
    log = log_file(made / "log.avro", "\n".join([*lines, *late]))
    Embedded.run(made / "store", FigureSettings(threshold=THRESHOLD), [log])
    library = Library(PublicTree.of(made / "store"))
    return Room(made / "store", TestClient(build_app(Board(library, "0.1.0", "https://cijfers.example.be"))))


@dataclass(frozen=True)
class Count:
    """A count of the restricted zone, and whether the public may know it."""

    cell: tuple[str, str, str, str, str]
    persons: int
    hidden: bool


def counts(store: Path, number: int) -> Iterator[Count]:
    """Yield what a release counted of public supports that are published."""
    home = DirectoryStore.reading(store)
    for key, entry in home.release(number).entries.items():
        if not NODE[key.support].public or entry.published is None or entry.vintage.published_update is None:
            continue
        assert entry.hidden is not None
        rungs, cells = rungs_of(home.read_block(entry.hidden)), home.read_block(entry.published).public()
        for place, category, persons in zip(cells.place, cells.category, cells.beneficiaries, strict=True):
            cell = (key.support, key.period.code, PLACES[place][1], *CATEGORIES[category])
            yield Count(cell, int(persons), bool(CATEGORY_RUNG[category] > rungs[place]))


def canaries(store: Path) -> set[int]:
    """Return the hidden counts of all releases that are like no shown one, and large enough to be told from others."""
    every = [one for number in DirectoryStore.reading(store).numbers() for one in counts(store, number)]
    shown_ones = {one.persons for one in every if not one.hidden}
    return {one.persons for one in every if one.hidden and one.persons > 1000} - shown_ones


def holds(*numbers: int) -> re.Pattern[str]:
    """Return what finds one of some numbers however a language writes it, and no longer one that it is a part of."""
    written = "|".join(rf"{number // 1000}[.,\u202f]?{number % 1000:03d}" for number in sorted(numbers))
    return re.compile(rf"(?<![\w.,\u202f])(?:{written})(?![\w.,\u202f]?\d)")


def numbers(board: TestClient) -> list[int]:
    """Return the published releases."""
    return [one["release"] for one in board.get("/api/v1/releases").json()["releases"]]


def texts(room: Room) -> Iterator[tuple[str, str]]:
    """Yield every answer of the public board with its address, workbooks and Parquet files as the text in them."""
    *_, before, last = numbers(room.board)
    for query in QUERIES:
        path, _, given = query.partition("?")
        for ending in ("", ".csv", ".json", ".xlsx"):
            address = f"/en/latest{'' if path == '/' and ending else path}{ending}?{given}"
            answer = room.board.get(address)
            assert answer.status_code == 200, address
            yield address, unzipped(answer.content) if ending == ".xlsx" else answer.text
    for language, where in (("nl", "latest"), ("fr", f"release/{before}")):
        yield language, room.board.get(f"/{language}/{where}/support/LL?geo={GENT}").text
    for release in (before, last):
        for address in programs(release):
            text = room.board.get(address).text
            yield address, str(json.loads(text)["value"]) if "json-stat" in address else text
    tables = {"population", "map", "definitions", "words"}
    tree = PublicTree.of(room.store)
    files = {sha256 for number in tree.numbers() for sha256 in tree.manifest(number).files}
    files -= {sha for number in tree.numbers() for name, sha in tree.manifest(number).tables.items() if name in tables}
    for sha256 in sorted(files):
        data = room.board.get(f"/files/{sha256}").content
        yield sha256, str(pq.read_table(io.BytesIO(data)).to_pylist()) if data[:4] == b"PAR1" else data.decode()


def programs(release: int) -> Iterator[str]:
    """Yield addresses of the interface for programs, of one release."""
    start = f"/api/v1/release/{release}"
    for breakdown in BREAKDOWNS:
        for level in ("kingdom", "region", "province", "arrondissement"):
            yield f"{start}/figures?support=LL&breakdown={breakdown}&level={level}"
        yield f"{start}/figures?support=LL&breakdown={breakdown}&geo={GENT}&geo={AALST}&geo={ANTWERP}&format=csv"
    for kind in ("month", "quarter"):
        yield f"{start}/figures?support=LL&kind={kind}&level=municipality&format=json-stat"
        for form in ("xml", "csv", "json"):
            yield f"{start}/sdmx/2.1/data/SUPPORT_MEASURES/LL+LL_OTHER.{kind}..{GENT}+11002.total+sex.?format={form}"
    yield f"{start}/sdmx/2.1/data/SUPPORT_MEASURES/LL.month..{GENT}.total.?includeHistory=true&format=csv"
    for indicator in INDICATORS:
        yield f"{start}/indicators?indicator={indicator}&limit=10000"
    yield f"{start}/sdmx/2.1/data/TIME_DIMENSION/all?format=csv"
    yield f"{start}/history?support=LL&period=2023-01&geo={GENT}"
    for path in ("changes", "changes?since=1", "completeness?support=LL&year=2023", "manifest"):
        yield f"{start}/{path}"


def figures(room: Room, release: int, query: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a question about figures, page by page."""
    cursor: int | None = 0
    while cursor is not None:
        answer = room.board.get(f"/api/v1/release/{release}/figures?{query}&cursor={cursor}").json()
        yield from answer["rows"]
        cursor = answer["next"]


def unzipped(data: bytes) -> str:
    """Return the text of all parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return " ".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/"))


def test_no_answer_of_the_board_has_a_count_that_a_rung_hides(room: Room) -> None:
    sought = canaries(room.store)
    assert sought >= set(WOMEN.values())
    any_of_them = holds(*sought)
    assert [(address, one.group()) for address, text in texts(room) if (one := any_of_them.search(text))] == []


def test_the_search_would_see_a_count_that_is_shown(room: Room) -> None:
    largest = max(one.persons for one in counts(room.store, numbers(room.board)[-1]) if not one.hidden)
    assert largest > max(WOMEN.values())
    assert any(holds(largest).search(text) for _, text in texts(room))


def test_every_figure_is_the_restricted_count_or_a_mark(room: Room) -> None:
    release = numbers(room.board)[-1]
    known = {one.cell: one for one in counts(room.store, release)}
    marks = 0
    for breakdown in BREAKDOWNS:
        query = f"support=LL&support=LL_OTHER&breakdown={breakdown}&limit=10000"
        for row in figures(room, release, f"{query}&{'&'.join(f'geo={geo}' for geo in PLACES_ASKED)}"):
            one = known.get((row["support"], row["period"], row["geo"], row["breakdown"], row["category"]))
            if one is not None and one.hidden:
                assert (row["value"], row["nothing"]) == (None, "suppressed"), row
                marks += 1
            elif one is not None:
                assert (row["value"], row["nothing"]) == (one.persons, None), row
            else:
                assert not row["value"], row
    assert marks


def test_small_counts_are_never_shown(room: Room) -> None:
    for release in numbers(room.board):
        shown_ones = [one.persons for one in counts(room.store, release) if not one.hidden]
        assert not shown_ones or min(shown_ones) >= THRESHOLD


def test_a_cell_of_nobody_in_a_hidden_place_has_the_same_mark(room: Room) -> None:
    rows = figures(room, numbers(room.board)[-2], f"support=LL&period=2023-01&geo={AALST}&breakdown=sex")
    assert [(row["value"], row["nothing"]) for row in rows] == [(None, "suppressed")] * 3


def test_who_hid_something_once_hides_it_when_it_is_large_enough(room: Room) -> None:
    last = numbers(room.board)[-1]
    cell = ("LL", "2023-01", AALST, "total", "total")
    assert [one.persons for one in counts(room.store, last) if one.cell == cell] == [10]
    (row,) = figures(room, last, f"support=LL&period=2023-01&geo={AALST}")
    assert (row["value"], row["nothing"]) == (None, "suppressed")


def test_files_for_statisticians_mark_the_same_cell(room: Room) -> None:
    start = "/api/v1/latest"
    cube = room.board.get(f"{start}/figures?support=LL&period=2023-01&geo={AALST}&format=json-stat").json()
    assert (cube["value"], cube["status"]) == ([None], {"0": "c"})
    assert any("1 to 4 persons" in note for note in cube["note"])
    key = f"LL.month.municipality.{AALST}.total."
    table = room.board.get(f"{start}/sdmx/2.1/data/SUPPORT_MEASURES/{key}?format=csv&endPeriod=2023-01").text
    head, row = (line.split(",") for line in table.splitlines())
    named = dict(zip(head, row, strict=True))
    assert (named["OBS_VALUE"], named["CONF_STATUS"]) == ("", "C")


def test_pages_say_what_the_mark_means_and_that_older_releases_stay(room: Room) -> None:
    page = room.board.get(f"/en/latest/support/LL?geo={AALST}").text
    assert "Counts of 1 to 4 persons are not shown (∗), nor what would tell one." in page  # noqa: RUF001
    assert "What an older release showed stays in that release." in page
    assert "the sign does not say which of the two" in page
    assert "Nothing of it is shown" in page


def test_whether_a_hidden_place_sent_a_line_is_not_said(room: Room) -> None:
    said = room.board.get("/api/v1/latest/completeness?support=LL&year=2023").json()
    assert AALST in said["hidden"]["2023-01"]
    assert not set(said["hidden"]["2023-01"]) & set(said["sent"]["2023-01"])
    rows = room.board.get("/en/latest/completeness.json?support=LL&year=2023").json()["rows"]
    assert {row["claim"] for row in rows if row["geo"] == AALST and row["month"] in WOMEN} == {"suppressed"}


def test_a_total_of_the_kingdom_that_is_hidden_has_no_history(tmp_path: Path) -> None:
    lines = ["person | month | ocmw", "g1..g3 | 2023-01 | 44021"]
    lines += [f"close 2023-{month:02d} 2023-{month:02d}" for month in (3, 4, 5)]
    Embedded.run(tmp_path / "store", FigureSettings(threshold=THRESHOLD), [log_file(tmp_path / "l", "\n".join(lines))])
    board = TestClient(build_app(Board(Library(PublicTree.of(tmp_path / "store")), "0.1.0", "")))
    rows = board.get("/api/v1/latest/history?support=LL&period=2023-01").json()["rows"]
    assert (rows[-1]["value"], rows[-1]["nothing"]) == (None, "suppressed")
    assert all(row["value"] is None for row in rows)
    page = board.get("/en/latest/revisions?support=LL&period=2023-01").text
    assert "not shown" in page
    assert "from" not in json.dumps(board.get("/api/v1/latest/changes").json()["rows"])
    assert Period.parse("2023-01").code in page


def test_a_public_file_holds_the_blocks_that_manifests_name_and_no_other(room: Room) -> None:
    tree = PublicTree.of(room.store)
    named = {(block.file, block.group) for block in blocks(tree)}
    for file in {file for file, _ in named}:
        there = range(pq.ParquetFile(tree.file_path(file)).num_row_groups)
        assert {group for one, group in named if one == file} == set(there)


def blocks(tree: PublicTree) -> Iterator[PublicBlock]:
    """Yield every block of cells or rungs that a manifest names."""
    for number in tree.numbers():
        for periods in tree.manifest(number).figures.values():
            yield from (block for one in periods.values() for block in (one.block, one.rungs) if block)
