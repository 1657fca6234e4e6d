"""Settings of the copy in Redis (``OCMW_REDIS_…``). Passwords come from the environment or files, never from flags."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict
from redis.connection import parse_url

from sinks.redis.store import KEEP, Published, RedisCopy, connect, every
from streams.settings import Secured, UsageError


class RedisSettings(Secured):
    """Where the copy is, and how to speak to it."""

    model_config = SettingsConfigDict(env_prefix="OCMW_REDIS_")

    url: str | None = Field(
        default=None, description="Where Redis is: redis://host:port/0, or rediss:// for TLS; unset: no copy is kept."
    )
    keep: int = Field(default=KEEP, ge=2, description="Releases that stay readable in Redis.")

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        try:
            parse_url(value or "redis://")  # type: ignore[no-untyped-call]  # redis-py has no types for it
        except ValueError:
            message = "no address of a Redis; write redis://host:port/0, or rediss://host:port/0 for TLS"
            raise ValueError(message) from None
        return value

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).password or "password" in urlsplit(value).query):
            message = "a password has no place here, for addresses are shown; name OCMW_REDIS_PASSWORD_FILE"
            raise ValueError(message)
        return value

    def copy_of_store(self, published: Published = every) -> RedisCopy:
        """Return the copy, which shows the public what ``published`` lets out. Raises UsageError without a Redis."""
        if not self.url:
            message = "no Redis is named; set OCMW_REDIS_URL, as redis://localhost:6379/0"
            raise UsageError(message)
        files = {"ca_file": self.ca_file, "cert_file": self.cert_file, "key_file": self.key_file}
        client = connect(
            self.url,
            username=self.username,
            password=self.secret(),
            **{name: str(path) for name, path in files.items() if path is not None},
        )
        return RedisCopy(client, self.keep, published)


def hashed(folder: Path, user: str) -> str:
    """Return the SHA-256 (hex) of a user's password, which stands in the file of the user's name in a folder.

    Raises UsageError for a file that is missing, or a password of fewer than 16 characters.
    """
    path = folder / user
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        message = f"{path}: no password here; write one for each user, in a file of the user's name"
        raise UsageError(message) from None
    if len(secret) < 16:  # noqa: PLR2004 - what nobody guesses
        message = f"{path}: the password is shorter than 16 characters; draw a longer one"
        raise UsageError(message)
    return hashlib.sha256(secret.encode()).hexdigest()
