"""A screen in memory: what each cell holds and, as a number, how it looks."""

from typing import TypeVar

from tui.terminal.cells.graphemes import LONGEST, cells, leading_marks, width
from tui.terminal.cells.styles import DEFAULT

Row = TypeVar("Row")
UNKNOWN = "\0"
"""In a cell of which nobody knows what the terminal shows there."""


class Grid:
    """`height` rows of `width` cells, at first spaces in the terminal's own rendition. A wide character stands in its first cell; the second holds "".

    Both halves are always there: what covers one of them leaves a space in the other.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.texts = [[" "] * width for _row in range(height)]
        self.styles = [[DEFAULT] * width for _row in range(height)]

    def put(self, x: int, y: int, text: str, style: int) -> int:
        """Write at column `x` of row `y`, cut where the row ends; the column after it."""
        if not text.isascii() and (marks := leading_marks(text)):
            self._mark_before(x, y, marks)
        written = cells(text)
        end = x + len(written)
        if 0 <= y < self.height and x < self.width and end > 0 and written:
            if x < 0 or end > self.width:
                written = written[max(0, -x) : self.width - x]
            self._replace(max(0, x), y, written, style)
        return end

    def _replace(self, x: int, y: int, written: list[str], style: int) -> None:
        """What is cut by an edge, of the new or of the old, becomes a space."""
        row, end = self.texts[y], x + len(written)
        if not written[0]:
            written[0] = " "
        if not row[x] and x > 0:
            row[x - 1] = " "
        if end < self.width:
            if not row[end]:
                row[end] = " "
        elif width(written[-1]) == 2:
            written[-1] = " "
        row[x:end] = written
        self.styles[y][x:end] = [style] * len(written)

    def _mark_before(self, x: int, y: int, marks: str) -> None:
        """Combining marks at the beginning of a text belong to what stands before it."""
        if not 0 <= y < self.height or not 0 < x <= self.width:
            return
        row, at = self.texts[y], x - 1
        while at > 0 and not row[at]:
            at -= 1
        if len(row[at]) + len(marks) <= LONGEST and not row[at].endswith(marks):
            row[at] += marks

    def forget_row(self, y: int) -> None:
        """Nothing is known of a row any more."""
        self.texts[y] = [UNKNOWN] * self.width

    def copy_row(self, y: int, other: "Grid") -> None:
        """Take over a row of a grid of the same size."""
        self.texts[y] = other.texts[y][:]
        self.styles[y] = other.styles[y][:]

    def shift_rows(self, top: int, bottom: int, amount: int) -> None:
        """Move rows `top`…`bottom` up by `amount`, down when negative, as a terminal does; what comes in is unknown."""
        self.texts[top : bottom + 1] = _rotated(self.texts[top : bottom + 1], amount)
        self.styles[top : bottom + 1] = _rotated(self.styles[top : bottom + 1], amount)
        for y in range(bottom + 1 - amount, bottom + 1) if amount > 0 else range(top, top - amount):
            self.forget_row(y)


def _rotated(rows: list[Row], amount: int) -> list[Row]:
    return rows[amount:] + rows[:amount]
