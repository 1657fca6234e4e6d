"""The brake: when too many of the last events are set aside, the fault is probably ours, so intake stops.

It looks at the last so many events of the log, not at a time: a replay at full speed is no reason to stop.
"""

from collections import deque
from dataclasses import dataclass, field


class BrakeError(Exception):
    """Too many events are set aside; one sentence says how many and what to do."""


@dataclass(slots=True)
class Brake:
    """Stops when more than ``percent`` of the last ``window`` events are set aside; steps are noted one by one."""

    window: int
    percent: float
    _steps: deque[tuple[int, int]] = field(default_factory=deque)
    _events: int = 0
    _aside: int = 0

    def note(self, events: int, aside: int) -> None:
        """Note a step that is about to be sent. Raises BrakeError when it is one too many."""
        self._steps.append((events, aside))
        self._events += events
        self._aside += aside
        while self._events - self._steps[0][0] >= self.window:
            old = self._steps.popleft()
            self._events -= old[0]
            self._aside -= old[1]
        if 100 * self._aside > self.percent * max(self.window, self._events):
            message = (
                f"{self._aside} of the last {self._events} events would be set aside; see ocmw dead-letters list, and "
                "go on with OCMW_KAFKA_BRAKE_OVERRIDE=true where that is right"
            )
            raise BrakeError(message)
