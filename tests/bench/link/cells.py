from rich.cells import cell_len


class Cells:
    def __init__(self, rows: int, columns: int) -> None:
        self.size = rows, columns
        self._wraps = True
        self._y = self._x = 0  # The cursor; behind the last column when a character was written there
        self._top, self._bottom = 0, rows - 1  # The margins, both inside
        self._saved = 0, 0
        self._last = " "
        self._cells: list[list[str]] = []  # A wide character is followed by an empty cell
        self._reset()

    def _reset(self) -> None:
        rows, columns = self.size
        self._cells = [[" "] * columns for _row in range(rows)]
        self._y = self._x = 0
        self._top, self._bottom = 0, rows - 1
        self._saved = 0, 0
        self._last = " "

    @property
    def _column(self) -> int:
        return min(self._x, self.size[1] - 1)

    # -- characters

    def _write(self, text: str) -> None:
        self._last = text[-1]
        if text.isascii():
            self._narrow(text)
            return
        for character in text:
            width = cell_len(character)
            if width == 1:
                self._narrow(character)
            elif width == 2:
                self._wide(character)
            elif self._x:
                row, before = self._cells[self._y], self._x - 1
                before -= row[before] == "" and before > 0
                row[before] += character

    def _narrow(self, text: str) -> None:
        columns = self.size[1]
        while text:
            self._wrap(1)
            room = columns - self._x
            part, text = text[:room], text[room:]
            row, end = self._cells[self._y], self._x + len(part)
            self._halve(row, self._x, end)
            row[self._x : end] = part
            self._x = end

    def _wide(self, character: str) -> None:
        self._wrap(2)
        row = self._cells[self._y]
        self._halve(row, self._x, self._x + 2)
        row[self._x : self._x + 2] = [character, ""]
        self._x += 2

    def _wrap(self, width: int) -> None:
        columns = self.size[1]
        if self._x + width <= columns:
            return
        if self._wraps:
            self._x = 0
            self._line_feed()
        else:
            self._x = columns - width

    def _halve(self, row: list[str], start: int, end: int) -> None:
        for edge in (start, end):
            if 0 < edge < self.size[1] and row[edge] == "":
                row[edge - 1] = row[edge] = " "

    # -- rows

    def _line_feed(self) -> None:
        if self._y == self._bottom:
            self._scroll(1, self._top)
        else:
            self._y = min(self.size[0] - 1, self._y + 1)

    def _scroll(self, count: int, top: int) -> None:
        """Move the rows from `top` to the bottom margin up by `count`, down where it is negative."""
        height = self._bottom - top + 1
        count = max(-height, min(height, count))
        blank = [[" "] * self.size[1] for _row in range(abs(count))]
        region = self._cells[top : self._bottom + 1]
        self._cells[top : self._bottom + 1] = (
            region[count:] + blank if count > 0 else blank + region[: height + count]
        )

    def _erase(self, row: int, start: int, end: int) -> None:
        cells, end = self._cells[row], min(end, self.size[1])
        if start < end:
            self._halve(cells, start, end)
            cells[start:end] = [" "] * (end - start)
