"""Settings: listed with their defaults, wrong ones said in a sentence, secrets never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.settings import FigureSettings
from streams.cli import app
from streams.kafka.settings import KafkaSettings
from streams.redis_settings import RedisSettings
from streams.settings import FromEnvironment, Settings, UsageError
from streams.shell.health import HealthSettings

CANARY = "canary-in-a-coal-mine"
SECURE = {"OCMW_KAFKA_SECURITY": "SASL_PLAINTEXT", "OCMW_KAFKA_USERNAME": "intake", "OCMW_KAFKA_PASSWORD": CANARY}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SECURE, "OCMW_REDIS_PASSWORD": CANARY}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("secrets")
def test_all_settings_are_listed_and_secrets_are_stars() -> None:
    done = CliRunner().invoke(app, ["settings"])
    assert done.exit_code == 0
    for kind in (Settings, KafkaSettings, RedisSettings, HealthSettings):
        for name in kind.model_fields:
            assert f"{kind.model_config['env_prefix']}{name.upper()} = " in done.output
    assert "OCMW_KAFKA_PASSWORD = ********** (default None)" in done.output
    assert CANARY not in done.output


@pytest.mark.usefixtures("secrets")
def test_a_secret_shows_in_no_text_of_the_settings() -> None:
    for made in (KafkaSettings(), RedisSettings()):
        assert CANARY not in f"{made!r} {made!s} {made.model_dump()} {made.model_dump_json()}"
    assert KafkaSettings().connection()["sasl_plain_password"] == CANARY


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("OCMW_KAFKA_PARTITIONS", CANARY, "OCMW_KAFKA_PARTITIONS: Input should be a valid integer"),
        ("OCMW_KAFKA_SECURITY", CANARY, "OCMW_KAFKA_SECURITY: Input should be 'PLAINTEXT'"),
        ("OCMW_KAFKA_USERNAME", "", "SASL_PLAINTEXT needs OCMW_KAFKA_USERNAME"),
        ("OCMW_REDIS_URL", f"redis://me:{CANARY}@localhost", "OCMW_REDIS_URL: a password has no place here"),
        ("OCMW_REDIS_URL", f"redis://localhost?password={CANARY}", "OCMW_REDIS_URL: a password has no place here"),
        ("OCMW_REDIS_KEEP", "1", "OCMW_REDIS_KEEP: Input should be greater than or equal to 2"),
        ("OCMW_REDIS_URL", "localhost:6379", "OCMW_REDIS_URL: no address of a Redis; write redis://host:port/0"),
        ("OCMW_REDIS_URL", f"redis://localhost:{CANARY}/0", "OCMW_REDIS_URL: no address of a Redis"),
        ("OCMW_KAFKA_LOG_LEVEL", CANARY, "OCMW_KAFKA_LOG_LEVEL: no level; write DEBUG, INFO, WARNING, ERROR"),
        ("OCMW_KAFKA_SERVERS", f"localhost:9092,localhost:{CANARY}", "OCMW_KAFKA_SERVERS: no list of host:port"),
        ("OCMW_KAFKA_SERVERS", "localhost:99999", "OCMW_KAFKA_SERVERS: no list of host:port"),
        ("OCMW_KAFKA_SERVERS", "", "OCMW_KAFKA_SERVERS: no list of host:port"),
    ],
)
def test_what_cannot_be_is_a_sentence_that_does_not_show_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    kind = RedisSettings if name.startswith("OCMW_REDIS_") else KafkaSettings
    with pytest.raises(UsageError) as refused:
        kind()
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith("; see ocmw settings")
    assert CANARY not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("kind", [Settings, RedisSettings, HealthSettings])
def test_a_variable_that_is_set_but_empty_is_as_one_that_is_not(
    monkeypatch: pytest.MonkeyPatch, kind: type[FromEnvironment]
) -> None:
    unset = kind()
    for name in kind.model_fields:
        monkeypatch.setenv(f"{kind.model_config['env_prefix']}{name.upper()}", "")
    assert kind() == unset


@pytest.mark.parametrize("day", ["2025-01-01", "20250101", "2025-W01-3", "2025W013"])
def test_a_day_is_one_geography_however_it_is_written(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setenv("OCMW_GEOGRAPHY", f"fixed:{day}")
    assert Settings().geography == "fixed:2025-01-01"
    assert Settings().figures() == FigureSettings(geography="fixed:2025-01-01")


@pytest.mark.parametrize("geography", ["", "now", "fixed:", "fixed:2025-02-30", "a fixed:2025-01-01"])
def test_a_geography_that_names_no_day_is_a_sentence(geography: str) -> None:
    with pytest.raises(UsageError, match="OCMW_GEOGRAPHY: no geography; write as_then or fixed:2025-01-01"):
        Settings(geography=geography)


def test_an_address_of_redis_that_is_left_empty_names_none() -> None:
    with pytest.raises(UsageError, match="no Redis is named"):
        RedisSettings(url="").copy_of_store()


def test_a_level_of_logs_is_written_in_any_case() -> None:
    assert KafkaSettings(log_level="info").log_level == "INFO"


def test_servers_are_names_and_addresses_of_both_kinds_their_port_may_be_left_out() -> None:
    servers = "localhost:9092,127.0.0.1:1,[::1]:9092,broker"
    assert KafkaSettings(servers=servers).connection()["bootstrap_servers"] == servers


def test_a_password_stands_in_a_file_before_the_variable(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{CANARY}\n")
    made = KafkaSettings(
        security="SASL_PLAINTEXT", username="x", password=SecretStr("other"), password_file=tmp_path / "password"
    )
    assert made.connection()["sasl_plain_password"] == CANARY


def test_a_password_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no password can be read here"):
        RedisSettings(password_file=tmp_path / "password").secret()


def test_a_key_without_its_certificate_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "key.pem").touch()
    with pytest.raises(UsageError, match="OCMW_REDIS_KEY_FILE needs OCMW_REDIS_CERT_FILE beside it"):
        RedisSettings(key_file=tmp_path / "key.pem")


def test_a_certificate_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(UsageError, match="OCMW_KAFKA_CA_FILE"):
        KafkaSettings(security="SSL", ca_file=tmp_path / "ca.pem").connection()
