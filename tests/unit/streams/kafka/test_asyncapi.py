"""docs/asyncapi.yaml: lawful AsyncAPI 3, and the same topics, limits and schemas as the program has."""

from pathlib import Path
from typing import Any

import fastavro
import pytest
import yaml
from asyncapi3.models.asyncapi import AsyncAPI3

from schemas.events import schema_document
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import Topic, topics

FILE = Path(__file__).parents[4] / "docs" / "asyncapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]


def ours() -> dict[str, Topic]:
    return {topic.name: topic for topic in topics(KafkaSettings())}


def test_the_specification_allows_the_document() -> None:
    assert AsyncAPI3.model_validate(DOCUMENT).asyncapi == "3.0.0"


def test_it_tells_of_each_topic_and_of_no_other() -> None:
    assert CHANNELS.keys() == ours().keys()


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_topic_is_told_as_it_is_made(name: str) -> None:
    binding, topic = CHANNELS[name]["bindings"]["kafka"], ours()[name]
    configuration = binding["topicConfiguration"]
    documented = (binding["partitions"], configuration["max.message.bytes"], str(configuration["retention.ms"]))
    assert documented == (topic.partitions, topic.max_bytes, topic.kept)


@pytest.mark.parametrize("name", sorted(name for name in MESSAGES if not name.lower().endswith("deadletters")))
def test_a_message_has_a_schema_that_can_be_parsed(name: str) -> None:
    path = FILE.parent / MESSAGES[name]["payload"]["schema"]["$ref"]
    assert fastavro.parse_schema(schema_document(path.name))


def test_each_schema_id_is_told_once_with_its_file() -> None:
    ids = schema_document("ids.json")["ids"]
    file_of_id = {
        str(number): Path(message["payload"]["schema"]["$ref"]).name
        for message in MESSAGES.values()
        for number in message.get("x-schema-ids", [])
    }
    assert file_of_id.keys() <= ids.keys()
    files = {entry["file"] for entry in ids.values()}
    assert files <= set(file_of_id.values())


def test_each_channel_has_an_operation_and_a_message() -> None:
    used = {operation["channel"]["$ref"].rpartition("/")[2] for operation in DOCUMENT["operations"].values()}
    assert used == set(DOCUMENT["channels"])
    named = {one["$ref"].rpartition("/")[2] for channel in CHANNELS.values() for one in channel["messages"].values()}
    assert named == set(MESSAGES)


def test_the_check_refuses_what_the_specification_does_not_allow() -> None:
    without = {name: part for name, part in DOCUMENT.items() if name != "info"}
    with pytest.raises(ValueError, match="info"):
        AsyncAPI3.model_validate(without)
