from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.models.alarms import Alarm
from widgets.alarms.acknowledgements import Seen
from widgets.alarms.advice import NO_ADVICE, AlarmAdvice
from widgets.alarms.alarm_wording import packed
from widgets.alarms.rows import RowContext, alarm_row, below_key, below_row, below_spans
from widgets.alarms.values import calls
from widgets.drawing.columns import GAP
from widgets.drawing.lines import Line, width_of
from widgets.drawing.row_source import MadeRows, Row

MEASURED = 50
"""Rows that are made for the columns' widths; wider ones that come on screen later widen the columns."""
NOTED = 100
"""Alarms that have lines below their rows; of more alarms that are not normal, the others show what fits into the row."""


@dataclass(frozen=True, slots=True)
class RowMaker:
    context: RowContext
    acknowledged: Seen
    advice: Mapping[str, AlarmAdvice]
    room: int  # Width that the columns share, in cells
    sizes: Sequence[int] = ()  # The columns' widths by which `below` was decided

    def single(self, alarm: Alarm, *, is_outdated: bool = False, grave_below: bool = False) -> Row:
        context = replace(self.context, is_stale=True) if is_outdated else self.context
        return alarm_row(alarm, context, self.acknowledged.get(alarm.id), grave_below=grave_below)

    def below(self, alarm: Alarm) -> list[Line]:
        spans = below_spans(
            alarm, self.context, self.acknowledged.get(alarm.id), self.advice.get(alarm.id, NO_ADVICE)
        )
        if not spans or (not calls(alarm) and width_of(self.single(alarm).cells[-1]) <= self.sizes[-1]):
            return []
        return packed(spans, max(8, self.room - self.indent - GAP))

    @property
    def indent(self) -> int:
        return 2 + self.sizes[0]


@dataclass(slots=True)
class AlarmEntry:
    """What stands in one row: an alarm's own row, or a line below it."""

    alarm: Alarm
    line: int = -1  # Of the lines below, from 0; -1: its own row
    below: int = 0  # How many lines are below its own row
    is_outdated: bool = False

    @property
    def key(self) -> str:
        return self.alarm.id if self.line < 0 else below_key(self.alarm, self.line)


class AlarmTableRows(MadeRows):
    """A row for each entry; a row is made when it is asked for, and once until `renew`."""

    def __init__(self, entries: Sequence[AlarmEntry | Row], maker: RowMaker) -> None:
        super().__init__()
        self.keys = [entry.key for entry in entries]
        self._entries = entries
        self._maker = maker
        self._below: dict[str, list[Line]] = {}
        self.is_outgrown = False
        """Whether an alarm now has another number of lines below its row than when the rows were put together."""
        for place in range(min(MEASURED, len(entries))):
            self.row(place)
        self._has_grown = False

    def renew(self, context: RowContext) -> None:
        self._maker = replace(self._maker, context=context)
        self._rows.clear()
        self._below.clear()

    def row(self, place: int) -> Row:
        row = self._rows.get(place)
        if row is None:
            row = self._rows[place] = self._made(self._entries[place])
            self._measure(row)
        return row

    def is_heading(self, place: int) -> bool:
        entry = self._entries[place]
        return entry.heading if isinstance(entry, Row) else entry.line >= 0

    def _made(self, entry: AlarmEntry | Row) -> Row:
        if isinstance(entry, Row):
            return entry
        alarm, maker = entry.alarm, self._maker
        if not (entry.below or entry.line >= 0):
            return maker.single(alarm, is_outdated=entry.is_outdated)
        if alarm.id not in self._below:
            self._below[alarm.id] = maker.below(alarm)
        lines = self._below[alarm.id]
        if entry.line < 0:
            self.is_outgrown = self.is_outgrown or len(lines) != entry.below
            return maker.single(alarm, grave_below=True)
        line = lines[entry.line] if entry.line < len(lines) else []
        return below_row(alarm, entry.line, line, maker.indent)
