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
_HEADROOM = 1.1


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


PANEL = (240, 140)
"""Width and height of a panel."""
_PANEL_LEFT, _PANEL_RIGHT, _PANEL_TOP, _PANEL_BOTTOM = 44, 8, 10, 20


def panel(values: Sequence[float | None], ends: tuple[str, str], breaks: Sequence[int] = (), across: str = "") -> str:
    """Return a small line from 0 with room above, what its ends are called, and a word across it, as drawn elements.

    It is the content of a picture of the size ``PANEL``, whose name and colours the page gives.
    """
    width, height = PANEL
    marks = ticks(_HEADROOM * max((value for value in values if value is not None), default=0), 3)
    along = Scale(0, max(len(values) - 1, 1), _PANEL_LEFT, width - _PANEL_RIGHT)
    upward = Scale(0, marks[-1], height - _PANEL_BOTTOM, _PANEL_TOP)
    drawn = [text(f"{mark:.10g}", _PANEL_LEFT - 6, upward(mark) + 4, "tick", "end") for mark in marks]
    drawn += [element("line", x1=_PANEL_LEFT, x2=width - _PANEL_RIGHT, y1=upward(0), y2=upward(0), class_="grid")]
    drawn += [
        element("line", x1=along(at), x2=along(at), y1=_PANEL_TOP, y2=height - _PANEL_BOTTOM, class_="break")
        for at in breaks
    ]
    drawn.append(_line(0, Series("", values), along, upward))
    drawn.append(text(ends[0], _PANEL_LEFT, height - 5, "tick", "start"))
    drawn.append(text(ends[1], width - _PANEL_RIGHT, height - 5, "tick", "end") if len(values) > 1 else "")
    drawn.append(text(across, (_PANEL_LEFT + width) / 2, height / 2, "across", "middle") if across else "")
    return element("g", *drawn, aria_hidden="true")


@dataclass(frozen=True, slots=True)
class Band:
    """An area between two lines: its name, and both edges at each place of the axis, None for nothing."""

    name: str
    low: Sequence[float | None]
    high: Sequence[float | None]


def band_chart(frame: Frame, band: Band, lines: Sequence[Series]) -> str:
    """Return lines over the places of a frame, before a band; the title and the names of all are written in it."""
    values = [value for one in (band.high, *(line.values for line in lines)) for value in one if value is not None]
    marks = ticks(max(values, default=0))
    across = Scale(0, max(len(frame.places) - 1, 1), _LEFT, frame.width - _RIGHT)
    upward = Scale(0, marks[-1], frame.height - _BOTTOM, _TOP)
    drawn = [*_grid(frame, marks, upward), *_places(frame, across), _band(band, across, upward)]
    drawn += [_line(number, one, across, upward) for number, one in enumerate(lines)]
    drawn += [text(frame.title, _LEFT, _TOP - 5, "title"), *_names(frame, band, lines)]
    return picture(frame.width, frame.height, frame.name, frame.title, frame.summary, *drawn)


def _names(frame: Frame, band: Band, lines: Sequence[Series]) -> list[str]:
    """Return what each line and the band is called, below each other above the axis, with its colour before it."""
    left, lowest = _LEFT + 12, frame.height - _BOTTOM - 14
    names = []
    for row, name in enumerate((band.name, *(line.name for line in lines))):
        at = lowest - (len(lines) - row) * 18
        stroke = element("path", d=f"M{left} {at - 4}L{left + 24} {at - 4}", class_="line" if row else "band-key")
        names += [element("g", stroke, class_=f"s{row - 1}" if row else "key"), text(name, left + 32, at)]
    return names


def _band(band: Band, across: Scale, upward: Scale) -> str:
    """Return an area wherever both of its edges are known."""
    pieces = []
    edges = [(at, *pair) for at, pair in enumerate(zip(band.low, band.high, strict=True))]
    for known, run in groupby(edges, lambda one: one[1] is not None and one[2] is not None):
        if known:
            there = list(run)
            upper = [(across(at), upward(top)) for at, _, top in there if top is not None]
            lower = [(across(at), upward(bottom)) for at, bottom, _ in reversed(there) if bottom is not None]
            pieces.append("M" + "L".join(f"{number(x)} {number(y)}" for x, y in (*upper, *lower)) + "Z")
    return element("path", d="".join(pieces), class_="band") if pieces else ""


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
