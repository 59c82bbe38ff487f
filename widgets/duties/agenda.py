from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import partial
from itertools import groupby

from textual.events import Resize
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models.date_text import day_text, span_text
from services.models.duties import Day, Month, Occurrence
from widgets.drawing.lines import Span
from widgets.drawing.table import KeyedTable, Row
from widgets.duties.duty_wording import TODAY_MARK, closed_words, tally, zone_name
from widgets.duties.occurrences import OccurrenceList, duty_columns, duty_row
from widgets.duties.row_source import Entry, OccurrenceRows


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
        old, self._place, self.cursor_key = self._place, place, None
        if self._is_visible(old):
            self.refresh(Region(0, old + 1 - self.scroll_offset.y, self.size.width, 1))

    def _end(self, top: int) -> int:
        place = top + 1
        while place < self.row_count and not self._source.is_heading(place):
            place += 1
        return place - 1


class AgendaView(OccurrenceList):
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
        self._by_day: dict[date, tuple[Occurrence, ...]] = {}

    def on_mount(self) -> None:
        self._refill()

    def show(self, month: Month | None, day: date, today: date) -> None:
        before, moved = self.month, day != self.day
        if (before, self.today) == (month, today) and not moved:
            return
        self.set_reactive(AgendaView.month, month)
        self.set_reactive(AgendaView.day, day)
        self.set_reactive(AgendaView.today, today)
        if self.is_mounted:
            self._refill(leads=moved or _month_of(before) != _month_of(month))

    def watch_month(self, before: Month | None, month: Month | None) -> None:
        if self.is_mounted:
            self._refill(leads=_month_of(before) != _month_of(month))

    def watch_day(self) -> None:
        if self.is_mounted:
            self._refill()

    def watch_today(self) -> None:
        if self.is_mounted:
            self.fill()

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._lead)

    def _refill(self, *, leads: bool = True) -> None:
        self.fill()
        if leads:
            self._lead()

    def _lead(self) -> None:
        occurrences = self._by_day.get(self.day, ())
        here = [each.key for each in occurrences if self._days.get(each.key) == self.day]
        key = self.table.cursor_key
        if key not in here:
            key = next((key for key in here if self.shown[key].open), here[0] if here else None)
        self.table.lead_to(self._headings.get(self.day) or next(iter(self._headings.values()), ""), key)
        self.post_selection()

    def fill(self) -> None:
        self.shown, self._days, self._headings = {}, {}, {}
        entries: dict[str, Entry] = {}
        if self.month is None:
            entries["#waiting"] = lambda: Row("#waiting", ([(_("Reading…"), "muted")],), heading=True)
        else:
            self._list(self.month, entries)
        self.table.take_rows(OccurrenceRows(entries, self._row))
        self.post_selection()

    def _list(self, month: Month, entries: dict[str, Entry]) -> None:
        self._by_day = {day.day: day.occurrences for day in month.days}
        for empty, days in groupby(month.days, key=lambda day: not day.occurrences):
            if empty:
                free = list(days)
                key = f"#{free[0].day.isoformat()}"
                self._headings |= {each.day: key for each in free}
                entries[key] = partial(self._free, key, free)
                continue
            for day in days:
                key = self._headings[day.day] = f"#{day.day.isoformat()}"
                entries[key] = partial(self._full, key, day)
                for occurrence in day.occurrences:
                    if occurrence.key not in self.shown:
                        self.shown[occurrence.key], self._days[occurrence.key] = occurrence, day.day
                        entries[occurrence.key] = occurrence

    def _row(self, occurrence: Occurrence) -> Row:
        return duty_row(occurrence, None, self.zone, self._days[occurrence.key])

    def _free(self, key: str, days: Sequence[Day]) -> Row:
        first, last = days[0].day, days[-1].day
        words = day_text(first, first)
        if last != first:
            words = span_text(words, day_text(last, first))
        names = dict.fromkeys(each.closed_name for each in days if not each.is_open and each.closed_name)
        why = closed_words(days[0].model_copy(update={"closed_name": _(", ").join(names)}))
        return self._heading(
            key, words, first <= self.day <= last, first <= self.today <= last, [(why, "muted")]
        )

    def _full(self, key: str, day: Day) -> Row:
        facts: list[Span] = [*tally(day.occurrences)]
        reason = closed_words(day)
        if reason:
            facts += [("  ", ""), (reason, "muted")]
        return self._heading(
            key, day_text(day.day, self.today), day.day == self.day, day.day == self.today, facts
        )

    def _heading(self, key: str, words: str, here: bool, today: bool, facts: Sequence[Span]) -> Row:
        role = "title-focus" if here else "strong"
        line: list[Span] = [("▸ " if here else "╌ ", "rule-focus" if here else "rule"), (words, role)]
        if today:
            line.append((f" {_('today')}{TODAY_MARK}", "title-focus"))
        return Row(key, ([*line, ("  ", ""), *facts],), heading=True)

    def moved(self) -> None:
        day = self._days.get(self.table.cursor_key or "")
        if day is not None and day != self.day:
            self.set_reactive(AgendaView.day, day)
            self.fill()
            self.post_message(self.Moved(day))


def _month_of(month: Month | None) -> tuple[int, int] | None:
    return None if month is None else (month.year, month.month)
