"""Settings of the Kafka driver (``OCMW_KAFKA_…``). Secrets come from the environment or files and are never shown."""

import ssl
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_state_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PARTITIONS = 12


class KafkaSettings(BaseSettings):
    """Where Kafka is, how to speak to it, and where this worker keeps its snapshots."""

    model_config = SettingsConfigDict(env_prefix="OCMW_KAFKA_")

    servers: str = Field(default="localhost:9092", description="Bootstrap servers, host:port, separated by commas.")
    partitions: int = Field(default=PARTITIONS, ge=1, description="Partitions of the dossier log; never changes.")
    replication: int = Field(default=1, ge=1, description="Replication of topics that ocmw topics makes; live: 3.")
    epoch: int = Field(
        default=1, ge=1, description="Number of the pipeline: part of the names of the rows topic, groups, snapshots."
    )
    state: Path = Field(
        default_factory=lambda: user_state_path("ocmw") / "kafka", description="Directory of the snapshots."
    )
    instance: str | None = Field(
        default=None, description="Name of this worker's slot, the same at each start: a restart resumes at once."
    )
    snapshot_seconds: float = Field(default=60.0, gt=0, description="Least time between snapshots of a partition.")
    log_level: str = Field(default="WARNING", description="Least level of the lines that a worker writes.")
    brake_events: int = Field(default=10_000, ge=1, description="The brake looks at the last so many events.")
    brake_percent: float = Field(default=20.0, description="More than this share of them set aside stops intake.")
    brake_override: bool = Field(default=False, description="Go on although the brake would stop intake.")
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How connections are secured."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How this worker proves who it is, with a SASL security."
    )
    username: str | None = Field(default=None, description="Name for SASL.")
    password: SecretStr | None = Field(default=None, description="Password for SASL; or name a file.")
    password_file: Path | None = Field(default=None, description="File that holds the password for SASL.")
    ca_file: Path | None = Field(default=None, description="Certificates that are trusted, with an SSL security.")

    def connection(self) -> dict[str, Any]:
        """Return the arguments by which every aiokafka client of this program connects."""
        made: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.security}
        if "SSL" in self.security:
            made["ssl_context"] = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        if "SASL" in self.security:
            made |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self._secret(),
            }
        return made

    def _secret(self) -> str | None:
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        return self.password.get_secret_value() if self.password else None
