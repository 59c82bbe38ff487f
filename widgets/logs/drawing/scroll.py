"""The scroll position of a log pane: following the end, or staying at a line. Lines differ in height (wrapped
lines, separators), and a million of them cannot be measured; so the position is not a row of a long canvas
but a line and how many of its rows are above the window. The line is identified by its id: late lines above
it do not move the text that is being read."""

from collections.abc import Callable

from widgets.logs.store.view import LogView


class Scroller:
    def __init__(self, view: LogView, height_of: Callable[[int], int]) -> None:
        self.view = view
        self.height = 1
        self.follow = True
        self._height_of = height_of  # Screen rows of the line at a (visible) store row
        self._top = Anchor(view)
        self._skip = 0
        self._newest_followed = Anchor(view)  # The newest line at the moment when following ended

    def window(self) -> tuple[list[int], int]:
        """Store rows of the lines in the window, and how many screen rows of the first are above it."""
        if self.follow and (end := self._end()) is not None:
            self._set(*end)
        top = self._visible_top()
        if top is None:
            return [], 0
        skip = self._skip if top == self._top.row else 0
        rows, height = self._rows_from(top, skip)
        if height < self.height and not self.follow:
            # Lines below were hidden, or the pane has grown: those above fill it, and the position stays.
            end = self._end()
            if end is not None and end < (top, skip):
                return self._rows_from(*end)[0], end[1]
        return rows, skip

    def _rows_from(self, row: int, skip: int) -> tuple[list[int], int]:
        """Store rows of the lines from `row` on, and the screen rows they fill, at most to the end of the window."""
        rows: list[int] = []
        height, next_row = -skip, self.view.visible.at_or_after(row)
        while next_row is not None and height < self.height:
            rows.append(next_row)
            height += self._height_of(next_row)
            next_row = self.view.visible.at_or_after(next_row + 1)
        return rows, height

    def new_below(self, bottom: int) -> int:
        """Lines that arrived since following ended, below `bottom`, the last row in the window."""
        if self.follow:
            return 0
        newest = self._newest_followed.row
        last_old = max(bottom, newest if newest is not None else -1)
        return self.view.visible.count() - self.view.visible.rank(last_old + 1)

    def leave_end(self) -> None:
        if self.follow:
            self.window()
            self.follow = False
            self._newest_followed.set(self.view.store.end - 1)

    def scroll(self, rows: int) -> bool:
        self.leave_end()
        top = self._visible_top()
        if top is None:
            return True
        self._set(top, self._skip if top == self._top.row else 0)
        if rows < 0:
            self._up(top, self._skip + rows)
            return False
        self._down(top, self._skip + rows)
        here = (self._top.row, self._skip)
        end = self._end()
        if end is not None and here >= end:
            self._set(*end)
            return True
        return False

    def scroll_to(self, row: int, share: float = 0.33) -> None:
        """Put the line at `row` at about `share` of the window's height, and end following."""
        self.leave_end()
        self._up(row, -int(self.height * share))
        end = self._end()
        if end is not None and (self._top.row, self._skip) > end:
            self._set(*end)

    def reveal(self, row: int) -> None:
        """Scroll as little as necessary to bring the line at `row` into the window."""
        rows, skip = self.window()
        self.leave_end()
        if not rows or row < rows[0] or (row == rows[0] and skip):
            self._set(row, 0)
            return
        bottom = sum(self._height_of(each) for each in rows) - skip
        if row > rows[-1] or (row == rows[-1] and bottom > self.height):
            self._up(row, min(0, self._height_of(row) - self.height))

    def go_start(self) -> None:
        self.leave_end()
        self._set(self.view.store.first, 0)

    def _visible_top(self) -> int | None:
        row = self._top.row
        row = self.view.store.first if row is None else row
        after = self.view.visible.at_or_after(row)
        return after if after is not None else self.view.visible.at_or_before(row)

    def _set(self, row: int, skip: int) -> None:
        self._top.set(row)
        self._skip = skip

    def _end(self) -> tuple[int, int] | None:
        last = self.view.visible.at_or_before(self.view.store.end - 1)
        return None if last is None else self._above(last, self._height_of(last) - self.height)

    def _up(self, row: int, skip: int) -> None:
        """Go to `skip` screen rows below the top of the line at `row`; `skip` may be negative."""
        self._set(*self._above(row, skip))

    def _above(self, row: int, skip: int) -> tuple[int, int]:
        while skip < 0:
            before = self.view.visible.at_or_before(row - 1)
            if before is None:
                return row, 0
            row = before
            skip += self._height_of(row)
        return row, skip

    def _down(self, row: int, skip: int) -> None:
        while skip >= (height := self._height_of(row)):
            after = self.view.visible.at_or_after(row + 1)
            if after is None:
                break
            row, skip = after, skip - height
        self._set(row, min(skip, self._height_of(row) - 1))


class Anchor:
    """A reference to a line that stays valid when late lines change its row."""

    def __init__(self, view: LogView) -> None:
        self._store = view.store
        self._id: int | None = None
        self._row = 0
        self._moves = 0

    def set(self, row: int) -> None:
        if self._store.first <= row < self._store.end:
            self._id, self._row, self._moves = self._store.id_at(row), row, self._store.moves
        else:
            self._id = None

    def clear(self) -> None:
        self._id = None

    @property
    def row(self) -> int | None:
        if self._id is None:
            return None
        if self._moves != self._store.moves:
            row = self._store.row_of(self._id)
            if row is None:
                self._id = None
                return None
            self._row, self._moves = row, self._store.moves
        return self._row if self._row >= self._store.first else None
