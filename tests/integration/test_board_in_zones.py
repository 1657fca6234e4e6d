"""The zones of the board: an OCMW, an officer and a researcher see their own, and nothing may be kept on the way."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from urllib.parse import urlencode

import pytest
from playwright.sync_api import ViewportSize, sync_playwright
from program import ocmw
from published import key_of, replayed
from redis_server import required
from starlette.testclient import TestClient

from sinks.access_log import FILE, verified
from sinks.directory.store import DirectoryStore
from sinks.public.prepared import PreparedReleases
from sinks.question_box import QuestionBox
from streams.board.serve import Measured, server
from streams.board.settings import BoardSettings
from streams.board.zones.house import House
from streams.board.zones.identity import Zone
from streams.board.zones.serve import zone
from streams.shell.metrics import Metrics

MONTHS = [f"2024-{month:02d}" for month in range(1, 7)]
USERS = """
- {subject: gent, role: ocmw, ocmw: '44021'}
- {subject: antwerpen, role: ocmw, ocmw: '11002'}
- {subject: an, role: officer}
- {subject: elise, role: researcher}
"""
SECRET = "0123456789abcdef" * 2
ADDRESS = "https://zone.example.be"
PHONE: ViewportSize = {"width": 390, "height": 800}
PATIENCE = 30
ORIGIN = {"Origin": ADDRESS}
ASKED = 'study = "mobility"\nshape = 1\nsupport = "LL"\nlevel = "kingdom"\nfrom = "2024-01"\nto = "2024-02"\n'


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of six releases, the fourth of which is approved, and the files of a zone."""
    folder = tmp_path_factory.mktemp("zones")
    key, _ = key_of(folder)
    required = {"OCMW_RELEASE_APPROVAL": "required", "OCMW_SEAL_KEY_FILE": str(key)}
    replayed(folder / "store", *MONTHS, **required)
    done = ocmw("approve", 4, "--store", folder / "store", "--by", "A", "--reference", "1", **required)
    assert done.returncode == 0, done.stderr
    for name, text in {"users.yaml": USERS, "secret": SECRET + "\n", "log.key": "k" * 40}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def settings(room: Path, users: Path | None = None, log: Path | None = None) -> BoardSettings:
    return BoardSettings(
        address=ADDRESS,
        proxy_secret_file=room / "secret",
        users=users or room / "users.yaml",
        access_log=log or room / "log",
        log_key_file=room / "log.key",
        questions=room / "questions",
    )


def client(room: Path, which: Zone, subject: str, folder: Path, other: BoardSettings | None = None) -> TestClient:
    app = zone(room / "store", which, other or settings(room), folder).app
    known = {"X-OCMW-Proxy-Secret": SECRET, "X-OCMW-Subject": subject}
    return TestClient(app, follow_redirects=False, headers=known)


def test_nobody_comes_in_without_the_proxy_and_what_is_answered_is_kept_nowhere(room: Path, tmp_path: Path) -> None:
    gent = client(room, "restricted", "gent", tmp_path)
    for headers in ({"X-OCMW-Proxy-Secret": "wrong"}, {"X-OCMW-Subject": "a" * 201}):
        refused = gent.get("/api/v1/latest/figures", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/no-identity")
    for path, status in {"/nl/mine": 200, "/nl/prepared": 403, "/nl/questions": 403, "/static/board.css": 200}.items():
        answer = gent.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "private, no-store")
        assert not {"access-control-allow-origin", "etag"} & set(answer.headers)
    assert gent.get("/").headers["location"] == "/nl/mine"


def test_a_release_is_prepared_the_same_each_time(room: Path, tmp_path: Path) -> None:
    manifests = []
    for number in range(4):
        releases = PreparedReleases(DirectoryStore.reading(room / "store"), "1", tmp_path / str(number))
        releases.refresh()
        manifests.append(releases.manifest_bytes(6))
    assert len(set(manifests)) == 1


def test_an_ocmw_sees_its_own_figures_in_both_zones_and_no_other_place(room: Path, tmp_path: Path) -> None:
    shown = client(room, "restricted", "gent", tmp_path / "r").get("/en/mine.json?support=LL").json()["rows"]
    totals = {row["period"]: row for row in shown if row["breakdown"] == "total"}
    assert (totals["2024-03"]["beneficiaries"], totals["2024-03"]["amount_cents"]) == (60, 6_000_000)
    waiting = client(room, "provisional", "gent", tmp_path / "p").get("/en/mine.json?support=LL").json()["rows"]
    assert [row["period"] for row in waiting if row["breakdown"] == "total"] == ["2024-04", "2024-05", "2024-06"]
    page = client(room, "provisional", "gent", tmp_path / "q").get("/en/mine?support=LL").text
    assert "What you sent, month by month" in page
    assert "To mend in your subsidy report" not in page  # no report ever came: absent, not empty
    assert "Antwerpen" not in page


