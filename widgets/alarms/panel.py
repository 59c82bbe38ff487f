from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import N_, _
from services.models.alarm_readings import AlarmReadings
from services.models.alarm_rows import AlarmRows, alarm_rows
from services.models.alarms import Alarm, AlarmOverview
from services.models.feeds import Freshness
from widgets.alarms.acknowledgements import Seen
from widgets.alarms.advice import AlarmAdvice
from widgets.alarms.row_source import MEASURED, NOTED, AlarmEntry, AlarmTableRows, RowMaker
from widgets.alarms.rows import (
    FOLDS,
    NORMAL,
    OUTDATED,
    SCALING,
    RowContext,
    all_normal_spans,
    as_of_spans,
    columns,
    normal_row,
    outdated_row,
    scaling_row,
    unlisted_row,
)
from widgets.drawing.columns import widths
from widgets.drawing.lines import Span
from widgets.drawing.table import KeyedTable, Row
from widgets.frame.panel import Panel

_NO_LIMIT = 1000  # Rows: more than there are alarms


class AlarmPanel(Panel[AlarmOverview]):
    """A row for each alarm that is not normal; the others have rows where they fit into `room`."""

    DEFAULT_CSS = """
    AlarmPanel.-line > #panel-body { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "list_normal", N_("List"), show=True)]

    acknowledged: reactive[Seen] = reactive(dict, repaint=False, init=False)  # By the alarm's id
    readings: reactive[AlarmReadings] = reactive(AlarmReadings, repaint=False, init=False, always_update=True)
    """What the alarms' metrics are now."""
    advice: reactive[Mapping[str, AlarmAdvice]] = reactive(dict, repaint=False, init=False)
    """What the runbook says, by the alarm's id."""
    room: reactive[int] = reactive(_NO_LIMIT, repaint=False, init=False)
    """Rows that the list should not exceed; 0 for what is not normal alone."""

    @dataclass
    class Opened(Message):
        alarm: Alarm

    @dataclass
    class Highlighted(Message):
        alarm: Alarm

    @dataclass
    class Lost(Message):
        name: str
        alarm: Alarm | None  # It, where it is in a line that stands for several; None: it no longer exists

    def compose_body(self) -> Iterable[Widget]:
        self._listed: set[str] = set()
        self._rows: AlarmTableRows | None = None
        self._shown: tuple[object, ...] = ()
        self.table = KeyedTable(columns(), follows_top=True)
        yield self.table

    def show(self, value: AlarmOverview) -> None:
        context = self._row_context()
        maker = RowMaker(context, self.acknowledged, self.advice, self.table.room)
        first = [maker.single(alarm).cells for alarm in value.watched[:MEASURED]]
        maker = replace(maker, sizes=widths(self.table.columns, first, self.table.room))
        # What is normal has no lines below.
        below = {str(alarm.id): len(maker.below(alarm)) for alarm in value.unusual[:NOTED]}
        chosen = alarm_rows(
            value,
            self.room,
            notes=sum(below.values()),
            normal_listed=NORMAL in self._listed,
            scaling_listed=SCALING in self._listed,
            outdated_listed=OUTDATED in self._listed,
        )
        self._shown = self._sight(value, context)
        self._put(AlarmTableRows(list(self._entries(chosen, below, context)), maker), chosen)

    def _row_context(self) -> RowContext:
        return RowContext(
            self.now() + self.readings.ahead, self.zone, self.readings, self.freshness is Freshness.STALE
        )

    def _sight(self, value: AlarmOverview, context: RowContext) -> tuple[object, ...]:
        return id(value), context.is_stale, self.table.room

    def _entries(
        self, chosen: AlarmRows, below: Mapping[str, int], context: RowContext
    ) -> Iterator[AlarmEntry | Row]:
        for alarm in chosen.single:
            count = below.get(alarm.id, 0)
            yield AlarmEntry(alarm, below=count)
            yield from (AlarmEntry(alarm, line) for line in range(count))
        if chosen.unlisted:
            yield unlisted_row(chosen.unlisted)
        if chosen.outdated:
            yield outdated_row(chosen.outdated, is_listed=bool(chosen.listed_outdated))
            yield from (AlarmEntry(alarm, is_outdated=True) for alarm in chosen.listed_outdated)
        yield from map(AlarmEntry, chosen.listed_normal)
        if chosen.normal and (self.room or chosen.listed_normal):
            yield normal_row(chosen.normal, context, is_listed=bool(chosen.listed_normal))
        if self.room and chosen.scaling:
            yield scaling_row(chosen.scaling)
            yield from map(AlarmEntry, chosen.listed_scaling)

    def _put(self, rows: AlarmTableRows, chosen: AlarmRows) -> None:
        height = self.natural_height()
        if chosen.is_one_line != self.has_class("-line"):
            had_focus = self.has_focus or self.table.has_focus
            self.set_class(chosen.is_one_line, "-line")
            self.can_focus = chosen.is_one_line
            if had_focus:
                self.call_after_refresh(self.focus_list)
        self._all_normal = len(chosen.normal) if chosen.is_one_line else 0
        self._rows = rows
        self.table.take_rows(rows)
        if height != self.natural_height():
            self.refresh(layout=True)

    def on_mount(self) -> None:
        """Fit the notes once the table, which is hidden before the first reading, has its width."""
        self.watch(self.table, "virtual_size", self._fit_table, init=False)

    def _fit_table(self) -> None:
        if self._shown and self._shown[-1] != self.table.room:
            self.call_after_refresh(self.tick)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_again)

    def _show_again(self) -> None:
        value = self.state.value
        if self.is_mounted and value is not None:
            self.show(value)
            self.head.update(facts=self.facts(value))

    # With new values the columns are measured anew: “not read yet” is wider than a value.
    watch_acknowledged = watch_readings = watch_advice = watch_room = _show_again

    def natural_height(self) -> int:
        return 0 if self.has_class("-line") else 1 + self.table.row_count

    @property
    def chosen(self) -> Alarm | None:
        key = None if self.has_class("-line") else self.table.cursor_key
        return self.alarm(key) if key is not None else None

    def seen(self) -> frozenset[str]:
        return frozenset() if self.has_class("-line") else frozenset(self.table.visible_keys)

    def focus_list(self) -> None:
        (self if self.has_class("-line") else self.table).focus()

    def on_focus(self) -> None:
        self.head.update(focused=True)

    def on_blur(self) -> None:
        self.head.update(focused=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.has_class("-line") if action == "list_normal" else True

    def action_list_normal(self) -> None:
        self.list_normal()
        self.focus_list()

    def list_normal(self) -> None:
        self._listed.add(NORMAL)
        self._show_again()

    def _toggle(self, key: str) -> None:
        self._listed ^= {key}
        self._show_again()

    def tick(self) -> None:
        value, context = self.state.value, self._row_context()
        if value is None or self._rows is None or self._shown != self._sight(value, context):
            self._show_again()
            return
        self._rows.renew(context)
        self.table.redraw_rows()
        if self._rows.is_outgrown:
            self._show_again()

    def watch_state(self) -> None:
        super().watch_state()
        if self.is_mounted:
            self.tick()

    def facts(self, value: AlarmOverview) -> list[Span]:
        context = self._row_context()
        spans = all_normal_spans(self._all_normal, is_stale=context.is_stale) if self._all_normal else []
        return [*spans, *as_of_spans(value.listed_at, context)]

    def empty(self, value: AlarmOverview) -> str:
        return (
            ""
            if value.alarms or not value.is_whole
            else _("There are no alarms: this system is not monitored.")
        )

    def alarm(self, key: str) -> Alarm | None:
        overview = self.state.value
        return overview.by_id.get(key) if overview else None

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        alarm = self.alarm(event.key)
        if alarm is not None:
            self.post_message(self.Opened(alarm))
        elif event.key in FOLDS:
            self._toggle(event.key)

    @on(KeyedTable.Highlighted)
    def _highlight(self, event: KeyedTable.Highlighted) -> None:
        event.stop()
        alarm = self.alarm(event.key)
        if alarm is not None:
            self.post_message(self.Highlighted(alarm))

    @on(KeyedTable.Gone)
    def _lose(self, event: KeyedTable.Gone) -> None:
        event.stop()
        if event.key not in FOLDS:
            self.post_message(self.Lost(event.key, self.alarm(event.key)))
