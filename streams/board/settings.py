"""Settings of the board (``OCMW_BOARD_…``)."""

from urllib.parse import urlsplit

from pydantic import Field, field_validator
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
