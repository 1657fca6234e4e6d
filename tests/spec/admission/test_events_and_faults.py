"""Events that count, that say nothing new, and that are set aside, each under its fault (A4, A7, A8, L2)."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import fastavro
import pytest
from history import log_file, raw_file, records
from named_figures import Teller

from schemas import events
from schemas.log import encode_plain, write_log


def _refused(figures: object) -> list[tuple[str, int, str]]:
    return figures.outcomes().set_aside  # type: ignore[attr-defined, no-any-return]


def test_the_same_event_again_changes_nothing_a4(engine: Teller) -> None:
    figures = engine("""
        id | cents
        x  | 1000
        x  | 1000
        x  | 1000
    """)
    assert figures.outcomes() == (2, 2, [])
    assert figures.amount("LL", "2024-03") == 1000


def test_the_same_event_again_in_a_later_update_changes_nothing_a4(engine: Teller) -> None:
    figures = engine("""
        id | cents | household
        x  | 1000  | A
        y  | 10    | B
        close 2024-03
        x  | 1000  | A
        close 2024-04
    """)
    assert figures.outcomes() == (4, 1, [])
    assert figures.by("household", "LL", "2024-03") == {"B": 1}


@pytest.mark.parametrize(
    "other",
    [
        "x | 1001  | 2024-03 | B | 202403 | 1 |  | GRANT",
        "x | 1000  | 2024-04 | B | 202403 | 1 |  | GRANT",
        "x | 1000  | 2024-03 | E | 202403 | 1 |  | GRANT",
        "x | 1000  | 2024-03 | B | 202404 | 1 |  | GRANT",
        "x | 1000  | 2024-03 | B | 202403 | 2 |  | GRANT",
        "x | 1000  | 2024-03 | B | 202403 | 1 |  | ARREARS",
        "x | 1000  | 2024-03 | B | 202403 | 1 |  | REG_GRANT",
    ],
)
def test_the_same_id_with_other_content_is_a_conflict_and_the_first_wins_a4(engine: Teller, other: str) -> None:
    figures = engine(f"""
        id | cents | month   | household | statement | dossier | corrects | type
        x  | 1000  | 2024-03 | B         | 202403    | 1       |          | GRANT
        {other}
    """)
    assert _refused(figures) == [("1.avro", 2, "conflicting-duplicate")]
    assert figures.amount("LL", "2024") == 1000


def test_what_a_regularisation_corrects_is_part_of_its_content_a4(engine: Teller) -> None:
    figures = engine("""
        id | type      | cents | corrects
        x  | REG_GRANT | 1000  | y
        x  | REG_GRANT | 1000  | y
        x  | REG_GRANT | 1000  | z
        x  | REG_GRANT | 1000  |
    """)
    assert figures.outcomes().duplicates == 1
    assert figures.slugs() == ["conflicting-duplicate"] * 2


def test_a_conflict_is_compared_with_the_first_event_not_with_the_last_a4(engine: Teller) -> None:
    figures = engine("""
        id | cents
        x  | 1000
        x  | 2000
        x  | 2000
        x  | 1000
    """)
    assert figures.outcomes() == (
        2,
        1,
        [("1.avro", 2, "conflicting-duplicate"), ("1.avro", 3, "conflicting-duplicate")],
    )


def test_an_id_belongs_to_its_person_a4(engine: Teller) -> None:
    figures = engine("""
        person | id | cents
        a      | x  | 1000
        b      | x  | 2000
    """)
    assert figures.outcomes() == (3, 0, [])
    assert figures.measures("LL", "2024-03")[:2] == (2, 3000)


def test_an_event_set_aside_does_not_use_up_its_id_a4(engine: Teller) -> None:
    figures = engine("""
        id | cents | sex
        x  | 1000  | 4
        x  | 1000  | 2
    """)
    assert figures.outcomes() == (2, 0, [("1.avro", 1, "bad-attributes")])
    assert figures.amount("LL", "2024-03") == 1000


def test_a_faulty_event_with_a_used_id_is_reported_for_its_fault_a4(engine: Teller) -> None:
    figures = engine("""
        id | cents | sex
        x  | 1000  | 2
        x  | 1000  | 4
    """)
    assert figures.slugs() == ["bad-attributes"]


@pytest.mark.parametrize("ocmw", ["11000", "99999", "1", "0", "-11002", "25000"])
def test_a_code_in_no_list_is_set_aside_d2(engine: Teller, ocmw: str) -> None:
    figures = engine(f"""
        ocmw
        {ocmw}
    """)
    assert figures.slugs() == ["unknown-ocmw"]


@pytest.mark.parametrize(
    ("covered", "slugs"),
    [
        ("1999-01-01..1999-01-31", []),
        ("1998-12-31..1999-01-31", ["too-old"]),  # one day of the month before
        ("1900-01-01..1900-01-31", ["too-old"]),
        ("1899-12-31..1900-01-31", ["bad-period"]),  # this comes first
    ],
)
def test_a_month_before_the_earliest_that_is_set_is_too_old(engine: Teller, covered: str, slugs: list[str]) -> None:
    figures = engine(f"month | days\n{covered} | 1", earliest="1999-01")
    assert figures.slugs() == slugs


@pytest.mark.parametrize(
    ("covered", "slugs"),
    [
        ("2019-01-31..2023-12-01", []),  # 60 months touched
        ("2019-01-31..2024-01-01", ["bad-period"]),  # 61
        ("2024-03-02..2024-03-01", ["bad-period"]),
        ("2024-03-01..2024-03-01", []),
        ("1900-01-01..1900-01-31", []),
        ("1899-12-31..1900-01-31", ["bad-period"]),
        ("2199-12-01..2199-12-31", []),
        ("2199-12-01..2200-01-01", ["bad-period"]),
    ],
)
def test_a_period_is_lawful_up_to_60_months_touched_within_1900_and_2199(
    engine: Teller, covered: str, slugs: list[str]
) -> None:
    figures = engine(f"""
        month     | days | statement
        {covered} | 1    | 202403
    """)
    assert figures.slugs() == slugs


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("REG_GRANT", "ReimbursementClaim"),
        ("REG_ARREARS", "ReimbursementClaim"),
        ("REG_RECOVERY", "ReimbursementClaim"),
        ("GRANT", "Regularisation"),
        ("ARREARS", "Regularisation"),
        ("RECOVERY", "Regularisation"),
    ],
)
def test_an_amount_type_of_the_other_record_is_set_aside(engine: Teller, kind: str, record: str) -> None:
    figures = engine(f"""
        type   | record
        {kind} | {record}
    """)
    assert figures.slugs() == ["bad-amount-type"]


@pytest.mark.parametrize(
    ("statement", "slugs"),
    [
        *[(month, []) for month in ("190001", "202412", "219912")],
        *[(month, ["bad-month"]) for month in ("189912", "220001", "202400", "202413", "0", "-202401", "2024")],
    ],
)
def test_the_statement_month_runs_from_1900_01_to_2199_12(engine: Teller, statement: str, slugs: list[str]) -> None:
    figures = engine(f"""
        statement
        {statement}
    """)
    assert figures.slugs() == slugs


@pytest.mark.parametrize(
    ("covered", "days", "slugs"),
    [
        ("2024-02", "31", []),
        ("2024-02", "32", ["days-out-of-range"]),
        ("2024-02", "-31", []),
        ("2024-02", "-32", ["days-out-of-range"]),
        ("2024-01-31..2024-02-01", "62", []),  # months touched, not days covered
        ("2024-01-31..2024-02-01", "63", ["days-out-of-range"]),
    ],
)
def test_days_are_at_most_31_for_each_month_touched(engine: Teller, covered: str, days: str, slugs: list[str]) -> None:
    figures = engine(f"""
        month     | days
        {covered} | {days}
    """)
    assert figures.slugs() == slugs


@pytest.mark.parametrize(
    ("cents", "slugs"),
    [
        ("1000000000", []),
        ("1000000001", ["amount-out-of-range"]),
        ("-1000000000", []),
        ("-1000000001", ["amount-out-of-range"]),
        (str(-(2**63)), ["amount-out-of-range"]),
    ],
)
def test_an_amount_is_at_most_ten_million_euro(engine: Teller, cents: str, slugs: list[str]) -> None:
    figures = engine(f"""
        cents
        {cents}
    """)
    assert figures.slugs() == slugs


@pytest.mark.parametrize(
    ("column", "value", "slugs"),
    [
        ("sex", "0", ["bad-attributes"]),
        ("sex", "4", ["bad-attributes"]),
        ("percent", "0", []),
        ("percent", "100", []),
        ("percent", "101", ["bad-attributes"]),
        ("percent", "-1", ["bad-attributes"]),
        ("nationality", "be", ["bad-attributes"]),
        ("nationality", "BEL", ["bad-attributes"]),
        ("nationality", "B", ["bad-attributes"]),
        ("nationality", "B1", ["bad-attributes"]),
        ("nationality", "ÉÉ", ["bad-attributes"]),
        ("nationality", "QQ", []),
        ("born", "0001-01-01", []),  # an absurd birth date is no fault
        ("born", "9999-12-31", []),
    ],
)
def test_attributes_that_cannot_be_are_set_aside(engine: Teller, column: str, value: str, slugs: list[str]) -> None:
    figures = engine(f"""
        {column}
        {value}
    """)
    assert figures.slugs() == slugs


ALL_WRONG = {
    "ocmw": ("99999", "unknown-ocmw"),
    "month": ("2024-03-31..2024-03-01", "bad-period"),
    "type": ("REG_GRANT", "bad-amount-type"),
    "statement": ("202413", "bad-month"),
    "days": ("-9999", "days-out-of-range"),
    "cents": ("99999999999", "amount-out-of-range"),
    "sex": ("9", "bad-attributes"),
}


@pytest.mark.parametrize("position", range(len(ALL_WRONG)))
def test_of_several_faults_the_first_in_the_list_is_told(engine: Teller, position: int) -> None:
    wrong = dict(list(ALL_WRONG.items())[position:])
    figures = engine(f"""
        record | {" | ".join(wrong)}
        ReimbursementClaim | {" | ".join(value for value, _ in wrong.values())}
    """)
    assert figures.slugs() == [next(iter(wrong.values()))[1]]


def test_a_closing_again_is_a_duplicate_and_changes_nothing_g1(engine: Teller) -> None:
    figures = engine("""
        person
        a
        close u1 2024-03
        b
        close u1 2024-03
        close u2 2024-04
        close u1 2024-03
    """)
    assert figures.outcomes() == (4, 2, [])
    assert figures.update_ids() == ["u1", "u2"]
    assert [figures.beneficiaries("LL", "2024-03", at=at) for at in (1, 2)] == [1, 2]


@pytest.mark.parametrize("month", ["2024-02", "2024-05"])
def test_a_closing_again_with_another_month_conflicts_and_closes_nothing_g1(engine: Teller, month: str) -> None:
    figures = engine(f"""
        person
        a
        close u1 2024-03
        close u1 {month}
        close u2 2024-04
    """)
    assert _refused(figures) == [("1.avro", 3, "conflicting-duplicate")]
    assert figures.update_ids() == ["u1", "u2"]


@pytest.mark.parametrize(
    ("update_id", "lawful"),
    [
        ("u", True),
        ("u" * 100, True),
        ("maand 3, één", True),
        ("=1+1", True),
        ("", False),
        ("u" * 101, False),
        (" u", False),
        ("u ", False),
        ("u\n", False),
        ("u\t1", False),
        ("u\x00", False),
        ("u\u2028v", False),
    ],
)
def test_an_update_is_called_by_1_to_100_printable_characters_without_blanks_around(
    engine: Teller, tmp_path: Path, update_id: str, *, lawful: bool
) -> None:
    closing = {"update_id": update_id.encode(), "reference_month": 202403}
    figures = engine(raw_file(tmp_path / "log.avro", [encode_plain((events.UPDATE_CLOSED, closing))]))
    assert figures.update_ids() == ([update_id] if lawful else [])
    assert figures.slugs() == ([] if lawful else ["bad-update-id"])


def test_a_closing_with_no_month_and_no_id_is_told_for_its_month_g1(engine: Teller, tmp_path: Path) -> None:
    closing = {"update_id": b"", "reference_month": 202413}
    figures = engine(raw_file(tmp_path / "log.avro", [encode_plain((events.UPDATE_CLOSED, closing))]))
    assert figures.slugs() == ["bad-month"]


IN_CLEAR = [
    b"90.66.15-123.45".ljust(16),
    b"90661512345".ljust(16, b"\0"),
    b"0000090661512345",
    b"90 66 15 123 45 ",
    bytes(16),
    b"\xff" * 16,
    b"a" * 16,
]
KEYED = [b"0" * 15 + b"x", b"a" * 15 + b"b", b"90661512345/0000", bytes(15) + b"\x01"]


@pytest.mark.parametrize("person", IN_CLEAR)
def test_a_person_that_is_a_number_in_clear_or_one_byte_again_and_again_is_not_keyed(
    engine: Teller, tmp_path: Path, person: bytes
) -> None:
    figures = engine(raw_file(tmp_path / "log.avro", [_claim(), _claim(person=person, ocmw=0), _closing()]))
    assert figures.outcomes() == (2, 0, [("log.avro", 2, "person-not-keyed")])
    assert figures.beneficiaries("LL", "2024-03") == 1


@pytest.mark.parametrize("person", KEYED)
def test_a_person_with_one_other_byte_is_keyed(engine: Teller, tmp_path: Path, person: bytes) -> None:
    figures = engine(raw_file(tmp_path / "log.avro", [_claim(person=person), _closing()]))
    assert figures.outcomes() == (2, 0, [])


def test_bytes_that_are_no_event_are_told_as_such_whoever_they_are_of(engine: Teller, tmp_path: Path) -> None:
    figures = engine(raw_file(tmp_path / "log.avro", [_claim(person=bytes(16), support=99)]))
    assert figures.slugs() == ["undecodable"]


@pytest.mark.parametrize("fact", ["dimona IN a", "youth a", "lives a ocmw=1"])
def test_a_fact_of_a_person_in_clear_is_set_aside_too(engine: Teller, tmp_path: Path, fact: str) -> None:
    ((name, values),) = records(f"person\n{fact}\nleft open")
    path = tmp_path / "log.avro"
    write_log(path, [(name, values | {"person": IN_CLEAR[0]})])
    assert engine(path).slugs() == ["person-not-keyed"]


def test_reference_months_never_decrease_and_a_refused_closing_closes_nothing_g1(engine: Teller) -> None:
    figures = engine("""
        person
        a
        close u1 2024-03
        b
        close u2 2024-02
        close u2 2024-03
    """)
    assert _refused(figures) == [("1.avro", 4, "reference-month-decreases")]
    assert figures.update_ids() == ["u1", "u2"]


@pytest.mark.parametrize("month", [189912, 220001, 202400, 202413, -1, 2024])
def test_a_closing_with_a_month_that_is_none_is_set_aside_g1(engine: Teller, tmp_path: Path, month: int) -> None:
    closings = [{"update_id": b"u1", "reference_month": month}, {"update_id": b"u1", "reference_month": 202403}]
    path = raw_file(tmp_path / "log.avro", [encode_plain((events.UPDATE_CLOSED, closing)) for closing in closings])
    figures = engine(path)
    assert figures.outcomes() == (1, 0, [("log.avro", 1, "bad-month")])


def _claim(**changes: object) -> bytes:
    """Return the bytes of a lawful claim with some plain values changed."""
    ((_, values), _) = records("person\n a")
    days = {name: (values[name].toordinal() - 719163) for name in ("first_day", "last_day", "birth_date")}
    symbols = {"support": 0, "amount_type": 0, "household": 1, "status": 12, "nationality": b"BE"}
    wide = json.dumps(events.plain(events.shapes()[events.CLAIM])).replace('"int"', '"long"')  # the wire is the same
    stream = io.BytesIO(b"\0")
    stream.seek(1)
    fastavro.schemaless_writer(stream, json.loads(wide), values | days | symbols | changes)
    return stream.getvalue()


def _closing() -> bytes:
    return encode_plain((events.UPDATE_CLOSED, {"update_id": b"u1", "reference_month": 202412}))


@pytest.mark.parametrize(
    ("field", "symbol"),
    [
        *[("support", symbol) for symbol in (-1, 12, 2**31)],
        *[("amount_type", symbol) for symbol in (-1, 6)],
        *[("household", symbol) for symbol in (-1, 6)],
        *[("status", symbol) for symbol in (-1, 14)],
        *[(field, 2**31) for field in ("ocmw", "first_day", "days", "sex", "birth_date", "state_percentage")],
        *[(field, -(2**31) - 1) for field in ("ocmw", "last_day", "statement_month", "budget_article")],
    ],
)
def test_a_symbol_that_is_none_or_an_int_beyond_32_bits_is_undecodable(
    engine: Teller, tmp_path: Path, field: str, symbol: int
) -> None:
    bodies = [_claim(event_id=bytes(16)), _claim(**{field: symbol}), _closing()]
    figures = engine(raw_file(tmp_path / "log.avro", bodies))
    assert figures.outcomes() == (2, 0, [("log.avro", 2, "undecodable")])
    assert figures.beneficiaries("LL", "2024-03") == 1


@pytest.mark.parametrize("day", [2**31 - 1, -(2**31)])
def test_an_absurd_day_within_32_bits_is_a_bad_period(engine: Teller, tmp_path: Path, day: int) -> None:
    figures = engine(raw_file(tmp_path / "log.avro", [_claim(first_day=day, last_day=day), _closing()]))
    assert figures.slugs() == ["bad-period"]


@pytest.mark.parametrize("birth", [2**31 - 1, -(2**31)])
def test_an_absurd_birth_date_within_32_bits_is_an_unknown_or_a_high_age(
    engine: Teller, tmp_path: Path, birth: int
) -> None:
    figures = engine(raw_file(tmp_path / "log.avro", [_claim(birth_date=birth), _closing()]))
    assert figures.by("age5", "LL", "2024-03") == {"unknown" if birth > 0 else "65+": 1}


def test_a_record_that_does_not_parse_takes_the_rest_of_its_block_with_it(engine: Teller, tmp_path: Path) -> None:
    path = raw_file(tmp_path / "log.avro", [_claim(), _claim()[:-1]], count=4)
    after = log_file(tmp_path / "after.avro", "person\n b")
    figures = engine(path, after)
    assert figures.outcomes() == (3, 0, [("log.avro", record, "undecodable") for record in (2, 3, 4)])
    assert figures.beneficiaries("LL", "2024-03") == 2


def test_a_branch_that_is_none_makes_the_rest_of_the_block_undecodable(engine: Teller, tmp_path: Path) -> None:
    path = raw_file(tmp_path / "log.avro", [_closing(), bytes([2 * len(events.RECORDS)]), _claim()])
    figures = engine(path)
    assert figures.outcomes() == (1, 0, [("log.avro", 2, "undecodable"), ("log.avro", 3, "undecodable")])


def _newer() -> events.Schema:
    """Return today's union with a record behind it that only a later version knows."""
    later = {
        "type": "record",
        "name": "Later",
        "namespace": events.NAMESPACE,
        "fields": [{"name": "x", "type": "string"}],
    }
    return fastavro.parse_schema([*events.schema_document("dossier.avsc"), later])


