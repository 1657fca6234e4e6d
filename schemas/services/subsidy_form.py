"""The form of a yearly report: its sheets, their columns, what a cell may hold (K).

Columns are named as the fields of the records, ocmw in front; amounts are written in euro. What a part has of persons
in a share stands in two columns, kind and value.
"""

from dataclasses import dataclass
from typing import Literal

CellKind = Literal["ocmw", "year", "part", "amount", "count", "text", "day", "yes_no", "share_kind", "staff_kind"]
Sheet = Literal["report", "parts", "activities", "modules", "staff"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: the field it holds, the kind of its cells, whether a report needs it."""

    field: str
    kind: CellKind
    needed: bool = False


_OCMW = Column("ocmw", "ocmw", needed=True)
FORM: dict[Sheet, tuple[Column, ...]] = {
    "report": (
        _OCMW,
        Column("year", "year"),
        Column("agreements", "count"),
        Column("own_staff_cents", "amount"),
        Column("external_staff_cents", "amount"),
    ),
    "parts": (
        _OCMW,
        Column("part", "part", needed=True),
        Column("justified_cents", "amount", needed=True),
        Column("staff_cents", "amount"),
        Column("persons", "count"),
        Column("rmi_kind", "share_kind"),
        Column("rmi_value", "count"),
        Column("trajectory_kind", "share_kind"),
        Column("trajectory_value", "count"),
    ),
    "activities": (
        _OCMW,
        Column("part", "part"),
        Column("code", "text", needed=True),
        Column("persons", "count"),
        Column("justified_cents", "amount", needed=True),
    ),
    "modules": (
        _OCMW,
        Column("part", "part"),
        Column("title", "text", needed=True),
        Column("goal", "text"),
        Column("period_from", "day"),
        Column("period_to", "day"),
        Column("target_group", "text"),
        Column("one_off", "yes_no"),
        Column("participants", "count", needed=True),
        Column("dropouts", "count"),
        Column("progressed", "count"),
        Column("instrument", "text"),
        Column("gpmi_subsidised_participants", "count"),
    ),
    "staff": (
        _OCMW,
        Column("title", "text", needed=True),
        Column("kind", "staff_kind", needed=True),
        Column("cents", "amount", needed=True),
    ),
}
ALIASES: dict[str, str] = {
    "module": "title",
    "gpmi_participants": "gpmi_subsidised_participants",
    "nis": "ocmw",
    "cpas": "ocmw",
    "activity": "code",
}
"""Other names of columns that people write."""
SHARES = ("rmi", "trajectory")
SHARE_KINDS = ("NUMBER", "PERCENTAGE")
STAFF_KINDS = ("PREPARING", "ANIMATING", "CONSULTING", "SOCIAL_BALANCE", "MEASURING")


def column_named(sheet: Sheet, header: str) -> Column | None:
    """Return the column that a header names; ``justified``, ``justified (euro)`` and ``justified_cents`` are one."""
    plain = header.strip().lower().replace("€", "").replace("(", " ").replace(")", " ").replace("-", "_")
    words = [
        word for word in plain.replace("_", " ").split() if word not in {"euro", "euros", "eur", "in", "en", "cents"}
    ]
    name = "_".join(words)
    name = ALIASES.get(name, name)
    column = next((one for one in FORM[sheet] if one.field.removesuffix("_cents") == name), None)
    if column is None and name in SHARES and sheet == "parts":
        return Column(name, "count")
    return (
        column
        if column is not None or plain.strip() != "cents"
        else next((c for c in FORM[sheet] if c.field == "cents"), None)
    )
