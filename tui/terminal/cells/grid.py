from typing import TypeVar

from tui.terminal.cells.graphemes import LONGEST, cells, leading_marks, width
from tui.terminal.cells.styles import DEFAULT

Row = TypeVar("Row")
UNKNOWN = "\0"  # The text of a cell of which it is not known what the terminal shows


class CellGrid:
    """`height` rows of `width` cells, at first spaces in the terminal's default rendition. A wide character
    stands in its first cell; the second holds "". Both halves are always present: text that covers one of
    them leaves a space in the other."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.texts = [[" "] * width for _row in range(height)]
        self.styles = [[DEFAULT] * width for _row in range(height)]

    def put(self, x: int, y: int, text: str, style: int) -> int:
        if not text.isascii() and (marks := leading_marks(text)):
            self._mark_before(x, y, marks)
        contents = cells(text)
        return self.put_row(x, y, contents, [style] * len(contents))

    def put_row(self, x: int, y: int, contents: list[str], styles: list[int]) -> int:
        """Write cells with a style each at column `x` of row `y`, cut at the row's edges; the column after them."""
        end = x + len(contents)
        if 0 <= y < self.height and x < self.width and end > 0 and contents:
            if x < 0 or end > self.width:
                inside = slice(max(0, -x), self.width - x)
                contents, styles = contents[inside], styles[inside]
            self._replace(max(0, x), y, contents, styles)
        return end

    def _replace(self, x: int, y: int, contents: list[str], styles: list[int]) -> None:
        """Replace cells; half a wide character, in the new text or in the old, becomes a space."""
        row, end = self.texts[y], x + len(contents)
        if not contents[0]:
            contents[0] = " "
        if not row[x] and x > 0:
            row[x - 1] = " "
        if end < self.width:
            if not row[end]:
                row[end] = " "
        elif width(contents[-1]) == 2:
            contents[-1] = " "
        row[x:end] = contents
        self.styles[y][x:end] = styles

    def _mark_before(self, x: int, y: int, marks: str) -> None:
        if not 0 <= y < self.height or not 0 < x <= self.width:
            return
        row, at = self.texts[y], x - 1
        while at > 0 and not row[at]:
            at -= 1
        if len(row[at]) + len(marks) <= LONGEST and not row[at].endswith(marks):
            row[at] += marks

    def forget_row(self, y: int) -> None:
        self.texts[y] = [UNKNOWN] * self.width

    def copy_row(self, y: int, other: "CellGrid") -> None:
        self.texts[y] = other.texts[y][:]
        self.styles[y] = other.styles[y][:]

    def columns(self, left: int, right: int) -> "CellGrid":
        part = CellGrid(0, 0)
        part.width, part.height = right - left, self.height
        part.texts = [row[left:right] for row in self.texts]
        part.styles = [row[left:right] for row in self.styles]
        return part

    def shift_columns(self, top: int, bottom: int, amount: int, left: int, right: int) -> None:
        part = self.columns(left, right)
        part.shift_rows(top, bottom, amount)
        for y in range(top, bottom + 1):
            self.texts[y][left:right] = part.texts[y]
            self.styles[y][left:right] = part.styles[y]

    def shift_rows(self, top: int, bottom: int, amount: int) -> None:
        """Move rows `top`…`bottom` up by `amount`, down when negative, as a terminal does; new rows are unknown."""
        self.texts[top : bottom + 1] = _rotated(self.texts[top : bottom + 1], amount)
        self.styles[top : bottom + 1] = _rotated(self.styles[top : bottom + 1], amount)
        for y in range(bottom + 1 - amount, bottom + 1) if amount > 0 else range(top, top - amount):
            self.forget_row(y)


def _rotated(rows: list[Row], amount: int) -> list[Row]:
    return rows[amount:] + rows[:amount]
