"""One row for each agent yields its app, its table's changelog and its rights."""

import sys
from subprocess import run

from streams.acls import grants
from streams.agents.table import AGENTS, APPS, agents_of, app_name, every_topic
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import TOPICS


def test_each_agent_reads_and_answers_in_topics_whose_rows_name_its_app() -> None:
    rows = {row.name: row for row in TOPICS}
    assert all(row.app in rows[source].readers for row in AGENTS for source in row.sources)
    assert all(row.app in rows[to].writers for row in AGENTS for to in (row.answers, row.letters) if to)


def test_a_changelog_has_as_many_partitions_as_what_its_agent_reads() -> None:
    made = {topic.name: topic for topic in every_topic(KafkaSettings(partitions=5, epoch=2))}
    sizes = {name: topic.partitions for name, topic in made.items() if name.endswith("-changelog")}
    services = {f"ocmw.{name}.v2-known-changelog": 5 for name in ("contracts", "social-reports", "subsidies")}
    assert sizes == {"ocmw.agents.v2-receipts-changelog": 5, "ocmw.agents.v2-flags-changelog": 1, **services}
    assert all(made[name].policy == "compact" for name in sizes)


def test_each_app_is_a_role_that_may_use_its_own_changelogs_and_group() -> None:
    settings = KafkaSettings()
    for app in APPS:
        assert agents_of(app)
        names = {one.name for one in grants(settings)[app]}
        assert {app_name(settings, app), f"{app_name(settings, app)}-*"} <= names


def test_the_rows_load_no_faust() -> None:
    code = "import sys, streams.acls, streams.agents.table, streams.kafka.status; sys.exit('faust' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code
