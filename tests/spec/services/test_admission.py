"""What the keyed services share: what is a duplicate, what conflicts, what is set aside, and in which order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from made import made

from processors.services.admission import Admission, Codec, Known, admitted
from processors.services.contracts import Contracts, ContractService
from schemas.events import schema_document
from schemas.faults import Fault
from schemas.log import CorruptFileError
from schemas.services.reading import TopicFile, fields, record_of, value_of, write_topic
from schemas.services.records import GpmiContract, GpmiEvaluation
from schemas.services.topics import TOPIC
from streams.embedded.admission import admit_files, state_of

SERVICE = ContractService()


def after(*records: object) -> list[str]:
    """Return what became of records that come one after the other."""
    known: Known[Contracts] = Known(SERVICE.begin())
    outcomes = []
    for record in records:
        known, became = admitted(SERVICE, known, record, 0)
        outcomes.append(became.slug if isinstance(became, Fault) else became)
    return outcomes


def test_the_same_event_again_changes_nothing() -> None:
    contract = made(GpmiContract, "a")
    assert after(contract, contract) == ["applied", "duplicate"]


def test_the_same_id_with_other_content_conflicts_and_the_first_stands() -> None:
    assert after(made(GpmiContract, "a"), made(GpmiContract, "a", sex=1)) == ["applied", "conflicting-duplicate"]


def test_the_same_version_with_the_same_content_is_a_duplicate_that_uses_up_no_id() -> None:
    again = made(GpmiContract, "b")
    assert after(made(GpmiContract, "a"), again, made(GpmiContract, "b", version=2)) == [
        "applied",
        "duplicate",
        "applied",
    ]


def test_the_same_version_with_other_content_conflicts() -> None:
    assert after(made(GpmiContract, "a"), made(GpmiContract, "b", sex=1)) == ["applied", "conflicting-version"]


def test_an_id_that_conflicts_is_told_before_a_version_that_does() -> None:
    assert after(made(GpmiContract, "a"), made(GpmiContract, "a", sex=1)) == ["applied", "conflicting-duplicate"]


def test_a_fault_of_the_event_is_told_before_its_id_conflicts() -> None:
    assert after(made(GpmiContract, "a"), made(GpmiContract, "a", sex=4)) == ["applied", "bad-attributes"]


def test_what_is_set_aside_uses_up_no_id() -> None:
    assert after(made(GpmiContract, "a", sex=4), made(GpmiContract, "a")) == ["bad-attributes", "applied"]


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        ({"ocmw": 99999, "sex": 9}, "unknown-ocmw"),
        ({"ocmw": -1}, "unknown-ocmw"),
        ({"residence_municipality": 99999, "version": 0}, "unknown-municipality"),
        ({"end_date": "2016-12-31", "sex": 9}, "bad-dates"),
        ({"signed_on": 10**6}, "bad-dates"),
        ({"sex": 0, "version": 0}, "bad-attributes"),
        ({"version": 0}, "bad-version"),
        ({"social_workers": ()}, "bad-version"),
    ],
)
def test_the_first_fault_in_the_order_counts(said: dict[str, object], slug: str) -> None:
    assert after(made(GpmiContract, "a", **said)) == [slug]


def test_a_birth_date_is_not_checked() -> None:
    assert after(made(GpmiContract, "a", birth_date=-(2**31))) == ["applied"]


def test_a_state_is_read_back_as_it_was_written() -> None:
    known = Known(SERVICE.begin())
    for record in (made(GpmiContract, "a"), made(GpmiEvaluation, "b")):
        known = Admission(*admitted(SERVICE, known, record, 0)).known
    codec = Codec(SERVICE)
    assert codec.read(codec.write(known)) == known


def test_a_value_is_read_back_as_it_was_framed() -> None:
    contract = made(GpmiContract, "a")
    assert record_of(TOPIC["contracts"], value_of(TOPIC["contracts"], contract)) == contract


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        (None, "undecodable"),
        (b"\0", "undecodable"),
        (b"\1\0\0\0\x20", "undecodable"),
        (b"\0\0\0\0\x01", "unknown-schema"),
        (b"\0\0\0\0\x20\x04", "undecodable"),
        (value_of(TOPIC["contracts"], made(GpmiEvaluation, "a")) + b"\0", "undecodable"),
        (b"\0\0\0\0\x20\x01" + value_of(TOPIC["contracts"], made(GpmiEvaluation, "a"))[6:], "undecodable"),
        (value_of(TOPIC["contracts"], made(GpmiContract, "a"))[:-1] + b"\x01", "undecodable"),  # branch -1 of a field
        (value_of(TOPIC["contracts"], made(GpmiContract, "a"))[:-1] + b"\x80\x00", "applied"),  # 0, spelled longer
    ],
)
def test_bytes_that_are_no_event_are_told_by_their_fault(value: bytes | None, slug: str) -> None:
    read = record_of(TOPIC["contracts"], value)
    assert read == (made(GpmiContract, "a") if slug == "applied" else slug)


@pytest.mark.parametrize("digest", [{"type": "fixed", "name": "Digest", "size": 20}, "bytes", "string"])
def test_a_contract_whose_document_has_a_digest_of_another_kind_is_set_aside_and_the_others_count(
    tmp_path: Path, digest: object
) -> None:
    schema = json.loads(json.dumps(schema_document("contracts.avsc")))
    (document,) = [one for one in _records(schema) if one["name"] == "Document"]
    document["fields"][0]["type"] = digest
    foreign = {
        "digest": "ab" * 10 if digest == "string" else bytes(20),
        "media_type": "application/pdf",
        "locator": "1",
    }
    plain = [fields(made(GpmiContract, name, contract=name)) for name in ("a", "b")]
    with (tmp_path / "contracts.avro").open("wb") as file:
        union = fastavro.parse_schema(schema)
        fastavro.writer(file, union, [("be.ocmw.v1.GpmiContract", plain[0] | {"document": foreign}),
                                      ("be.ocmw.v1.GpmiContract", plain[1])])  # fmt: skip
    balance = admit_files([tmp_path / "contracts.avro"], tmp_path / "store", 0)["contracts"]
    assert (balance.applied, dict(balance.faults)) == (1, {"unknown-schema": 1})


def _records(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as Avro writes types
    """Yield the records of a schema, those within others too."""
    if isinstance(schema, list):
        for one in schema:
            yield from _records(one)
    elif isinstance(schema, dict) and schema["type"] == "record":
        yield schema
        for one in schema["fields"]:
            yield from _records(one["type"])


def test_an_evaluation_waits_for_its_contract(tmp_path: Path) -> None:
    file, later = tmp_path / "evaluation.avro", tmp_path / "contract.avro"
    write_topic(file, TOPIC["contracts"], [made(GpmiEvaluation, "a")])
    write_topic(later, TOPIC["contracts"], [made(GpmiContract, "b")])
    assert admit_files([file], tmp_path / "store", 0)["contracts"].waiting == 1
    assert admit_files([later], tmp_path / "store", 0)["contracts"].waiting == 0


def test_files_that_come_again_change_nothing(tmp_path: Path) -> None:
    file, store = tmp_path / "contracts.avro", tmp_path / "store"
    records = [made(GpmiContract, "a"), made(GpmiContract, "b", version=0), made(GpmiEvaluation, "c")]
    write_topic(file, TOPIC["contracts"], records)
    first = admit_files([file], store, 0)["contracts"]
    before = (store / "services.sqlite").read_bytes()
    again = admit_files([file], store, 0)["contracts"]
    assert (first.events, first.applied, dict(first.faults)) == (3, 2, {"bad-version": 1})
    assert (again.events, again.duplicates, dict(again.faults)) == (3, 2, {"bad-version": 1})
    assert (store / "services.sqlite").read_bytes() == before
    assert state_of(SERVICE, store, records[0].person).versions == (records[0],)


def test_a_file_that_breaks_off_leaves_no_state(tmp_path: Path) -> None:
    file, store = tmp_path / "contracts.avro", tmp_path / "store"
    write_topic(file, TOPIC["contracts"], [made(GpmiContract, "a")])
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(CorruptFileError, match="corrupt or truncated"):
        admit_files([file], store, 0)
    assert not (store / "services.sqlite").exists()


def test_a_file_of_answers_is_refused_for_services_write_those(tmp_path: Path) -> None:
    file = tmp_path / "answers.avro"
    write_topic(file, TOPIC["answers"], [])
    with pytest.raises(CorruptFileError, match="the services write themselves"):
        admit_files([file], tmp_path / "store", 0)


def test_a_file_that_holds_no_record_of_a_service_is_refused(tmp_path: Path) -> None:
    from schemas.log import write_log  # noqa: PLC0415 - claims, here alone

    write_log(tmp_path / "claims.avro", [])
    with pytest.raises(CorruptFileError, match="claims go to ocmw replay"):
        TopicFile.open(tmp_path / "claims.avro")
