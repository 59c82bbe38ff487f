import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta, tzinfo
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models.date_text import day_text, month_text, weekday_text
from services.models.duties import Day, Month, Occurrence
from widgets.drawing.format import crop
from widgets.drawing.lines import CellStyles, Line, LineWidget, Span, fit, over, spread, width_of
from widgets.duties.duty_wording import (
    CLOSED_MARK,
    DUTY_STYLES,
    PLANNED,
    TODAY_MARK,
    UNDERWAY,
    State,
    clock_of,
    closed_words,
    marks,
    state_style,
    tally,
    title_role,
)

# A month as lines for any size; pure, in cells.
#
# A week has one row or more. With one, number and marks are side by side; with two or three, marks are below the number;
# with four or more, if cells are wide enough, each duty has a row with its title.


_SUNDAY_FIRST = (6, 0, 1, 2, 3, 4, 5)
_TITLED = 14  # Minimum width of a day for titles, in cells
_TIMED = 24  # Minimum width of a day for times before the titles, in cells
_WIDEST = 34
_RULED = 5  # Minimum rows of a week for lines between the days
_LEGEND = (
    DUTY_STYLES[State.LATE],
    DUTY_STYLES[State.MISSED],
    UNDERWAY,
    *(DUTY_STYLES[each] for each in (State.DUE, State.UPCOMING, State.DONE, State.SKIPPED, State.UNPLANNED)),
    PLANNED,
    DUTY_STYLES[State.NO_RECORD],
)


@dataclass(frozen=True, slots=True)
class MonthLayout:
    weeks: tuple[tuple[date | None, ...], ...]
    top: int  # The first line of the first week
    rows: int  # The number of lines of a week
    cell: int  # The cells of a day, including its left border

    def day_at(self, x: int, y: int) -> date | None:
        week, column = (y - self.top) // self.rows, x // self.cell
        if not 0 <= week < len(self.weeks) or not 0 <= column < 7:
            return None
        return self.weeks[week][column]


@dataclass(frozen=True, slots=True)
class _Sight:
    today: date
    cursor: date
    zone: tzinfo
    cell: int
    rows: int
    focused: bool
    ruled: bool
    border: str = " "  # The border left of each day