@pytest.mark.parametrize("schema", [events.union(), _newer()], ids=["as_today", "as_another_version"])
@pytest.mark.parametrize(
    ("birth_date", "records_lost"),
    [
        (b"\x02\xe6\x74", []),
        (b"\x00", []),
        (b"\x02" + b"\xe6" + b"\x80" * 7 + b"\x00", []),  # zeros in front of a number are lawful
        (b"\x01\xe6\x74", [1, 2]),  # the branch before the first
        (b"\x03", [1, 2]),
        (b"\x02" + b"\xe6" + b"\x80" * 8 + b"\x02", [1, 2]),  # bit 64 of a number
        (b"\x02" + b"\xe6" + b"\x80" * 9 + b"\x00", [1, 2]),
    ],
)
def test_a_branch_before_the_first_and_a_number_beyond_64_bits_do_not_parse(
    engine: Teller, tmp_path: Path, schema: events.Schema, birth_date: bytes, records_lost: list[int]
) -> None:
    sound = _claim(birth_date=7475)
    assert sound.count(b"\x02\xe6\x74") == 1
    bodies = [sound.replace(b"\x02\xe6\x74", birth_date), _closing()]
    figures = engine(raw_file(tmp_path / "log.avro", bodies, schema=schema))
    assert figures.outcomes().set_aside == [("log.avro", record, "undecodable") for record in records_lost]


