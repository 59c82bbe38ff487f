from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models.duties import Occurrence
from services.models.findings import DutyFindings
from widgets.drawing.columns import Column
from widgets.drawing.table import KeyedTable, Row
from widgets.duties.duty_wording import note_of, progress, state_style, title_role, when, zone_name
from widgets.findings.finding_wording import verdict_cell


class OccurrenceList(Vertical):
    """Posts which occurrence is under the cursor and which is opened. The focus goes to its table. A subclass
    fills `shown` (by key) and the table in `fill`."""

    DEFAULT_CSS = """
    OccurrenceList { width: 1fr; height: 1fr; }
    """

    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)  # The zone of the displayed times

    @dataclass
    class Opened(Message):
        """Enter, or a click on the row under the cursor; `occurrence` as it was at that moment."""

        occurrence: Occurrence

    @dataclass
    class Selected(Message):
        """The cursor is on another occurrence, on the same one in another state, or on none."""

        occurrence: Occurrence | None

    def __init__(self, table: KeyedTable, zone: tzinfo, *, id: str | None) -> None:
        super().__init__(id=id)
        self.set_reactive(OccurrenceList.zone, zone)
        self.table = table
        self.shown: dict[str, Occurrence] = {}  # The occurrences on display, by their key
        self._last_selected: Occurrence | None = None

    def compose(self) -> ComposeResult:
        yield self.table

    @property
    def selected(self) -> Occurrence | None:
        return self.shown.get(self.table.cursor_key or "")

    def focus(self, scroll_visible: bool = True) -> Self:
        self.table.focus(scroll_visible)
        return self

    def select(self, key: str) -> bool:
        return self.table.move_to(key)

    def fill(self) -> None:
        raise NotImplementedError

    def zone_words(self) -> str:
        return zone_name(self.zone)

    def moved(self) -> None: ...

    def columns(self) -> tuple[Column, ...]:
        return duty_columns(self.zone_words())

    def watch_zone(self) -> None:
        if self.is_mounted:
            self.table.columns = self.columns()
            self.fill()
            self.table.refresh()

    def post_selection(self) -> None:
        selected = self.selected
        if selected != self._last_selected:
            self._last_selected = selected
            self.post_message(self.Selected(selected))

    @on(KeyedTable.Highlighted)
    @on(KeyedTable.Gone)
    def _cursor_moved(self, event: Message) -> None:
        event.stop()
        self.moved()
        self.post_selection()

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        occurrence = self.shown.get(event.key)
        if occurrence is not None:
            self.post_message(self.Opened(occurrence))


def duty_columns(zone: str, *, findings: bool = False) -> tuple[Column, ...]:
    """The columns of a list of occurrences; the head names the zone of the times. Titles are the last to be cut."""
    finding_column = (Column(_("Finding"), max_width=18),) if findings else ()
    return (
        Column("", max_width=1, min_width=1),
        Column(zone, max_width=24),
        Column(_("Duty"), max_width=60, middle=True),
        Column(_("State"), max_width=16, rank=2),
        *finding_column,
        Column("", max_width=26, rank=3),
        Column(_("Note"), flex=1, min_width=13, rank=4),
    )


def duty_row(
    occurrence: Occurrence,
    now: datetime | None,
    zone: tzinfo,
    day: date,
    *,
    findings: bool = False,
    duty_findings: DutyFindings | None = None,
) -> Row:
    state_look, title = state_style(occurrence), title_role(occurrence)
    return Row(
        occurrence.key,
        (
            [(state_look.mark, state_look.role)],
            [(when(occurrence.slot, zone, day), title)],
            [(occurrence.slot.title, title)],
            [(state_look.word, state_look.role)],
            *([verdict_cell(duty_findings)] if findings else []),
            progress(occurrence, now, zone, day),
            [(note_of(occurrence), "muted")],
        ),
    )
