"""The year of birth of each person, by the last claim in the order of the log that names one (C3)."""

import numpy as np

from processors.admission.decoding import NO_BIRTH_DATE, UPDATE_CLOSED, Events
from processors.admission.fold import Step
from processors.compiled import Whole, loop
from schemas.arrays import Int32

_NOT_NAMED = -(2**31)


class Births:
    """Birth dates by person number, from the steps of a fold in their order."""

    def __init__(self) -> None:
        """Know nobody."""
        self._days = np.empty(0, np.int32)

    def note(self, step: Step, persons: int) -> None:
        """Take what a step says that was folded; there are so many persons now."""
        missing = persons - len(self._days)
        if missing > 0:
            room = max(missing, len(self._days) // 2)
            self._days = np.concatenate([self._days, np.full(room, _NOT_NAMED, np.int32)])
        _note(step.events, step.first, step.stop, self._days)

    def years(self, persons: int) -> Int32:
        """Return the year of birth by person number, 0 where none is known."""
        days = np.full(persons, _NOT_NAMED, np.int32)
        known = self._days[:persons]
        days[: len(known)] = known
        years = days.astype(np.int64).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32) + 1970
        return np.where(days == _NOT_NAMED, 0, years).astype(np.int32)


@loop
def _note(events: Events, first: Whole, stop: Whole, days: Int32) -> None:
    """Note the birth dates of the claims [first, stop) that the fold applied."""
    for event in range(first, stop):
        is_claim = events.kind[event] < UPDATE_CLOSED and events.fault[event] == 0 and events.parts[event] > 0
        if is_claim and events.birth[event] != NO_BIRTH_DATE:
            days[events.person[event]] = events.birth[event]
