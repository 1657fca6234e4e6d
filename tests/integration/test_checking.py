"""What ``ocmw check`` says of files before they are sent: whose fault, which field, in groups, and what they hold."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import pytest
from history import log_file, records
from program import ocmw

from schemas import events
from schemas.log import write_log

CLAIM = f"{events.NAMESPACE}.ReimbursementClaim"


def _retyped(field: str, kind: events.Schema) -> events.Schema:
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    members = {each["name"]: each for each in document[0]["fields"]}
    members[field].clear()
    members[field].update({"name": field, "type": kind})
    return document


def _without(field: str) -> events.Schema:
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    document[0]["fields"] = [each for each in document[0]["fields"] if each["name"] != field]
    return document


def _named(namespace: str, name: str) -> events.Schema:
    document = copy.deepcopy(events.schema_document("dossier.avsc"))
    document[0] |= {"namespace": namespace, "name": name}
    return document[:1]


def _file(path: Path, schema: events.Schema, name: str = CLAIM, **changes: Any) -> Path:  # noqa: ANN401 - Avro values
    claims = [(name, values | changes) for _, values in records("person\na\nb\nleft open")]
    with path.open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), claims if len(schema) > 1 else [v for _, v in claims])
    return path


@pytest.mark.parametrize(
    ("make", "owner", "reason"),
    [
        (
            lambda path: _file(path, _retyped("statement_month", "string"), statement_month="2024-03"),
            "sender",
            "ReimbursementClaim.statement_month is written as string; int is expected",
        ),
        (
            lambda path: _file(path, _retyped("amount_cents", "double"), amount_cents=1234.56),
            "sender",
            "ReimbursementClaim.amount_cents is written as double; long is expected",
        ),
        (
            lambda path: _file(path, _without("budget_article")),
            "sender",
            "ReimbursementClaim has no field budget_article, which has no default",
        ),
        (
            lambda path: _file(path, _named("be.city", "Claim")),
            "sender",
            "the record be.city.Claim is none of ours",
        ),
        (
            lambda path: _file(path, _named(events.NAMESPACE, "ClaimOfNextYear")),
            "operator",
            "the record be.ocmw.v1.ClaimOfNextYear is none that this version knows",
        ),
    ],
)
def test_an_unknown_schema_says_record_field_types_and_whose_fault(
    tmp_path: Path, make: Callable[[Path], Path], owner: str, reason: str
) -> None:
    done = ocmw("check", make(tmp_path / "log.avro"))
    assert "unknown-schema 2\n" in done.stdout
    assert f"log.avro 2 records (1, 2): unknown-schema, {reason}; {owner}: " in done.stdout
    replayed = ocmw("replay", tmp_path / "log.avro", "--store", tmp_path / "store")
    assert replayed.returncode == 0
    assert reason in (tmp_path / "store" / "set_aside.csv").read_text()
    assert f",unknown-schema,{owner}," in (tmp_path / "store" / "set_aside.csv").read_text()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("sex", "4", "bad-attributes, sex is not 1, 2 or 3"),
        ("percent", "101", "bad-attributes, state_percentage is not 0 to 100"),
        ("nationality", "be", "bad-attributes, nationality is not two capital letters"),
        ("month", "2024-03-02..2024-03-01", "bad-period, last_day lies before first_day"),
        ("month", "1899-12-31..1900-01-31", "bad-period, first_day lies outside 1900-2199"),
        ("month", "2199-12-01..2200-01-01", "bad-period, last_day lies outside 1900-2199"),
        ("month", "2019-01-31..2024-01-01", "bad-period, first_day to last_day touch more than 60 months"),
    ],
)
def test_a_fault_names_its_field_and_equal_ones_are_one_line(
    tmp_path: Path, column: str, value: str, reason: str
) -> None:
    table = f"person | {column} | statement | days\n" + f"p1..p25 | {value} | 202403 | 1"
    done = ocmw("check", log_file(tmp_path / "log.avro", table))
    (line,) = [line for line in done.stdout.splitlines() if reason in line]
    assert line.startswith("log.avro 25 records (1, 2, 3, ...): ")


def test_check_says_what_the_lines_hold(tmp_path: Path) -> None:
    table = """
        person | ocmw  | month   | support  | cents
        a      | 44021 | 2024-01 | LL_OTHER | 1000
        b      | 11002 | 2024-02 | LL_OTHER | 2500
        b      | 11002 | 2024-03 | FH       | 131234
        close 2024-03
    """
    printed = " ".join(ocmw("check", log_file(tmp_path / "log.avro", table)).stdout.split())
    assert "what would be applied: 2 persons, 2 OCMWs, months 2024-01 to 2024-03, 1 closing" in printed
    assert "LL_OTHER 2 17.50 10.00 25.00" in printed
    assert "FH 1 1,312.34 1,312.34 1,312.34" in printed
    assert "nothing will be released" not in printed


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("person\na\nleft open", "no update is closed in these files: nothing will be released before one is"),
        ("person | born\na | 2199-01-01", "1 line of somebody born in the future"),
        ("person | month\na | 1900-01", "1 line before 1999-01"),
        ("person\na\nclose far 2190-01", "update far refers to 2190-01, later than next month"),
        ("person | type | record\na | REG_GRANT | ReimbursementClaim\nb | REG_ARREARS | ReimbursementClaim",
         "every ReimbursementClaim carries the types of a Regularisation"),
    ],
)  # fmt: skip
def test_check_says_what_is_strange(tmp_path: Path, table: str, words: str) -> None:
    assert words in ocmw("check", log_file(tmp_path / "log.avro", table)).stdout


def test_swapped_types_are_no_trap_where_some_are_right(tmp_path: Path) -> None:
    table = "person | type | record\na | REG_GRANT | ReimbursementClaim\nb | GRANT | ReimbursementClaim"
    assert "carries the types" not in ocmw("check", log_file(tmp_path / "log.avro", table)).stdout


def test_a_strict_check_fails_where_anything_would_be_set_aside(tmp_path: Path) -> None:
    sound, wrong = log_file(tmp_path / "a.avro", "person\na"), log_file(tmp_path / "b.avro", "sex\n4")
    assert [ocmw("check", "--strict", path).returncode for path in (sound, wrong)] == [0, 1]
    assert ocmw("check", wrong).returncode == 0


def test_a_month_later_than_next_month_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path, store = log_file(tmp_path / "log.avro", "person\na\nclose u1 2030-05"), tmp_path / "store"
    refused = ocmw("replay", path, "--store", store)
    assert refused.returncode == 2
    assert "update u1 refers to 2030-05, later than next month" in refused.stderr
    assert not store.exists()
    assert ocmw("replay", path, "--store", store, "--allow-future").returncode == 0


def test_a_number_in_clear_stands_in_nothing_that_a_replay_writes(tmp_path: Path) -> None:
    number = b"90661512345\0\0\0\0\0"
    ((name, values), closing) = records("person\na\nclose 2024-03")
    path = tmp_path / "log.avro"
    write_log(path, [(name, values | {"person": number}), closing], codec="null")
    done = ocmw("replay", path, "--store", tmp_path / "store")
    assert "person-not-keyed 1\n" in done.stdout
    assert b"90661512345" not in b"".join(
        each.read_bytes() for each in (tmp_path / "store").rglob("*") if each.is_file()
    )
