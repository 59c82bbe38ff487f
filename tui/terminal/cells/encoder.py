from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tui.terminal.cells.diff import changed
from tui.terminal.cells.graphemes import is_steady
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.runs import StyledRun, StyledRuns, arranged
from tui.terminal.cells.scrolling import Scroll, find_block_shift, find_shift
from tui.terminal.cells.styles import Rendition, Renditions


class Cursor:
    """The terminal's cursor as far as it is known: column and row, counted from 0; None where unknown."""

    def __init__(self) -> None:
        self.x: int | None = None
        self.y: int | None = None

    def lose(self) -> None:
        """Forget the position: something else may have moved the cursor."""
        self.x = self.y = None

    def move(self, x: int, y: int, height: int) -> str:
        """The shortest sequence to (x, y) on a screen of `height` rows; "" where the cursor is there already."""
        way = shortest_way(self.x, self.y, x, y, height)
        self.x, self.y = x, y
        return way


@lru_cache(maxsize=2048)
def shortest_way(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> str:
    """The shortest sequence between two places, of which the first may be unknown."""
    return "" if (from_x, from_y) == (x, y) else min(_ways(from_x, from_y, x, y, height), key=len)


def _ways(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> Iterator[str]:
    column = f"{x + 1}" if x else ""
    yield f"\x1b[{y + 1 if y else ''};{column}H" if column else f"\x1b[{y + 1 if y else ''}H"
    if from_y is None:
        return
    if from_y == y:
        yield from _along(from_x, x)
        return
    if from_y < y and y - from_y <= 3 and y < height:
        # Most ttys turn LF into CR LF; CR LF in full is right on all of them.
        yield "\r" + "\n" * (y - from_y) + (_forward(x) if x else "")
    if from_x is None:
        return
    vertical = f"\x1b[{_count(abs(y - from_y))}{'B' if y > from_y else 'A'}"
    for to_row in ([f"\x1b[{y + 1}d"] if y else []) + [vertical]:
        if from_x == x:
            yield to_row
        else:
            yield from (to_row + to_column for to_column in _along(from_x, x))


def _along(here: int | None, x: int) -> Iterator[str]:
    yield f"\x1b[{x + 1}G" if x else "\r"
    if x <= 3:
        yield "\r" + (_forward(x) if x else "")
    if here is None:
        return
    if x > here:
        yield _forward(x - here)
    elif x < here:
        yield "\b" * (here - x) if here - x <= 4 else f"\x1b[{_count(here - x)}D"


def _forward(count: int) -> str:
    return f"\x1b[{_count(count)}C"


def _count(count: int) -> str:
    return "" if count == 1 else str(count)


_RESET = "\x1b]8;;\x1b\\\x1b[m\x1b[r\x1b[H\x1b[2J"
"""Resets links, colours and the scroll region, and clears the screen."""
_STORE, _RESTORE = "\x1b7", "\x1b8"  # DECSC and DECRC: cursor and pen
_RETURNS = 2  # Frames in a row that end where the one before did, after which that place is stored
_SHIFTS = 4  # Blocks that may move within one frame


class _Place(NamedTuple):
    x: int
    y: int
    pen: Rendition


class Encoder:
    """Knows the terminal's screen (`front`), cursor and rendition, and encodes the difference to another screen."""

    def __init__(
        self, width: int, height: int, renditions: Renditions, *, erases_in_colour: bool = True
    ) -> None:
        """`erases_in_colour`: erased cells take the background in use (terminfo: bce)."""
        self.front = CellGrid(width, height)
        self.has_margins = False  # Whether the terminal scrolls some columns alone (DECLRMM)
        self._renditions = renditions
        self._runs = StyledRuns(renditions, erases_in_colour=erases_in_colour)
        self._cursor = Cursor()
        self._pen: Rendition | None = None
        self._ended: _Place | None = None  # Where the last frame ended…
        self._times = 0  # … and how many before it in a row
        self._stored: _Place | None = None  # What the terminal has stored (DECSC)
        self._coarse = False
        self._fresh = True
        self._frame = 0
        self._sent_in = [0] * height  # The frame in which each row was sent last
        self._parts: list[str] = []
        self._length = 0

    def forget(self) -> None:
        """Assume nothing about the terminal's screen: the next frame clears and paints all of it."""
        self._fresh = True

    def is_current(self, back: CellGrid, cursor: tuple[int, int] | None = None) -> bool:
        if self._fresh or cursor not in (None, (self._cursor.x, self._cursor.y)):
            return False
        return self.front.texts == back.texts and self.front.styles == back.styles

    def encode(
        self,
        back: CellGrid,
        *,
        limit: int | None = None,
        coarse: bool = False,
        cursor: tuple[int, int] | None = None,
    ) -> tuple[str, bool]:
        """(the sequences that make the terminal show `back`, whether they are complete). With a `limit`, no
        row begins after that many bytes. `coarse` reduces foregrounds to the 256 colours. The cursor ends at
        `cursor` (column, row), or anywhere."""
        self._coarse = coarse
        self._parts, self._length = [], 0
        if self._fresh or (back.width, back.height) != (self.front.width, self.front.height):
            self._start_afresh(back)
            dirty = changed(self.front, back)
        else:
            dirty = self._shift(back)
        complete = self._rows(back, dirty, limit)
        if cursor is not None:
            self._move(min(max(cursor[0], 0), back.width - 1), min(max(cursor[1], 0), back.height - 1))
        elif self._parts:
            self._store_again()
        return "".join(self._parts), complete

    # -- the parts of a frame

    def _start_afresh(self, back: CellGrid) -> None:
        self.front = CellGrid(back.width, back.height)
        self._fresh = False
        self._sent_in = [self._frame] * back.height
        self._emit(_RESET)
        self._pen = Rendition()
        self._ended = self._stored = None
        self._cursor.x = self._cursor.y = 0

    def _shift(self, back: CellGrid) -> list[int]:
        dirty = changed(self.front, back)
        for _attempt in range(_SHIFTS):
            shift = find_shift(self.front, back, dirty)
            if shift is None and self.has_margins:
                shift = find_block_shift(self.front, back, dirty)
            if shift is None:
                break
            self._scroll(shift)
            dirty = changed(self.front, back)
        return dirty

    def _scroll(self, shift: Scroll) -> None:
        """DECSTBM, then DL or IL at its top: every terminal since the VT102 knows them. DECSLRM for some columns."""
        top, bottom, amount, left, right = shift
        before, after = "", ""
        if right is not None:
            before, after = f"\x1b[?69h\x1b[{left + 1};{right}s", "\x1b[?69l"
        if right is not None or bottom < self.front.height - 1:
            before, after = f"{before}\x1b[{top + 1};{bottom + 1}r", f"\x1b[r{after}"
        # The rows that appear take the pen's background where the terminal erases in colour.
        self._draw_with(Rendition())
        self._emit_lost(before)
        self._move(left, top)
        count = "" if abs(amount) == 1 else str(abs(amount))
        self._emit(f"\x1b[{count}{'M' if amount > 0 else 'L'}")
        self._emit_lost(after)
        if right is None:
            self.front.shift_rows(top, bottom, amount)
        else:
            self._cursor.lose()  # DL and IL move it to the left margin
            self.front.shift_columns(top, bottom, amount, left, right)

    def _emit_lost(self, sequence: str) -> None:
        if sequence:
            self._emit(sequence)
            self._cursor.lose()

    def _rows(self, back: CellGrid, rows: list[int], limit: int | None) -> bool:
        """Write `rows`; whether that was all of them."""
        self._frame += 1
        if limit is None:
            runs = [run for y in rows for run in self._row_runs(back, y)]
            for run in arranged(runs, self._renditions):
                self._write_run(run)
            return True
        # The rows that have not changed for the longest time come first, so every row has its turn. A slow line shows
        # rows as they arrive, so each is sent whole.
        for y in sorted(rows, key=self._sent_in.__getitem__):
            if self._length > limit:
                return False
            for run in self._row_runs(back, y):
                self._write_run(run)
        return True

    def _row_runs(self, back: CellGrid, y: int) -> list[StyledRun]:
        runs = self._runs.of_row(self.front, back, y)
        self.front.copy_row(y, back)
        self._sent_in[y] = self._frame
        return runs

    def _write_run(self, run: StyledRun) -> None:
        self._restore_before(run)
        self._move(run.x, run.y)
        rendition = self._renditions[run.style]
        self._draw_with(rendition if run.way == "text" else self._on_blank(rendition))
        if run.way == "tail":
            self._emit("\x1b[K")
        elif run.way == "run":
            self._emit(f"\x1b[{len(run.cells)}X")
        else:
            self._write(run.cells, run.y)

    def _on_blank(self, rendition: Rendition) -> Rendition:
        if self._pen is None or not rendition.is_erasable:
            return rendition.blank
        return self._pen.over(rendition.background)

    # -- a place to which frames return, as to the last digit of the clock

    def _store_again(self) -> None:
        """Let the terminal store the place if the frames before ended there, too: the next ones probably do."""
        x, y, pen = self._cursor.x, self._cursor.y, self._pen
        ended = None if x is None or y is None or pen is None or pen.link else _Place(x, y, pen)
        self._times = self._times + 1 if ended == self._ended else 0
        if self._times >= _RETURNS and ended is not None and ended != self._stored:
            self._emit(_STORE)
            self._stored = ended
        self._ended = ended

    def _restore_before(self, run: StyledRun) -> None:
        """Return to the stored place if the run is reached from there in fewer bytes. A link is not part of it."""
        stored, pen = self._stored, self._pen
        if stored is None or pen is None or pen.link or run.way != "text":
            return
        rendition, height = self._renditions[run.style], self.front.height
        if self._coarse:
            rendition = rendition.coarse
        here = shortest_way(self._cursor.x, self._cursor.y, run.x, run.y, height)
        there = shortest_way(stored.x, stored.y, run.x, run.y, height)
        change = self._renditions.change
        if len(_RESTORE + there + change(stored.pen, rendition)) < len(here + change(pen, rendition)):
            self._emit(_RESTORE)
            self._cursor.x, self._cursor.y, self._pen = stored

    # -- the pen

    def _emit(self, sequence: str) -> None:
        self._parts.append(sequence)
        self._length += len(sequence) if sequence.isascii() else len(sequence.encode("utf-8", "replace"))

    def _move(self, x: int, y: int) -> None:
        if sequence := self._cursor.move(x, y, self.front.height):
            self._emit(sequence)

    def _draw_with(self, rendition: Rendition) -> None:
        if self._coarse:
            rendition = rendition.coarse
        if self._pen is None:
            self._emit("\x1b[m")
            self._pen = Rendition()
        if self._pen != rendition:
            self._emit(self._renditions.change(self._pen, rendition))
            self._pen = rendition

    def _write(self, cells: Sequence[str], y: int) -> None:
        """Write cells at the cursor; after a character of doubtful width the cursor is repositioned."""
        assert self._cursor.x is not None, "moved there before"
        x, text = self._cursor.x, "".join(cells)
        if text.isascii():
            self._print(text, x + len(cells))
            return
        begin = 0
        for at, grapheme in enumerate(cells):
            if grapheme and not is_steady(grapheme):
                if begin < at:
                    self._print("".join(cells[begin:at]), x + at)
                begin = at + 2 if cells[at + 1 : at + 2] == [""] else at + 1
                self._print_doubtful(grapheme, x + at, x + begin, y)
                if begin < len(cells):
                    self._move(x + begin, y)
        if begin < len(cells):
            self._print("".join(cells[begin:]), x + len(cells))

    def _print(self, text: str, end: int) -> None:
        """Write text at the cursor up to column `end`; at the edge terminals differ in where the cursor goes."""
        self._emit(text)
        self._cursor.x = end if end < self.front.width else None

    def _print_doubtful(self, grapheme: str, x: int, end: int, y: int) -> None:
        if end == self.front.width:
            grapheme = grapheme[0]  # at the edge some (tmux) give a mark to the cell before
        if end - x == 2:
            self._print("  ", end)
            self._move(x, y)
        self._emit(grapheme)
        self._cursor.x = None
