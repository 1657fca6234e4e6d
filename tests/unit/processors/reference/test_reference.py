"""The slow truth as a library: what its callers may rely on beside the figures themselves (tests/spec proves those)."""

from dataclasses import replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from processors.reference import counting as reference
from processors.reference import gate as reference_gate
from processors.reference.events import UNKNOWN_BIRTH, AdmittedLog, SetAside, admitted
from processors.reference.parts import History
from processors.reference.sql import ThirdOpinion
from schemas.events import REGULARISATION
from schemas.faults import Fault
from schemas.figures import BlockKey
from schemas.log import CorruptFileError, LogFile, read_plain, write_log
from schemas.periods import Period
from schemas.releases import State, Update, Vintage
from schemas.settings import FigureSettings

LL_MARCH = BlockKey("LL", Period.parse("2024-03"))
CORRECTED = bytes(range(16))


def _claim(number: int, **changes: object) -> tuple[str, dict[str, Any]]:
    values = {
        "event_id": blake2b(bytes([number]), digest_size=16).digest(),
        "person": bytes(range(16)),
        "ocmw": 11002,
        "dossier": 1,
        "support": "LL_OTHER",
        "amount_type": "GRANT",
        "first_day": date(2024, 3, 1),
        "last_day": date(2024, 3, 31),
        "statement_month": 202403,
        "amount_cents": 1000,
        "days": 31,
        "budget_article": 1,
        "state_percentage": 55,
        "sex": 1,
        "birth_date": None,
        "household": "A",
        "nationality": "BE",
        "status": "NONE",
    }
    return "ReimbursementClaim", values | changes


def _closing(update_id: str, month: int) -> tuple[str, dict[str, Any]]:
    return "UpdateClosed", {"update_id": update_id, "reference_month": month}


@pytest.fixture
def log(tmp_path: Path) -> AdmittedLog:
    """Return a log of three claims, two updates and an event that is set aside."""
    path = tmp_path / "log.avro"
    write_log(
        path,
        [
            _claim(1),
            _claim(2, ocmw=99999),
            _closing("u1", 202403),
            _claim(3, person=bytes(15) + b"\1", support="LL_STUD", ocmw=44021),
            _closing("u2", 202404),
            _claim(4),
        ],
    )
    return admitted([path])


def test_admission_numbers_updates_and_says_where_a_refused_event_stood(log: AdmittedLog) -> None:
    assert log.events["update"].tolist() == [1, 2, 3]
    assert log.events["birth_date"].unique().tolist() == [UNKNOWN_BIRTH]
    assert [(aside.file.name, aside.record, aside.slug) for aside in log.set_aside] == [("log.avro", 2, "unknown-ocmw")]
    assert (log.events_in, log.applied, log.duplicates, log.faults) == (6, 5, 0, {"unknown-ocmw": 1})


def test_faults_are_told_in_their_order_of_precedence(log: AdmittedLog) -> None:
    slugs = ("bad-month", "undecodable", "bad-month")
    several = replace(log, set_aside=tuple(SetAside(Path("x"), 1, slug) for slug in slugs))
    assert list(several.faults.items()) == [("undecodable", 1), ("bad-month", 2)]


def test_a_log_without_events_has_no_figures(tmp_path: Path) -> None:
    write_log(tmp_path / "empty.avro", [_closing("u1", 202403)])
    empty = admitted([tmp_path / "empty.avro"])
    history = History.of(empty, FigureSettings())
    assert reference.known(history) == {}
    assert len(reference.count(history, LL_MARCH)) == 0
    assert reference.totals(history, LL_MARCH) == [0]
    assert ThirdOpinion(empty, FigureSettings()).totals() == {}


def test_a_file_that_is_no_log_raises_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "no.avro").write_text("nothing")
    with pytest.raises(CorruptFileError, match=r"no\.avro: not an Avro file"):
        admitted([tmp_path / "no.avro"])


