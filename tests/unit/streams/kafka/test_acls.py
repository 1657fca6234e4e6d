"""docs/security.md shows the rows of every role as the program has them."""

from pathlib import Path

from streams.kafka.acls import grants
from streams.kafka.settings import KafkaSettings

FILE = Path(__file__).parents[4] / "docs" / "security.md"


def test_the_document_tells_the_rows_of_each_role() -> None:
    rows = [
        f"| {role} | {one.resource} | `{one.name}` | {', '.join(one.operations)} |"
        for role, given in grants(KafkaSettings()).items()
        for one in given
    ]
    lines = FILE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| role | on | name | operations |") + 2
    assert lines[start : lines.index("", start)] == rows


def test_the_rows_of_another_epoch_name_other_topics_and_groups() -> None:
    first, second = (grants(KafkaSettings(epoch=epoch)) for epoch in (1, 2))
    assert {one.name for one in second["intake"]} - {one.name for one in first["intake"]} == {
        "ocmw.rows.v2", "ocmw.receipt-summaries.v2", "ocmw.intake.v2",
    }  # fmt: skip
