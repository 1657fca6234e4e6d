"""How long work reports: what is being done, how much is done, out of how much."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""
