"""Draws the window of a log pane; a subclass moves the window and decides what is marked in it. Drawing
bypasses Textual's cache per widget (`render_lines`) and caches one strip per line. Textual's scrolling is not
used, because it needs the height of everything and scrolls by animation."""

from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.drawing.diff import changed_regions
from widgets.drawing.line_filters import LineFilters
from widgets.logs.drawing.scroll import Anchor, Scroller
from widgets.logs.drawing.separators import QUIET, SeparatorRules
from widgets.logs.drawing.strips import Accent, LogFormat, Painter
from widgets.logs.drawing.styles import STYLES, UNCOLOURED
from widgets.logs.form.group_form import FormChoice, GroupForm
from widgets.logs.store.view import LogView
from widgets.logs.text.time import gap_text, short_gap

HEADER_FROM = 10  # Rows of the widget from which the first one names the columns


class LogWindow(Widget):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in STYLES}

    def __init__(self, view: LogView, format: LogFormat, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.view = view
        self.painter = Painter(format, self._component)
        self.scroller = Scroller(view, self._height_of)
        self.rules = SeparatorRules(view, format.zone, self.today)
        self._now = now
        self._now_ms = 0
        self.message = ""  # Shown where there are no lines; set with `show_message`
        self._window: tuple[list[int], int] = ([], 0)  # The scroller's window as drawn last
        self._strips: list[Strip] = []  # The strips drawn last
        self._screen_rows: list[int] = []  # Store row of the line on each screen row, -1 for none
        self._cursor = Anchor(view)

    @property
    def cursor(self) -> int | None:
        row = self._cursor.row
        if row is None:
            return None
        visible = self.view.visible
        after = visible.at_or_after(row)
        return after if after is not None else visible.at_or_before(row)

    @property
    def format(self) -> LogFormat:
        return self.painter.format

    @property
    def group_form(self) -> GroupForm:
        return self.painter.group_form

    def choose_form(self, choice: FormChoice, letter: str = "") -> None:
        self.painter.forms.choose(choice, letter)
        self.redraw()

    def today(self) -> date:
        return self._now().astimezone(self.format.zone).date()

    def redraw(self) -> None:
        """Redraw everything: the format, the query, the marks or the theme changed."""
        self.painter.query = self.view.query
        self.rules.quiet = QUIET if self.format.gaps else 0
        self.rules.marks_hidden = self.view.shown.hides and self.view.shown.context > 0
        self.painter.forget()
        self.rules.forget()
        self.refresh()

    def refresh_changed(self) -> None:
        """Redraw what differs from the last drawing: lines that arrived, ages that grew."""
        self._fit()
        if self.scroller.window() != self._window or len(self._strips) != self.size.height:
            self.refresh()
            return
        before = self._strips
        regions = changed_regions(before, self._window_strips())
        if regions:
            self.refresh(*regions)

    def show_message(self, message: str) -> None:
        if message != self.message:
            self.message = message
            self.refresh()

    def _component(self, name: str) -> Style:
        # Textual drops the component styles of a widget that it removes, but may draw it once more.
        if name in UNCOLOURED or not self.is_attached:
            return self.rich_style
        return self.get_component_rich_style(name)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.painter.forget()

    def on_resize(self) -> None:
        self.painter.forget()

    def render_lines(self, crop: Region) -> list[Strip]:
        width = self.size.width
        self.painter.suit(width, LineFilters(self.get_line_filters(), self.background_colors[1]))
        strips = self._window_strips()[crop.y : crop.bottom]
        if crop.width != width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _window_strips(self) -> list[Strip]:
        header = self._fit()
        height = self.size.height - len(header)
        self._now_ms = int(self._now().timestamp() * 1000) if self.format.relative else 0
        rows, skip = self._window = self.scroller.window()
        strips: list[Strip] = []
        self._screen_rows = []
        for row in rows:
            block = self._block(row)
            strips += block
            self._screen_rows += [row] * len(block)
        strips, self._screen_rows = strips[skip : skip + height], self._screen_rows[skip : skip + height]
        if not rows and self.message:
            message = self.painter.rule(self.message, "rule")
            strips = ([self.painter.blank()] * min(1, height - 1) + [message])[: max(0, height)]
        self._strips = header + strips + [self.painter.blank()] * (height - len(strips))
        self._screen_rows[:0] = [-1] * len(header)
        return self._strips

    def _fit(self) -> list[Strip]:
        self.painter.begin(self.view.store)
        header = self.painter.header() if self.size.height >= HEADER_FROM else []
        self._fit_scroller(max(1, self.size.height - len(header)))
        return header

    def _fit_scroller(self, height: int) -> None:
        shrinks = height < self.scroller.height and not self.scroller.follow
        row = self.cursor if shrinks else None
        is_shown = row is not None and row in self.scroller.window()[0]
        self.scroller.height = height
        if row is not None and is_shown:
            self.scroller.reveal(row)

    def _height_of(self, row: int) -> int:
        if not self.format.wrap:
            return 1 + len(self.rules.above(row)) + len(self.rules.below(row))
        return len(self._block(row))

    def _block(self, row: int) -> list[Strip]:
        line = self.view.store.line(row)
        above, below = (
            [self.painter.rule(text, name) for text, name in rules]
            for rules in (self.rules.above(row), self.rules.below(row))
        )
        stamp, gap = self._gaps(row, line.at)
        block = self.painter.block(line, self._accent(row, line.at), self._now_ms, stamp, gap)
        return above + block + below

    def _gaps(self, row: int, at: int) -> tuple[str, str]:
        """The time since the visible line above in place of the time of day, and beside it; "" where it is not shown."""
        format = self.format
        is_shown = format.gaps or format.gap_width
        above = self.view.visible.at_or_before(row - 1) if is_shown else None
        if above is None:
            return "", ""
        gap = at - self.view.store.time_at(above)
        return (gap_text(gap), "") if format.gaps else ("", short_gap(gap))

    def _accent(self, row: int, at: int) -> Accent:
        """How the line at a store row is marked; `at` is its time in epoch milliseconds."""
        raise NotImplementedError
