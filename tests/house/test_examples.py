"""The examples that help and documents show, run one after the other as a newcomer would."""

from pathlib import Path

import documents
import pytest
from typer.testing import CliRunner

from streams.cli import app

pytestmark = pytest.mark.slow
SERVER = (
    "topics",
    "emit",
    "close-update",
    "worker",
    "log-export",
    "status",
    "demo-kafka",
    "dead-letters",
    "redis-fill",
)
"""Commands whose examples need a broker or Redis."""
APART = (
    "demo",
    "recount",
    "outreach",
    "import",
    "redis-acl",
    "compare",
    "admit",
    "esv",
    "approve",
    "seal",
    "serve",
    "report",
    "verify",
    "keys",
    "gpmi",
    "subsidies",
    "extract",
    "ask",
    "answer",
    "forecast",
)
"""Commands whose examples need more than what the others make, or that are slow and tested by themselves: a sample
reaches for a million cells, so of a small store it is nearly everything."""


def embedded() -> list[str]:
    """Return the examples that need no server, those that make something first."""
    lines = [line for name, command in documents.commands() for line in documents.examples(command)]
    return [line for line in lines if line.split()[1] not in (*SERVER, *APART, "receipts")]


def test_the_examples_run_in_the_order_in_which_the_help_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in embedded():
        line = example.replace("--persons 2000", "--persons 300")  # quicker, and no other
        done = CliRunner().invoke(app, line.split()[1:])
        assert done.exit_code == 0, f"{line}: {done.output} {done.exception!r}"
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"claims.avro", "store", "workbooks", "ll.csv", "g", "report.html", "complete.html", "complete.csv"}
