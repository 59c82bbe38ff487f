"""The cells of a plot: guides, bands and labels are drawn where the curves leave cells free."""

from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len

from widgets.charts.canvas import Canvas
from widgets.drawing.format import crop
from widgets.drawing.lines import Line


class Plot:
    """`width` × `height` cells, each with a character and a role."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._text = [[" "] * width for _row in range(height)]
        self._roles = [[""] * width for _row in range(height)]
        self._labelled = [bytearray(width) for _row in range(height)]
        """Cells of labels, whose spaces are no free cells."""

    def take(self, canvas: Canvas, roles: Sequence[str]) -> None:
        """Copy the dots of the canvas; owner n has the role `roles[n - 1]`."""
        for y in range(self.height):
            x = 0
            for text, owner in canvas.runs(y):
                end = x + len(text)
                self._text[y][x:end] = text
                self._roles[y][x:end] = [roles[owner - 1] if owner else ""] * (end - x)
                x = end

    def horizontal(self, part: float, label: str, role: str, to: float | None = None) -> None:
        """Draw a line at `part` of the height (0 bottom, 1 top), and tint the band up to `to`."""
        if to is not None:
            self._tint(part, to)
            if 0 <= to <= 1:
                self._rule(self._row(to), role)
        if not 0 <= part <= 1:
            return
        y = self._row(part)
        self._rule(y, role)
        if label:
            self._write(y, label, role)

    def vertical(self, first: int, until: int, label: str) -> None:
        """Draw a line in column `first` and one in `until`, with the label beside the first."""
        columns = [x for x in (first, until) if 0 <= x < self.width]
        for x in columns:
            for y in range(self.height):
                if self._is_free(y, x):
                    self._text[y][x], self._roles[y][x] = "┊", "mark"
        if columns and label and self.height:
            text = crop(label, self.width - columns[0] - 2)
            x = columns[0] + 1
            if not text or cell_len(label) > self.width - columns[0] - 2:
                text = crop(label, columns[0] - 1)
                x = columns[0] - cell_len(text)
            self._put(self._free_row(x, cell_len(text)), x, text, "mark")

    def lines(self) -> list[Line]:
        """The rows, each as spans of one role."""
        rows: list[Line] = []
        for text, roles in zip(self._text, self._roles, strict=True):
            cells = zip(text, roles, strict=True)
            rows.append(
                [
                    ("".join(cell[0] for cell in run), role)
                    for role, run in groupby(cells, lambda cell: cell[1])
                ]
            )
        return rows

    def _row(self, part: float) -> int:
        return min(self.height - 1, round((1 - part) * (self.height * 4 - 1)) // 4)

    def _free_row(self, x: int, size: int) -> int:
        """The first row in which these cells have no label yet; the top one if there is none."""
        rows = (y for y in range(self.height) if not any(self._labelled[y][x : x + size]))
        return next(rows, 0)

    def _is_free(self, y: int, x: int) -> bool:
        return self._text[y][x] == " " and not self._labelled[y][x]

    def _rule(self, y: int, role: str) -> None:
        for x in range(self.width):
            if self._is_free(y, x):
                self._text[y][x], self._roles[y][x] = "╌", role

    def _tint(self, one: float, two: float) -> None:
        low, high = sorted((min(1.0, max(0.0, one)), min(1.0, max(0.0, two))))
        for y in range(self._row(high), self._row(low) + 1):
            for x in range(self.width):
                if self._is_free(y, x):
                    self._roles[y][x] = "band"

    def _write(self, y: int, label: str, role: str) -> None:
        """Write a label on its line or beside it, from the right where neither a curve nor a label is; its value stays whole.

        Without such a place it is written over a curve.
        """
        words = label.split(" ")
        whole = [form for form in (f" {label} ", label) if cell_len(form) <= self.width]
        parts = [" ".join(words[at:]) for at in range(1, len(words))]
        shorter = [form for form in parts if cell_len(form) <= self.width]
        for forms in (whole, shorter):
            for row in (y, y - 1, y + 1):
                for text in forms:
                    x = self._place(row, cell_len(text))
                    if x is not None:
                        self._put(row, x, text, role)
                        return
        text = next(iter((*whole, *shorter)), crop(label, self.width))
        self._put(y, max(0, self.width - cell_len(text) - 1), text, role)

    def _place(self, y: int, size: int) -> int | None:
        """The column nearest to the right where a label of `size` cells has room in row `y`."""
        if not 0 <= y < self.height:
            return None
        places = range(max(0, self.width - size - 1), -1, -1)
        return next((x for x in places if self._has_room(y, x, size)), None)

    def _has_room(self, y: int, x: int, size: int) -> bool:
        """Whether a label of `size` cells hides no curve there, and leaves a cell to the labels beside it."""
        beside = self._labelled[y][max(0, x - 1) : x + size + 1]
        return not any(beside) and all(cell in "╌ " for cell in self._text[y][x : x + size])

    def _put(self, y: int, x: int, text: str, role: str) -> None:
        for character in text:
            size = cell_len(character)
            if size == 0 or x < 0 or x + size > self.width:
                continue
            self._text[y][x], self._roles[y][x] = character, role
            self._labelled[y][x : x + size] = b"\1" * size
            if size == 2:
                self._text[y][x + 1], self._roles[y][x + 1] = "", role
            x += size
