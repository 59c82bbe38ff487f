"""Pages through a log view: moving, format, detail, copying, searching.

Knows neither where the lines come from nor the screen: what only others can do is posted as a message.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from services.models.logs import Severity
from widgets.logs.drawing.lines import LogLines
from widgets.logs.drawing.strips import LogFormat
from widgets.logs.pane.detail import LogDetail
from widgets.logs.pane.prompt import Ask, LogPrompt
from widgets.logs.store.view import LogView
from widgets.logs.text.search import Query

COPY_LIMIT = 10_000
"""Lines copied at most."""
MINUTE = 60_000
"""Milliseconds."""
_SHIFT = 16
"""Minimum number of cells for one key."""
_SHIFT_LIMIT = 8_192


class LogPager(Vertical):
    """Lines, a detail on demand, and a prompt; a subclass binds the keys."""

    DEFAULT_CSS = """
    LogPager > #log-area { height: 1fr; }
    """

    class CopyRequested(Message):
        """The reader wants `text` on the clipboard."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, view: LogView, format: LogFormat, now: Callable[[], datetime], id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.view = view
        self.store = view.store
        self.lines = LogLines(view, format, now)
        self.detail = LogDetail()
        self.prompt = LogPrompt(self.lines, now)
        self.paused = False
        """The window is frozen while lines arrive."""
        self.searching = False
        """A search is running."""
        self._target: int | None = None
        """Minute to bring into view as soon as its lines are there (epoch milliseconds)."""

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        with Horizontal(id="log-area"):
            yield self.lines
            yield self.lines.gauge
        yield self.detail
        yield self.prompt

    def show_status(self) -> None:
        """Update what is shown about the lines: the gauge, and what a subclass adds."""
        self.lines.update_gauge()

    def clear(self) -> None:
        """Drop all lines and follow again; the format, the threshold and the search stay.

        A minute that was requested before any line arrived stays, too.
        """
        if len(self.store):
            self._target = None
            self.lines.rules.marked_at = None
        self.store.clear()
        self.paused = False
        self.detail.close()
        self.lines.go_end()
        self.lines.redraw()

    def go_to(self, at: int) -> None:
        """Mark the minute of `at` (epoch milliseconds), and show it as soon as its lines are there."""
        self._target = at - at % MINUTE
        self.lines.mark(self._target)
        self.paused = False
        self.seek_target()

    def seek_target(self) -> None:
        """Show the requested minute, if it or something later is there."""
        if self._target is None:
            return
        row = self.view.visible.at_or_after(self.store.row_at(self._target))
        if row is not None:
            self.lines.go_row(row)

    def _drop_target(self) -> None:
        """The reader moved elsewhere: the requested minute is no longer brought into view."""
        self._target = None

    def update_detail(self) -> None:
        """Let an open detail follow the cursor and the zone."""
        line = self.lines.line_at_cursor()
        if self.detail.display and line is not None:
            self.detail.show(line, self.lines.format.zone, self.lines.today())

    @on(LogLines.Moved)
    def _moved(self, event: LogLines.Moved) -> None:
        event.stop()
        self.update_detail()
        self.show_status()

    # Moving

    def action_cursor(self, lines: int) -> None:
        """Point at the next or previous line; below the newest one, follow."""
        self._drop_target()
        if self.lines.scroller.follow and lines > 0:
            return
        if self.lines.move_cursor(lines):
            self.action_go_end()

    def action_page(self, pages: int) -> None:
        """Scroll by whole windows; at the end, follow."""
        self._drop_target()
        if self.lines.page(pages) and pages > 0:
            self.action_go_end()

    def action_go_start(self) -> None:
        """Go to the oldest line."""
        self._drop_target()
        self.lines.go_start()

    def action_go_end(self) -> None:
        """Go to the newest line, and follow."""
        self._drop_target()
        self.paused = False
        self.lines.go_end()

    def action_pause(self) -> None:
        """Freeze the window, or go on at the newest line."""
        if self.paused:
            self.action_go_end()
            return
        self.paused = True
        self.lines.scroller.leave_end()
        self.show_status()

    def action_back(self) -> None:
        """Close what is open: the detail, the range, the search, the marked minute, the cursor."""
        if self.detail.display:
            self.detail.close()
        elif self.lines.ranging:
            self.lines.drop_range()
        elif self.view.query is not None:
            self._start_search(None)
        elif self.lines.rules.marked_at is not None:
            self._drop_target()
            self.lines.mark(None)
        elif self.lines.cursor is not None:
            self.lines.drop_cursor()
        else:
            raise SkipAction  # nothing is open here: the key belongs to the screen

    # Format and threshold

    def action_shift(self, steps: int) -> None:
        """Scroll sideways by half the width, unless lines are wrapped."""
        format, step = self.lines.format, max(_SHIFT, self.lines.size.width // 2)
        if not format.wrap:
            self._reformat(shift=max(0, min(_SHIFT_LIMIT, format.shift + steps * step)))

    def action_toggle_raw(self) -> None:
        """Show lines as they were logged, or made readable."""
        self._reformat(raw=not self.lines.format.raw)

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self._reformat(wrap=not self.lines.format.wrap, shift=0)

    def action_toggle_relative(self) -> None:
        """Show ages, which grow every second, or times of day."""
        self._reformat(relative=not self.lines.format.relative)

    def _reformat(self, **changes: Any) -> None:
        self.lines.show(replace(self.lines.format, **changes))
        self.show_status()

    def action_threshold(self, level: int) -> None:
        """Hide what is less severe; the same level again shows all."""
        threshold = Severity(level)
        self.show_from(Severity.PLAIN if self.view.threshold is threshold else threshold)

    def show_from(self, threshold: Severity) -> None:
        """Hide what is less severe; PLAIN shows all lines."""
        self.run_worker(self._apply_threshold(threshold), group="log-threshold", exclusive=True)

    async def _apply_threshold(self, threshold: Severity) -> None:
        await self.view.show(threshold)
        self._update_view()

    def _update_view(self) -> None:
        self.lines.redraw()
        self.seek_target()
        self.show_status()

    # Detail, range, copy

    def action_open(self) -> None:
        """Open the detail of the line at the cursor, or close it."""
        if self.detail.display:
            self.detail.close()
            return
        if self.lines.cursor is None:
            self.lines.move_cursor(-1)
        line = self.lines.line_at_cursor()
        if line is not None:
            self.detail.show(line, self.lines.format.zone, self.lines.today())

    def action_mark(self) -> None:
        """Begin or end marking lines."""
        self._drop_target()
        self.lines.toggle_range()

    def action_copy(self) -> None:
        """Copy the marked lines, or the one at the cursor."""
        if self.lines.selected is None:
            self.lines.move_cursor(-1)
        text = "\n".join(self.lines.selected_texts(COPY_LIMIT))
        if text:
            self.lines.drop_range()
            self.post_message(self.CopyRequested(text))

    # Prompts and searching

    def action_ask_time(self) -> None:
        """Prompt for a time to go to."""
        self.prompt.open(Ask.TIME)

    def action_search(self) -> None:
        """Prompt for what to search."""
        query = self.view.query
        ask = Ask.REGEX if query is not None and query.regex else Ask.SEARCH
        self.prompt.open(ask, query.text if query is not None else "")

    @on(LogPrompt.TimeEntered)
    def _go_to_time(self, event: LogPrompt.TimeEntered) -> None:
        event.stop()
        self.go_to(event.at)

    @on(LogPrompt.QueryEntered)
    def _search(self, event: LogPrompt.QueryEntered) -> None:
        event.stop()
        self._start_search(event.query)

    def _start_search(self, query: Query | None) -> None:
        self.searching = query is not None
        self.show_status()
        self.run_worker(self._run_search(query), group="log-search", exclusive=True)

    async def _run_search(self, query: Query | None) -> None:
        try:
            await self.view.search(query)
        finally:
            self.searching = False
        if query is not None:
            # Backwards from the end while following, else forwards from the reader.
            follow = self.lines.scroller.follow
            self._go_match(self.view.match_near(None if follow else self.lines.position))
        self._update_view()

    def action_next_match(self) -> None:
        """Go to the next match, and from the newest to the oldest."""
        self._go_match(self.view.match_after(self.lines.position))

    def action_previous_match(self) -> None:
        """Go to the previous match, and from the oldest to the newest."""
        self._go_match(self.view.match_before(self.lines.position))

    def _go_match(self, row: int | None) -> None:
        if row is not None:
            self._drop_target()
            self.lines.go_row(row)