def test_an_unknown_record_of_the_union_is_unknown_schema_and_the_rest_counts(engine: Teller, tmp_path: Path) -> None:
    told_records = [(f"{events.NAMESPACE}.{name}", values) for name, values in records("person\n a")]
    path = tmp_path / "log.avro"
    with path.open("wb") as file:
        fastavro.writer(file, _newer(), [(f"{events.NAMESPACE}.Later", {"x": "y"}), *told_records])
    figures = engine(path)
    assert figures.outcomes() == (2, 0, [("log.avro", 1, "unknown-schema")])


def test_log_order_is_the_order_of_files_then_of_records_a8(engine: Teller) -> None:
    one, other = "household\n A\n B\n left open", "household\n E\n close 2024-03"
    assert engine(one, other).by("household", "LL", "2024-03") == {"E": 1}
    assert engine(other, one).by("household", "LL", "2024-03") == {"E": 1}
    assert engine(one, "household\n close 2024-03").by("household", "LL", "2024-03") == {"B": 1}


def test_a_file_read_twice_says_nothing_new_a4_a8(engine: Teller) -> None:
    table = "household\n A\n B\n close 2024-03"
    figures = engine(table, table)
    assert figures.outcomes() == (3, 3, [])
    assert figures.update_ids() == ["2024-03"]