def test_a_merged_ocmw_reads_under_which_codes_its_earlier_figures_stand(room: Path, tmp_path: Path) -> None:
    said = (
        "Earlier figures stand under a code of their own, and are not added here: Borsbeek (11007) up to December 2024."
    )
    assert said in client(room, "restricted", "antwerpen", tmp_path).get("/en/mine").text
    assert "Earlier figures" not in client(room, "restricted", "gent", tmp_path / "g").get("/en/mine").text
    replayed(tmp_path / "fixed", "2024-01", OCMW_GEOGRAPHY="fixed:2025-01-01")
    assert House(tmp_path / "fixed").predecessors("11002") == ()  # all of them count under the code of today


def test_pages_of_a_zone_are_measured_apart_from_public_ones(room: Path, tmp_path: Path) -> None:
    metrics, known = Metrics(), {"X-OCMW-Proxy-Secret": SECRET, "X-OCMW-Subject": "gent"}
    measuring = Measured(zone(room / "store", "restricted", settings(room), tmp_path), metrics)
    TestClient(measuring, headers=known).get("/nl/mine")
    measured = {"kind": "zone", "status": "2xx"}
    assert metrics.registry.get_sample_value("ocmw_board_seconds_count", measured) == 1


def test_receipts_stand_on_an_ocmws_page_where_kafka_is_set_and_a_broker_that_is_away_is_said(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Receipts of your lines" not in client(room, "provisional", "gent", tmp_path / "p").get("/en/mine").text
    monkeypatch.setenv("OCMW_KAFKA_SERVERS", "127.0.0.1:1")  # nobody listens there
    page = client(room, "provisional", "gent", tmp_path / "q").get("/en/mine")
    assert (page.status_code, "Your receipts cannot be read now" in page.text) == (200, True)


def test_an_officer_sees_a_prepared_release_as_the_public_would_and_the_public_does_not(
    room: Path, tmp_path: Path
) -> None:
    before = sorted(path.name for path in (room / "store" / "public").rglob("*"))
    officer = client(room, "restricted", "an", tmp_path)
    page = officer.get("/en/prepared").text
    assert ('href="/en/release/6/"' in page, 'href="/en/release/4/"' in page) == (True, False)
    prepared = officer.get("/en/release/6/support/LL")
    assert "Prepared, not published: the public sees release 4." in prepared.text
    assert "Prepared, not published" not in officer.get("/en/release/4/support/LL").text
    (row,) = officer.get("/api/v1/release/6/figures?support=LL&period=2024-03").json()["rows"]
    assert (row["value"], row["state"]) == (100, "published")
    assert officer.get("/en/figures.csv?support=LL&geo=02000").status_code == 200
    assert sorted(path.name for path in (room / "store" / "public").rglob("*")) == before


def test_a_researcher_asks_and_is_told_what_became_of_it(room: Path, tmp_path: Path) -> None:
    elise, body = client(room, "restricted", "elise", tmp_path), urlencode({"question": ASKED})
    form = elise.get("/en/questions")
    assert (form.status_code, form.headers["referrer-policy"]) == (
        200,
        "same-origin",
    )  # else browsers send Origin: null
    assert elise.post("/en/questions", content=body).status_code == 403  # no Origin
    assert elise.post("/en/questions", content=body, headers={"Origin": "https://evil.example"}).status_code == 403
    wrong = elise.post("/en/questions", content=urlencode({"question": "shape = 9"}), headers=ORIGIN)
    assert (wrong.status_code, "cannot be asked like this" in wrong.text) == (400, True)
    taken = elise.post("/en/questions", content=body, headers=ORIGIN)
    assert (taken.status_code, taken.headers["location"].startswith("/en/questions/")) == (303, True)
    where = taken.headers["location"]
    assert "The question is queued." in elise.get(where).text
    assert elise.get(where + ".toml").text == ASKED
    assert elise.get(where + ".csv").status_code == 404
    done = ocmw("answer", "--questions", room / "questions", "--store", room / "store", "--once")
    assert (done.returncode, "refused" in done.stdout) == (0, True)
    assert "no approval for ad_hoc is on record" in elise.get(where).text
    other = client(room, "restricted", "elise2", tmp_path / "o", settings(room, _users(tmp_path, "elise2")))
    assert other.get(where).status_code == 404


def _users(folder: Path, subject: str) -> Path:
    path = folder / "users.yaml"
    path.write_text(f"- {{subject: {subject}, role: researcher}}", encoding="utf-8")
    return path


def test_an_answer_is_shown_with_its_request_file(room: Path, tmp_path: Path) -> None:
    elise = client(room, "restricted", "elise", tmp_path)
    where = elise.post("/nl/questions", content=urlencode({"question": ASKED}), headers=ORIGIN).headers["location"]
    box = QuestionBox(room / "questions")
    waiting = box.next()
    assert waiting is not None
    waiting.answer.write_text("period,persons\n2024-01,100\n", encoding="utf-8")
    assert elise.get(where + ".csv").text == "period,persons\n2024-01,100\n"
    assert ">2024-01<" in elise.get(where).text
    assert box.next() is None


def test_each_access_stands_in_the_boards_own_chain(room: Path, tmp_path: Path) -> None:
    client(room, "restricted", "an", tmp_path, settings(room, log=tmp_path / "log")).get("/nl/prepared")
    (line,) = (tmp_path / "log" / FILE).read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["of"]["route"], json.loads(line)["of"]["release"]) == ("GET /nl/prepared", 6)
    assert verified(tmp_path / "log") == json.loads(line)["digest"]
    (tmp_path / "log" / FILE).write_text("torn", encoding="utf-8")
    answer = client(room, "restricted", "an", tmp_path / "n", settings(room, log=tmp_path / "log")).get("/nl/prepared")
    assert answer.status_code == 503


