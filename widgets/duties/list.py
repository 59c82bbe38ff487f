from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from functools import partial

from textual.reactive import reactive

from services.i18n import _
from services.models.date_text import day_text
from services.models.duties import Day, DutyView, Occurrence, OccurrenceState
from services.models.findings import FindingsView
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line, Span
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.ticker import every_second
from widgets.duties.duty_wording import closed_words, zone_name
from widgets.duties.occurrences import OccurrenceList, duty_columns, duty_row
from widgets.duties.row_source import Entry, OccurrenceRows


class DutyList(OccurrenceList):
    view: reactive[DutyView | None] = reactive(None, repaint=False, init=False)
    findings: reactive[FindingsView | None] = reactive(None, repaint=False, init=False)
    """The findings of the duties' inspections."""

    def __init__(self, now: Callable[[], datetime], zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(KeyedTable(duty_columns(zone_name(zone, now()))), zone, id=id)
        self._now = now
        self._minute = -1
        self._started = False

    def on_mount(self) -> None:
        self.fill()
        every_second(self, self._tick)

    def watch_view(self) -> None:
        if self.is_mounted:
            self.fill()

    def watch_findings(self) -> None:
        if not self.is_mounted:
            return
        columns = self.columns()
        if len(columns) != len(self.table.columns):
            self.table.columns = columns
            self.table.refresh()
        self.fill()

    @property
    def _has_findings(self) -> bool:
        return self.findings is not None and bool(self.findings.duties)

    def columns(self) -> tuple[Column, ...]:
        return duty_columns(self.zone_words(), findings=self._has_findings)

    def zone_words(self) -> str:
        return zone_name(self.zone, self._now())

    def _start(self) -> None:
        """Put the cursor on the occurrence that needs a person first; duties with the whole month come last."""
        view = self.view
        if view is None:
            return
        today = [
            occurrence
            for occurrence in view.today.occurrences
            if occurrence.open or occurrence.state is OccurrenceState.UPCOMING
        ]
        coming = [*today, *([view.next] if view.next else []), *view.running]
        coming.sort(key=lambda occurrence: occurrence.slot.until > occurrence.slot.day)
        for first in [*view.carried, *coming][:1]:
            self.table.move_to(first.key)

    def _tick(self) -> None:
        if self._minute != int(self._now().timestamp()) // 60:
            self.fill()

    def fill(self) -> None:
        now = self._now()
        self._minute = int(now.timestamp()) // 60
        self.shown = {}
        entries = self._entries()
        self.table.take_rows(OccurrenceRows(entries, partial(self._row, now=now)))
        if not self._started and self.view is not None:
            self._started = True
            self._start()
        self.post_selection()

    def _entries(self) -> dict[str, Entry]:
        view, entries = self.view, dict[str, Entry]()
        if view is None:
            return _section("waiting", [(_("Reading…"), "muted")], ())
        if view.carried:
            words = _("Left over from earlier days")
            entries |= _section("carried", [(words, "bad")], self._new(view.carried))
        entries |= _section("today", today_spans(view.today), self._new(view.today.occurrences))
        if running := list(self._new(view.running)):
            entries |= _section("running", [(_("Within the month"), "strong")], running)
        if coming := list(self._new([view.next] if view.next is not None else [])):
            entries |= _section("next", [(_("Next duty"), "strong")], coming)
        return entries

    def _new(self, occurrences: Iterable[Occurrence]) -> Iterable[Occurrence]:
        for occurrence in occurrences:
            if occurrence.key not in self.shown:
                self.shown[occurrence.key] = occurrence
                yield occurrence

    def _row(self, occurrence: Occurrence, now: datetime) -> Row:
        day = now.astimezone(self.zone).date()
        return duty_row(
            occurrence,
            now,
            self.zone,
            day,
            findings=self._has_findings,
            duty_findings=self.findings.of(occurrence.key) if self.findings is not None else None,
        )


def today_spans(today: Day) -> list[Span]:
    """`today 01-14(Wed)`, and why it is closed on a closed day."""
    spans: list[Span] = [(_("Today") + " ", "strong"), (day_text(today.day, today.day), "strong")]
    reason = closed_words(today)
    if reason:
        spans.append((f"  {reason}", "warn"))
    return spans if today.occurrences else [*spans, ("  " + _("no duties scheduled"), "muted")]


def _section(key: str, line: Line, occurrences: Iterable[Occurrence]) -> dict[str, Entry]:
    heading = Row(f"#{key}", ([("╌╌ ", "rule"), *line],), heading=True)
    return {heading.key: lambda: heading, **{each.key: each for each in occurrences}}
