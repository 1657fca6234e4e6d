"""Lines and bars. A series is drawn over named places (months, years, towns); what is nothing leaves a gap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sinks.svg.elements import element, number, picture, text
from sinks.svg.scales import Scale, every, ticks

Format = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and a value for each place of the axis, None for nothing."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart says around its lines.

    ``places`` are the labels of the axis; ``breaks`` are (place of the axis, what changed there); ``write`` makes the
    text of a value. ``name`` is unique on a page.
    """

    name: str
    title: str
    summary: str
    places: Sequence[str]
    write: Format
    breaks: Sequence[tuple[int, str]] = ()
    width: int = 720
    height: int = 300


_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 16, 30
_LABELS = 7
_COLOURS = 8
"""Classes ``s0`` to ``s7`` of lines."""


def line_chart(frame: Frame, series: Sequence[Series]) -> str:
    """Return lines over the places of a frame, from 0; breaks in the series are drawn as dashed lines."""
    values = [value for one in series for value in one.values if value is not None]
    marks = ticks(max(values, default=0))
    across = Scale(0, max(len(frame.places) - 1, 1), _LEFT, frame.width - _RIGHT)
    upward = Scale(0, marks[-1], frame.height - _BOTTOM, _TOP)
    drawn = [*_grid(frame, marks, upward), *_places(frame, across), *_breaks(frame, across)]
    drawn += [_line(number, one, across, upward) for number, one in enumerate(series)]
    return picture(frame.width, frame.height, frame.name, frame.title, frame.summary, *drawn)


def _grid(frame: Frame, marks: Sequence[float], upward: Scale) -> list[str]:
    lines = [
        element("line", x1=_LEFT, x2=frame.width - _RIGHT, y1=upward(mark), y2=upward(mark), class_="grid")
        for mark in marks
    ]
    return [*lines, *(text(frame.write(mark), _LEFT - 8, upward(mark) + 4, "tick", "end") for mark in marks)]


def _places(frame: Frame, across: Scale) -> list[str]:
    step = every(len(frame.places), _LABELS)
    last = len(frame.places) - 1
    labelled = [at for at in range(last, -1, -step) if at * (across(1) - across(0)) >= 0]
    return [
        text(frame.places[at], across(at), frame.height - 8, "tick", _anchor(at, last)) for at in reversed(labelled)
    ]


def _anchor(at: int, last: int) -> str:
    return "start" if at == 0 and last else "end" if at == last else "middle"


def _breaks(frame: Frame, across: Scale) -> list[str]:
    return [
        element("line", x1=across(at - 0.5), x2=across(at - 0.5), y1=_TOP, y2=frame.height - _BOTTOM, class_="break")
        for at, _ in frame.breaks
    ]


def _line(colour: int, series: Series, across: Scale, upward: Scale) -> str:
    pieces, dots = [], []
    for there, run in groupby(enumerate(series.values), lambda pair: pair[1] is not None):
        points = [(across(at), upward(value)) for at, value in run if value is not None]
        if there and len(points) == 1:
            dots.append(element("circle", cx=points[0][0], cy=points[0][1], r=3))
        elif there:
            pieces.append("M" + "L".join(f"{number(x)} {number(y)}" for x, y in points))
    path = [element("path", d="".join(pieces), class_="line")] if pieces else []
    return element("g", *path, *dots, class_=f"s{colour % _COLOURS}") if path or dots else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label, its value (None for nothing), and what is written beside it."""

    label: str
    value: float | None
    written: str


_ROW, _LABEL, _WRITTEN = 26, 190, 90


def bar_chart(name: str, title: str, summary: str, bars: Sequence[Bar], width: int = 720) -> str:
    """Return bars below each other, a row each, from 0; ``name`` is unique on a page."""
    highest = max((bar.value for bar in bars if bar.value is not None), default=0)
    along = Scale(0, highest or 1, _LABEL, width - _WRITTEN)
    drawn = []
    for place, bar in enumerate(bars):
        top = place * _ROW
        drawn.append(text(bar.label, _LABEL - 8, top + 17, "label", "end"))
        end = along(bar.value) if bar.value is not None else _LABEL
        if bar.value:
            drawn.append(element("rect", x=_LABEL, y=top + 4, width=end - _LABEL, height=_ROW - 8, class_="bar"))
        drawn.append(text(bar.written, end + 6, top + 17, "value"))
    return picture(width, max(len(bars), 1) * _ROW, name, title, summary, *drawn)


def small_multiples(frame: Frame, series: Sequence[Series], columns: int = 4) -> str:
    """Return a small line chart for each series, all on one scale, so that sizes can be compared."""
    values = [value for one in series for value in one.values if value is not None]
    highest = ticks(max(values, default=0), 2)[-1]
    wide, high = frame.width / columns, 92
    drawn = []
    for place, one in enumerate(series):
        left, top = place % columns * wide, place // columns * high
        across = Scale(0, max(len(one.values) - 1, 1), left + 4, left + wide - 12)
        upward = Scale(0, highest, top + high - 14, top + 22)
        drawn.append(text(one.name, left + 4, top + 14, "label"))
        drawn.append(element("line", x1=left + 4, x2=left + wide - 12, y1=upward(0), y2=upward(0), class_="grid"))
        drawn.append(_line(0, one, across, upward))
    rows = -(-len(series) // columns)
    return picture(frame.width, rows * high, frame.name, frame.title, frame.summary, *drawn)
