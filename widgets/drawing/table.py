"""A table whose cursor follows an object, not a row. Rows are replaced as a whole and compared by key: only
those that differ are repainted, only those on screen need to be made, and the cursor stays on its object.
When that disappears, the cursor is on nothing until the operator moves it, so that no key acts on a
neighbour. With `follows_top` it stays on the first row until then and after Home."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from services.i18n import N_
from widgets.drawing.columns import Column, lay_out, widths
from widgets.drawing.diff import changed_regions
from widgets.drawing.lines import LineStyles, Span
from widgets.drawing.row_source import ListedRows, Row, RowSource

CURSOR_KEYS = (
    Binding("up,k", "move(-1)", N_("Up"), show=False),
    Binding("down,j", "move(1)", N_("Down"), show=False),
    Binding("pageup", "page(-1)", N_("Page up"), show=False),
    Binding("pagedown", "page(1)", N_("Page down"), show=False),
    Binding("home", "edge(0)", N_("First"), show=False),
    Binding("end", "edge(-1)", N_("Last"), show=False),
    Binding("enter", "select", N_("Open"), show=True),
)


@dataclass
class OfObject(Message):
    table: Widget
    key: str

    @property
    def control(self) -> Widget:
        return self.table


_GUTTER = 2
_STRIPS = 200  # Rows whose drawing is remembered; twice as many until they are cleared away

__all__ = ["KeyedTable", "Row"]


class ScrolledRows(ScrollView):
    """Textual's view of lines; Textual keeps the scroll bar of lines that have become so few that they fit exactly."""

    def watch_virtual_size(self) -> None:
        if self.show_vertical_scrollbar and not self.max_scroll_y:
            self._scroll_update(self.virtual_size)