def test_cut_into_files_anywhere_the_figures_are_the_same_a8(engine: Teller) -> None:
    header = "id | person | month | cents | household | type"
    lines = [
        "1 | a | 2024-01-20..2024-03-10 | 9999 | A | GRANT",
        "2 | b | 2024-02 | 500 | B | GRANT",
        "close 2024-02",
        "3 | a | 2024-02 | -9999 | E | REG_GRANT",
        "1 | a | 2024-01-20..2024-03-10 | 9999 | A | GRANT",
        "close 2024-03",
        "4 | b | 2024-01 | 77 | A | ARREARS",
        "close 2024-04",
    ]
    whole = engine("\n".join([header, *lines]))
    pieces = engine(*(f"{header}\n{line}\nleft open" for line in lines))
    assert whole.everything() == pieces.everything()
    assert whole.outcomes() == pieces.outcomes()


def test_the_order_of_different_persons_does_not_matter_a8(engine: Teller) -> None:
    one = "a | 2024-01 | 100 | A"
    other = "b | 2024-01 | 200 | E"
    tables = ["\n".join(["person | month | cents | household", *lines]) for lines in ((one, other), (other, one))]
    first, second = (engine(table) for table in tables)
    assert first.everything() == second.everything()


def test_events_in_are_applied_duplicates_and_set_aside_l2(engine: Teller) -> None:
    figures = engine("""
        id | ocmw  | sex
        x  | 11002 | 1
        x  | 11002 | 1
        x  | 11002 | 2
        y  | 99999 | 1
        z  | 11002 | 1
        close 2024-03
        close 2024-03
        close late 2024-01
    """)
    assert figures.outcomes() == (
        3,
        2,
        [
            ("1.avro", 3, "conflicting-duplicate"),
            ("1.avro", 4, "unknown-ocmw"),
            ("1.avro", 8, "reference-month-decreases"),
        ],
    )


