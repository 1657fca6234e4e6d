"""docs/asyncapi.yaml, made from the rows of topics and the schema files: ``make docs`` writes it."""

from typing import Any

import yaml

from schemas.events import schema_document
from streams.kafka.settings import KafkaSettings
from streams.kafka.topics import TOPICS, TopicRow

_DESCRIPTION = (
    "The topics of the OCMW figures. Values carry the Confluent framing: byte 0, the schema id (four bytes, "
    "big-endian), the Avro body; schema ids stand in schemas/avro/ids.json and are never reused. A new field comes at "
    "the end, with a default; readers are upgraded before writers. Topics are made and verified by ocmw topics; "
    "production has replication 3 and min.insync.replicas 2. Delivery is at least once: every record may stand twice, "
    "and each description says why that does no harm. Read with isolation.level read_committed: others may use "
    "transactions."
)
_SERVER = {
    "host": "kafka:9092",
    "protocol": "kafka-secure",
    "description": "SCRAM over TLS; each role has a user of its own.",
}
_FRAMED = {"kafka": {"schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent"}}
_SENDERS = {"intake", "publish", "agents"}
_UNFRAMED = {
    "summary": "The bytes of an event that was set aside, as they came.",
    "contentType": "application/octet-stream",
    "payload": {"type": "string", "format": "binary"},
}


def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "OCMW figures", "version": "1.0.0", "description": _DESCRIPTION},
        "defaultContentType": "application/vnd.apache.avro+binary",
        "servers": {"production": _SERVER},
        "channels": {_camel(row): _channel(row) for row in TOPICS},
        "operations": {f"{_action(row)}{_camel(row)[0].upper()}{_camel(row)[1:]}": _operation(row) for row in TOPICS},
        "components": {"messages": {name: made for row in TOPICS for name, made in _messages(row).items()}},
    }


def text() -> str:
    """Return the document as it stands in docs/asyncapi.yaml."""
    made: str = yaml.safe_dump(document(), sort_keys=False, width=116, allow_unicode=True)
    return "# Made from streams/kafka/topics.py and schemas/avro by make docs.\n" + made


def _camel(row: TopicRow) -> str:
    first, *rest = row.name.removeprefix("ocmw.").rpartition(".")[0].replace(".", "-").split("-")
    return first + "".join(part.capitalize() for part in rest)


def _channel(row: TopicRow) -> dict[str, Any]:
    topic = row.topic(KafkaSettings())
    configuration = {
        "cleanup.policy": [topic.policy],
        "retention.ms": int(topic.kept),
        "max.message.bytes": topic.max_bytes,
    }
    return {
        "address": topic.name,
        "description": row.sentence,
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": configuration}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(row)},
    }


def _action(row: TopicRow) -> str:
    return "send" if _SENDERS & set(row.writers) else "receive"


def _operation(row: TopicRow) -> dict[str, Any]:
    return {
        "action": _action(row),
        "channel": {"$ref": f"#/channels/{_camel(row)}"},
        "summary": f"Written by {', '.join(row.writers)}; read by {', '.join(row.readers)}.",
    }


def _messages(row: TopicRow) -> dict[str, Any]:
    if not row.schema_ids:
        return {_camel(row): _UNFRAMED}
    files: dict[str, list[int]] = {}
    for number in row.schema_ids:
        files.setdefault(schema_document("ids.json")["ids"][str(number)]["file"], []).append(number)
    return {_message_name(file): _message(file, numbers) for file, numbers in files.items()}


def _message_name(file: str) -> str:
    first, *rest = file.removesuffix(".avsc").split("-")
    return first + "".join(part.capitalize() for part in rest)


def _message(file: str, numbers: list[int]) -> dict[str, Any]:
    return {
        "summary": _says(schema_document(file)),
        "x-schema-ids": numbers,
        "bindings": _FRAMED,
        "payload": {
            "schemaFormat": "application/vnd.apache.avro+json;version=1.9.0",
            "schema": {"$ref": f"../schemas/avro/{file}"},
        },
    }


def _says(schema: Any) -> str:  # noqa: ANN401 - as JSON writes a schema
    """Return what a schema says of its records: the first sentence of each."""
    records = schema if isinstance(schema, list) else [schema]
    sentences = [str(record.get("doc", record["name"])).split(". ")[0].rstrip(".") for record in records]
    return " | ".join(sentences) + "."
