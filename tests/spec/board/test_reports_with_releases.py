"""Editions of reports: the first with the living wage, another whenever a support more is published, one final."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from program import ocmw
from published import key_of, replayed

from processors.board.editions import History, due, revised_since
from schemas.public_release import PublicFigure, PublicReport
from sinks.public.tree import PublicTree

WAITS, PUBLISHED = PublicFigure("pending", earliest="2024-06"), PublicFigure("published", "u5")


def figures(**published: int) -> Mapping[str, Mapping[str, PublicFigure]]:
    """Return the figures of some supports in the first quarter, 1 published or 0 waiting."""
    return {support: {"2024-Q1": PUBLISHED if one else WAITS} for support, one in published.items()}


def test_without_the_living_wage_there_is_no_report() -> None:
    assert dict(due(figures(LL=0, FH=1), {}, 5)) == {}


def test_the_first_edition_comes_with_the_living_wage_and_the_next_with_a_support_more() -> None:
    first = PublicReport(5, 1, 1)
    assert dict(due(figures(LL=1, FH=0), {}, 5)) == {"2024-Q1": first}
    assert dict(due(figures(LL=1, FH=0), {"2024-Q1": first}, 6)) == {}
    assert dict(due(figures(LL=1, FH=1), {"2024-Q1": first}, 7)) == {"2024-Q1": PublicReport(7, 2, 2, previous=5)}


def test_what_is_revised_since_an_edition_is_what_it_said_beside_what_stands_now() -> None:
    history: History = {
        ("LL", "2024-Q1"): [(4, "pending", None, None), (5, "published", "u5", 100), (7, "published", "u7", 101)],
        ("LL", "2024-01"): [(5, "published", "u5", 90), (6, "revising", "u5", 90)],
        ("FH", "2024-Q1"): [(5, "pending", None, None), (7, "published", "u7", 10)],
    }
    assert list(revised_since(history, 6)) == [("LL", "2024-Q1", 100, 101)]
    assert list(revised_since(history, 7)) == []


def test_after_the_final_edition_there_is_none() -> None:
    assert dict(due(figures(LL=1, FH=1), {"2024-Q1": PublicReport(7, 2, 1, final=True)}, 8)) == {}


def test_of_a_long_history_the_newest_quarter_and_year_get_a_report_and_those_that_follow() -> None:
    codes = [f"{year}-Q{quarter}" for year in range(2004, 2024) for quarter in range(1, 5)]
    years = [str(year) for year in range(2004, 2024)]
    published = {"LL": dict.fromkeys([*codes, *years], PUBLISHED)}
    first = dict(due(published, {}, 1))
    assert list(first) == ["2023-Q4", "2023"]
    later = {"LL": dict.fromkeys([*codes, "2024-Q1", "2024-Q2", *years], PUBLISHED)}
    assert [code for code, _ in due(later, first, 2)] == ["2024-Q1", "2024-Q2"]
    many = [f"2024-Q{quarter}" for quarter in range(1, 5)] + [f"2025-Q{quarter}" for quarter in range(1, 5)]
    gap = {"LL": dict.fromkeys([*codes, *many], PUBLISHED)}
    assert [code for code, _ in due(gap, first, 9)] == ["2025-Q4"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editions")
    key, _ = key_of(folder)
    replayed(folder / "store", *(f"2024-{month:02d}" for month in range(1, 8)), OCMW_SEAL_KEY_FILE=str(key))
    return folder / "store"


def test_a_report_is_stored_with_its_release_and_made_again_byte_for_byte(store: Path, tmp_path: Path) -> None:
    tree = PublicTree.of(store)
    report = tree.manifest(tree.current()).reports["2024-Q1"]
    assert report.release < tree.current()  # so a newer release is there, and changes no byte
    for language, sha256 in report.files.items():
        out = tmp_path / f"{language}.html"
        options = ("--period", "2024-Q1", "--release", report.release, "--lang", language, "--out", out)
        done = ocmw("report", "--store", store, *options)
        assert done.returncode == 0, done.stderr
        assert out.read_bytes() == tree.file_bytes(sha256)
    text = tree.file_bytes(report.files["en"]).decode()
    assert 'href="/' not in text  # a file of its own leads nowhere
    assert f"edition {report.edition}, with release {report.release}" in text


def test_a_release_before_the_quarter_has_no_report_and_all_files_are_named(store: Path) -> None:
    tree = PublicTree.of(store)
    assert tree.manifest(2).reports == {}
    for number in tree.numbers():
        manifest = tree.manifest(number)
        assert {sha for one in manifest.reports.values() for sha in one.files.values()} <= set(manifest.files)
