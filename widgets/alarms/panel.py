"""The system's alarms: firing ones first, scaling alarms apart; only alarms known to be OK are shown as normal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from services.models import glyphs
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.feeds import Freshness
from widgets.alarms.acknowledgements import Seen, seen_spans, short_spans
from widgets.alarms.wording import asides, how_long, joined, measured, packed, state_spans, warnings
from widgets.drawing.columns import Column, widths
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.state_styles import ALARM_STYLES, unsure
from widgets.drawing.table import KeyedTable, Row
from widgets.frame.panel import Panel

_BELOW = "    ↳ "
_INDENT = 4
"""Cells before a note below its row, not counting the table's gutter."""
_ORDER = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)


class AlarmPanel(Panel[AlarmOverview]):
    """A row for each alarm."""

    DEFAULT_CSS = """
    AlarmPanel { min-height: 4; }
    """

    acknowledged: reactive[Seen] = reactive(dict, repaint=False, init=False)
    """By the alarm's id."""

    @dataclass
    class Opened(Message):
        """Enter or a click: show the detail of `alarm`, which was under the cursor at that moment."""

        alarm: Alarm

    @dataclass
    class Highlighted(Message):
        """The cursor moved to another alarm."""

        alarm: Alarm

    @dataclass
    class Lost(Message):
        """The alarm under the cursor no longer exists."""

        name: str

    def compose_body(self) -> Iterable[Widget]:
        """The table."""
        self.table = KeyedTable(
            (
                Column(_("state"), max_width=12),
                Column(_("alarm"), flex=2, min_width=22, middle=True),
                Column(_("for"), align="right", max_width=14),
                Column(_("at change"), align="right", max_width=12, rank=1),
                Column(_("threshold"), max_width=14, rank=2),
                Column(_("note"), flex=3, min_width=10, rank=3),
            )
        )
        yield self.table

    def show(self, value: AlarmOverview) -> None:
        """Show the rows; the cursor stays on its alarm."""
        rows = self._with_notes(value.watched)
        if value.scaling:
            words = _("scaling alarms: they drive the task count; “low” firing is normal")
            heading: Line = [("  ╌╌ ", "rule"), (words, "muted")]
            rows.append(Row("heading:scaling", (heading,), heading=True))
            rows += [self._row(alarm) for alarm in value.scaling]
        resized = len(rows) != len(self.table.rows)
        self.table.set_rows(rows)
        if resized:
            self.refresh(layout=True)

    def on_resize(self) -> None:
        """Recompute which notes fit their rows."""
        self.call_after_refresh(self._show_again)

    def _show_again(self) -> None:
        value = self.state.value
        if self.is_mounted and value is not None:
            self.show(value)

    def natural_height(self) -> int:
        """The height of the table's head and rows."""
        return 1 + len(self.table.rows)

    def watch_acknowledged(self) -> None:
        """Show who has acknowledged which alarms."""
        value = self.state.value
        if self.is_mounted and value is not None:
            self.show(value)
            self.head.update(facts=self.facts(value))

    @property
    def chosen(self) -> Alarm | None:
        """The alarm under the cursor."""
        return self.alarm(self.table.cursor_key) if self.table.cursor_key is not None else None

    def _with_notes(self, alarms: Sequence[Alarm]) -> list[Row]:
        """A row for each alarm; a warning that does not fit is shown completely below its row."""
        rows = [self._row(alarm) for alarm in alarms]
        sizes = widths(self.table.columns, [row.cells for row in rows], self.table.room)
        with_notes: list[Row] = []
        for alarm, row in zip(alarms, rows, strict=True):
            grave = warnings(alarm, self.zone, self.now())
            if not grave or width_of(row.cells[-1]) <= sizes[-1]:
                with_notes.append(row)
                continue
            below = packed(grave, max(8, self.table.room - _INDENT))
            with_notes.append(self._row(alarm, grave=False))
            with_notes += [
                Row(
                    f"note:{number}:{alarm.id}",
                    ([(_BELOW if number == 0 else " " * (_INDENT + 2), "rule"), *line],),
                    heading=True,
                )
                for number, line in enumerate(below)
            ]
        return with_notes

    def _row(self, alarm: Alarm, *, grave: bool = True) -> Row:
        now = self.now()
        acknowledgement = self.acknowledged.get(alarm.id)
        badges = joined([*(warnings(alarm, self.zone, now) if grave else ()), *asides(alarm, self.zone, now)])
        note: list[Span] = short_spans(acknowledgement) if acknowledgement else []
        note += [("  ", ""), *badges] if note and badges else badges
        calls = alarm.state is AlarmState.ALARM and not alarm.scaling and acknowledgement is None
        name = "strong" if calls else ""
        return Row(
            str(alarm.id),
            (
                [
                    *self._trusted(state_spans(alarm)),
                    *([(f" {glyphs.DONE}", "good")] if acknowledgement else []),
                ],
                [(alarm.name, "muted" if alarm.scaling else name)],
                [(how_long(alarm, now), "muted")],
                *measured(alarm),
                note,
            ),
        )

    def tick(self) -> None:
        """Update durations and freshness; unchanged rows are not repainted."""
        value = self.state.value
        if value is not None:
            self.show(value)
            self.head.update(facts=self.facts(value))

    def watch_state(self) -> None:
        """Show the state, even if only its freshness changed."""
        super().watch_state()
        if self.is_mounted:
            self.tick()

    def facts(self, value: AlarmOverview) -> list[Span]:
        """How many alarms are in each state."""
        if not value.alarms:
            return []
        return [*self._trusted(count_spans(value)), *seen_spans(value, self.acknowledged)]

    def _trusted(self, spans: list[Span]) -> list[Span]:
        """The spans, marked as doubtful while the state is outdated."""
        return unsure(spans) if self.freshness is Freshness.STALE else spans

    def empty(self, value: AlarmOverview) -> str:
        """Having no alarms is a problem, not "all well"."""
        return "" if value.alarms else _("There are no alarms: this system is not monitored.")

    def alarm(self, key: str) -> Alarm | None:
        """The alarm with this id in the displayed value."""
        overview = self.state.value
        return next((each for each in overview.alarms if each.id == key), None) if overview else None

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        alarm = self.alarm(event.key)
        if alarm is not None:
            self.post_message(self.Opened(alarm))

    @on(KeyedTable.Highlighted)
    def _highlight(self, event: KeyedTable.Highlighted) -> None:
        event.stop()
        alarm = self.alarm(event.key)
        if alarm is not None:
            self.post_message(self.Highlighted(alarm))

    @on(KeyedTable.Gone)
    def _lose(self, event: KeyedTable.Gone) -> None:
        event.stop()
        self.post_message(self.Lost(event.key))


def count_spans(overview: AlarmOverview) -> list[Span]:
    """`■ firing 1  ? no data 2  ● ok 4`; states without alarms are omitted, except firing and ok.

    Says so if it is unknown which of them are muted.
    """
    spans: list[Span] = []
    for state in _ORDER:
        count = overview.count(state)
        if not count and state in (AlarmState.MISSING, AlarmState.INSUFFICIENT):
            continue
        style = ALARM_STYLES[state]
        spans += [("  ", "")] if spans else []
        spans.append((f"{style.text} {count}", style.role if count else "muted"))
    if not overview.mutes_read:
        spans += [("  ", ""), (_("? mutes unknown"), "warn")]
    return spans
