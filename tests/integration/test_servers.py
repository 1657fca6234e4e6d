"""The servers that tests and the demo start, whatever they happen to be called."""

from pathlib import Path

from streams.servers.kafka import KafkaServer, archive, is_whole


def test_a_cluster_may_have_a_name_that_looks_like_an_option(kafka: KafkaServer) -> None:
    kafka.kill()
    kafka.lose_data()
    kafka.cluster = "-1jegFI6TZKJ75smjEoo6g"  # one drawn name in 64 begins with a dash
    kafka.start()
    held = (kafka.root / "data" / "meta.properties").read_text(encoding="utf-8")
    assert f"cluster.id={kafka.cluster}\n" in held


def test_a_torn_archive_of_classes_is_known(kafka: KafkaServer, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsa"
    torn.write_bytes(archive().read_bytes()[:100_000])
    assert kafka.pid
    assert is_whole(archive())
    assert not is_whole(torn)


def test_a_broker_starts_without_the_archive_of_its_classes_too(kafka: KafkaServer, tmp_path: Path) -> None:
    class Without(KafkaServer):
        def _classes(self) -> str:
            (tmp_path / "empty.jsa").write_bytes(b"")
            return f"-XX:SharedArchiveFile={tmp_path / 'empty.jsa'}"

    other = Without(tmp_path / "other").start()
    assert other.pid != kafka.pid
    other.stop()
