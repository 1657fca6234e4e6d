"""What a published release changed for the public, a row a figure, against the published release before."""

import json
from collections.abc import Iterator, Mapping

from schemas.public_release import PublicFigure
from schemas.releases import State
from sinks.public.history import FigureAtRelease

Figures = Mapping[tuple[str, str], PublicFigure]
Values = Mapping[tuple[str, str], FigureAtRelease]


def changes_bytes(before: tuple[Figures, Values], now: tuple[Figures, Values]) -> bytes:
    """Return the changes as JSON, by support and period.

    ``kind`` is new, frozen, revised, stable (under revision no longer, and as it was), revising or waiting. ``from``
    and ``to`` are published values of the kingdom; both are there only where something was and is published.
    """
    return (json.dumps(list(_changes(before, now)), separators=(",", ":")) + "\n").encode()


def _changes(before: tuple[Figures, Values], now: tuple[Figures, Values]) -> Iterator[dict[str, object]]:
    for key, figure in sorted(now[0].items()):
        known = before[0].get(key)
        kind = _kind(known, figure)
        if kind is None:
            continue
        values = {"from": _value(before[1], key), "to": _value(now[1], key)}
        known_values = {name: value for name, value in values.items() if value is not None}
        about = {"support": key[0], "period": key[1], "kind": kind, "update_id": figure.update_id}
        waits = {} if figure.earliest is None else {"earliest": figure.earliest}
        yield {**about, **known_values, **waits}


def _value(values: Values, key: tuple[str, str]) -> int | None:
    figure = values.get(key)
    return figure.value if figure else None


def _kind(known: PublicFigure | None, now: PublicFigure) -> str | None:
    if now.update_id is None:
        return "waiting" if known is None or known.state != now.state else None
    if known is None or known.update_id is None:
        return "frozen" if now.state == State.FROZEN else "new"
    if _digest(known) != _digest(now):
        return "revised"
    if now.state == known.state:
        return None
    return {State.REVISING: "revising", State.FROZEN: "frozen"}.get(State(now.state), "stable")


def _digest(figure: PublicFigure) -> str:
    return figure.block.digest if figure.block else ""
