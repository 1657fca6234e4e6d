"""Settings of the board (``OCMW_BOARD_…``)."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, FilePath, field_validator
from pydantic_settings import SettingsConfigDict

from streams.settings import FromEnvironment


class BoardSettings(FromEnvironment):
    """How the board is served."""

    model_config = SettingsConfigDict(env_prefix="OCMW_BOARD_")

    address: str = Field(
        default="",
        description="Absolute address of the site, as https://cijfers.example.be; unset: no canonical links, sitemap, "
        "catalogue. It is never taken from a request.",
    )
    cache_mb: int = Field(default=128, ge=8, le=65536, description="Megabytes of figures and answers held in memory.")

    proxy_secret_file: FilePath | None = Field(
        default=None,
        description="Zones: file with the secret (32 bytes at least) by which the proxy proves itself, in the header "
        "X-OCMW-Proxy-Secret.",
    )
    tls_cert_file: FilePath | None = Field(default=None, description="Zones: certificate of this site, for TLS.")
    tls_key_file: FilePath | None = Field(default=None, description="Zones: private key of that certificate.")
    tls_client_ca_file: FilePath | None = Field(
        default=None,
        description="Zones: certificate of the CA that signs the proxy's client certificate alone.",
    )
    identity_header: str = Field(
        default="X-OCMW-Subject", description="Zones: header in which the proxy names whom it let in."
    )
    users: FilePath | None = Field(
        default=None, description="Zones: list of users (YAML: subject, role, and ocmw for the role ocmw)."
    )
    access_log: Path | None = Field(default=None, description="Zones: directory of the board's own log of accesses.")
    log_key_file: FilePath | None = Field(
        default=None,
        description="Zones: file with the key (32 bytes at least) of the hashes by which that log names users.",
    )
    questions: Path | None = Field(
        default=None, description="Restricted zone: directory where questions of researchers wait (ocmw answer)."
    )

    @field_validator("identity_header")
    @classmethod
    def _is_a_header(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", value) or value.lower() == "x-ocmw-proxy-secret":
            message = "no name of a header; write letters, digits and hyphens, as X-OCMW-Subject"
            raise ValueError(message)
        return value

    @field_validator("address")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query
        ):
            message = "no address of a site; write https://cijfers.example.be"
            raise ValueError(message)
        return value.rstrip("/")
