"""Places the tiles of a dashboard: on its grid of 24 columns on a wide screen, else stacked."""

from collections.abc import Sequence
from dataclasses import dataclass

GRID = 24
WIDE = 100
"""Width from which the dashboard's own grid is used, in cells."""
TWO = 72
"""Width from which stacked tiles have two columns, in cells."""
GAP = 2
LEAST_UNIT, MOST_UNIT = 1.6, 2.4
"""Limits of the lines per row of the grid."""


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a widget on the grid, and the lines it needs when stacked."""

    x: int
    y: int
    width: int
    height: int
    lines: int = 10
    least: int = 3
    """Lines below which it is not readable."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a tile, in cells."""

    x: int
    y: int
    width: int
    height: int


def placements(boxes: Sequence[Box], width: int, height: int) -> list[Place]:
    """The places of boxes, in the same order, within `width`; `height` is the room without scrolling."""
    if width >= WIDE:
        return _grid(boxes, width, height)
    return _stacked(boxes, width, 2 if width >= TWO else 1)


def _grid(boxes: Sequence[Box], width: int, height: int) -> list[Place]:
    rows = max((box.y + box.height for box in boxes), default=1)
    unit = min(MOST_UNIT, max(LEAST_UNIT, height / max(1, rows)))
    indexed_places: list[tuple[int, Place]] = []
    for index in sorted(range(len(boxes)), key=lambda index: (boxes[index].y, boxes[index].x)):
        box = boxes[index]
        left, right = _edge(box.x, width), _edge(box.x + box.width, width)
        gap = 0 if box.x + box.width >= GRID else GAP
        top, bottom = round(box.y * unit), round((box.y + box.height) * unit)
        place = Place(left, top, max(1, right - left - gap), max(box.least, bottom - top))
        indexed_places.append((index, _below(place, [other for _index, other in indexed_places])))
    return [place for _index, place in sorted(indexed_places, key=lambda item: item[0])]


def _edge(column: int, width: int) -> int:
    return round(min(GRID, max(0, column)) * width / GRID)


def _below(place: Place, others: Sequence[Place]) -> Place:
    """`place` moved down until it overlaps no other: tiles of a hand-written dashboard may overlap."""
    for other in sorted(others, key=lambda place: place.y):
        if _overlap(place, other):
            place = Place(place.x, other.y + other.height, place.width, place.height)
    return place


def _overlap(one: Place, two: Place) -> bool:
    across = one.x < two.x + two.width and two.x < one.x + one.width
    return across and one.y < two.y + two.height and two.y < one.y + one.height


def _stacked(boxes: Sequence[Box], width: int, columns: int) -> list[Place]:
    """Places in reading order; a widget of most of the grid's width gets the whole width."""
    size = (width - GAP * (columns - 1)) // columns
    bottoms = [0] * columns
    places_by_index: dict[int, Place] = {}
    for index in sorted(range(len(boxes)), key=lambda index: (boxes[index].y, boxes[index].x)):
        box = boxes[index]
        if box.width >= GRID * 3 // 4 or columns == 1:
            top = max(bottoms)
            places_by_index[index] = Place(0, top, width, box.lines)
            bottoms = [top + box.lines] * columns
        else:
            column = bottoms.index(min(bottoms))
            places_by_index[index] = Place(column * (size + GAP), bottoms[column], size, box.lines)
            bottoms[column] += box.lines
    return [places_by_index[index] for index in range(len(boxes))]
