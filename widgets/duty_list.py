"""What is to be done: carried over, today, within the month, next. The cursor follows its occurrence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models.duties import Day, DutyView, Occurrence, OccurrenceState
from widgets.columns import Column
from widgets.duty_words import closed_words, look, note_of, progress, tally, title_role, when, zone_name
from widgets.format import day_words
from widgets.heartbeat import every_second
from widgets.ink import Line, Span
from widgets.table import KeyedTable, Row

_NARROW = 60
"""Cells below which dates do without their weekday."""


def duty_columns(zone: str) -> tuple[Column, ...]:
    """The columns of a list of occurrences; the head names the zone of the times."""
    return (
        Column("", max_width=1, min_width=1),
        Column(zone, max_width=19),
        Column(_("duty"), flex=4, min_width=24),
        Column(_("state"), max_width=12),
        Column("", max_width=26, rank=1),
        Column(_("note"), flex=1, min_width=13, rank=2),
    )


class DutyList(Vertical):
    """Set `view`; it tells what the cursor is on and what is opened. Focus goes to its table."""

    DEFAULT_CSS = """
    DutyList { width: 1fr; height: 1fr; }
    """

    view: reactive[DutyView | None] = reactive(None, repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    """Where times are shown."""

    @dataclass
    class Opened(Message):
        """Enter, or a click on the row under the cursor; `occurrence` is what it was at that moment."""

        occurrence: Occurrence

    @dataclass
    class Selected(Message):
        """The cursor is on another occurrence, on the same one with another state, or on nothing."""

        occurrence: Occurrence | None

    def __init__(self, now: Callable[[], datetime], zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(DutyList.zone, zone)
        self.table = KeyedTable(duty_columns(zone_name(zone, now())))
        self._shown: dict[str, Occurrence] = {}
        self._minute = -1
        self._started = False
        self._told: Occurrence | None = None

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table

    def on_mount(self) -> None:
        """Show what was set before, then follow the clock."""
        self._update()
        every_second(self, self._tick)

    @property
    def selected(self) -> Occurrence | None:
        """What the cursor is on, as it is now; None when it is on nothing."""
        return self._shown.get(self.table.cursor_key or "")

    def focus(self, scroll_visible: bool = True) -> Self:
        """The keys go to the table."""
        self.table.focus(scroll_visible)
        return self

    def select(self, key: str) -> bool:
        """Put the cursor on an occurrence; False when it is not here."""
        return self.table.move_to(key)

    def watch_view(self) -> None:
        """Another state of things."""
        if self.is_mounted:
            self._update()

    def watch_zone(self) -> None:
        """Times are shown elsewhere."""
        if self.is_mounted:
            self.table.columns = duty_columns(zone_name(self.zone, self._now()))
            self._update()
            self.table.refresh()

    def on_resize(self, event: Resize) -> None:
        """Dates are shorter where there is little room."""
        self._update()

    def _start(self) -> None:
        """The cursor begins on what wants a person first; what has the whole month comes last."""
        view = self.view
        if view is None:
            return
        today = [
            each for each in view.today.occurrences if each.open or each.state is OccurrenceState.UPCOMING
        ]
        coming = [*today, *([view.next] if view.next else []), *view.running]
        coming.sort(key=lambda each: each.slot.until > each.slot.day)
        for first in [*view.carried, *coming][:1]:
            self.table.move_to(first.key)

    def _tick(self) -> None:
        if self._minute != int(self._now().timestamp()) // 60:
            self._update()

    def _update(self) -> None:
        now = self._now()
        self._minute = int(now.timestamp()) // 60
        self._shown = {}
        self.table.set_rows(list(self._rows(now)))
        if not self._started and self.view is not None:
            self._started = True
            self._start()
        self._tell()

    def _rows(self, now: datetime) -> Iterable[Row]:
        view = self.view
        if view is None:
            yield _heading("waiting", [(_("Reading…"), "muted")])
            return
        if view.carried:
            words = _("carried over from earlier days")
            yield _heading("carried", [(words, "bad"), ("  ", ""), *tally(view.carried)])
            yield from (self._row(each, now) for each in self._new(view.carried))
        yield _heading("today", today_spans(view.today))
        yield from (self._row(each, now) for each in self._new(view.today.occurrences))
        running = list(self._new(view.running))
        if running:
            yield _heading("running", [(_("within the month"), "strong")])
            yield from (self._row(each, now) for each in running)
        coming = list(self._new([view.next] if view.next is not None else []))
        if coming:
            yield _heading("next", [(_("next duty"), "strong")])
            yield from (self._row(each, now) for each in coming)

    def _new(self, occurrences: Iterable[Occurrence]) -> Iterable[Occurrence]:
        """Those not shown in a section above."""
        for each in occurrences:
            if each.key not in self._shown:
                self._shown[each.key] = each
                yield each

    def _row(self, occurrence: Occurrence, now: datetime) -> Row:
        day = now.astimezone(self.zone).date()
        return duty_row(occurrence, now, self.zone, day, weekdays=self.size.width >= _NARROW)

    def _tell(self) -> None:
        """The selected occurrence came to another state, or there is none any more."""
        selected = self.selected
        if selected != self._told:
            self._told = selected
            self.post_message(self.Selected(selected))

    @on(KeyedTable.Highlighted)
    @on(KeyedTable.Gone)
    def _moved(self, event: Message) -> None:
        event.stop()
        self._tell()

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        found = self._shown.get(event.key)
        if found is not None:
            self.post_message(self.Opened(found))


def duty_row(
    occurrence: Occurrence, now: datetime | None, zone: tzinfo, day: date, *, weekdays: bool = True
) -> Row:
    """An occurrence as a row of `duty_columns`, seen from `day`."""
    shown, title = look(occurrence), title_role(occurrence)
    return Row(
        occurrence.key,
        (
            [(shown.mark, shown.role)],
            [(when(occurrence.slot, zone, day, weekdays=weekdays), title)],
            [(occurrence.slot.title, title)],
            [(shown.word, shown.role)],
            progress(occurrence, now, zone, day),
            [(note_of(occurrence), "muted")],
        ),
    )


def today_spans(today: Day) -> list[Span]:
    """`today Wed 14 Jan  !1 ✓2`, with the reason where city hall is closed."""
    spans: list[Span] = [(_("today") + " ", "strong"), (day_words(today.day), "strong")]
    closed = closed_words(today)
    if closed:
        spans.append((f"  {closed}", "warn"))
    if not today.occurrences:
        return [*spans, ("  " + _("nothing to do by the calendar"), "muted")]
    return [*spans, ("  ", ""), *tally(today.occurrences)]


def _heading(key: str, line: Line) -> Row:
    return Row(f"#{key}", ([("╌╌ ", "rule"), *line],), heading=True)
