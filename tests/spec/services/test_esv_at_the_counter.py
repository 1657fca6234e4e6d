"""The social report at the counter: asked by a national number that stays there, shown with its period and reason."""

import io
import json
from pathlib import Path

import pytest
from made import made
from program import Done, ocmw
from statement_told import Edge, line, number, text

from schemas.services.reading import write_topic
from schemas.services.records import DecisionTaken, Element
from schemas.services.topics import TOPIC

ASK = (
    "esv", "ask", "--ocmw", "11002", "--from", "2017-03-01", "--to", "2017-03-31", "--asked-by", "00000000000000aa",
    "--at", "2017-04-10T10:00:00Z",
)  # fmt: skip


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    """Return an edge with a key of its own."""
    return Edge(tmp_path)


def requested(monkeypatch: pytest.MonkeyPatch, typed: str, *options: object, reason: str = "AID_REQUESTED") -> Done:
    """Ask with something on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return ocmw(*ASK, "--reason", reason, *options)


def request_told(store: Path, done: Done) -> dict[str, object]:
    """Return the row of the request that was made."""
    rows = json.loads(ocmw("esv", "list", "requests", "--ocmw", "11002", "--store", store, "--format", "json").stdout)
    (row,) = [one for one in rows if one["request"] == done.stdout.split()[-1]]
    return dict(row)


def test_a_number_typed_in_asks_about_the_person_of_the_logs_and_is_neither_kept_nor_shown(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, store = number(5), edge.room / "store"
    edge.imports(text(line(number=mine)))
    options = ("--insz", "-", "--key", edge.key, "--synthetic", "--store", store)
    spelled = f"{mine[:2]}.{mine[2:4]}.{mine[4:6]}-{mine[6:9]}.{mine[9:]}\n"
    done = [requested(monkeypatch, typed, *options) for typed in (mine, spelled)]
    assert [one.returncode for one in done] == [0, 0]
    (person,) = {request_told(store, one)["person"] for one in done}
    assert person == edge.imports(text(line(number=mine))).claims[0]["person"].hex()
    kept = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert mine.encode() not in kept
    assert mine not in "".join(one.stdout + one.stderr for one in done)


def test_a_number_that_changed_is_the_person_of_the_oldest_one(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    store, old, new = edge.room / "store", number(5), number(7)
    changed = edge.file(f"old;new;day\n{old};{new};2016-01-01\n", "changed.csv")
    options = ("--insz", "-", "--key", edge.key, "--synthetic", "--store", store, "--identities", changed)
    persons = {str(request_told(store, requested(monkeypatch, typed, *options))["person"]) for typed in (old, new)}
    assert len(persons) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (number(5, wrong=True), "right check digits"),
        (number(5)[:-1], "eleven digits"),
        ("0" + number(5), "eleven digits"),
        ("", "eleven digits"),
        ("Zwaluwstaart", "eleven digits"),
        ("\x00\x1b[2J", "eleven digits"),
    ],
)
def test_what_is_no_number_is_refused_in_a_sentence_that_does_not_hold_it(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, typed: str, said: str
) -> None:
    store = edge.room / "store"
    done = requested(monkeypatch, typed, "--insz", "-", "--key", edge.key, "--synthetic", "--store", store)
    assert (done.returncode, done.stderr.count("\n"), said in done.stderr) == (1, 1, True)
    assert not typed or typed not in done.stderr + done.stdout
    assert not store.exists()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--insz", "90850500112"), 2, "seen by others"),
        (("--insz", "-"), 2, "--key"),
        ((), 2, "name one person"),
        (("--insz", "-", "--person", "a" * 32), 2, "name one person"),
        (("--insz", "-", "--key", "edge.key"), 1, "give --synthetic"),
        (("--insz", "-", "--key", "other.key"), 1, "no key can be read"),
    ],
)
def test_a_person_is_named_in_one_way_and_never_by_a_number_in_the_command(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(edge.key.parent)
    named = [edge.key.name if one == "edge.key" else one for one in options]
    done = requested(monkeypatch, number(5), *named, "--store", edge.room / "store")
    assert (done.returncode, done.stderr.count("\n"), said in done.stderr) == (code, 1, True)
    assert "90850500112" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("language", "period", "reason"),
    [("nl", "Periode: 01/03/2017 - 31/03/2017", "Reden: herziening"), ("fr", "Période: ", "Motif: révision")],
)
def test_the_page_says_for_which_period_and_why_it_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, period: str, reason: str
) -> None:
    done = requested(monkeypatch, "", "--person", "a" * 32, "--store", tmp_path / "store", reason="REVIEW")
    show = (
        "esv",
        "show",
        done.stdout.split()[-1],
        "--ocmw",
        "11002",
        "--lang",
        language,
        "--store",
        tmp_path / "store",
    )
    plain, page = ocmw(*show).stdout, ocmw(*show, "--format", "html").stdout
    assert (period in plain, reason in plain) == (True, True)
    assert all(f"<dd>{one.split(': ')[1]}" in page for one in (period, reason))


def test_what_others_wrote_cannot_move_the_cursor_nor_add_a_line_or_a_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, store, file = b"p" * 16, tmp_path / "store", tmp_path / "decisions.avro"
    element = Element("LIVING_SITUATION", None, None, "\x1b[2J<b>\n\nalone")
    write_topic(file, TOPIC["decisions"], [made(DecisionTaken, "grant", person=person, elements=(element,))])
    assert ocmw("admit", file, "--store", store).returncode == 0
    done = requested(monkeypatch, "", "--person", person.hex(), "--store", store)
    show = ("esv", "show", done.stdout.split()[-1], "--ocmw", "11002", "--store", store)
    plain, page = ocmw(*show).stdout, ocmw(*show, "--format", "html").stdout
    assert ("\x1b" in plain + page, "<b>" in page, "\ufffd[2J<b>\ufffd\ufffdalone" in plain) == (False, False, True)
