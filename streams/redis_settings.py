"""Settings of the copy in Redis (``OCMW_REDIS_…``). Passwords come from the environment or files, never from flags."""

import hashlib
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from sinks.redis import KEEP, RedisCopy, connect
from streams.settings import UsageError


class RedisSettings(BaseSettings):
    """Where the copy is, and how to speak to it."""

    model_config = SettingsConfigDict(env_prefix="OCMW_REDIS_")

    url: str | None = Field(
        default=None, description="Where Redis is: redis://host:port/0, or rediss:// for TLS; unset: no copy is kept."
    )
    username: str | None = Field(default=None, description="User of Redis; the publisher's is ocmw-publish.")
    password: SecretStr | None = Field(default=None, description="Password of that user; or name a file.")
    password_file: Path | None = Field(default=None, description="File that holds the password.")
    ca_file: Path | None = Field(default=None, description="Certificates that are trusted, with rediss://.")
    keep: int = Field(default=KEEP, ge=2, description="Releases that stay readable in Redis.")

    def copy_of_store(self) -> RedisCopy:
        """Return the copy. Raises UsageError where no Redis is named."""
        if self.url is None:
            message = "no Redis is named; set OCMW_REDIS_URL, as redis://localhost:6379/0"
            raise UsageError(message)
        ca_file = str(self.ca_file) if self.ca_file else None
        client = connect(self.url, username=self.username, password=self._secret(), ca_file=ca_file)
        return RedisCopy(client, self.keep)

    def _secret(self) -> str | None:
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        return self.password.get_secret_value() if self.password else None


def hashed(folder: Path, user: str) -> str:
    """Return the SHA-256 (hex) of a user's password, which stands in the file of the user's name in a folder.

    Raises UsageError for a file that is missing, or a password of fewer than 16 characters.
    """
    path = folder / user
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError:
        message = f"{path}: no password here; write one for each user, in a file of the user's name"
        raise UsageError(message) from None
    if len(secret) < 16:  # noqa: PLR2004 - what nobody guesses
        message = f"{path}: the password is shorter than 16 characters; draw a longer one"
        raise UsageError(message)
    return hashlib.sha256(secret.encode()).hexdigest()
