"""The rows of a list of occurrences, made when they are on screen."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from services.models.duties import Occurrence
from widgets.drawing.lines import Line, width_of
from widgets.drawing.row_source import Row

MEASURED = 100
"""Rows that are made for the columns' widths; wider ones that come on screen later widen the columns."""

Entry = Occurrence | Callable[[], Row]
"""What stands in one row: an occurrence, or what makes a heading."""


class OccurrenceRows:
    """A row for each entry, by key; a row is made when it is asked for, and once."""

    def __init__(self, entries: Mapping[str, Entry], make: Callable[[Occurrence], Row]) -> None:
        self.keys = tuple(entries)
        self._entries: Sequence[Entry] = tuple(entries.values())
        self._make = make
        self._rows: dict[int, Row] = {}
        self._widest: list[Line] = []
        self._sizes: list[int] = []
        """The widths of the widest cells."""
        self._has_grown = False
        for place in range(min(MEASURED, len(self.keys))):
            if not self.is_heading(place):
                self.row(place)
        self._has_grown = False

    @property
    def made(self) -> int:
        """How many rows have been made so far."""
        return len(self._rows)

    def row(self, place: int) -> Row:
        """The row at `place`."""
        row = self._rows.get(place)
        if row is None:
            entry = self._entries[place]
            if isinstance(entry, Occurrence):
                row = self._make(entry)
                self._measure(row)
            else:
                row = entry()
            self._rows[place] = row
        return row

    def is_heading(self, place: int) -> bool:
        """Whether the row is no occurrence."""
        return not isinstance(self._entries[place], Occurrence)

    def measured(self) -> Iterable[Row]:
        """One row of the widest cells so far."""
        return [Row("", tuple(self._widest))] if self._widest else []

    def has_grown(self) -> bool:
        """Whether a cell made since the last call is wider than all before."""
        has_grown, self._has_grown = self._has_grown, False
        return has_grown

    def _measure(self, row: Row) -> None:
        if not self._widest:
            self._widest = [[] for _cell in row.cells]
            self._sizes = [-1 for _cell in row.cells]
        for column, cell in enumerate(row.cells):
            size = width_of(cell)
            if size > self._sizes[column]:
                self._widest[column], self._sizes[column] = cell, size
                self._has_grown = True
