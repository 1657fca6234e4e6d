"""The verdict of the slow truth on completeness: who sent how many lines of which month, and how late."""

from processors.reference.completeness import lines
from processors.reference.parts import History
from schemas.periods import month_code
from sinks.directory.store import DirectoryStore
from sinks.files.completeness import Completeness, sent

_Sent = tuple[int, int | None, int | None]
"""Lines, and the months that half and 95 of 100 of them are late at most."""


def completeness_differences(store: DirectoryStore, history: History) -> tuple[int, list[str]]:
    """Return how many rows of the newest release were compared, and a sentence for each that differs.

    A store that counted no completeness, or not from its first update on, is not compared.
    """
    number = store.latest()
    if any(store.read_table("completeness", sequence, ()) is None for sequence in range(1, number + 1)):
        return 0, []
    stored: dict[tuple[str, int, str], _Sent] = dict(sent(Completeness.of(store, number)))
    counted: dict[tuple[str, int, str], _Sent] = {
        (support, month, geo): (count, median, late)
        for support, month, geo, count, median, late in lines(history, number).itertuples(index=False)
    }
    keys = sorted(stored.keys() | counted.keys())
    differ = [key for key in keys if stored.get(key) != counted.get(key)]
    return len(keys), [
        f"release {number}, completeness {support} {month_code(month)} {geo}: lines and months late "
        f"{stored.get((support, month, geo))} / {counted.get((support, month, geo))} (store / recount)"
        for support, month, geo in differ
    ]
