"""A month's duties by day, as a list that follows the calendar's cursor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from itertools import groupby

from textual.events import Resize
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models.date_text import day_text, span_text
from services.models.duties import Day, Month
from widgets.drawing.lines import Span
from widgets.drawing.table import KeyedTable, Row
from widgets.duties.occurrences import OccurrenceList, duty_columns, duty_row
from widgets.duties.wording import TODAY_MARK, closed_words, tally, zone_name


class AgendaTable(KeyedTable):
    """A table that can scroll to a heading and have the cursor on no row."""

    def lead_to(self, heading: str, key: str | None) -> None:
        """Show the section under `heading` with the cursor on `key`, or on no row."""
        top = self._index.get(heading)
        if top is None:
            return
        if key is None or not self.move_to(key):
            self._put_down(top)
        room = self.size.height - 1
        if not self._is_visible(top) or not self._is_visible(min(self._end(top), top + room - 1)):
            self.scroll_to(y=top, animate=False, force=True)

    def _put_down(self, place: int) -> None:
        """Put the cursor on no row; the next key continues from `place`."""
        old, self._place, self.cursor_key = self._place, place, None
        if self._is_visible(old):
            self.refresh(Region(0, old + 1 - self.scroll_offset.y, self.size.width, 1))

    def _end(self, top: int) -> int:
        """The last row of the section that begins at `top`."""
        place = top + 1
        while place < len(self.rows) and not self.rows[place].heading:
            place += 1
        return place - 1


class Agenda(OccurrenceList):
    """Set `month` and `day`. The cursor is on an occurrence of `day`, or on no row if it has none."""

    month: reactive[Month | None] = reactive(None, repaint=False, init=False)
    day: reactive[date] = reactive(date.min, repaint=False, init=False)
    """The day under the cursor; setting it scrolls there."""
    today: reactive[date] = reactive(date.min, repaint=False, init=False)

    @dataclass
    class Moved(Message):
        """The operator moved the cursor to an occurrence of another day. Not sent when `day` was set."""

        day: date

    table: AgendaTable

    def __init__(self, zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(AgendaTable(duty_columns(zone_name(zone))), zone, id=id)
        self._days: dict[str, date] = {}
        self._headings: dict[date, str] = {}

    def on_mount(self) -> None:
        """Show what was set before mounting."""
        self.fill()
        self._lead()

    def watch_month(self, before: Month | None, month: Month | None) -> None:
        """Show a different month from `day`; the same month keeps its position."""
        if not self.is_mounted:
            return
        self.fill()
        if before is None or month is None or (before.year, before.month) != (month.year, month.month):
            self._lead()

    def watch_day(self) -> None:
        """Follow the calendar's cursor."""
        if self.is_mounted:
            self.fill()
            self._lead()

    def watch_today(self) -> None:
        """Mark the new day after midnight."""
        if self.is_mounted:
            self.fill()

    def on_resize(self, event: Resize) -> None:
        """Keep the day's section in view."""
        self.fill()
        self.call_after_refresh(self._lead)

    def _lead(self) -> None:
        here = [key for key, day in self._days.items() if day == self.day]
        key = self.table.cursor_key
        if key not in here:
            key = next((key for key in here if self.shown[key].open), here[0] if here else None)
        self.table.lead_to(self._headings.get(self.day) or next(iter(self._headings.values()), ""), key)
        self.post_selection()

    def fill(self) -> None:
        """Show the month's current state."""
        self.shown, self._days, self._headings = {}, {}, {}
        self.table.set_rows(list(self._rows()))
        self.post_selection()

    def _rows(self) -> Iterable[Row]:
        if self.month is None:
            yield Row("#waiting", ([(_("Reading…"), "muted")],), heading=True)
            return
        for empty, days in groupby(self.month.days, key=lambda day: not day.occurrences):
            if empty:
                yield self._free(list(days))
            else:
                for day in days:
                    yield from self._full(day)

    def _free(self, days: Sequence[Day]) -> Row:
        """Consecutive days without duties, on one line."""
        first, last = days[0].day, days[-1].day
        key = f"#{first.isoformat()}"
        self._headings |= {each.day: key for each in days}
        words = day_text(first, first)
        if last != first:
            words = span_text(words, day_text(last, first))
        names = dict.fromkeys(each.closed_name for each in days if not each.is_open and each.closed_name)
        why = closed_words(days[0].model_copy(update={"closed_name": _(", ").join(names)}))
        return self._heading(
            key, words, first <= self.day <= last, first <= self.today <= last, [(why, "muted")]
        )

    def _full(self, day: Day) -> Iterable[Row]:
        key = self._headings[day.day] = f"#{day.day.isoformat()}"
        facts: list[Span] = [*tally(day.occurrences)]
        reason = closed_words(day)
        if reason:
            facts += [("  ", ""), (reason, "muted")]
        yield self._heading(
            key, day_text(day.day, self.today), day.day == self.day, day.day == self.today, facts
        )
        for occurrence in day.occurrences:
            if occurrence.key not in self.shown:
                self.shown[occurrence.key], self._days[occurrence.key] = occurrence, day.day
                yield duty_row(occurrence, None, self.zone, day.day)

    def _heading(self, key: str, words: str, here: bool, today: bool, facts: Sequence[Span]) -> Row:
        role = "title-focus" if here else "strong"
        line: list[Span] = [("▸ " if here else "╌ ", "rule-focus" if here else "rule"), (words, role)]
        if today:
            line.append((f" {_('today')}{TODAY_MARK}", "title-focus"))
        return Row(key, ([*line, ("  ", ""), *facts],), heading=True)

    def moved(self) -> None:
        """Follow the cursor to another day."""
        day = self._days.get(self.table.cursor_key or "")
        if day is not None and day != self.day:
            self.set_reactive(Agenda.day, day)
            self.fill()
            self.post_message(self.Moved(day))