def test_what_a_regularisation_corrects_is_read_as_its_bytes(tmp_path: Path) -> None:
    _, values = _claim(1, amount_type="REG_GRANT", corrects=CORRECTED)
    write_log(tmp_path / "log.avro", [("Regularisation", values)])
    file = LogFile.open(tmp_path / "log.avro")
    (event,) = [event for block in file.blocks() for event in read_plain(block, file.layout)]
    assert not isinstance(event, Fault)
    kind, fields = event
    assert (kind, fields["corrects"]) == (REGULARISATION, CORRECTED)


def test_a_block_is_the_same_alone_and_among_others(log: AdmittedLog) -> None:
    history = History.of(log, FigureSettings())
    keys = sorted(reference.known(history))
    together = reference.counts(history, keys)
    assert {key: reference.count(history, key).digest() for key in keys} == {
        key: cells.digest() for key, cells in together.items()
    }


def test_a_block_of_an_earlier_update_leaves_later_events_out(log: AdmittedLog) -> None:
    history = History.of(log, FigureSettings())
    assert reference.totals(history, LL_MARCH) == [1, 2]
    assert int(reference.count_block(history, LL_MARCH, 1)["amount_cents"].max()) == 1000


def test_a_table_is_sorted_by_its_keys_as_text_and_has_no_cell_twice(log: AdmittedLog) -> None:
    table = reference.count_block(History.of(log, FigureSettings()), LL_MARCH)
    keys = ["geo_level", "geo", "breakdown", "category"]
    assert list(table.columns) == [*keys, "beneficiaries", "amount_cents", "state_share_cents", "days"]
    pd.testing.assert_frame_equal(table, table.sort_values(keys, ignore_index=True))
    assert not table.duplicated(keys).any()


def test_figures_are_known_since_the_update_of_their_first_row(log: AdmittedLog) -> None:
    known = reference.known(History.of(log, FigureSettings()))
    month = Period.parse("2024-03")
    assert {key.support: since for key, since in known.items() if key.period == month} == {
        "RMI": 1,
        "LL": 1,
        "LL_OTHER": 1,
        "LL_STUD": 2,
    }


def test_all_vintages_are_those_of_each_figure(log: AdmittedLog) -> None:
    history = History.of(log, FigureSettings())
    known = reference.known(history)
    blocks = [
        reference.counts(history, [key for key, since in known.items() if since <= update.sequence], update.sequence)
        for update in log.updates
    ]
    every = reference_gate.all_vintages(history, blocks)
    assert every[LL_MARCH] == reference_gate.vintages(history, LL_MARCH)
    assert every.keys() == known.keys()


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [(0, 0, True), (0, 1, False), (99, 100, False), (100, 101, True), (100, 102, False), (10_000, 9_900, True)],
)
def test_stability_is_one_percent_in_integers_g3(*, before: int, now: int, stable: bool) -> None:
    assert reference_gate.is_stable(before, now) is stable


def test_the_gate_asks_whether_blocks_differ_only_of_a_figure_that_stays_published() -> None:
    updates = [Update(number, f"u{number}", 1500 + number) for number in (1, 2, 3)]
    compared = []

    def differs(before: int, after: int) -> bool:
        compared.append((before, after))
        return False

    by_update = reference_gate.gate(LL_MARCH, updates, [5, 5, 5], 1, differs)
    assert [vintage.state for vintage in by_update.values()] == [State.SETTLING, State.PUBLISHED, State.PUBLISHED]
    assert by_update[3] == Vintage(5, 5, State.PUBLISHED, 5, "u2")
    assert compared == [(2, 3)]


def test_the_third_opinion_starts_from_events_and_agrees(log: AdmittedLog) -> None:
    third = ThirdOpinion(log, FigureSettings())
    assert third.totals(1)[LL_MARCH] == (1, 1000, 550, 31)
    assert third.totals()[LL_MARCH] == (2, 2000, 1100, 62)
