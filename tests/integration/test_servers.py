"""The servers that tests and the demo start, whatever they happen to be called."""

from streams.servers.kafka import KafkaServer


def test_a_cluster_may_have_a_name_that_looks_like_an_option(kafka: KafkaServer) -> None:
    kafka.kill()
    kafka.lose_data()
    kafka.cluster = "-1jegFI6TZKJ75smjEoo6g"  # one drawn name in 64 begins with a dash
    kafka.start()
    held = (kafka.root / "data" / "meta.properties").read_text(encoding="utf-8")
    assert f"cluster.id={kafka.cluster}\n" in held
