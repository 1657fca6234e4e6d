"""Bytes of keyed services that are broken in a thousand ways: each is an outcome or a refusal, and the others count."""

import io
import zipfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from made import made
from mutating import mutated
from test_filled_forms import GENT, HEADER, workbook

from processors.services.admission import Known, admitted
from processors.services.all_services import SERVICE
from processors.services.subsidies.form import read_form
from schemas.log import CorruptFileError
from schemas.services.faults import SERVICE_FAULT
from schemas.services.reading import record_of, value_of, write_topic
from schemas.services.records import (
    Activity,
    Consent,
    DecisionTaken,
    Document,
    DossierKnown,
    Element,
    GpmiContract,
    GpmiEvaluation,
    Grant,
    Part,
    ReportArchived,
    Share,
    SocialReportRequest,
    YearReport,
)
from schemas.services.topics import ADMITS, TOPIC, ServiceName, TopicName
from streams.embedded.admission import admit_files
from streams.embedded.yearly_reports import lines_of

SEED = 20171221
PART = Part("A", 1000, 10, 5, Share("NUMBER", 2), None, (Activity("A1", 5, 1000),), ())
RECORDS: dict[TopicName, list[Any]] = {
    "contracts": [
        made(GpmiContract, "contract", document=Document(bytes(32), "application/pdf", "archive/1")),
        made(GpmiEvaluation, "evaluation"),
    ],
    "decisions": [
        made(DossierKnown, "known"),
        made(DecisionTaken, "taken", elements=(Element("CHILDREN", None, 2, "two"),), duration_months=3),
    ],
    "requests": [
        made(SocialReportRequest, "request", gpmi_consent=Consent(17_000, "CITIZEN")),
        made(ReportArchived, "archived"),
    ],
    "reports": [
        Grant(b"g" * 16, 44021, 2017, 5_000_000, None),
        YearReport(b"r" * 16, 44021, 2017, (PART,), 1, None, 10),
    ],
}


def service_of(topic: TopicName) -> ServiceName:
    return next(service for service, topics in ADMITS.items() if topic in topics)


def test_a_mutated_value_is_a_record_or_a_fault_and_a_record_is_folded_or_set_aside() -> None:
    draw, outcomes = Random(SEED), Counter[str]()  # noqa: S311 - to break bytes
    for topic, records in RECORDS.items():
        service = SERVICE[service_of(topic)]
        for _ in range(250):
            record = record_of(TOPIC[topic], mutated(draw, value_of(TOPIC[topic], draw.choice(records))))
            if isinstance(record, str):
                assert record in SERVICE_FAULT
                outcomes[record] += 1
                continue
            _, became = admitted(service, Known(service.begin()), record, 0)
            outcomes["folded" if isinstance(became, str) else became.slug] += 1
    assert min(outcomes["undecodable"], outcomes["unknown-schema"], outcomes["folded"], outcomes["unknown-ocmw"]) > 0


def test_a_mutated_file_is_refused_whole_or_each_of_its_records_has_an_outcome_l2(tmp_path: Path) -> None:
    draw, outcomes = Random(SEED), Counter[str]()  # noqa: S311 - to break bytes
    for topic, records in RECORDS.items():
        file, service = tmp_path / f"{topic}.avro", service_of(topic)
        write_topic(file, TOPIC[topic], records * 3, codec=draw.choice(["null", "deflate"]))
        whole = file.read_bytes()
        for number in range(30):
            file.write_bytes(mutated(draw, whole))
            try:
                balance = admit_files([file], tmp_path / f"{topic}{number}", 0)[service]
            except CorruptFileError as error:
                assert "\n" not in str(error)  # noqa: PT017 - refused or not, both are right
                outcomes["refused"] += 1
                continue
            assert balance.events == balance.applied + balance.duplicates + balance.faults.total()
            outcomes["admitted"] += 1
    assert min(outcomes["refused"], outcomes["admitted"]) > 0


def test_a_mutated_form_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    draw, outcomes = Random(SEED), Counter[str]()  # noqa: S311 - to break bytes
    path = workbook(tmp_path)
    book, table = path.read_bytes(), "\n".join((HEADER, *GENT)).encode()
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    for number in range(150):
        name = draw.choice(list(parts))
        ways = (mutated(draw, table), mutated(draw, book), repacked(parts | {name: mutated(draw, parts[name])}))
        path.write_bytes(ways[number % 3])
        try:
            read_form(lines_of(path, 2017), 2017)
        except CorruptFileError as error:
            assert "\n" not in str(error)  # noqa: PT017 - refused or not, both are right
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    assert min(outcomes["refused"], outcomes["read"]) > 0


def repacked(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()
