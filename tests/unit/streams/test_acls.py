"""Rights of roles in Kafka follow from the rows of topics and agents."""

from streams.acls import ROLES, grants
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import TOPICS


def test_the_rows_of_another_epoch_name_other_topics_and_groups() -> None:
    first, second = (grants(KafkaSettings(epoch=epoch)) for epoch in (1, 2))
    assert {one.name for one in second["intake"]} - {one.name for one in first["intake"]} == {
        "ocmw.rows.v2", "ocmw.receipt-summaries.v2", "ocmw.intake.v2",
    }  # fmt: skip


def test_who_writes_or_reads_a_topic_is_a_role() -> None:
    roles = {role.name for role in ROLES}
    assert {name for row in TOPICS for name in (*row.writers, *row.readers)} <= roles


def test_a_role_may_read_and_write_what_the_rows_of_topics_say_and_nothing_else() -> None:
    may = {
        (role, operation, one.name)
        for role, given in grants(KafkaSettings()).items()
        for one in given
        for operation in {"Read", "Write"} & set(one.operations)
        if one.resource == "topic" and not one.name.endswith("*")
    }
    readers = {(role, "Read", row.name.format(epoch=1)) for row in TOPICS for role in row.readers}
    assert may == readers | {(role, "Write", row.name.format(epoch=1)) for row in TOPICS for role in row.writers}
