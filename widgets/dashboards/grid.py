"""Places the tiles of a dashboard: on its grid of 24 columns on a wide screen, else stacked.

Folded tiles take one line. The others are as high as whole rows of charts need to fill the room without scrolling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

GRID = 24
WIDE = 100
"""Width from which the dashboard's own grid is used, in cells."""
TWO = 72
"""Width from which stacked tiles have two columns, in cells."""
GAP = 2
LEAST_UNIT, GOOD_UNIT, MOST_UNIT = 1.1, 2.0, 3.5
"""Lines per row of the grid: the least that is readable, what is comfortable, the most."""
STACKED = 7
"""Lines that a stacked tile has at least, if it wants as many."""
BANDS = 2
"""Rows of charts that are shown whole even if that makes them less comfortable."""


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
    is_folded: bool = False
    """It is one line high."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a tile, in cells."""

    x: int
    y: int
    width: int
    height: int


def placements(boxes: Sequence[Box], width: int, height: int) -> Sequence[Place]:
    """The places of boxes, in the same order, within `width`; `height` is the room without scrolling."""
    return _placements(tuple(boxes), width, height)


@lru_cache(maxsize=4)
def _placements(boxes: tuple[Box, ...], width: int, height: int) -> tuple[Place, ...]:
    """As `placements`; Textual asks at each layout, most of which concern something else on the screen."""
    if width >= WIDE:
        return tuple(_grid(boxes, width, height))
    return tuple(_stacked(boxes, width, height, 2 if width >= TWO else 1))


def _grid(boxes: Sequence[Box], width: int, height: int) -> list[Place]:
    unit = unit_for(boxes, height)
    order = _reading_order(boxes)
    tops = dict(zip(order, _tops([boxes[index] for index in order], unit), strict=True))
    places: dict[int, Place] = {}
    # The lowest line that is taken in each cell of the width: tiles of a hand-written dashboard may overlap.
    taken = [0] * width
    for index in order:
        box = boxes[index]
        left, right = _edge(box.x, width), _edge(box.x + box.width, width)
        gap = 0 if box.x + box.width >= GRID else GAP
        top = round(tops[index])
        bottom = top + 1 if box.is_folded else max(top + box.least, round(tops[index] + box.height * unit))
        across = max(1, right - left - gap)
        free = max([top, *taken[left : left + across]])
        places[index] = Place(left, free, across, bottom - top)
        taken[left : left + across] = [free + bottom - top] * across
    return [places[index] for index in range(len(boxes))]


def _reading_order(boxes: Sequence[Box]) -> list[int]:
    return sorted(range(len(boxes)), key=lambda index: (boxes[index].y, boxes[index].x))


def _tops(boxes: Sequence[Box], unit: float) -> list[float]:
    """The top line of each box, in reading order: directly below those above it, as folded ones leave room."""
    tops: list[float] = []
    taken: dict[int, float] = {}
    for box in boxes:
        columns = range(box.x, box.x + box.width)
        top = max((taken.get(column, 0.0) for column in columns), default=0.0)
        tops.append(top)
        taken |= dict.fromkeys(columns, top + _lines(box, unit))
    return tops


def _lines(box: Box, unit: float) -> float:
    return 1.0 if box.is_folded else box.height * unit


def unit_for(boxes: Sequence[Box], room: int) -> float:
    """Lines per row of the grid, so that whole rows of tiles fill `room` lines.

    As many rows as are comfortable; at least two where they are still readable.
    """
    ordered = [boxes[index] for index in _reading_order(boxes)]
    tops = _tops(ordered, GOOD_UNIT)
    ends = _ends([(top, top + _lines(box, GOOD_UNIT)) for box, top in zip(ordered, tops, strict=True)])
    lines = 1.0 if any(box.is_folded for box in boxes) else 0.0
    units = [(room - lines) / ((end - lines) / GOOD_UNIT) for end in ends if end > lines]
    comfortable = [unit for unit in units if unit >= GOOD_UNIT]
    unit = comfortable[-1] if comfortable else units[0] if units else GOOD_UNIT
    if len(comfortable) < BANDS <= len(units) and units[BANDS - 1] >= LEAST_UNIT:
        unit = units[BANDS - 1]
    return min(MOST_UNIT, max(LEAST_UNIT, unit))


def _ends(bands: Sequence[tuple[float, float]]) -> list[float]:
    """Where a row of tiles ends, from their tops and bottoms: the lines that cut no tile."""
    ends: list[float] = []
    by_top = sorted(bands)
    lowest, begun = 0.0, 0
    for end in sorted({bottom for _top, bottom in bands}):
        while begun < len(by_top) and by_top[begun][0] < end:
            lowest = max(lowest, by_top[begun][1])
            begun += 1
        if lowest <= end:
            ends.append(end)
    return ends


def _edge(column: int, width: int) -> int:
    return round(min(GRID, max(0, column)) * width / GRID)


def _stacked(boxes: Sequence[Box], width: int, height: int, columns: int) -> list[Place]:
    """Places in reading order; a widget of most of the grid's width gets the whole width."""
    size = (width - GAP * (columns - 1)) // columns
    bottoms = [0] * columns
    places_by_index: dict[int, Place] = {}
    folded = any(box.is_folded for box in boxes)
    for index in _reading_order(boxes):
        box = boxes[index]
        lines = 1 if box.is_folded else min(box.lines, max(box.least, STACKED, (height - folded) // BANDS))
        if box.width >= GRID * 3 // 4 or columns == 1 or box.is_folded:
            top = max(bottoms)
            places_by_index[index] = Place(0, top, width, lines)
            bottoms = [top + lines] * columns
        else:
            column = bottoms.index(min(bottoms))
            places_by_index[index] = Place(column * (size + GAP), bottoms[column], size, lines)
            bottoms[column] += lines
    return [places_by_index[index] for index in range(len(boxes))]