def draw_month(
    month: Month | None, cursor: date, today: date, zone: tzinfo, width: int, height: int, *, focused: bool
) -> tuple[list[Line], MonthLayout | None]:
    """(the lines, the places of the days on them)."""
    if month is None:
        return [[(_("Reading…"), "muted")]], None
    days = {each.day: each for each in month.days}
    weeks = weeks_of(month.year, month.month)
    cell = min(_WIDEST, max(2, width // 7))
    # In order of priority: the weeks, the weekdays, the day's line, the title, the legend.
    spare = height - len(weeks)
    heads, foot, title = spare >= 1, spare >= 2, spare >= 3
    rows = max(1, (height - heads - foot - title) // len(weeks))
    legend = legend_lines(cell * 7)
    if rows > 2 and height - heads - foot - title - rows * len(weeks) < len(legend):
        rows -= 1
    room = max(0, height - heads - foot - title - rows * len(weeks))
    sight = _Sight(today, cursor, zone, cell, rows, focused, ruled=rows >= _RULED)
    width = cell * 7
    lines: list[Line] = [title_line(month, width)] if title else []
    lines += [_weekdays(cell)] if heads else []
    paper = MonthLayout(weeks, len(lines), rows, cell)
    for week in weeks:
        lines += _week([days.get(day) if day else None for day in week], sight)
    lines += [day_line(days.get(cursor), width)] if foot else []
    return lines + legend[:room], paper


def weeks_of(year: int, month: int) -> tuple[tuple[date | None, ...], ...]:
    weeks = calendar.Calendar(calendar.SUNDAY).monthdayscalendar(year, month)
    return tuple(tuple(date(year, month, day) if day else None for day in week) for week in weeks)


def title_line(month: Month, width: int) -> list[Span]:
    waiting = [each for day in month.days for each in day.occurrences if each.open]
    title: list[Span] = [(month_text(month.year, month.month), "title")]
    counts = tally(waiting, words=True)
    if width_of(title) + 1 + width_of(counts) > width:
        counts = tally(waiting)
    return spread(title, counts, width)


def legend_lines(width: int) -> list[Line]:
    entries = [(each.mark, each.word, each.role) for each in _LEGEND]
    lines: list[list[Span]] = [[]]
    for mark, word, role in [*entries, (CLOSED_MARK, _("closed"), "muted")]:
        size = cell_len(mark) + 1 + cell_len(word)
        if lines[-1] and width_of(lines[-1]) + 2 + size > width:
            lines.append([])
        lines[-1] += [("  ", "")] if lines[-1] else []
        lines[-1] += [(mark, role), (f" {word}", "muted")]
    return [*lines]


def day_line(day: Day | None, width: int) -> list[Span]:
    if day is None:
        return []
    heading: list[Span] = [(day_text(day.day, day.day), "strong")]
    reason = closed_words(day)
    if reason:
        heading.append((f" {reason}", "muted" if day.is_open else "warn"))
    counts = tally(day.occurrences, words=True) if day.occurrences else [(_("no duties"), "muted")]
    if width_of(heading) + 2 + width_of(counts) > width and day.occurrences:
        counts = tally(day.occurrences)
    return fit([*heading, ("  ", ""), *counts], width)


def _weekdays(cell: int) -> list[Span]:
    spans: list[Span] = []
    for number in _SUNDAY_FIRST:
        spans += fit([(" ", ""), (weekday_text(number), "head")], cell)
    return spans


def _week(days: Sequence[Day | None], sight: _Sight) -> list[Line]:
    if sight.ruled:
        rule: list[Line] = [[("─" * (sight.cell * 7), "rule")]]
        return rule + _week(days, replace(sight, rows=sight.rows - 1, ruled=False, border="│"))
    cells = [_day(day, sight) for day in days]
    return [[span for cell in cells for span in cell[row]] for row in range(sight.rows)]


def _day(day: Day | None, sight: _Sight) -> list[list[Span]]:
    if day is None:
        return [[(sight.border, "rule"), (" " * (sight.cell - 1), "")]] * sight.rows
    at_cursor = day.day == sight.cursor
    base = ("cursor" if sight.focused else "cursor-blur") if at_cursor else ""
    edge: Span = ("▌" if sight.focused else "▏", "rule-focus") if at_cursor else (sight.border, "rule")
    room = sight.cell - 1
    return [
        [(text, over(role, base)) for text, role in fit([edge, *fit(line, room)], sight.cell)]
        for line in _content(day, sight, room)
    ]


def _content(day: Day, sight: _Sight, room: int) -> list[Line]:
    if sight.rows == 1:
        number = _number(day, sight, min(room, 3 if room >= 4 else 2))
        return [[*number, *marks(day.occurrences, room - width_of(number))]]
    head = _number(day, sight, room)
    if sight.rows >= 4 and room >= _TITLED:
        below = _titles(day, sight.zone, room, sight.rows - 1)
    else:
        below = _rows_of_marks(day.occurrences, room, sight.rows - 1)
    return [head, *below, *[[]] * (sight.rows - 1 - len(below))]


def _number(day: Day, sight: _Sight, width: int) -> list[Span]:
    today = day.day == sight.today
    role = "title-focus" if today else "" if day.is_open else "muted"
    line: list[Span] = [(f"{day.day.day:>2}", role)]
    room = width - 2
    if today and room > 0:
        word = " " + _("today")
        line.append((word if cell_len(word) + 2 <= room else TODAY_MARK, "title-focus"))
        room -= cell_len(line[-1][0])
    if day.is_open:
        return line
    name = crop(day.closed_name, room - 1) if room >= 5 and (day.holiday or day.day.weekday() < 5) else ""
    if name:
        line.append((f" {name}", "muted"))
    elif room > 0:
        line.append((CLOSED_MARK if room < 3 else " " * (room > 3) + CLOSED_MARK * min(3, room), "faint"))
    return line


def _titles(day: Day, zone: tzinfo, room: int, rows: int) -> list[Line]:
    """A row for each duty; duties without a row are marks on the last one."""
    whole = day.occurrences if len(day.occurrences) <= rows else day.occurrences[: rows - 1]
    lines: list[Line] = [_titled(each, day.day, zone, room) for each in whole]
    rest = day.occurrences[len(whole) :]
    if rest:
        more: Span = (_("+{count} ", count=len(rest)), "muted")
        lines.append([more, *marks(rest, room - width_of([more]))])
    return lines


def _titled(occurrence: Occurrence, day: date, zone: tzinfo, room: int) -> Line:
    state_look, slot = state_style(occurrence), occurrence.slot
    line: list[Span] = [(state_look.mark + " ", state_look.role)]
    if room >= _TIMED and slot.timed:
        line.append((clock_of(slot.due_at, zone, day) + " ", "muted"))
    return [*line, (crop(slot.title, room - width_of(line)), title_role(occurrence))]


def _rows_of_marks(occurrences: Sequence[Occurrence], room: int, rows: int) -> list[Line]:
    """The marks in order of time on several rows if they fit, else counts on one."""
    if len(occurrences) > room * rows:
        return [marks(occurrences, room)]
    return [
        [(state_style(each).mark, state_style(each).role) for each in occurrences[start : start + room]]
        for start in range(0, len(occurrences), max(1, room))
    ]


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
        try:
            self._go(self.day + timedelta(days=days))
        except OverflowError:
            return

    def action_edge(self, index: int) -> None:
        last = calendar.monthrange(self.day.year, self.day.month)[1]
        self._go(self.day.replace(day=1 if index == 0 else last))

    def action_leaf(self, months: int) -> None:
        """Move the cursor to the same day of another month (12: of another year), or to its last day."""
        year, month = divmod(self.day.year * 12 + self.day.month - 1 + months, 12)
        if date.min.year <= year <= date.max.year:
            last = calendar.monthrange(year, month + 1)[1]
            self._go(date(year, month + 1, min(self.day.day, last)))

    def action_choose(self) -> None:
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
