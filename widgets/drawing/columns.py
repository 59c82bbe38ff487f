"""How a table's columns share its width: pure, in cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.drawing.format import crop_middle
from widgets.drawing.lines import Line, Span, fit, width_of

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    flex: int = 0
    """Share of the room that is left; 0: as wide as its widest cell."""
    min_width: int = 4
    max_width: int = 40
    """For columns without flex."""
    align: str = "left"
    middle: bool = False
    """A text that does not fit loses its middle, not its end."""
    rank: int = 0
    """The column with the highest rank is dropped first when the table is too narrow; 0 stays."""


def widths(columns: Sequence[Column], rows: Sequence[Sequence[Line]], width: int) -> list[int]:
    """Cells for each column so that they fill `width` with gaps between; 0 for a dropped column."""
    natural = [
        _natural(column, [row[index] for row in rows if index < len(row)])
        for index, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    while len(shown) > 1 and _needed(columns, natural, shown) > width:
        dropped = max(shown, key=lambda index: columns[index].rank)
        if columns[dropped].rank == 0:
            break
        shown.remove(dropped)
    return _share(columns, natural, shown, width)


def _natural(column: Column, cells: Sequence[Line]) -> int:
    if column.flex:
        return column.min_width
    widest = max((width_of(cell) for cell in cells), default=0)
    return max(width_of([(column.title, "")]), min(column.max_width, widest))


def _needed(columns: Sequence[Column], natural: Sequence[int], shown: Sequence[int]) -> int:
    return sum(natural[index] for index in shown) + GAP * (len(shown) - 1)


def _share(columns: Sequence[Column], natural: Sequence[int], shown: Sequence[int], width: int) -> list[int]:
    result = [natural[index] if index in shown else 0 for index in range(len(columns))]
    flexible = [index for index in shown if columns[index].flex]
    room = width - _needed(columns, natural, shown)
    if room > 0 and flexible:
        total = sum(columns[index].flex for index in flexible)
        for index in flexible:
            part = room * columns[index].flex // total
            result[index] += part
            room -= part
            total -= columns[index].flex
    for index in sorted(shown, key=lambda each: -result[each]):
        if room >= 0:
            break
        cut = min(-room, max(0, result[index] - 2))
        result[index] -= cut
        room += cut
    return result


def lay_out(columns: Sequence[Column], cells: Sequence[Line], sizes: Sequence[int]) -> list[Span]:
    """One row: every cell cropped or padded to its column, gaps between."""
    line: list[Span] = []
    for column, cell, size in zip(columns, cells, sizes, strict=False):
        if size <= 0:
            continue
        if line:
            line.append((" " * GAP, ""))
        if column.middle:
            cell = [(crop_middle(text, size), role) for text, role in cell]
        line.extend(fit(cell, size, column.align))
    return line
