"""The protocol of an extraction: a TOML file that says who gets which variables of whom, why, on which approvals.

Unknown fields are refused; each error names its field in one sentence.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.periods import parse_month
from schemas.places import PLACES
from schemas.supports import NODE
from schemas.toml_forms import read_form

Variable = Literal[
    "person", "month", "support", "ocmw", "place", "amount_cents", "state_share_cents", "days", "beneficiary", "sex",
    "age5", "age13", "birth_year", "household", "nationality_group", "nationality", "status", "spell_start",
    "spell_end", "spell_rank", "duration_band", "outcome_x1", "outcome_x3", "outcome_x6", "outcome_x12", "sector",
    "position",
]  # fmt: skip
OF_SPELLS = frozenset(
    {"spell_start", "spell_end", "spell_rank", "duration_band", "outcome_x1", "outcome_x3", "outcome_x6", "outcome_x12"}
)
"""Variables of rows of kind ``spell``; all others but ``person`` are of rows of kind ``person_month``."""
OF_ROWS = frozenset({"month", "support", "amount_cents", "state_share_cents", "days", "beneficiary", "sector"})
"""Variables that a coupling has not: a row of it is an exit."""
Level = Literal["kingdom", "region", "province", "arrondissement", "municipality"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
MOST_CONDITIONS = 2


class ProtocolError(ValueError):
    """A protocol that cannot be carried out; the text is one sentence."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Recipient(_Part):
    """Who gets the data, and the age key to which they are encrypted."""

    name: Reason
    key: Annotated[str, StringConstraints(pattern=r"age1[02-9ac-hj-np-z]{58}")]


class Places(_Part):
    """Some places of one level."""

    level: Level
    codes: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _exist(self) -> Self:
        wrong = [code for code in self.codes if (self.level, code) not in PLACES]
        if wrong:
            raise ValueError(f"{wrong[0]} is no {self.level}")
        return self


class Condition(_Part):
    """Persons who were beneficiary of a support in a year."""

    support: str
    year: Annotated[int, Field(ge=1999, le=2199)]

    @model_validator(mode="after")
    def _exists(self) -> Self:
        if self.support not in NODE:
            raise ValueError(f"{self.support} is no support")
        return self


class Population(_Part):
    """Whose rows: of which supports, months and places."""

    supports: Annotated[list[str], Field(min_length=1)]
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    places: Places | None = None
    conditions: Annotated[list[Condition], Field(max_length=MOST_CONDITIONS)] = []

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        for support in self.supports:
            if support not in NODE:
                raise ValueError(f"{support} is no support")
        if parse_month(self.last) < parse_month(self.first):
            raise ValueError(f"to {self.last} lies before from {self.first}")
        return self

    @property
    def leaves(self) -> frozenset[int]:
        """Numbers of the leaves of its supports."""
        return frozenset(leaf for support in self.supports for leaf in NODE[support].leaves)

    @property
    def months(self) -> tuple[int, int]:
        """First and last month, as ordinals."""
        return parse_month(self.first), parse_month(self.last)


class Named(_Part):
    """An approval as the protocol names it; it holds only where the same stands on record."""

    kind: Literal["committee", "chairman"]
    body: str
    number: str
    given: date = Field(alias="date")
    valid_until: date


class Protocol(_Part):
    """A protocol, lawful in itself."""

    study: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    purpose: Reason
    recipient: Recipient
    update: str
    destroy_by: date
    geography: Level
    kinds: Annotated[list[Literal["person_month", "spell"]], Field(min_length=1)]
    variables: dict[Variable, Reason]
    population: Population
    approvals: list[Named] = []
    geography_reason: Reason | None = None
    exact_amounts: Reason | None = None
    accept_risk: Reason | None = None

    def require_open(self, day: date) -> None:
        """Raise ProtocolError where the data had to be destroyed before a day."""
        if self.destroy_by < day:
            raise ProtocolError(f"destroy_by {self.destroy_by} is past; nothing is made any more")

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if not self.variables:
            raise ValueError("variables names none; give each one with its reason")
        if self.update in ("newest", "latest"):
            raise ValueError("update is an exact id, never the newest")
        if self.geography == "municipality" and self.geography_reason is None:
            raise ValueError("geography municipality needs a geography_reason")
        if {one.kind for one in self.approvals} != {"committee", "chairman"}:
            raise ValueError("approvals needs one of kind committee and one of kind chairman")
        for variable in self.variables.keys() - {"person"} if "position" not in self.variables else ():
            kind = "spell" if variable in OF_SPELLS else "person_month"
            if kind not in self.kinds:
                raise ValueError(f"variables.{variable} stands in rows of kind {kind}, which kinds does not name")
        if "status" in self.variables and not any(NODE[one].status for one in self.population.supports):
            raise ValueError("status does not exist in these supports")
        return self


def protocol(text: str) -> Protocol:
    """Return the protocol of a TOML text. Raises ProtocolError with a sentence that names the field."""
    return read_form(text, Protocol, ProtocolError, "protocol", before="protocol: ")
