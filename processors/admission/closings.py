"""Which updates were closed (G1): ids never repeat, reference months never decrease."""

from dataclasses import dataclass, field

from schemas.periods import from_yyyymm
from schemas.releases import Update


@dataclass(slots=True)
class Closings:
    """The accepted closings of a log so far, in order."""

    accepted: list[Update] = field(default_factory=list)

    @property
    def last(self) -> Update | None:
        """The last accepted one."""
        return self.accepted[-1] if self.accepted else None

    def judge(self, update_id: str, reference_month: int) -> Update | str:
        """Return the update that a request (month YYYYMM) would close, ``duplicate``, or the slug of its fault."""
        month = from_yyyymm(reference_month)
        if month is None:
            return "bad-month"
        if any(update.update_id == update_id for update in self.accepted):
            return "duplicate"
        if self.last is not None and month < self.last.reference_month:
            return "reference-month-decreases"
        return Update(len(self.accepted) + 1, update_id, month)

    def close(self, update: Update) -> None:
        """Accept what ``judge`` returned."""
        self.accepted.append(update)