def test_no_field_of_an_event_names_a_person_a7() -> None:
    fields = {name for shape in events.shapes() for name, _ in shape.fields}
    assert fields == {
        *("event_id", "person", "ocmw", "dossier", "support", "amount_type", "first_day", "last_day"),
        *("statement_month", "amount_cents", "days", "budget_article", "state_percentage", "sex", "birth_date"),
        *("household", "nationality", "status", "corrects", "update_id", "reference_month"),
        *("employer", "employer_is_ocmw", "declaration", "dimona_period", "start_date", "end_date", "worker_type"),
        *("exit_date", "municipality", "from_date"),
    }


TOY = {"type": "record", "name": "Toy", "namespace": events.NAMESPACE, "fields": [{"name": "x", "type": "int"}]}
CACHED = (events.union, events.shapes)


@pytest.fixture
def a_branch_more(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a record to the union and to the list of records, which no code handles."""
    document = [*events.schema_document("dossier.avsc"), TOY]
    monkeypatch.setattr(events, "schema_document", lambda _name: document)
    monkeypatch.setattr(events, "RECORDS", (*events.RECORDS, "Toy"))
    for cached in CACHED:
        cached.cache_clear()
    yield
    for cached in CACHED:
        cached.cache_clear()


@pytest.mark.usefixtures("a_branch_more")
def test_a_branch_that_no_code_names_is_unknown_schema_and_the_rest_counts(engine: Teller, tmp_path: Path) -> None:
    toy = bytes([2 * (len(events.RECORDS) - 1), 2])
    path = raw_file(tmp_path / "log.avro", [_claim(), toy, _claim(event_id=bytes(16)), _closing()])
    figures = engine(path)
    assert figures.outcomes() == (3, 0, [("log.avro", 2, "unknown-schema")])
