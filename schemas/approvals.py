"""Approvals on record: what a body allowed, until when, and for which purpose.

A file of approvals is a YAML list:

    - {body: IVC, number: 24/123, date: 2024-03-05, valid_until: 2027-03-05, purpose: youth_care}
    - {body: POD MI, number: 7, date: 2024-03-05, valid_until: 2027-03-05, purpose: extraction, kind: chairman}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

Purpose = Literal["extraction", "coupling", "youth_care", "outreach", "ad_hoc", "publication"]
Kind = Literal["committee", "chairman"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
KINDS: tuple[Kind, ...] = get_args(Kind)
_FIELDS = ("body", "number", "date", "valid_until", "purpose")
_KIND = "kind"
"""May be left out; extractions, questions and what leaves the house need it."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval; ``given`` and ``valid_until`` are its first and last day."""

    body: str
    number: str
    given: date
    valid_until: date
    purpose: Purpose
    kind: Kind | None = None

    def holds(self, purpose: Purpose, day: date) -> bool:
        """Tell whether it allows a purpose on a day."""
        return self.purpose == purpose and self.given <= day <= self.valid_until

    @property
    def name(self) -> str:
        """How a log names it."""
        return f"{self.body} {self.number}"

    @classmethod
    def of(cls, entry: Any) -> "Approval":  # noqa: ANN401 - what YAML made of an entry
        """Return the approval of an entry. Raises ValueError with a sentence for anything else."""
        if not isinstance(entry, dict) or set(entry) - {_KIND} != set(_FIELDS):
            message = f"an approval has the fields {', '.join(_FIELDS)}, may have {_KIND}, and has no other"
            raise ValueError(message)
        if not (_is_day(entry["date"]) and _is_day(entry["valid_until"])):
            message = f"approval {entry['number']}: date and valid_until are days, as 2024-03-05"
            raise ValueError(message)
        if entry["purpose"] not in PURPOSES:
            message = f"approval {entry['number']}: {entry['purpose']!r} is no purpose; write {', '.join(PURPOSES)}"
            raise ValueError(message)
        if entry.get(_KIND) not in (None, *KINDS):
            message = f"approval {entry['number']}: {entry[_KIND]!r} is no kind; write {', '.join(KINDS)}"
            raise ValueError(message)
        return cls(
            str(entry["body"]),
            str(entry["number"]),
            entry["date"],
            entry["valid_until"],
            entry["purpose"],
            entry.get(_KIND),
        )


def _is_day(value: object) -> bool:
    """Tell whether a value is a day; Python counts instants among days, and cannot compare the two."""
    return isinstance(value, date) and not isinstance(value, datetime)


def standing(approvals: Iterable[Approval], purpose: Purpose, day: date) -> Approval | None:
    """Return an approval that allows a purpose on a day, the longest valid one, None where there is none."""
    return max((one for one in approvals if one.holds(purpose, day)), key=lambda one: one.valid_until, default=None)
