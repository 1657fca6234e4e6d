"""Settings, from the environment (``OCMW_…``); ``ocmw settings`` lists them with their defaults."""

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.settings import AS_THEN, FigureSettings


class UsageError(Exception):
    """Something was asked in a way that cannot be; the text is one sentence for the person who asked."""


class Settings(BaseSettings):
    """All settings of the embedded driver."""

    model_config = SettingsConfigDict(env_prefix="OCMW_")

    recoveries_in_balance: bool = Field(
        default=False,
        description="Recoveries (amount types 3 and 6) enter the balance (A3). A store remembers it.",
    )
    geography: str = Field(
        default=AS_THEN,
        description="Municipalities as they were in each month (as_then) or on one day (fixed:2025-01-01) (D3). "
        "A store remembers it.",
    )
    keep_releases: int | None = Field(
        default=None,
        ge=1,
        description="How many releases a store keeps readable; unset: all. Vintages are always kept.",
    )

    @field_validator("geography")
    @classmethod
    def _names_a_day(cls, value: str) -> str:
        FigureSettings(geography=value)
        return value

    def figures(self) -> FigureSettings:
        """Return the settings that change figures."""
        return FigureSettings(self.recoveries_in_balance, self.geography)


def load_settings() -> Settings:
    """Return the settings of the environment. Raises UsageError for a value that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"OCMW_{str(first['loc'][0]).upper()}"
        message = f"{name} is {first['input']!r}: {first['msg']}; see ocmw settings"
        raise UsageError(message) from None
