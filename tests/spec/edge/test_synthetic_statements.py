"""A synthetic history as statements, imported, gives the figures of its events, in all cells."""

from pathlib import Path

from program import ocmw

ASKED = ("--persons", 250, "--from", "2024-09", "--to", "2025-03", "--seed", 3)


def test_importing_the_statements_gives_the_figures_of_the_events(tmp_path: Path) -> None:
    generated, statements, key = tmp_path / "told.avro", tmp_path / "statements", tmp_path / "edge.key"
    assert ocmw("generate", *ASKED, "--out", generated, "--statements", statements).returncode == 0
    assert ocmw("keys", "new", key).returncode == 0
    beside = ("--register", statements / "register.csv", "--forms", statements / "forms.csv")
    out = tmp_path / "imported.avro"
    files = sorted(statements.glob("*.txt"))
    done = ocmw(
        "import", "maandstaat", *files, "--key", key, "--out", out, "--synthetic", "--close", "each-month", *beside
    )
    assert done.stdout.splitlines()[-1].endswith("again 0 + set aside 0")
    for log in (generated, out):
        assert ocmw("replay", log, "--store", tmp_path / log.stem).returncode == 0
    same = ocmw("compare", tmp_path / "told", tmp_path / "imported")
    assert (same.returncode, same.stdout.count("\n")) == (0, 1)


def test_months_before_the_articles_are_known_are_refused(tmp_path: Path) -> None:
    options = (
        "--persons",
        5,
        "--from",
        "2015-12",
        "--to",
        "2016-01",
        "--out",
        tmp_path / "a",
        "--statements",
        tmp_path,
    )
    done = ocmw("generate", *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
