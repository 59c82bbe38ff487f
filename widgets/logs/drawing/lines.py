from collections.abc import Callable
from datetime import datetime

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from widgets.drawing.ticker import every_second
from widgets.logs.drawing.log_window import LogWindow
from widgets.logs.drawing.scroll import Anchor
from widgets.logs.drawing.separators import IN_SPAN, MARK, MATCH, Gap
from widgets.logs.drawing.strips import Accent, LogFormat
from widgets.logs.drawing.styles import LINES_CSS
from widgets.logs.store.store import StoredLine
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.time import moment


class Gauge(Widget):
    """A thumb at the window's position; none when everything is in the window."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Gauge { width: 1; height: 1fr; background: $surface; color: $primary; }
    """

    thumb: reactive[tuple[int, int]] = reactive((0, 0))
    """First row and height of the thumb; height 0 for none."""

    def show(self, view: LogView, rows: list[int]) -> None:
        height = self.size.height
        total = view.visible.count()
        above = view.visible.rank(rows[0]) if rows else 0
        below = total - above - len(rows)
        if height < 2 or above + below <= 0:
            self.thumb = (0, 0)
            return
        size = max(1, height * len(rows) // total)
        share = above / (above + below)
        self.thumb = (round((height - size) * share), size)

    def render(self) -> RenderResult:
        start, size = self.thumb
        rows = ["\u2588" if start <= row < start + size else " " for row in range(self.size.height)]
        return Content("\n".join(rows))


_WHEEL = 3  # Screen rows per turn of the mouse wheel


class LogLines(LogWindow, can_focus=True):
    """The reader's position in a view; the pane decides when to draw."""

    DEFAULT_CSS = LINES_CSS

    class Moved(Message):
        """The window, the cursor or the marked range moved."""

    class AboveOldest(Message):
        """The reader wants to go above the oldest line held."""

    def __init__(self, view: LogView, format: LogFormat, now: Callable[[], datetime]) -> None:
        super().__init__(view, format, now)
        self.gauge = Gauge()  # To be mounted beside the lines
        self.bottom = -1  # Store row of the last line in the window
        self._range_start = Anchor(view)
        self._ranging = False
        self._stop_ageing: Callable[[], None] | None = None

    # For the pane

    def show(self, format: LogFormat) -> None:
        """Draw in another format; ages are updated every second."""
        if format.relative and self._stop_ageing is None:
            self._stop_ageing = every_second(self, self.refresh_changed)
        elif not format.relative and self._stop_ageing is not None:
            self._stop_ageing()
            self._stop_ageing = None
        self.painter.format = format
        self.rules.zone = format.zone
        self.redraw()

    def mark(self, at: int | None, span: int = 1) -> None:
        """Mark `span` milliseconds from `at` (epoch milliseconds) on; None unmarks."""
        self.rules.marked_at, self.rules.marked_span = at, span
        self.redraw()

    def show_terms(self, terms: tuple[tuple[SearchQuery, str], ...]) -> None:
        self.painter.terms = terms
        self.redraw()

    def set_time_mark(self, at: int | None) -> None:
        """Draw a separator at `at` (epoch milliseconds), where the cursor of another pane is; None removes it."""
        if at != self.rules.time_mark:
            self.rules.time_mark = at
            self.rules.forget()
            self.refresh()

    def show_gaps(self, gaps: tuple[Gap, ...]) -> None:
        self.rules.gaps = gaps
        self.redraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.update_gauge)

    def update_gauge(self) -> None:
        rows, _skip = self.scroller.window()
        self.bottom = rows[-1] if rows else -1
        self.gauge.show(self.view, rows)

    @property
    def selected(self) -> tuple[int, int] | None:
        """First and last store row of the marked range, or of the line at the cursor."""
        row, start = self.cursor, self._range_start.row
        if row is None:
            return None
        if not self._ranging or start is None:
            return row, row
        return min(row, start), max(row, start)

    @property
    def ranging(self) -> bool:
        return self._ranging

    @property
    def position(self) -> int:
        cursor = self.cursor
        return cursor if cursor is not None else self.bottom

    def selected_texts(self, limit: int) -> list[str]:
        """At most `limit` marked lines, or the one at the cursor; each with its time in front."""
        visible, selected = self.view.visible, self.selected
        texts: list[str] = []
        row = visible.at_or_after(selected[0]) if selected is not None else None
        while selected is not None and row is not None and row <= selected[1] and len(texts) < limit:
            line = self.view.store.line(row)
            at = moment(line.at).astimezone(self.format.zone)
            texts.append(f"{at.isoformat(timespec='milliseconds')} {line.text}")
            row = visible.at_or_after(row + 1)
        return texts

    def line_at_cursor(self) -> StoredLine | None:
        row = self.cursor
        return None if row is None else self.view.store.line(row)

    def line_at_hand(self) -> StoredLine | None:
        row = self.position
        return self.view.store.line(row) if self.view.store.first <= row < self.view.store.end else None

    # For the reader

    def scroll_rows(self, rows: int) -> bool:
        self._notice_start(rows)
        at_end = self.scroller.scroll(rows)
        self._moved()
        return at_end

    def go_start(self) -> None:
        """Go to the oldest line, from which a step upwards reads older ones."""
        self.scroller.go_start()
        first = self.view.visible.at_or_after(self.view.store.first)
        if first is not None:
            self._cursor.set(first)
        self._moved()

    def go_end(self) -> None:
        self.scroller.follow = True
        self.drop_cursor()

    def go_row(self, row: int) -> None:
        if row not in self._screen_rows or self.scroller.follow:
            self.scroller.scroll_to(row)
        else:
            self.scroller.reveal(row)
        self._cursor.set(row)
        self._moved()

    @property
    def times_on_screen(self) -> tuple[datetime, datetime] | None:
        """The time from the first to the last line on the screen (UTC), at least a second; None without lines."""
        rows, _skip = self.scroller.window()
        if not rows:
            return None
        first, last = (self.view.store.time_at(row) for row in (rows[0], rows[-1]))
        return moment(first), moment(max(last, first + 1000))

    def move_cursor(self, lines: int) -> bool:
        """Move the cursor by lines; True when it would go below the newest one."""
        row = self.cursor
        visible = self.view.visible
        if row is None:
            target = visible.at_or_before(self._bottom())
        elif lines < 0:
            target = visible.at_or_before(row - 1)
        else:
            target = visible.at_or_after(row + 1)
        if target is None:
            self._notice_start(lines)
            return lines > 0
        self.scroller.reveal(target)
        self._cursor.set(target)
        self._moved()
        return False

    def _bottom(self) -> int:
        if self.bottom >= self.view.store.first:
            return self.bottom
        rows, _skip = self.scroller.window()
        return rows[-1] if rows else self.view.store.first

    def page(self, pages: int) -> bool:
        self._notice_start(pages)
        at_end = self.scroller.scroll(pages * max(1, self.scroller.height - 1))
        rows, skip = self.scroller.window()
        if self._cursor.row is not None and rows:
            whole = rows[1:] if skip and len(rows) > 1 else rows
            self._cursor.set(whole[-1] if pages > 0 else whole[0])
        self._moved()
        return at_end

    def toggle_range(self) -> None:
        self._ranging = not self._ranging
        if self.cursor is None:
            self.move_cursor(-1)
        row = self.cursor
        if row is None or not self._ranging:
            self._ranging = False
        else:
            self._range_start.set(row)
        self._moved()

    def drop_range(self) -> None:
        self._ranging = False
        self._moved()

    def drop_cursor(self) -> None:
        self._ranging = False
        self._cursor.clear()
        self._moved()

    def _notice_start(self, steps: int) -> None:
        rows, skip = self.scroller.window()
        if (
            steps < 0
            and not skip
            and (not rows or rows[0] == self.view.visible.at_or_after(self.view.store.first))
        ):
            self.post_message(self.AboveOldest())

    def _moved(self) -> None:
        self.refresh()
        self.post_message(self.Moved())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        if self.scroll_rows(_WHEEL):
            self.scroller.follow = True
            self._moved()

    def on_click(self, event: events.Click) -> None:
        row = self._screen_rows[event.y] if event.y < len(self._screen_rows) else -1
        if row >= 0:
            self.scroller.leave_end()
            self._cursor.set(row)
            self._moved()

    # Drawing

    def _accent(self, row: int, at: int) -> Accent:
        cursor, selected = self.cursor, self.selected if self._ranging else None
        kind = ""
        if row == cursor:
            kind = "cursor"
        elif selected is not None and selected[0] <= row <= selected[1]:
            kind = "range"
        gutter = " "
        if kind == "cursor":
            gutter = "\u258c"
        elif self.rules.note_of(self.view.store.id_at(row)) is not None:
            gutter = MARK
        elif self.rules.is_marked(at):
            gutter = IN_SPAN
        elif self.view.query is not None and self.view.matches.contains(row):
            gutter = MATCH
        return Accent(kind, gutter)
