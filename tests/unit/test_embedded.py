"""The embedded driver when it is interrupted: what it set aside is still told."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from schemas.periods import parse_month
from schemas.settings import FigureSettings
from streams.embedded import Embedded
from streams.generator import generate

SETTINGS = FigureSettings()


def set_aside(store: Path) -> Counter[str]:
    with (store / "set_aside.csv").open(encoding="utf-8", newline="") as file:
        return Counter(line["slug"] for line in csv.DictReader(file))


def test_a_declaration_that_waited_when_a_run_was_killed_is_told_by_the_next(tmp_path: Path) -> None:
    history = tmp_path / "history.avro"
    generate(1500, parse_month("2024-01"), parse_month("2024-04"), 1, history)
    Embedded.run(tmp_path / "whole", SETTINGS, [history])

    def killed(what: str, _done: int, _total: int) -> None:
        if what == "counting update synthetic-2024-04":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Embedded.run(tmp_path / "killed", SETTINGS, [history], progress=killed)
    Embedded.run(tmp_path / "killed", SETTINGS, [history])
    told = set_aside(tmp_path / "whole")
    assert told["dimona-unknown-period"] > 0
    assert set_aside(tmp_path / "killed") == told
