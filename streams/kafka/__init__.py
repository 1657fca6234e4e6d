"""The Kafka driver: topics, emit, close-update, intake, publish (aiokafka inside ``mode`` services)."""
