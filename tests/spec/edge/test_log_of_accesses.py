"""The log of accesses is one chain; releases name its last entry, so that a cut end shows (issue of the edge, 5)."""

import time
from pathlib import Path

import pytest
from history import log_file
from typer.testing import CliRunner, Result

from schemas.settings import FigureSettings
from sinks.access_log import FILE, Access, entries_of, head, note_access, note_accesses
from sinks.directory.manifests import Manifest, read_manifest, write_manifest
from sinks.directory.store import DirectoryStore
from sinks.public.tree import PublicTree
from streams.cli import app
from streams.embedded.driver import Embedded
from streams.shell.clock import instant

CLAIM = "person | month | ocmw | support | type | cents\np1..p1 | {0} | 44021 | LL_OTHER | GRANT | 1000\nclose u{1} {0}"


def access_log(store: Path, *more: str) -> Result:
    """Ask about the log of accesses of a store."""
    return CliRunner().invoke(app, ["access-log", "--store", str(store), *more])


def accessed(store: Path, persons: int) -> str:
    """Note that a list of so many persons was given."""
    return note_access(store, Access("outreach list", "IVC 1", {"persons": persons}), instant())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store of two releases: no access before the first, two before the second, one after."""
    root = tmp_path / "store"
    Embedded.run(root, FigureSettings(), [log_file(tmp_path / "1.avro", CLAIM.format("2024-01", 1))])
    accessed(root, 1)
    accessed(root, 2)
    Embedded.run(root, FigureSettings(), [log_file(tmp_path / "2.avro", CLAIM.format("2024-02", 2))])
    accessed(root, 3)
    return root


def test_a_release_names_the_last_access_before_it_and_a_first_one_none(store: Path) -> None:
    second = (store / FILE).read_text().splitlines()[1]
    home = DirectoryStore.reading(store)
    assert [home.accesses(1), home.accesses(2) in second] == ["", True]
    assert len(home.accesses(2)) == 64


def test_a_whole_log_is_told_with_its_entries_and_head(store: Path) -> None:
    verdict = access_log(store, "--verify")
    assert (verdict.exit_code, verdict.output) == (
        0, f"3 entries in one chain, head {head(store)}; 1 release and 0 digests compared, 0 missing\n"
    )  # fmt: skip


def test_an_end_that_was_cut_off_is_found_by_the_release_that_names_it(store: Path) -> None:
    lines = (store / FILE).read_text().splitlines(keepends=True)
    (store / FILE).write_text("".join(lines[:2]))
    assert access_log(store, "--verify").exit_code == 0  # no release was made since
    (store / FILE).write_text(lines[0])
    verdict = access_log(store, "--verify")
    assert verdict.exit_code == 1
    assert "what release 2 names is not in the log: its end was cut off" in verdict.output
    (store / FILE).unlink()
    assert access_log(store, "--verify").exit_code == 1


def test_an_end_behind_the_last_release_is_found_by_the_digest_that_was_printed(store: Path) -> None:
    kept = head(store)
    assert access_log(store, "--verify", "--digest", kept).exit_code == 0
    (store / FILE).write_text("".join((store / FILE).read_text().splitlines(keepends=True)[:2]))
    verdict = access_log(store, "--verify", "--digest", kept)
    assert (verdict.exit_code, f"the entry {kept} is not in the log" in verdict.output) == (1, True)


def test_a_changed_entry_is_told_by_its_line(store: Path) -> None:
    (store / FILE).write_text((store / FILE).read_text().replace('"persons": 2', '"persons": 1'))
    assert "access.log: line 2 is not what was written" in str(access_log(store, "--verify").exception)


def test_a_torn_end_holds_up_no_release_and_is_told(store: Path, tmp_path: Path) -> None:
    with (store / FILE).open("a") as file:
        file.write('{"at": "2024-')
    Embedded.run(store, FigureSettings(), [log_file(tmp_path / "3.avro", CLAIM.format("2024-03", 3))])
    assert DirectoryStore.reading(store).accesses(3) == ""
    assert "line 4 is not what was written" in str(access_log(store, "--verify").exception)


def test_the_last_entries_are_shown_with_what_was_given_and_on_which_approval(store: Path) -> None:
    printed = access_log(store, "--last", "2").output
    assert ("persons=1" in printed, "persons=2" in printed, "persons=3" in printed) == (False, True, True)
    assert "IVC 1" in printed


def test_a_release_of_a_program_without_the_digest_stays_readable(store: Path) -> None:
    path = store / "releases" / "000002.parquet"
    written = read_manifest(path)
    write_manifest(path, Manifest(written.release, written.history))
    assert DirectoryStore.reading(store).accesses(2) == ""
    assert "0 releases and 0 digests compared" in access_log(store, "--verify").output


def test_the_manifest_of_the_public_tree_names_the_access_too(store: Path) -> None:
    tree = PublicTree.of(store)
    assert tree.manifest(2).accesses == DirectoryStore.reading(store).accesses(2)


def test_a_folder_without_log_and_store_is_asked_wrongly(tmp_path: Path) -> None:
    assert "neither a store nor a log of accesses is here" in str(access_log(tmp_path, "--verify").exception)


def test_an_append_reads_the_last_entry_alone_however_long_the_log_is(tmp_path: Path) -> None:
    note_accesses(tmp_path, (Access("esv ask", "", {"request": f"{one:032x}"}) for one in range(20_000)), instant())
    first_line = (tmp_path / FILE).read_bytes().partition(b"\n")[0]
    with (tmp_path / FILE).open("r+b") as file:
        file.write(b" " * len(first_line))
    begun = time.perf_counter()
    accessed(tmp_path, 1)
    assert time.perf_counter() - begun < 1
    assert "line 1 is not what was written" in str(access_log(tmp_path, "--verify").exception)


def test_entries_of_a_verb_are_those_that_did_it_not_those_that_quote_it(tmp_path: Path) -> None:
    of: list[dict[str, object]] = [{"text": '"what": "ask"'}, {"what": "ask"}, {"shape": 5}, {}]
    for verb, one in zip(("extract", "extract", "ask", "destroy"), of, strict=True):
        note_access(tmp_path, Access(verb, "IVC 1", one), instant())
    assert [entry["of"] for entry in entries_of(tmp_path, ["ask"])] == [{"shape": 5}]
    assert [entry["what"] for entry in entries_of(tmp_path, ["ask", "destroy"])] == ["ask", "destroy"]
    assert list(entries_of(tmp_path, [])) == []
