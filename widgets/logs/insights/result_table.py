import asyncio
from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models.insights_queries import QueryRows
from services.models.query_cells import SAMPLE, holds_numbers, holds_times, local_time, sorted_rows, zone_name
from widgets.drawing.format import crop, pad
from widgets.drawing.lines import Line, LineWidget, Span, width_of

GAP = 2  # Blank cells between two columns
WIDEST = 48  # Cells of a column at most; the last one takes what is left
MANY = 5_000  # Rows from which sorting is done in a thread
WHEEL = 3  # Rows that the mouse wheel moves
ASCENDING, DESCENDING = "↑", "↓"


class ResultTable(LineWidget, can_focus=True):
    """Draws rows; the cursor is on one row and one column, and stays on its row when it is sorted."""

    DEFAULT_CSS = """
    ResultTable { height: 1fr; min-height: 3; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("Open"), tooltip=N_("Open the log at the row's time")),
        Binding("R", "record", N_("Original text"), tooltip=N_("Show the whole record of the row")),
        Binding("number_sign", "sort", N_("Sort"), tooltip=N_("Sort by the column at the cursor; again: the other way")),
        Binding("up,k", "move(-1)", N_("Up"), show=False),
        Binding("down,j", "move(1)", N_("Down"), show=False),
        Binding("pageup", "page(-1)", N_("Page up"), show=False),
        Binding("pagedown,space", "page(1)", N_("Page down"), show=False),
        Binding("home", "edge(-1)", N_("First"), show=False),
        Binding("end", "edge(1)", N_("Last"), show=False),
        Binding("left", "column(-1)", N_("Left"), show=False),
        Binding("right", "column(1)", N_("Right"), show=False),
    ]  # fmt: skip

    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    today: reactive[date | None] = reactive(None, repaint=False, init=False)
    """The day whose times are shown without their date."""

    class Opened(Message):
        def __init__(self, row: int, *, whole: bool) -> None:
            super().__init__()
            self.row = row
            self.whole = whole

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = QueryRows()
        self.is_partial = False  # Whether the rows are those of a query that has not completed
        self.order: Sequence[int] = ()  # Numbers of the rows as they are shown
        self.sorted_by: tuple[str, bool] | None = None
        """Name of the column, and whether it descends; None: as AWS returned them."""
        self.cursor = 0  # Place of the row at the cursor in `order`
        self.column = 0
        self._top = 0
        self._left = 0
        self._widths: tuple[int, ...] = ()
        self._times: frozenset[int] = frozenset()
        self._numbers: frozenset[int] = frozenset()

    @property
    def row(self) -> int | None:
        return self.order[self.cursor] if self.order else None

    def show(self, table: QueryRows, *, partial: bool) -> None:
        is_same = table.columns == self.table.columns
        self.table, self.is_partial = table, partial
        if not is_same:
            self.column = self._left = 0
            self.sorted_by = None
        places = range(len(table.columns))
        self._times = frozenset(place for place in places if holds_times(table, place))
        self._numbers = frozenset(place for place in places if holds_numbers(table, place))
        self._measure()
        self._order(keeps_row=False)
        self.cursor = min(self.cursor, max(0, len(self.order) - 1)) if is_same else 0
        self.redraw()

    def watch_zone(self) -> None:
        self._measure()
        self.redraw()

    def watch_today(self) -> None:
        self.watch_zone()

    def _measure(self) -> None:
        widths = [cell_len(self._head(place)) + 2 for place in range(len(self.table.columns))]
        for row in self.table.rows[: 4 * SAMPLE]:
            for place in range(len(widths)):
                widths[place] = max(widths[place], cell_len(self._text(row, place)))
        self._widths = tuple(min(width, WIDEST) for width in widths)

    def _order(self, *, keeps_row: bool) -> None:
        place = self.table.column(self.sorted_by[0]) if self.sorted_by else None
        if place is None or self.sorted_by is None:
            self._put(range(len(self.table.rows)), keeps_row=keeps_row)
        elif len(self.table.rows) < MANY:
            order = sorted_rows(self.table, place, descending=self.sorted_by[1])
            self._put(order, keeps_row=keeps_row)
        else:
            if len(self.order) != len(self.table.rows):
                self.order = range(len(self.table.rows))
            work = self._sort_apart(place, self.sorted_by, keeps_row=keeps_row)
            self.run_worker(work, group="sort", exclusive=True)

    async def _sort_apart(self, place: int, sorting: tuple[str, bool], *, keeps_row: bool) -> None:
        table = self.table
        order = await asyncio.to_thread(sorted_rows, table, place, descending=sorting[1])
        if table is self.table and sorting == self.sorted_by:
            self._put(order, keeps_row=keeps_row)
            self.redraw()

    def _put(self, order: Sequence[int], *, keeps_row: bool) -> None:
        row = self.row if keeps_row else None
        self.order = order
        if row is not None:
            self.cursor = list(order).index(row)

    # Drawing

    def draw(self, width: int, height: int) -> Sequence[Line]:
        if not self.table.columns:
            return []
        room = max(1, height - 1)
        self._top = min(max(self._top, self.cursor - room + 1), self.cursor)
        self._top = max(0, min(self._top, len(self.order) - room))
        places = self._visible(width)
        lines: list[Line] = [self._head_line(places)]
        for position in range(self._top, min(len(self.order), self._top + room)):
            lines.append(
                self._row_line(self.order[position], places, width, at_cursor=position == self.cursor)
            )
        return lines

    def _visible(self, width: int) -> list[tuple[int, int]]:
        """(place, width) of the columns that fit, the one at the cursor among them."""
        self._left = min(self._left, self.column)
        while self._left < self.column and self._cells(self._left, self.column) > width:
            self._left += 1
        places: list[tuple[int, int]] = []
        used = 0
        for place in range(self._left, len(self._widths)):
            if used >= width:
                break
            room = width - used
            is_last = place == len(self._widths) - 1
            size = room if is_last else min(self._widths[place], room)
            places.append((place, size))
            used += size + GAP
        return places

    def _cells(self, first: int, last: int) -> int:
        return sum(self._widths[first : last + 1]) + GAP * (last - first)

    def _head(self, place: int) -> str:
        name = self.table.columns[place]
        zone = zone_name(self.table, place, self.zone) if place in self._times else ""
        return f"{name} {zone}".rstrip()

    def _head_line(self, places: Sequence[tuple[int, int]]) -> Line:
        spans: list[Span] = []
        for place, size in places:
            name = self._head(place)
            if self.sorted_by is not None and self.sorted_by[0] == self.table.columns[place]:
                name = f"{name} {DESCENDING if self.sorted_by[1] else ASCENDING}"
            align = "right" if place in self._numbers and place != len(self._widths) - 1 else "left"
            role = "title-focus" if place == self.column and self.has_focus else "head"
            spans += [(" " * GAP, "")] if spans else []
            spans.append((pad(crop(name, size), size, align), role))
        return spans

    def _row_line(
        self, number: int, places: Sequence[tuple[int, int]], width: int, *, at_cursor: bool
    ) -> Line:
        row = self.table.rows[number]
        base = "" if not at_cursor else "cursor" if self.has_focus else "cursor-blur"
        spans: list[Span] = []
        for place, size in places:
            text = self._text(row, place)
            align = "right" if place in self._numbers and place != len(self._widths) - 1 else "left"
            role = base or ("muted" if self.is_partial else "")
            spans += [(" " * GAP, base)] if spans else []
            spans.append((pad(crop(text, size), size, align), role))
        return [*spans, (" " * max(0, width - width_of(spans)), base)]

    def _text(self, row: Sequence[str | None], place: int) -> str:
        text = row[place]
        if text is None:
            return "—"
        return local_time(text, self.zone, self.today) if place in self._times else text

    # Moving

    on_focus = on_blur = LineWidget.redraw

    def _move_to(self, position: int) -> None:
        self.cursor = max(0, min(position, len(self.order) - 1))
        self.redraw()

    def action_move(self, rows: int) -> None:
        self._move_to(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        self._move_to(self.cursor + pages * max(1, self.size.height - 2))

    def action_edge(self, direction: int) -> None:
        self._move_to(0 if direction < 0 else len(self.order))

    def action_column(self, columns: int) -> None:
        self.column = max(0, min(self.column + columns, len(self.table.columns) - 1))
        self.redraw()

    def action_sort(self) -> None:
        """Sort by the column at the cursor; once more: the other way; a third time: as AWS returned them."""
        if not self.table.columns:
            return
        name = self.table.columns[self.column]
        descends_first = self.column in self._numbers or self.column in self._times
        ways = (descends_first, not descends_first)
        if self.sorted_by is None or self.sorted_by[0] != name:
            self.sorted_by = (name, ways[0])
        else:
            self.sorted_by = (name, ways[1]) if self.sorted_by[1] == ways[0] else None
        self._order(keeps_row=True)
        self.redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.action_move(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.action_move(-WHEEL)

    def action_open(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened(self.row, whole=False))

    def action_record(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened(self.row, whole=True))

    @property
    def position_words(self) -> str:
        count = len(self.order)
        at = min(self.cursor + 1, count)
        return _("row {at} of {count}", at=f"{at:,}", count=f"{count:,}") if count else ""
