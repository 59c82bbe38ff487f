"""Where one to six log panes stand in the room they share. Pure. Lines are wide, so panes stand one above the
other until they become flat; then in a grid. Where not even that leaves room to read, the active pane has the
room and the others keep a few rows."""

import itertools
from collections.abc import Sequence

from textual.geometry import Region

MOST_PANES = 6  # Panes on the screen at most
MOST_SHARE = 8  # Largest share of a pane; 1 is the smallest, and `EVEN` what each has at first
EVEN = 4
_WIDE, _HIGH = 100, 16  # Cells beyond which a pane is no easier to read
_LEAST_WIDTH, _LEAST_HEIGHT = 56, 6  # Cells of a pane that can be read at least
_READABLE = 8  # Rows of the active pane while the others give way
_FLAT, _TITLE = 3, 1  # Rows of a pane that gives way: title, a line and the counters, or only the title


def arrange(shares: Sequence[int], width: int, height: int, active: int = 0) -> list[Region]:
    """`active` is the index of the one that is read; they fill the whole room without overlapping."""
    count = len(shares)
    if not count or width < 1 or height < 1:
        return [Region(0, 0, 0, 0)] * count
    columns = _columns(count, width, height)
    if columns == 1 and height // count < _LEAST_HEIGHT and count > 1:
        heights = _giving_way(count, height, active)
        return [Region(0, sum(heights[:index]), width, rows) for index, rows in enumerate(heights)]
    rows = [list(range(start, min(count, start + columns))) for start in range(0, count, columns)]
    heights = _divided(height, [max(shares[index] for index in row) for row in rows])
    regions: list[Region] = []
    y = 0
    for row, row_height in zip(rows, heights, strict=True):
        x = 0
        for cells in _divided(width, [shares[index] for index in row]):
            regions.append(Region(x, y, cells, row_height))
            x += cells
        y += row_height
    return regions


def gives_way(count: int, width: int, height: int) -> bool:
    return count > 1 and _columns(count, width, height) == 1 and height // count < _LEAST_HEIGHT


def _columns(count: int, width: int, height: int) -> int:
    possible = [each for each in range(1, count + 1) if each == 1 or width // each >= _LEAST_WIDTH]

    def quality(columns: int) -> tuple[float, int]:
        rows = -(-count // columns)
        return min(width / columns, _WIDE) * min(height / rows, _HIGH), columns

    return max(possible, key=quality)


def _giving_way(count: int, height: int, active: int) -> list[int]:
    others = count - 1
    least = _FLAT if height - others * _FLAT >= _READABLE else _TITLE
    return [height - others * least if index == active else least for index in range(count)]


def _divided(room: int, shares: Sequence[int]) -> list[int]:
    total = sum(shares)
    edges = [room * sum(shares[:index]) // total for index in range(len(shares) + 1)]
    return [end - start for start, end in itertools.pairwise(edges)]
