"""The map of municipalities: one path an area, made once from the topology, coloured by classes of the page's style.

Longitudes are shortened by the cosine of the middle latitude, which at this size no eye tells from a projection.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians

from sinks.svg.elements import element, picture

WIDTH = 800
_NEAR = 3
"""Units of the picture."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """The areas of a map as paths, by NIS code, in a picture of so many units."""

    paths: dict[str, str]
    width: int
    height: int


def outlines(topology: bytes) -> Outlines:
    """Return the areas of a TopoJSON with one object of polygons whose property is ``nis``. Raises ValueError."""
    map_ = json.loads(topology)
    (geometries,) = (one["geometries"] for one in map_["objects"].values())
    west, south, east, north = map_["bbox"]
    shorter = cos(radians((south + north) / 2))
    scale = WIDTH / ((east - west) * shorter)
    step_x, step_y = map_["transform"]["scale"]
    from_x, from_y = map_["transform"]["translate"]

    def placed(arc: list[list[int]]) -> list[tuple[int, int]]:
        x = y = 0
        points = []
        for across, upward in arc:
            x, y = x + across, y + upward
            longitude, latitude = from_x + x * step_x, from_y + y * step_y
            points.append((round((longitude - west) * shorter * scale), round((north - latitude) * scale)))
        return _thinned(points)

    arcs = [placed(arc) for arc in map_["arcs"]]
    paths = {one["properties"]["nis"]: _path(one, arcs) for one in geometries}
    return Outlines(paths, WIDTH, round((north - south) * scale))


def _thinned(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a border without the points that lie too near the one before; neighbours share it, so no gap opens."""
    kept = points[:1]
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= _NEAR:
            kept.append((x, y))
    return [*kept, *points[1:][-1:]]


def _path(geometry: dict[str, object], arcs: list[list[tuple[int, int]]]) -> str:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return "".join(_ring(ring, arcs) for polygon in polygons for ring in polygon)  # type: ignore[attr-defined]


def _ring(numbers: list[int], arcs: list[list[tuple[int, int]]]) -> str:
    points: list[tuple[int, int]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += [point for point in arc if not points or point != points[-1]]
    if not points:
        return ""
    first, *others = points
    steps, at = [], first
    for point in others:
        steps.append(f"{point[0] - at[0]} {point[1] - at[1]}".replace(" -", "-"))
        at = point
    return f"M{first[0]} {first[1]}l{' '.join(steps)}z" if steps else ""


def choropleth(drawn: Outlines, classes: Mapping[str, str], name: str, title: str, summary: str) -> str:
    """Return the map; ``classes`` gives the class of each area by its code, an area without one is drawn plain."""
    areas = [
        element("path", d=path, id=f"m{nis}", class_=classes.get(nis, "plain")) for nis, path in drawn.paths.items()
    ]
    hatch = (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" class="hatch-ground"/><rect width="2" height="6" class="hatch-line"/>'
        "</pattern></defs>"
    )
    return picture(drawn.width, drawn.height, name, title, summary, hatch, *areas)
