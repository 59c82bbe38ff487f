from collections.abc import Callable, Mapping, Sequence

from services.models.duties import Occurrence
from widgets.drawing.row_source import MadeRows, Row

MEASURED = 100
"""Rows that are made for the columns' widths; wider ones that come on screen later widen the columns."""

Entry = Occurrence | Callable[[], Row]  # What stands in one row: an occurrence, or what makes a heading


class OccurrenceRows(MadeRows):
    """A row for each entry, by key; a row is made when it is asked for, and once."""

    def __init__(self, entries: Mapping[str, Entry], make: Callable[[Occurrence], Row]) -> None:
        super().__init__()
        self.keys = tuple(entries)
        self._entries: Sequence[Entry] = tuple(entries.values())
        self._make = make
        for place in range(min(MEASURED, len(self.keys))):
            if not self.is_heading(place):
                self.row(place)
        self._has_grown = False

    @property
    def made(self) -> int:
        return len(self._rows)

    def row(self, place: int) -> Row:
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
        return not isinstance(self._entries[place], Occurrence)
