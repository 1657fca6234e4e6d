"""A closing whose reference month lies far ahead: reference months never decrease, so it would block all until then."""

from schemas.periods import month_code
from streams.settings import UsageError
from streams.shell.escaping import printable


class FutureMonthError(UsageError):
    """A closing that would block all updates until its month; one sentence says which, and what to do."""


def too_far(where: str, update_id: str, month: int, latest: int) -> FutureMonthError:
    """Return the error for a closing whose reference month lies after ``latest``."""
    return FutureMonthError(
        f"{where}: update {printable(update_id)} refers to {month_code(month)}, later than next month "
        f"({month_code(latest)}), and would block every update before it; correct the month, or give --allow-future"
    )