class KeyedTable(ScrolledRows, can_focus=True):
    DEFAULT_CSS = """
    KeyedTable { height: 1fr; width: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*CURSOR_KEYS]

    class Highlighted(OfObject):
        """The cursor moved to another object."""

    class Selected(OfObject):
        """Enter, or a click on the object under the cursor."""

    class Gone(OfObject):
        """The object under the cursor disappeared; the cursor is on nothing now."""

    def __init__(
        self, columns: Sequence[Column], *, id: str | None = None, follows_top: bool = False, margin: int = 0
    ) -> None:
        """`margin`: cells that stay blank at the right edge."""
        super().__init__(id=id)
        self._margin = margin
        self._may_follow_top = follows_top
        self.follows_top = follows_top
        self.line_styles = LineStyles(self)
        self.columns = tuple(columns)
        self._source: RowSource = ListedRows()
        self._index: dict[str, int] = {}
        self.column_widths: list[int] = []  # Cells; 0 for a column that is not shown
        self._measured_room = 0
        self._strips: dict[str, tuple[object, Strip]] = {}
        self._painted: dict[int, tuple[str | None, Strip]] = {}
        self._place = 0
        self.cursor_key: str | None = None  # The object that keys act on; None for none

    @property
    def rows(self) -> tuple[Row, ...]:
        source, places = self._source, range(self.row_count)
        return source.rows if isinstance(source, ListedRows) else tuple(map(source.row, places))

    @property
    def row_count(self) -> int:
        return len(self._source.keys)

    @property
    def visible_keys(self) -> Sequence[str]:
        top = self.scroll_offset.y
        return self._source.keys[top : top + max(0, self.size.height - 1)]

    @property
    def room(self) -> int:
        return max(0, self._room - _GUTTER - self._margin)

    @property
    def _room(self) -> int:
        return self.scrollable_content_region.width

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows in this order; their keys must be unique."""
        source, before = ListedRows(rows), self._source
        is_measured = len(self.column_widths) == len(self.columns)
        if not (is_measured and isinstance(before, ListedRows) and source.rows == before.rows):
            self.take_rows(source)

    def take_rows(self, source: RowSource) -> None:
        was_empty, self._source = not self._source.keys, source
        self._index = {key: index for index, key in enumerate(source.keys)}
        on_screen = self._is_visible(self._place)
        self._follow_cursor(was_empty=was_empty)
        self.virtual_size = Size(self._room, self.row_count + 1)
        self.redraw_rows()
        if on_screen and self.cursor_key is not None and not self._is_visible(self._place):
            self._reveal(self._place)

    def redraw_rows(self) -> None:
        if self._measure():
            self.refresh()
        else:
            self._refresh_changed()

    def _follow_cursor(self, *, was_empty: bool) -> None:
        first = self._step(-1, 1)
        if self.follows_top and first is not None and self._source.keys[first] != self.cursor_key:
            self._put(first)
            self.follows_top = True
        elif self.cursor_key is None:
            if was_empty and first is not None and self._place == 0:
                self._put(first)
        elif (place := self._index.get(self.cursor_key)) is not None:
            self._place = place
        else:
            key, self.cursor_key = self.cursor_key, None
            self.post_message(self.Gone(self, key))

    def _refresh_changed(self) -> None:
        width, places = self._room, range(1, self.size.height)
        if any(y not in self._painted for y in places):
            self.refresh()
            return
        after = [self._line(y, width)[1] for y in places]
        regions = changed_regions([self._painted[y][1] for y in places], after)
        if regions:
            self.refresh(*[region.translate((0, 1)) for region in regions])

    def _measure(self) -> bool:
        cells = [row.cells for row in self._source.measured() if not (row.heading or row.whole)]
        self._measured_room = self._room
        before, self.column_widths = self.column_widths, widths(self.columns, cells, self.room)
        return self.column_widths != before

    def on_resize(self) -> None:
        painted = [key for key, _strip in self._painted.values()]
        self._painted.clear()
        self.virtual_size = Size(self._room, self.row_count + 1)
        self._measure()
        self.refresh()
        if self.cursor_key is not None and self.cursor_key in painted:
            self._reveal(self._place)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.line_styles.forget()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        width = self._room
        if width != self._measured_room:
            self._measure()
        if y == 0:
            head = [[(column.title, "head")] for column in self.columns]
            return self.line_styles.strip(
                [(" " * _GUTTER, ""), *lay_out(self.columns, head, self.column_widths)], width
            )
        self._painted[y] = self._line(y, width)
        return self._painted[y][1]

    def _line(self, y: int, width: int) -> tuple[str | None, Strip]:
        index = y - 1 + self.scroll_offset.y
        if not 0 <= index < self.row_count:
            return None, self.line_styles.blank(width)
        row = self._source.row(index)
        if self._source.has_grown():
            self.call_after_refresh(self.redraw_rows)
        return row.key, self._strip(row, width)

    def _strip(self, row: Row, width: int) -> Strip:
        at_cursor = row.key == self.cursor_key
        state = (row, tuple(self.column_widths), width, at_cursor, at_cursor and self.has_focus)
        cached = self._strips.get(row.key)
        if cached is not None and cached[0] == state:
            return cached[1]
        strip = self._draw(row, width, at_cursor)
        self._strips[row.key] = (state, strip)
        if len(self._strips) > 2 * min(self.row_count, _STRIPS) + 16:
            visible = {drawn for drawn, _strip in self._painted.values()}
            self._strips = {other: entry for other, entry in self._strips.items() if other in visible}
        return strip

    def _draw(self, row: Row, width: int, at_cursor: bool) -> Strip:
        if row.heading:
            return self.line_styles.strip(row.cells[0] if row.cells else [], width)
        gutter: Span = ("▌ " if at_cursor and self.has_focus else "▏ " if at_cursor else "  ", "rule-focus")
        base = ("cursor" if self.has_focus else "cursor-blur") if at_cursor else ""
        cells = row.cells[0] if row.whole else lay_out(self.columns, row.cells, self.column_widths)
        return self.line_styles.strip([gutter, *cells], width, base)

    def on_focus(self) -> None:
        self._refresh_row(self._place)

    on_blur = on_focus

    def move_to(self, key: str) -> bool:
        place = self._index.get(key)
        if place is None or self._source.is_heading(place):
            return False
        self._put(place)
        return True

    def action_move(self, by: int) -> None:
        if self.cursor_key is None:
            start = self._place - 1 if by > 0 else self._place
            place = self._step(min(start, self.row_count - 1), by)
            place = self._step(self.row_count, -1) if place is None else place
        else:
            place = self._step(self._place, by)
        if place is not None:
            self._put(place)

    def action_page(self, by: int) -> None:
        target = self._place + by * max(1, self.size.height - 2)
        self._put_near(min(max(target, 0), self.row_count - 1), -by)

    def action_edge(self, index: int) -> None:
        """Move to the first or the last object; at the first, follow the top again where the table may."""
        self._put_near(0 if index == 0 else self.row_count - 1, 1 if index == 0 else -1)
        self.follows_top = self._may_follow_top and index == 0

    def action_select(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.Selected(self, self.cursor_key))

    def on_click(self, event: Click) -> None:
        key, _strip = self._painted.get(event.y, (None, None))
        if key is None or key not in self._index:
            return
        if key == self.cursor_key:
            self.action_select()
        else:
            self.move_to(key)

    def _put_near(self, place: int, direction: int) -> None:
        if 0 <= place < self.row_count:
            target = self._step(place - direction, direction)
            target = self._step(place, -direction) if target is None else target
            if target is not None:
                self._put(target)

    def _step(self, place: int, by: int) -> int | None:
        places = range(place + by, self.row_count if by > 0 else -1, by)
        return next((at for at in places if not self._source.is_heading(at)), None)

    def _put(self, place: int) -> None:
        self.follows_top = False
        old, self._place = self._place, place
        old_key, self.cursor_key = self.cursor_key, self._source.keys[place]
        self._refresh_row(old)
        self._refresh_row(place)
        self._reveal(place)
        if self.cursor_key != old_key:
            self.post_message(self.Highlighted(self, self.cursor_key))

    def _refresh_row(self, place: int) -> None:
        if self._is_visible(place):
            self.refresh(Region(0, place + 1 - self.scroll_offset.y, self.size.width, 1))

    def _is_visible(self, place: int) -> bool:
        return 0 <= place - self.scroll_offset.y < self.size.height - 1

    def _reveal(self, place: int) -> None:
        room = self.size.height - 1
        if room <= 0:
            return
        top = self.scroll_offset.y
        if place < top or (place == 1 and self._source.is_heading(0)):
            self.scroll_to(y=0 if place <= 1 else place, animate=False, force=True)
        elif place >= top + room:
            self.scroll_to(y=place - room + 1, animate=False, force=True)
