"""pyte's screen with what terminals do and pyte does not: left and right margins, and one stored place of the cursor."""

import pyte


class TerminalScreen(pyte.Screen):
    """With left and right margins (DECLRMM, DECSLRM), which lines are inserted and deleted within."""

    columns_set: tuple[int, int] | None = None
    """The first column and the one after the last; None: the whole width."""
    has_margins = False

    def set_mode(self, *modes: int, **options: bool) -> None:
        self.has_margins = self.has_margins or (69 in modes and options.get("private", False))
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        if 69 in modes and options.get("private"):
            self.has_margins, self.columns_set = False, None
        super().reset_mode(*modes, **options)

    def set_columns(self, left: int | None = None, right: int | None = None) -> None:
        assert self.has_margins, "without them it stores the cursor"
        self.columns_set = (left or 1) - 1, right or self.columns
        self.cursor_position()

    def restore_cursor(self) -> None:
        """As terminals do, which store one place until another is; pyte stores a pile."""
        super().restore_cursor()
        self.save_cursor()

    def delete_lines(self, count: int | None = None) -> None:
        if self.columns_set is None:
            super().delete_lines(count)
        else:
            self._shift(count or 1)

    def insert_lines(self, count: int | None = None) -> None:
        if self.columns_set is None:
            super().insert_lines(count)
        else:
            self._shift(-(count or 1))

    def _shift(self, count: int) -> None:
        assert self.columns_set is not None
        (left, right), (top, bottom) = self.columns_set, self.margins or (0, self.lines - 1)
        if not (top <= self.cursor.y <= bottom and left <= self.cursor.x < right):
            return
        rows = range(self.cursor.y, bottom + 1)
        before = {y: [self.buffer[y][x] for x in range(left, right)] for y in rows}
        blank = [self.cursor.attrs] * (right - left)
        for y in rows:
            for x, cell in zip(range(left, right), before.get(y + count, blank), strict=True):
                self.buffer[y][x] = cell
        self.dirty.update(rows)
        self.cursor.x = left


class _Parser(pyte.Stream):
    csi = pyte.Stream.csi | {"s": "set_columns"}
    events = pyte.Stream.events | {"set_columns"}


class TerminalStream(_Parser):
    """Feeds text to a TerminalScreen."""


class TerminalByteStream(_Parser, pyte.ByteStream):
    """Feeds bytes to a TerminalScreen."""
