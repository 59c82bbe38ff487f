"""Bars of a histogram as rows of cells: eighths of a block, errors at the bottom.

Colour is not the only sign of errors: from three rows on they have a row of their own, below that their bars are
underlined.
"""

from dataclasses import dataclass

from widgets.logs.reading.histogram import Counts

EIGHTHS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the block, the level of its colour, and that of the part above it in the same cell."""

    text: str = " "
    level: str = ""
    """`error`, `warning`, `other` or ""."""
    over: str = ""
    """Level behind the block; "" for none."""


def stacked(bars: list[Counts], rows: int) -> list[list[Cell]]:
    """`rows` rows of cells from the top, errors lowest; the highest bar fills them."""
    highest = max((bar.total for bar in bars), default=0)
    columns = [_column(bar, highest, rows) for bar in bars]
    return [[column[row] for column in columns] for row in range(rows - 1, -1, -1)]


def worst_levels(bars: list[Counts]) -> list[Cell]:
    """One row of the errors, of the warnings where there is no error; each kind on a scale of its own."""
    errors = max((bar.errors for bar in bars), default=0)
    warnings = max((bar.warnings for bar in bars), default=0)
    return [
        Cell(EIGHTHS[_eighths(bar.errors, errors, 8)], "error")
        if bar.errors
        else Cell(EIGHTHS[_eighths(bar.warnings, warnings, 8)], "warning")
        if bar.warnings
        else Cell()
        for bar in bars
    ]


def _eighths(count: int, highest: int, most: int) -> int:
    """The height of a count; at least one eighth if there is anything."""
    return max(1, round(count * most / highest)) if count and highest else 0


def _column(bar: Counts, highest: int, rows: int) -> list[Cell]:
    total = _eighths(bar.total, highest, 8 * rows)
    # Levels are heights from the bottom, each at least an eighth above the one below it.
    error = min(total, _eighths(bar.errors, highest, 8 * rows))
    warning = min(total, error + _eighths(bar.warnings, highest, 8 * rows))
    edges = [(error, "error"), (warning, "warning"), (total, "other")]
    return [_cell(edges, 8 * row, total) for row in range(rows)]


def _cell(edges: list[tuple[int, str]], floor: int, total: int) -> Cell:
    """The cell from `floor` eighths on: at most two levels can be drawn in it, the worse ones win."""
    if total <= floor:
        return Cell()
    level = next(name for edge, name in edges if edge > floor)
    edge = next(edge for edge, name in edges if name == level)
    if edge >= floor + 8:
        return Cell(EIGHTHS[8], level)
    if total < floor + 8:
        return Cell(EIGHTHS[total - floor], level)
    over = next(name for top, name in edges if top > edge)
    return Cell(EIGHTHS[edge - floor], level, over)
