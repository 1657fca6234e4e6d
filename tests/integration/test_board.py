"""The board answers: every page in three languages, its files, the interface, and what may go wrong."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sdmx
from history import log_file
from program import ocmw
from published import key_of, replayed
from pyjstat import pyjstat
from starlette.testclient import TestClient

from sinks.public.tree import PublicTree
from streams.board.app import Board, build_app
from streams.board.library import Library
from streams.board.routes import API, PAGES, ApiRoute

MONTHS = [f"2024-{month:02d}" for month in range(1, 8)]
FILLED = {"{support}": "LL", "{nis}": "44021", "quarter/{period}": "quarter/2024-Q1", "year/{period}": "year/2024"}
LATEST = "/api/v1/latest"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("board")
    key, _ = key_of(made)
    replayed(made / "store", *MONTHS, OCMW_SEAL_KEY_FILE=str(key))
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    library = Library(PublicTree.of(folder / "store"), 64)
    app = build_app(Board(library, "0.1.0", "https://cijfers.example.be"))
    return TestClient(app, follow_redirects=False, base_url="http://evil.example")


def paths() -> list[str]:
    filled = []
    for route in PAGES:
        path = route.path
        for name, value in FILLED.items():
            path = path.replace(name, value)
        filled.append(path)
    return filled


@pytest.mark.parametrize("path", paths())
@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_page_answers_in_every_language(client: TestClient, language: str, path: str) -> None:
    for where in ("latest", "release/6"):
        answer = client.get(f"/{language}/{where}{path}")
        assert answer.status_code == 200, answer.text
        assert f'<html lang="{language}">' in answer.text
        assert "<h1>" in answer.text
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", paths())
@pytest.mark.parametrize("ending", [".csv", ".json", ".xlsx"])
def test_every_page_has_its_files_beside_it(client: TestClient, path: str, ending: str) -> None:
    beside = path if path != "/" else "/index"
    answer = client.get(f"/en/latest{beside}{ending}")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 20


@pytest.mark.parametrize("route", API, ids=lambda route: route.path)
def test_every_address_for_programs_answers_and_may_be_read_from_anywhere(client: TestClient, route: ApiRoute) -> None:
    path = route.path
    answer = client.get(f"{LATEST}{path}?indicator=spells" if path == "/indicators" else LATEST + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (
        client.get(f"/api/v1/release/6{path}{'?indicator=spells' if path == '/indicators' else ''}").headers[
            "cache-control"
        ]
        == "public, max-age=86400"
    )


def test_the_first_page_is_the_newest_release_in_the_language_of_the_reader(client: TestClient) -> None:
    languages = [("fr-BE,nl;q=0.5", "fr"), ("de", "nl"), ("en;q=0.1, nl;q=0.9", "nl"), ("", "nl"), ("q=;;,en", "en")]
    for accept, language in languages:
        answer = client.get("/", headers={"Accept-Language": accept})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/latest/")


def test_a_figure_on_a_page_is_that_of_the_release(client: TestClient) -> None:
    rows = client.get(f"{LATEST}/figures?support=LL&period=2024-03").json()["rows"]
    assert [(row["value"], row["nothing"], row["state"]) for row in rows] == [(100, None, "published")]
    assert ">100<" in client.get("/en/latest/support/LL").text


def test_what_waits_has_no_value_and_says_that_it_waits(client: TestClient) -> None:
    (row,) = client.get(f"{LATEST}/figures?support=LL&period=2024-06").json()["rows"]
    assert (row["value"], row["nothing"]) == (None, "waiting")


@pytest.mark.parametrize(
    ("geo", "nothing", "value"),
    [("44021", None, 60), ("73028", "no_ocmw", None), ("11007", None, 0), ("46030", "not_applicable", None)],
)
def test_each_kind_of_nothing_is_told_apart(
    client: TestClient, geo: str, nothing: str | None, value: int | None
) -> None:
    (row,) = client.get(f"{LATEST}/figures?support=LL&period=2024-02&geo={geo}").json()["rows"]
    if geo == "11007":
        assert (row["value"], row["nothing"]) == (0, "no_claim")  # Borsbeek sent no line
    else:
        assert (row["value"], row["nothing"]) == (value, nothing)


def test_an_old_release_says_that_a_newer_one_exists_and_how_much_changed(client: TestClient) -> None:
    text = client.get("/en/release/6/support/LL").text
    assert "There is a newer release (7). 1 of the figures on this page have changed since." in text
    assert 'href="/en/latest/support/LL"' in text
    assert "There is a newer release" not in client.get("/en/latest/support/LL").text


def test_a_page_cites_the_release_and_never_the_host_of_a_request(client: TestClient) -> None:
    text = client.get("/en/latest/support/LL?kind=year").text
    assert "https://cijfers.example.be/en/release/7/support/LL?kind=year" in text
    assert "evil.example" not in text


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_picture_for_other_sites_is_there(client: TestClient, language: str) -> None:
    page = client.get(f"/{language}/latest/").text
    address = f"/static/og-{language}.png"
    assert f'<meta property="og:image" content="https://cijfers.example.be{address}">' in page
    assert client.get(address).content.startswith(b"\x89PNG")


def test_the_policy_lets_nothing_from_elsewhere_in(client: TestClient) -> None:
    answer = client.get("/nl/latest/map")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/api/v1/latest/figures?x=1", 400, "bad-parameter"),
        ("/api/v1/latest/figures?limit=1&limit=2", 400, "bad-parameter"),
        ("/api/v1/latest/figures?limit=10001", 400, "bad-parameter"),
        ("/api/v1/latest/figures?geo=99999", 400, "bad-parameter"),
        ("/api/v1/latest/figures?" + "geo=11002&" * 51, 400, "bad-parameter"),
        ("/api/v1/latest/figures?support=" + "L" * 5000, 400, "bad-parameter"),
        ("/api/v1/latest/figures?format=json-stat", 400, "bad-parameter"),
        ("/api/v1/release/99/manifest", 404, "unknown"),
        ("/api/v1/latest/nothing", 404, "unknown"),
        ("/files/" + "0" * 64, 404, "unknown"),
        ("/api/v1/latest/figures?level=municipality&breakdown=age13", 413, "too-many-cells"),
        ("/api/v1/latest/sdmx/2.1/categoryscheme/OCMW", 501, "not-implemented"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_of_a_kind(client: TestClient, path: str, status: int, slug: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_reading_is_answered(client: TestClient) -> None:
    answer = client.post("/nl/latest/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert client.head("/nl/latest/").status_code == 200


def test_what_a_reader_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/nl/latest/map")
    again = client.get("/nl/latest/map", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_stored_file_is_given_whole_or_in_parts(client: TestClient, folder: Path) -> None:
    sha256, size = next(iter(PublicTree.of(folder / "store").manifest(7).files.items()))
    whole = client.get(f"/files/{sha256}")
    assert (len(whole.content), whole.headers["cache-control"]) == (size, "public, max-age=31536000, immutable")
    part = client.get(f"/files/{sha256}", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    other = client.get(f"/files/{sha256}", headers={"Range": "bytes=2-5", "If-Range": '"other"'})
    assert other.status_code == 200
    assert client.get(f"/files/{sha256}", headers={"Range": f"bytes={size}-"}).status_code == 416


def test_the_manifest_is_given_as_it_was_sealed(client: TestClient, folder: Path) -> None:
    path = folder / "store" / "public" / "releases" / "000007.json"
    assert client.get(f"{LATEST}/manifest").content == path.read_bytes()


@pytest.mark.filterwarnings("ignore:Shouldn't use this function:DeprecationWarning")
def test_pyjstat_reads_the_cube(client: TestClient) -> None:
    text = client.get(f"{LATEST}/figures?support=LL&kind=month&geo=44021&geo=11002&format=json-stat").text
    table = pyjstat.Dataset.read(text).write("dataframe")
    assert table["value"].dropna().tolist()[:2] == [60, 40]
    cube = json.loads(text)
    assert cube["status"]
    assert cube["extension"]["ocmw"]["release"] == 7
    assert cube["role"] == {"time": ["period"], "geo": ["geo"]}


def test_sdmx1_reads_structure_and_data(client: TestClient) -> None:
    base = f"{LATEST}/sdmx/2.1"
    document = client.get(f"{base}/datastructure/OCMW/SUPPORT_MEASURES/latest?references=children").content
    read_structure: Any = sdmx.read_sdmx(io.BytesIO(document))
    assert [one.id for one in read_structure.structure["SUPPORT_MEASURES"].dimensions.components] == [
        "SUPPORT", "PERIOD_KIND", "GEO_LEVEL", "GEO", "BREAKDOWN", "CATEGORY", "TIME_PERIOD",
    ]  # fmt: skip
    key = "LL.month.municipality.44021+11002.total."
    document = client.get(f"{base}/data/SUPPORT_MEASURES/{key}?startPeriod=2024-02&endPeriod=2024-03").content
    read: Any = sdmx.read_sdmx(io.BytesIO(document))
    values: Any = sdmx.to_pandas(read.data[0])
    assert sorted(values.tolist()) == [40.0, 40.0, 60.0, 60.0]


@pytest.mark.parametrize(("update", "test"), [("u1", "false"), ("synthetic-2024-08", "true")])
def test_sdmx_says_test_of_a_synthetic_release_in_every_header(tmp_path: Path, update: str, test: str) -> None:
    table = f"person | month\na | 2024-01\nclose before 2024-05\nclose {update} 2024-08"
    assert ocmw("replay", log_file(tmp_path / "log.avro", table), "--store", tmp_path / "store").returncode == 0
    client = TestClient(build_app(Board(Library(PublicTree.of(tmp_path / "store")), "0.1.0")))
    base = f"{LATEST}/sdmx/2.1"
    data = f"{base}/data/SUPPORT_MEASURES/LL.month.kingdom.01000.total."
    for path in (f"{base}/dataflow", data):
        assert re.findall(r"<\w+:Test>(\w+)</", client.get(path).text) == [test]
    as_json = client.get(data, headers={"Accept": "application/vnd.sdmx.data+json;version=1.0.0"}).json()
    assert as_json["meta"]["test"] is (test == "true")


def test_sdmx_tells_the_history_of_a_figure_and_what_was_known_then(client: TestClient) -> None:
    path = f"{LATEST}/sdmx/2.1/data/SUPPORT_MEASURES/LL.month.kingdom.01000.total."
    text = client.get(path + "?INCLUDEHISTORY=true").text
    assert text.count("validFromDate=") >= 2
    assert client.get(path + "?asOf=2020-01-01T00:00:00Z").status_code == 404
    assert client.get(path + "?asOf=2199-01-01T00:00:00Z").status_code == 200
    csv = client.get(path, headers={"Accept": "application/vnd.sdmx.data+csv;version=2.0.0"})
    assert csv.text.startswith("STRUCTURE,STRUCTURE_ID,ACTION,SUPPORT,")


def test_a_store_without_a_release_is_served_and_says_so(tmp_path: Path) -> None:
    client = TestClient(build_app(Board(Library(PublicTree(tmp_path / "public")), "0.1.0")), follow_redirects=False)
    answer = client.get("/nl/latest/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert client.get("/en/latest/definitions").status_code == 200
    assert client.get(f"{LATEST}/figures").json()["type"] == "/problems/no-release"


def test_without_an_address_there_is_no_catalogue(folder: Path) -> None:
    client = TestClient(build_app(Board(Library(PublicTree.of(folder / "store")), "0.1.0")))
    assert [client.get(path).status_code for path in ("/catalog.jsonld", "/sitemap.xml", "/robots.txt")] == [
        404,
        404,
        200,
    ]
    assert "canonical" not in client.get("/nl/latest/").text
