"""Where a dashboard's tiles stand: on its 24 columns where the screen is wide, stacked where not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

GRID = 24
WIDE = 100
"""Cells from which the dashboard's own grid is used."""
TWO = 72
"""Cells from which the stacked form has two columns."""
GAP = 2
LEAST_UNIT, MOST_UNIT = 1.6, 2.4
"""Lines for one row of the grid."""


@dataclass(frozen=True, slots=True)
class Box:
    """A widget's place on the grid, and the lines it needs when stacked."""

    x: int
    y: int
    width: int
    height: int
    lines: int = 10
    least: int = 3
    """Lines below which it cannot be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Cells."""

    x: int
    y: int
    width: int
    height: int


def places(boxes: Sequence[Box], width: int, height: int) -> list[Place]:
    """A place for every box, in the same order, within `width`; `height` is the room without scrolling."""
    if width >= WIDE:
        return _grid(boxes, width, height)
    return _stacked(boxes, width, 2 if width >= TWO else 1)


def _grid(boxes: Sequence[Box], width: int, height: int) -> list[Place]:
    rows = max((box.y + box.height for box in boxes), default=1)
    unit = min(MOST_UNIT, max(LEAST_UNIT, height / max(1, rows)))
    found: list[tuple[int, Place]] = []
    for index in sorted(range(len(boxes)), key=lambda each: (boxes[each].y, boxes[each].x)):
        box = boxes[index]
        left, right = _edge(box.x, width), _edge(box.x + box.width, width)
        gap = 0 if box.x + box.width >= GRID else GAP
        top, bottom = round(box.y * unit), round((box.y + box.height) * unit)
        place = Place(left, top, max(1, right - left - gap), max(box.least, bottom - top))
        found.append((index, _below(place, [other for _index, other in found])))
    return [place for _index, place in sorted(found, key=lambda each: each[0])]


def _edge(column: int, width: int) -> int:
    return round(min(GRID, max(0, column)) * width / GRID)


def _below(place: Place, others: Sequence[Place]) -> Place:
    """The place, moved down until it covers no other: a body written by hand may overlap."""
    for other in sorted(others, key=lambda each: each.y):
        if _overlap(place, other):
            place = Place(place.x, other.y + other.height, place.width, place.height)
    return place


def _overlap(one: Place, two: Place) -> bool:
    across = one.x < two.x + two.width and two.x < one.x + one.width
    return across and one.y < two.y + two.height and two.y < one.y + one.height


def _stacked(boxes: Sequence[Box], width: int, columns: int) -> list[Place]:
    """In reading order; a widget as wide as the grid keeps the whole width."""
    size = (width - GAP * (columns - 1)) // columns
    bottoms = [0] * columns
    found: dict[int, Place] = {}
    for index in sorted(range(len(boxes)), key=lambda each: (boxes[each].y, boxes[each].x)):
        box = boxes[index]
        if box.width >= GRID * 3 // 4 or columns == 1:
            top = max(bottoms)
            found[index] = Place(0, top, width, box.lines)
            bottoms = [top + box.lines] * columns
        else:
            column = bottoms.index(min(bottoms))
            found[index] = Place(column * (size + GAP), bottoms[column], size, box.lines)
            bottoms[column] += box.lines
    return [found[index] for index in range(len(boxes))]
