"""Real servers on loopback for tests and the demo: Apache Kafka from Maven Central, redis-server of the system."""
