from collections.abc import Sequence
from dataclasses import dataclass

from widgets.drawing.format import crop_middle
from widgets.drawing.lines import Line, Span, fit, width_of

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    flex: int = 0  # Share of the remaining width; 0: as wide as its widest cell
    min_width: int = 4
    max_width: int = 40  # For columns without flex
    align: str = "left"
    middle: bool = False  # Text that does not fit is cropped in the middle instead of at the end
    rank: int = 0
    """In a narrow table the column with the highest rank is dropped first; rank 0 is never dropped."""


def widths(columns: Sequence[Column], rows: Sequence[Sequence[Line]], width: int) -> list[int]:
    """The width of each column so that all fill `width`, with gaps between; 0 for a dropped column."""
    natural = [
        _natural(column, [row[index] for row in rows if index < len(row)])
        for index, column in enumerate(columns)
    ]
    indexes = list(range(len(columns)))
    while len(indexes) > 1 and _total_width(columns, natural, indexes) > width:
        least_needed = max(indexes, key=lambda index: columns[index].rank)
        if columns[least_needed].rank == 0:
            break
        indexes.remove(least_needed)
    return _share(columns, natural, indexes, width)


def _natural(column: Column, cells: Sequence[Line]) -> int:
    if column.flex:
        return column.min_width
    widest = max((width_of(cell) for cell in cells), default=0)
    return max(width_of([(column.title, "")]), min(column.max_width, widest))


def _total_width(columns: Sequence[Column], natural: Sequence[int], indexes: Sequence[int]) -> int:
    return sum(natural[index] for index in indexes) + GAP * (len(indexes) - 1)


def _share(
    columns: Sequence[Column], natural: Sequence[int], indexes: Sequence[int], width: int
) -> list[int]:
    result = [natural[index] if index in indexes else 0 for index in range(len(columns))]
    flexible = [index for index in indexes if columns[index].flex]
    room = width - _total_width(columns, natural, indexes)
    if room > 0 and flexible:
        total = sum(columns[index].flex for index in flexible)
        for index in flexible:
            part = room * columns[index].flex // total
            result[index] += part
            room -= part
            total -= columns[index].flex
    for index in sorted(indexes, key=lambda index: -result[index]):
        if room >= 0:
            break
        cut = min(-room, max(0, result[index] - 2))
        result[index] -= cut
        room += cut
    return result


def cropped_columns(cells: Sequence[Line], sizes: Sequence[int]) -> list[int]:
    pairs = enumerate(zip(cells, sizes, strict=False))
    return [column for column, (cell, size) in pairs if width_of(cell) > size]


def lay_out(columns: Sequence[Column], cells: Sequence[Line], sizes: Sequence[int]) -> list[Span]:
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