@contextmanager
def served(room: Path, folder: Path) -> Iterator[str]:
    """Serve the restricted zone; yield its address."""
    site = server(zone(room / "store", "restricted", settings(room), folder), ("127.0.0.1", 0), Metrics())
    running = Thread(target=site.run)
    running.start()
    try:
        deadline = monotonic() + PATIENCE
        while not site.started and monotonic() < deadline:
            sleep(0.05)
        yield f"http://127.0.0.1:{site.servers[0].sockets[0].getsockname()[1]}"
    finally:
        site.should_exit = True
        running.join()


def test_who_cannot_see_or_point_can_use_the_page_of_each_role_on_a_phone(room: Path, tmp_path: Path) -> None:
    path = shutil.which("chromium") or required("chromium", "chromium")
    script = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    with served(room, tmp_path) as address, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for subject, at in {"gent": "/nl/mine", "an": "/fr/prepared", "elise": "/en/questions"}.items():
            known = {"X-OCMW-Proxy-Secret": SECRET, "X-OCMW-Subject": subject}
            page = chromium.new_page(viewport=PHONE, bypass_csp=True, extra_http_headers=known)
            answer = page.goto(address + at)
            assert (answer and answer.status, page.evaluate("document.documentElement.scrollWidth")) == (200, 390), at
            page.add_script_tag(content=script)
            broken = page.evaluate("axe.run().then(all => all.violations.map(one => [one.id, one.nodes[0].html]))")
            assert broken == [], at
            page.close()
        chromium.close()


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("PROXY_SECRET_FILE", "needs a proxy that proves itself"),
        ("USERS", "needs OCMW_BOARD_USERS"),
        ("LOG_KEY_FILE", "OCMW_BOARD_LOG_KEY_FILE"),
    ],
)
def test_a_zone_is_not_served_without_what_guards_it(room: Path, missing: str, said: str) -> None:
    given = {
        "OCMW_BOARD_PROXY_SECRET_FILE": str(room / "secret"),
        "OCMW_BOARD_USERS": str(room / "users.yaml"),
        "OCMW_BOARD_ACCESS_LOG": str(room / "log"),
        "OCMW_BOARD_LOG_KEY_FILE": str(room / "log.key"),
    }
    del given[f"OCMW_BOARD_{missing}"]
    done = ocmw("serve", "--store", room / "store", "--zone", "restricted", **given)
    assert (done.returncode, said in done.stderr) == (2, True)
    assert ocmw("serve", "--store", room / "store", "--zone", "public").returncode == 2
