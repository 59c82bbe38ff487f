"""A month as a wall calendar: Sunday first, closed days hatched, a mark for each duty, the day's line below."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_
from services.models.duties import Month
from widgets.drawing.lines import CellStyles, Line, LineWidget
from widgets.duties.month_layout import MonthLayout, draw_month


class MonthGrid(LineWidget, can_focus=True):
    """Set `month`, `today` and `day`; it posts the days that the operator moves to."""

    DEFAULT_CSS = """
    MonthGrid { width: 1fr; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", N_("Previous day"), show=False),
        Binding("right", "move(1)", N_("Next day"), show=False),
        Binding("up", "move(-7)", N_("Previous week"), show=False),
        Binding("down", "move(7)", N_("Next week"), show=False),
        Binding("home", "edge(0)", N_("First"), show=False),
        Binding("end", "edge(-1)", N_("Last"), show=False),
        Binding("pageup", "leaf(-1)", N_("Previous month"), show=False),
        Binding("pagedown", "leaf(1)", N_("Next month"), show=False),
        Binding("left_curly_bracket", "leaf(-12)", N_("Previous year"), show=False),
        Binding("right_curly_bracket", "leaf(12)", N_("Next year"), show=False),
        Binding("enter", "choose", N_("Open"), show=True),
    ]

    month: reactive[Month | None] = reactive(None, repaint=False, init=False)
    today: reactive[date] = reactive(date.min, repaint=False, init=False)
    day: reactive[date] = reactive(date.min, repaint=False, init=False)
    """The day under the cursor; setting it sends no message."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    """The zone of the displayed times."""

    @dataclass
    class _OfDay(Message):
        day: date

    class Moved(_OfDay):
        """The cursor moved to another day of this month."""

    class Left(_OfDay):
        """The cursor has moved to a day of another month, which should be shown."""

    class Chosen(_OfDay):
        """Enter, or a click on the day under the cursor."""

    def __init__(self, zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.line_styles = CellStyles(self)
        self.set_reactive(MonthGrid.zone, zone)
        self._layout_of_month: MonthLayout | None = None
        self._shown: tuple[Month | None, date, date] | None = None
        """What `show` has drawn; None: something else is set."""

    def draw(self, width: int, height: int) -> list[Line]:
        lines, self._layout_of_month = draw_month(
            self.month, self.day, self.today, self.zone, width, height, focused=self.has_focus
        )
        return lines

    def show(self, month: Month | None, day: date, today: date) -> None:
        """Set `month`, `day` and `today`, and draw once; sends no message."""
        if self._shown == (month, day, today):
            return
        self._shown = month, day, today
        self.set_reactive(MonthGrid.month, month)
        self.set_reactive(MonthGrid.day, day)
        self.set_reactive(MonthGrid.today, today)
        self.redraw()

    def watch_month(self) -> None:
        self._shown = None
        self.redraw()

    watch_today = watch_day = watch_month
    watch_zone = on_focus = on_blur = LineWidget.redraw

    def action_move(self, days: int) -> None:
        """Move the cursor to another day."""
        try:
            self._go(self.day + timedelta(days=days))
        except OverflowError:
            return

    def action_edge(self, index: int) -> None:
        """Move the cursor to the first or the last day of the month."""
        last = calendar.monthrange(self.day.year, self.day.month)[1]
        self._go(self.day.replace(day=1 if index == 0 else last))

    def action_leaf(self, months: int) -> None:
        """Move the cursor to the same day of another month (12: of another year), or to its last day."""
        year, month = divmod(self.day.year * 12 + self.day.month - 1 + months, 12)
        if date.min.year <= year <= date.max.year:
            last = calendar.monthrange(year, month + 1)[1]
            self._go(date(year, month + 1, min(self.day.day, last)))

    def action_choose(self) -> None:
        """Open the day under the cursor."""
        self.post_message(self.Chosen(self.day))

    def on_click(self, event: Click) -> None:
        """Move the cursor to the day that was clicked; a second click opens it."""
        day = self._layout_of_month.day_at(event.x, event.y) if self._layout_of_month is not None else None
        if day is not None and day == self.day:
            self.action_choose()
        elif day is not None:
            self._go(day)

    def _go(self, day: date) -> None:
        if day == self.day:
            return
        if self.month is not None and (day.year, day.month) == (self.month.year, self.month.month):
            self.day = day
            self.post_message(self.Moved(day))
        else:
            # Drawn with its month.
            self._shown = None
            self.set_reactive(MonthGrid.day, day)
            self.post_message(self.Left(day))
