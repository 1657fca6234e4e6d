"""Settings of the Kafka driver (``OCMW_KAFKA_…``). Secrets come from the environment or files and are never shown."""

import logging
import ssl
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_state_path
from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from streams.settings import Secured, UsageError

PARTITIONS = 12


class KafkaSettings(Secured):
    """Where Kafka is, how to speak to it, and where this worker keeps its snapshots.

    An empty variable is not as one that is not set: the default would be another broker, or no protection.
    """

    model_config = SettingsConfigDict(env_prefix="OCMW_KAFKA_", env_ignore_empty=False)

    servers: str = Field(
        default="localhost:9092",
        description="Bootstrap servers, host:port, separated by commas. Where it is set, the board's "
        "zones show receipts.",
    )
    partitions: int = Field(default=PARTITIONS, ge=1, description="Partitions of the dossier log; never changes.")
    replication: int = Field(default=1, ge=1, description="Replication of topics that ocmw topics makes; live: 3.")
    epoch: int = Field(
        default=1, ge=1, description="Number of the pipeline: part of the names of the rows topic, groups, snapshots."
    )
    silent: bool = Field(
        default=False, description="Announce no release: a second pipeline, until readers switch to it."
    )
    state: Path = Field(
        default_factory=lambda: user_state_path("ocmw") / "kafka", description="Directory of the snapshots."
    )
    instance: str | None = Field(
        default=None, description="Name of this worker's slot, the same at each start: a restart resumes at once."
    )
    snapshot_seconds: float = Field(
        default=60.0, gt=0, description="Least time between snapshots of a partition, and of publish."
    )
    live_seconds: float = Field(default=0.25, gt=0, description="Least time between two counts of live figures.")
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

    @field_validator("servers")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        if not all(map(_is_address, value.split(","))):
            message = "no list of host:port, separated by commas; write it as localhost:9092"
            raise ValueError(message)
        return value

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        if value.upper() not in logging.getLevelNamesMapping():
            message = "no level; write DEBUG, INFO, WARNING, ERROR or CRITICAL"
            raise ValueError(message)
        return value.upper()

    @model_validator(mode="after")
    def _names_who_it_is(self) -> Self:
        if "SASL" in self.security and not (self.username and (self.password or self.password_file)):
            message = f"{self.security} needs OCMW_KAFKA_USERNAME, and OCMW_KAFKA_PASSWORD_FILE or OCMW_KAFKA_PASSWORD"
            raise ValueError(message)
        return self

    def connection(self) -> dict[str, Any]:
        """Return the arguments by which every aiokafka client of this program connects. Raises UsageError."""
        made: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.security}
        if "SSL" in self.security:
            made["ssl_context"] = self._tls()
        if "SASL" in self.security:
            made |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.secret(),
            }
        return made

    def _tls(self) -> ssl.SSLContext:
        """Return a context that demands a trusted certificate with the name of the host."""
        try:
            made = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                made.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:
            names = "OCMW_KAFKA_CA_FILE, OCMW_KAFKA_CERT_FILE or OCMW_KAFKA_KEY_FILE"
            raise UsageError(f"{names} is no certificate or key that can be read: {error}") from None
        return made


def _is_address(text: str) -> bool:
    """Tell whether a text is a host, with or without a port."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        return bool(parts.hostname) and parts.port != 0 and parts.netloc == text.strip()
    except ValueError:  # a port that is no number, or none that there is
        return False
