"""Which reports a release comes with: a new edition when one more support of the quarter or year is published.

    release   supports of 2024-Q1 published   edition of its report
    5         -                               none: without the living wage there is no report
    6         LL, and 3 others                1
    7         the same                        1 still, of release 6
    9         all                             2, the final one: from then on the pages of the board tell what is revised

Of a store that begins with a history of twenty years the newest quarter and year get a report, and those that follow
them; those of before are read on the board, or made by ``ocmw report``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from schemas.periods import Period
from schemas.public_release import PublicFigure, PublicReport

LIVING_WAGE = "LL"
NEWEST: dict[str, int] = {"quarter": 6, "year": 2}
"""How many of the newest quarters and years may get a further edition: the slowest support waits a year or so."""

History = Mapping[tuple[str, str], Sequence[tuple[int, str, str | None, int | None]]]
Figures = Mapping[str, Mapping[str, PublicFigure]]


def due(figures: Figures, known: Mapping[str, PublicReport], release: int) -> Iterator[tuple[str, PublicReport]]:
    """Yield (code of the period, edition without files) of each report that a release comes with.

    ``figures`` is support -> code of the period -> figure, ``known`` what the release before had. Whether an edition
    is the final one only its page knows: it is yielded as if it were not.
    """
    for kind, most in NEWEST.items():
        newest = _newest(figures, kind, most)
        for code in newest[_first(newest, known) :]:
            before = known.get(code)
            supports = sum(_is_published(periods.get(code)) for periods in figures.values())
            if before is None or (not before.final and supports > before.supports):
                edition, previous = (before.edition + 1, before.release) if before else (1, None)
                yield code, PublicReport(release, edition, supports, previous=previous)


def _first(newest: Sequence[str], known: Mapping[str, PublicReport]) -> int:
    """Return from which of the newest periods on reports are due: the first that has one, else the last of them."""
    return next((at for at, code in enumerate(newest) if code in known), len(newest) - 1)


class Revised(NamedTuple):
    """A figure of the kingdom that was published with one value and is now with another."""

    support: str
    period: str
    before: int
    now: int


def revised_since(history: History, release: int) -> Iterator[Revised]:
    """Yield what is published otherwise than at a release, in the order of the history.

    ``history`` is (support, code of the period) -> what releases said, oldest first: release, state, update, value.
    """
    for (support, period), said in history.items():
        before = next((value for number, _, _, value in reversed(said) if number <= release), None)
        now = said[-1][3]
        if before is not None and now is not None and before != now:
            yield Revised(support, period, before, now)


def _newest(figures: Figures, kind: str, most: int) -> list[str]:
    """Return the codes of the newest quarters or years of which the living wage is published, oldest first."""
    periods = (Period.parse(code) for code, one in figures.get(LIVING_WAGE, {}).items() if _is_published(one))
    return [period.code for period in sorted(one for one in periods if one.kind == kind)[-most:]]


def _is_published(figure: PublicFigure | None) -> bool:
    return figure is not None and figure.update_id is not None
