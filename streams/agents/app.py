"""Where the Faust app is put together, and nowhere else: settings that were tested together, bounded memory, guards."""

import ssl
from pathlib import Path
from typing import Any

import faust
from faust.types.auth import CredentialsT

from streams.agents.guards import EndOnRefusal, GuardedApp, GuardedTable
from streams.agents.table import LARGEST, AgentRow, Wiring, agents_of, app_name
from streams.kafka.settings import KafkaSettings


def build_app(settings: KafkaSettings, store: str = "rocksdb://", name: str = "agents") -> GuardedApp:
    """Return an app with its agents (the rows of ``AGENTS`` that name it), not started.

    Topics must be there: a missing one is ignored by Faust. ``store`` is where tables lie: ``rocksdb://``, or
    ``memory://`` for trials.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    app = GuardedApp(
        app_name(settings, name),
        broker=[f"kafka://{server}" for server in settings.servers.split(",")],
        broker_credentials=credentials(settings),
        consumer_group_instance_id=f"{name}-{settings.instance}" if settings.instance else None,
        store=store,
        datadir=str(folder_of(settings, name)),
        key_serializer="raw",  # the default of values is JSON, whatever their type is said to be
        value_serializer="raw",
        web_enabled=False,
        autodiscover=False,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        producer_acks=-1,
        producer_linger=0,
        producer_max_request_size=LARGEST,
        consumer_max_fetch_size=LARGEST,
        broker_request_timeout=40,
        broker_session_timeout=10,
        broker_heartbeat_interval=3,
        broker_rebalance_timeout=12,
        stream_wait_empty=False,
        stream_buffer_maxsize=64,
        stream_recovery_delay=0,
    )
    app.sensors.add(EndOnRefusal())
    for row in agents_of(name):
        _add(app, settings, row)
    return app


def folder_of(settings: KafkaSettings, name: str) -> Path:
    """Return the folder of an app's tables: a cache of their changelogs."""
    return settings.state / name


def _add(app: GuardedApp, settings: KafkaSettings, row: AgentRow) -> None:
    def channel(*topics: str) -> faust.TopicT:
        return _bytes(app, *(topic.format(epoch=settings.epoch) for topic in topics))

    table = guarded_table(app, row.name, row.changelog(settings).partitions)
    answers = channel(row.answers) if row.answers else None
    letters = channel(row.letters) if row.letters else None
    agent = row.make(Wiring(table, answers, letters, settings))
    app.agent(channel(*row.sources), name=row.name)(agent.run)
    app.ours.append(agent)


def guarded_table(app: GuardedApp, name: str, partitions: int) -> GuardedTable:
    """Return a table of one agent, bytes to bytes, with as many partitions as that agent's topic."""
    table = GuardedTable(
        app,
        name=name,
        partitions=partitions,
        key_type=bytes,
        value_type=bytes,
        recovery_buffer_size=100,
        extra_topic_configs={"max.message.bytes": str(LARGEST)},
        options=None if str(app.conf.store).startswith("memory") else _bounds(),
        beacon=app.tables.beacon,
    )
    app.tables.add(table)
    return table


def _bounds() -> dict[str, Any]:
    """Return options that hold a partition's database to about 10 MB; a new dict each time, for it is changed."""
    return {
        "driver": "rocksdict",
        "write_buffer_size": 4 << 20,
        "max_write_buffer_number": 2,
        "target_file_size_base": 16 << 20,
        "block_cache_size": 8 << 20,
        "max_open_files": 64,
    }


def _bytes(app: faust.App, *topics: str) -> faust.TopicT:
    return app.topic(*topics, key_type=bytes, value_type=bytes)


def credentials(settings: KafkaSettings) -> CredentialsT | None:
    """Return how the app proves who it is, None where connections are plain."""
    connection = settings.connection()
    context: ssl.SSLContext | None = connection.get("ssl_context")
    if "SASL" in settings.security:
        return faust.SASLCredentials(
            username=connection["sasl_plain_username"],
            password=connection["sasl_plain_password"],
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
