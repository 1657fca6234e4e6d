"""Settings, from the environment (``OCMW_…``); ``ocmw settings`` lists them with their defaults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.settings import AS_THEN, LEAST_THRESHOLD, FigureSettings, SpellSupports
from schemas.students_unknown import StudentsUnknownError
from streams.students_unknown import read_rows


class UsageError(Exception):
    """Something was asked in a way that cannot be; the text is one sentence for the person who asked."""


class FromEnvironment(BaseSettings):
    """Settings that the environment gives.

    What cannot be is one sentence. It never shows the value: that might be a password in the wrong variable. An empty
    variable counts as unset, for compose files pass on unset ones as empty.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True)

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - pydantic's own
        """Read the environment; ``given`` comes before it. Raises UsageError for what cannot be."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            prefix = self.model_config["env_prefix"]
            names = [prefix + str(name).upper() for name in first["loc"][:1]]
            reason = first["msg"].removeprefix("Value error, ")
            raise UsageError(f"{': '.join([*names, reason])}; see ocmw settings") from None


class Setting(NamedTuple):
    """A setting as people see it: its variable, its value and its default as text (secrets masked), its meaning."""

    name: str
    value: str
    default: str
    description: str


def listed(settings: FromEnvironment) -> Iterator[Setting]:
    """Yield the settings, in the order of the class. A secret is a row of stars, whatever its length."""
    for name, field in type(settings).model_fields.items():
        variable = settings.model_config["env_prefix"] + name.upper()
        default = field.get_default(call_default_factory=True)
        yield Setting(variable, str(getattr(settings, name)), str(default), field.description or "")


class Secured(FromEnvironment):
    """How a client of a server proves who it is, and whom it trusts. Secrets come from the environment or files."""

    username: str | None = Field(default=None, description="Name of the user there.")
    password: SecretStr | None = Field(default=None, description="Password of that user; or name a file.")
    password_file: FilePath | None = Field(default=None, description="File that holds the password; before the other.")
    ca_file: FilePath | None = Field(
        default=None, description="Certificates that are trusted, with TLS; unset: those of the machine."
    )
    cert_file: FilePath | None = Field(
        default=None, description="Certificate of this program and its chain, where the server asks for one."
    )
    key_file: FilePath | None = Field(default=None, description="Private key of that certificate, unencrypted.")

    @model_validator(mode="after")
    def _has_a_certificate_for_its_key(self) -> Self:
        if self.key_file and not self.cert_file:
            prefix = self.model_config["env_prefix"]
            message = f"{prefix}KEY_FILE needs {prefix}CERT_FILE beside it"
            raise ValueError(message)
        return self

    def secret(self) -> str | None:
        """Return the password, None where none is named. Raises UsageError for a file that cannot be read."""
        if self.password_file is None:
            return self.password.get_secret_value() if self.password else None
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{self.password_file}: no password can be read here") from None


class Settings(FromEnvironment):
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
    threshold: int | None = Field(
        default=None,
        ge=LEAST_THRESHOLD,
        description="Least count above 0 that the public zone shows (F3), 3 or more; a smaller one cannot be worked "
        "out there. Unset: small counts are published. A store remembers it.",
    )
    spells: SpellSupports = Field(
        default="LL",
        description="Supports by which a month belongs to a spell: LL, or LL+FH for either (H1). A store remembers it.",
    )
    first_month: str | None = Field(
        default=None,
        description="First month L of the time dimension, as 2015-01: what came before is not known (H). Unset: the "
        "first month with a row, at the first update with rows. A store remembers it.",
    )
    earliest_month: str | None = Field(
        default=None,
        description="First month that an event may cover, as 1999-01; older ones are set aside as too-old. Unset: all "
        "from 1900-01 on are taken. A store remembers it.",
    )
    students_unknown: Path | None = Field(
        default=None,
        description="File (CSV: nis,from,to) of municipalities and months in which no form told students, as ocmw "
        "import prints them: LL_STUD and LL_OTHER show nothing there (F4). A store remembers its rows; more may come.",
    )
    keep_releases: int | None = Field(
        default=None,
        ge=1,
        description="How many releases a store keeps readable; unset: all. Vintages are always kept.",
    )

    approvals: Path | None = Field(
        default=None,
        description="File of approvals (YAML: body, number, date, valid_until, purpose). Without a valid one for "
        "youth_care or outreach nothing of youth care is computed.",
    )
    outreach_key: Path | None = Field(
        default=None,
        description="File with the key of the outreach domain, 32 bytes at least; it makes the pseudonyms of lists.",
    )

    release_approval: Literal["off", "required"] = Field(
        default="off",
        description="With required a release is prepared whole and becomes public only when somebody approves it "
        "(ocmw approve).",
    )
    seal_key_file: Path | None = Field(
        default=None,
        description="File with the key that seals public releases (ocmw keys sign); unset: they are not sealed.",
    )

    @field_validator("geography")
    @classmethod
    def _names_a_day(cls, value: str) -> str:
        return FigureSettings(geography=value).geography

    @field_validator("first_month")
    @classmethod
    def _names_a_month(cls, value: str | None) -> str | None:
        return FigureSettings(first_month=value).first_month

    @field_validator("earliest_month")
    @classmethod
    def _names_the_earliest(cls, value: str | None) -> str | None:
        return FigureSettings(earliest_month=value).earliest_month

    def figures(self) -> FigureSettings:
        """Return the settings that change figures. Raises UsageError for a file of students that cannot be read."""
        try:
            hidden = read_rows(self.students_unknown) if self.students_unknown else ()
        except StudentsUnknownError as error:
            message = f"OCMW_STUDENTS_UNKNOWN: {error}"
            raise UsageError(message) from None
        return FigureSettings(
            self.recoveries_in_balance,
            self.geography,
            self.threshold,
            self.spells,
            self.first_month,
            self.earliest_month,
            hidden,
        )


def load_settings() -> Settings:
    """Return the settings of the environment. Raises UsageError for a value that cannot be."""
    return Settings()
