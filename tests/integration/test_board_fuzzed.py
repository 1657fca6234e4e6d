"""Whatever a stranger sends, the board answers with a problem of its own, never with a fault of ours."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import replayed
from starlette.testclient import TestClient

from sinks.public.tree import PublicTree
from streams.board.app import Board, build_app
from streams.board.library import Library
from streams.board.problems import KINDS

NAMES = (
    "geo",
    "kind",
    "by",
    "from",
    "to",
    "last",
    "period",
    "level",
    "rows",
    "columns",
    "sort",
    "page",
    "between",
    "year",
    "x",
)
VALUES = st.one_of(
    st.sampled_from(["LL", "01000", "44021", "month", "2024-03", "sex:1", "1", "-name", "3,4", "0", "9" * 11]),
    st.text(max_size=30),
)
SDMX = "/api/v1/latest/sdmx/2.1/data/SUPPORT_MEASURES/LL.month...."
PAGES = ("/nl/latest/support/LL", "/fr/latest/map", "/en/latest/table", "/nl/latest/compare", "/en/latest/revisions")
PATHS = (*PAGES, "/api/v1/latest/figures", "/api/v1/latest/history", SDMX)
EXPECTED = {200, 304, *(kind.status for kind in KINDS.values())} - {503}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    store = tmp_path_factory.mktemp("fuzzed") / "store"
    replayed(store, "2024-01", "2024-02", "2024-03", "2024-04")
    return TestClient(build_app(Board(Library(PublicTree.of(store)), "0.1.0")))


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(PATHS), query=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4))
def test_no_parameter_breaks_it(client: TestClient, path: str, query: list[tuple[str, str]]) -> None:
    assert client.get(f"{path}?{urlencode(query)}").status_code in EXPECTED


@settings(max_examples=100, deadline=None)
@given(path=st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_path_breaks_it(client: TestClient, path: str) -> None:
    assert client.get(f"/nl/latest/{quote(path)}").status_code in EXPECTED


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["Accept", "Accept-Language", "If-None-Match", "Range", "Accept-Encoding", "Host"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)
def test_no_header_breaks_it(client: TestClient, name: str, value: str) -> None:
    for path in ("/", "/nl/latest/", "/api/v1/latest/figures"):
        assert client.get(path, headers={name: value}, follow_redirects=False).status_code in EXPECTED | {302}
