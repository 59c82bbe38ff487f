"""Pages through a log view: moving, format, detail, copying, searching. Knows neither where the lines come
from nor the screen: what only others can do is posted as a message. Each capability is an object of
`widgets.logs.reading`; an action here hands it what the reader asked for."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from services.models.logs import Severity
from widgets.logs.drawing.lines import LogLines
from widgets.logs.drawing.strips import LogFormat, next_times
from widgets.logs.pane.detail import FieldList, LogDetail
from widgets.logs.pane.prompt import Ask, LogPrompt
from widgets.logs.reading.reading import PaneReading
from widgets.logs.store.store import StoredLine
from widgets.logs.store.view import LogView

COPY_LIMIT = 10_000  # Lines copied at most
_SHIFT = 16  # Minimum number of cells for one key
_SHIFT_LIMIT = 8_192


class Closable(NamedTuple):
    is_open: Callable[[], bool]
    close: Callable[[], object]


class LogPager(Vertical):
    """Lines, a detail on demand, and a prompt; a subclass binds the keys."""

    DEFAULT_CSS = """
    LogPager > #log-area { height: 1fr; }
    """

    class CopyRequested(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        view: LogView,
        format: LogFormat,
        now: Callable[[], datetime],
        id: str | None = None,
        *,
        ruler: bool = False,
    ) -> None:
        """`ruler`: a histogram above the lines, where there is room for it."""
        super().__init__(id=id)
        self.view = view
        self.store = view.store
        self.lines = LogLines(view, format, now)
        self.detail = LogDetail(self.lines.focus)
        self.prompt = LogPrompt(self.lines, now)
        reading = self.reading = PaneReading(self)
        self.marks, self.target, self.ruler = reading.marks, reading.target, reading.ruler
        self.search, self.filters, self.highlights = reading.search, reading.filters, reading.highlights
        self.has_ruler = ruler
        self.paused = False  # The window is frozen while lines arrive
        self.closables = [
            Closable(lambda: bool(self.detail.display), self.detail.close),
            Closable(lambda: self.lines.ranging, self.lines.drop_range),
            Closable(lambda: self.search.query is not None, lambda: self.search.start(None)),
            Closable(lambda: self.ruler.range is not None, self.ruler.drop_range),
            Closable(lambda: bool(self.filters.wanted.filters), self.filters.remove),
            Closable(lambda: self.target.marked, self.target.clear),
            Closable(lambda: self.lines.cursor is not None, self.lines.drop_cursor),
        ]
        """What the key of going back closes, one at a time, in this order."""

    def compose(self) -> ComposeResult:
        yield self.ruler
        with Horizontal(id="log-area"):
            yield self.lines
            yield self.lines.gauge
        yield self.detail
        yield self.prompt

    def show_status(self) -> None:
        self.lines.update_gauge()
        self.ruler.update()

    def clear(self) -> None:
        """The format, the threshold, the search and a minute that was requested before any line arrived stay."""
        if len(self.store):
            self.target.clear()
        self.store.clear()
        self.marks.unplace()
        self.paused = False
        self.detail.close()
        self.lines.go_end()
        self.lines.redraw()

    def on_resize(self, event: events.Resize) -> None:
        self.ruler.fit(event.size.height if self.has_ruler else 0)

    def run_exclusive(self, work: Coroutine[Any, Any, None], group: str) -> None:
        self.run_worker(work, group=group, exclusive=True)

    def go_to(self, at: int, *, minute: bool = False) -> None:
        """Mark `at` (epoch milliseconds), or its whole minute, and show it as soon as its lines are there."""
        self.paused = False
        self.target.go_to(at, minute=minute)

    def go_row(self, row: int | None) -> None:
        if row is not None:
            self.target.drop()
            self.lines.go_row(row)

    def update_view(self) -> None:
        self.lines.redraw()
        self.target.seek()
        self.show_status()

    def update_detail(self) -> None:
        line = self.lines.line_at_cursor()
        if self.detail.display and line is not None:
            self._show_detail(line)

    def _show_detail(self, line: StoredLine) -> None:
        self.detail.show(
            line, self.lines.format.zone, self.lines.today(), self.lines.painter.forms.of(line).form
        )

    @on(FieldList.OtherLine)
    def _show_other_line(self, event: FieldList.OtherLine) -> None:
        event.stop()
        self.action_cursor(event.steps)

    @on(LogLines.Moved)
    def _moved(self, event: LogLines.Moved) -> None:
        event.stop()
        self.update_detail()
        self.show_status()

    # Moving

    def action_cursor(self, lines: int) -> None:
        self.target.drop()
        if self.lines.scroller.follow and lines > 0:
            return
        if self.lines.move_cursor(lines):
            self.action_go_end()

    def action_page(self, pages: int) -> None:
        self.target.drop()
        if self.lines.page(pages) and pages > 0:
            self.action_go_end()

    def action_go_start(self) -> None:
        self.target.drop()
        self.lines.go_start()

    def action_go_end(self) -> None:
        self.target.drop()
        self.paused = False
        self.lines.go_end()

    def action_pause(self) -> None:
        if self.paused:
            self.action_go_end()
            return
        self.paused = True
        self.lines.scroller.leave_end()
        self.show_status()

    def action_back(self) -> None:
        opened = next((each for each in self.closables if each.is_open()), None)
        if opened is None:
            raise SkipAction  # nothing is open here: the key belongs to the screen
        opened.close()

    # Format and threshold

    def action_shift(self, steps: int) -> None:
        """Scroll sideways by half the width, unless lines are wrapped."""
        format, step = self.lines.format, max(_SHIFT, self.lines.size.width // 2)
        if not format.wrap:
            self._reformat(shift=max(0, min(_SHIFT_LIMIT, format.shift + steps * step)))

    def action_reformat(self, option: str) -> None:
        """Switch `raw`, `wrap` or `relative` (ages, gaps, times) of the format."""
        if option == "relative":
            self.lines.show(next_times(self.lines.format))
            self.show_status()
            return
        shift = 0 if option == "wrap" else self.lines.format.shift
        self._reformat(**{option: not getattr(self.lines.format, option)}, shift=shift)

    def _reformat(self, **changes: Any) -> None:
        self.lines.show(replace(self.lines.format, **changes))
        self.show_status()

    def action_threshold(self, level: int) -> None:
        threshold = Severity(level)
        self.show_from(Severity.PLAIN if self.view.threshold is threshold else threshold)

    @property
    def threshold(self) -> Severity:
        return self.view.threshold

    def show_from(self, threshold: Severity) -> None:
        self.filters.show_from(threshold)

    # Detail, range, copy

    def action_open(self) -> None:
        if self.lines.cursor is None:
            self.lines.move_cursor(-1)
        line = self.lines.line_at_cursor()
        if line is not None:
            self._show_detail(line)
            self.detail.fields.focus()

    def action_mark(self) -> None:
        self.target.drop()
        self.lines.toggle_range()

    def action_copy(self) -> None:
        if self.lines.selected is None:
            self.lines.move_cursor(-1)
        text = "\n".join(self.lines.selected_texts(COPY_LIMIT))
        if text:
            self.lines.drop_range()
            self.post_message(self.CopyRequested(text))

    # Prompts and searching

    def action_ask_time(self) -> None:
        self.prompt.open(Ask.TIME)

    def action_search(self) -> None:
        query = self.search.query
        ask = Ask.REGEX if query is not None and query.regex else Ask.SEARCH
        self.prompt.open(ask, query.text if query is not None else "")

    @on(LogPrompt.TimeEntered)
    def _go_to_time(self, event: LogPrompt.TimeEntered) -> None:
        self.go_to(event.at, minute=event.minute)

    @on(LogPrompt.QueryEntered)
    def _search(self, event: LogPrompt.QueryEntered) -> None:
        event.stop()
        self.search.start(event.query)

    def action_read(self, action: str, steps: int = 1) -> None:
        self.reading.do(action, steps)

    @on(LogPrompt.FilterEntered)
    def _filter(self, event: LogPrompt.FilterEntered) -> None:
        event.stop()
        self.filters.add(event.query, hides=event.hides)

    def action_ask_range(self) -> None:
        self.prompt.open(Ask.RANGE)
