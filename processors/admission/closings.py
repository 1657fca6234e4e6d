"""Which updates were closed (G1): ids never repeat, reference months never decrease."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

import fastavro

from schemas import events
from schemas.periods import from_yyyymm
from schemas.releases import Update

LONGEST_ID = 100


def lawful_id(update_id: str) -> bool:
    """Tell whether an update may be called so: 1 to 100 printable characters, no blanks around them."""
    return 1 <= len(update_id) <= LONGEST_ID and update_id.isprintable() and update_id == update_id.strip()


class Closing(NamedTuple):
    """What an UpdateClosed says; the month is YYYYMM, and perhaps none."""

    update_id: str
    reference_month: int


def closing_of(body: bytes) -> Closing | None:
    """Return what the bytes of an UpdateClosed, without branch index, say; None where its id is no UTF-8."""
    values = fastavro.schemaless_reader(BytesIO(body), events.plain(events.shapes()[events.UPDATE_CLOSED]))
    try:
        return Closing(values["update_id"].decode(), values["reference_month"])
    except UnicodeDecodeError:
        return None


@dataclass(slots=True)
class Closings:
    """The accepted closings of a log so far, in order."""

    accepted: list[Update] = field(default_factory=list)

    @property
    def last(self) -> Update | None:
        """The last accepted one."""
        return self.accepted[-1] if self.accepted else None

    def judge(self, update_id: str, reference_month: int) -> Update | str:
        """Return the update that a closing (month YYYYMM) closes, ``duplicate``, or the slug of its fault.

        Who writes closings refuses an id that is not ``lawful_id``; what was accepted under one stays what it is.
        """
        month = from_yyyymm(reference_month)
        if month is None:
            return "bad-month"
        for update in self.accepted:
            if update.update_id == update_id:
                return "duplicate" if update.reference_month == month else "conflicting-duplicate"
        if self.last is not None and month < self.last.reference_month:
            return "reference-month-decreases"
        return Update(len(self.accepted) + 1, update_id, month)

    def close(self, update: Update) -> None:
        """Accept what ``judge`` returned."""
        self.accepted.append(update)
