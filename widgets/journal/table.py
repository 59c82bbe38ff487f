from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from textual.message import Message
from textual.strip import Strip

from services.i18n import _
from widgets.drawing.columns import Column, lay_out
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable, Row

_KIND_WIDTH = 26  # Cells; the known kinds take at most 14, an unknown one is shown with its name
NEAR = 60  # Distance in rows from the edge of the loaded rows at which the next page is requested


class JournalTable(KeyedTable):
    """Rows keyed by the entry's number, newest first, under a heading for each day."""

    @dataclass
    class Wanted(Message):
        """The view comes near an edge of the loaded rows, or the reader goes to the very end."""

        older: bool  # Backwards in time, else forwards
        edge: bool = False  # The very first or last entry instead of the next page

    def __init__(self) -> None:
        super().__init__(
            (
                Column(_("Time"), min_width=8),
                Column(_("Kind"), max_width=_KIND_WIDTH),
                Column(_("Person"), max_width=20),
                Column(_("What happened"), flex=1, min_width=30),
                Column(_("Target"), max_width=36, middle=True, rank=1),
            ),
            margin=1,
        )
        self.newer = self.older = False  # Whether there are entries beyond the loaded rows
        self._holding = False

    @property
    def at_top(self) -> bool:
        return self.scroll_offset.y == 0

    @property
    def first_in_view(self) -> str:
        """The key of the first entry in view, or ""."""
        rows = self.rows[self.scroll_offset.y :]
        return next((row.key for row in rows if not row.heading), "")

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; lines in view keep their place, unless the newest are in view."""
        anchor, at_top = self.first_in_view, self.at_top and not self.newer
        offset = self._index.get(anchor, 0) - self.scroll_offset.y
        self._holding = True
        try:
            super().set_rows(rows)
        finally:
            self._holding = False
        place = self._index.get(anchor)
        if place is not None and not at_top:
            self.scroll_to(y=max(0, place - offset), animate=False, force=True, immediate=True)
        elif self.cursor_key is not None and not self._is_visible(self._place):
            self._reveal(self._place)

    def begin(self, rows: Sequence[Row], *, last: bool = False) -> None:
        self.cursor_key, self._place = None, 0
        super().set_rows([])
        super().set_rows(rows)
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        if rows:
            super().action_edge(-1 if last else 0)

    def action_edge(self, index: int) -> None:
        older = index != 0
        if self.older if older else self.newer:
            self.post_message(self.Wanted(older, edge=True))
        else:
            super().action_edge(index)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.ask_for_page()

    def ask_for_page(self) -> None:
        top = self.scroll_offset.y
        if self.older and top + self.size.height + NEAR > len(self.rows):
            self.post_message(self.Wanted(older=True))
        elif self.newer and top < NEAR:
            self.post_message(self.Wanted(older=False))

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        title = self._day_above() if y == 0 else ""
        if not title:
            return strip
        columns = (replace(self.columns[0], title=title), *self.columns[1:])
        head: list[Line] = [
            [(column.title, "head" if at else "heading")] for at, column in enumerate(columns)
        ]
        return self.line_styles.strip([("  ", ""), *lay_out(columns, head, self.column_widths)], self._room)

    def _day_above(self) -> str:
        """The day whose heading is above the view, in short; "" if the first line in view is a heading."""
        top = self.scroll_offset.y
        if top >= len(self.rows) or self.rows[top].heading:
            return ""
        above = next((row.key for row in reversed(self.rows[:top]) if row.heading), "")
        return f"{date.fromisoformat(above.partition(':')[0]):%m-%d}" if above else ""

    def _reveal(self, place: int) -> None:
        if not self._holding:
            super()._reveal(place)
