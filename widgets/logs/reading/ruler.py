import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from itertools import groupby
from typing import Any, NamedTuple

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from widgets.drawing.format import crop, pad
from widgets.logs.drawing.lines import LogLines
from widgets.logs.reading.axis import AxisPart, axis_parts, ticks
from widgets.logs.reading.histogram import Bars, BarScale, Histogram, LevelCounts, fitting
from widgets.logs.text.time import moment, span_text

# Bars of a histogram as rows of cells: eighths of a block, errors at the bottom.
#
# Colour is not the only sign of errors: from three rows on they have a row of their own, below that their bars are
# underlined.


EIGHTHS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


@dataclass(frozen=True, slots=True)
class Cell:
    text: str = " "
    level: str = ""  # `error`, `warning`, `other` or ""
    over: str = ""  # Level behind the block; "" for none


def stacked(bars: list[LevelCounts], rows: int) -> list[list[Cell]]:
    """`rows` rows of cells from the top, errors lowest; the highest bar fills them."""
    highest = max((bar.total for bar in bars), default=0)
    columns = [_column(bar, highest, rows) for bar in bars]
    return [[column[row] for column in columns] for row in range(rows - 1, -1, -1)]


def worst_levels(bars: list[LevelCounts]) -> list[Cell]:
    errors = max((bar.errors for bar in bars), default=0)
    warnings = max((bar.warnings for bar in bars), default=0)
    return [
        Cell(EIGHTHS[_eighths(bar.errors, errors, 8)], "error")
        if bar.errors
        else Cell(EIGHTHS[_eighths(bar.warnings, warnings, 8)], "warning")
        if bar.warnings
        else Cell()
        for bar in bars
    ]


def _eighths(count: int, highest: int, most: int) -> int:
    return max(1, round(count * most / highest)) if count and highest else 0


def _column(bar: LevelCounts, highest: int, rows: int) -> list[Cell]:
    total = _eighths(bar.total, highest, 8 * rows)
    # Levels are heights from the bottom, each at least an eighth above the one below it.
    error = min(total, _eighths(bar.errors, highest, 8 * rows))
    warning = min(total, error + _eighths(bar.warnings, highest, 8 * rows))
    edges = [(error, "error"), (warning, "warning"), (total, "other")]
    return [_cell(edges, 8 * row, total) for row in range(rows)]


def _cell(edges: list[tuple[int, str]], floor: int, total: int) -> Cell:
    """The cell from `floor` eighths on: at most two levels can be drawn in it, the worse ones win."""
    if total <= floor:
        return Cell()
    level = next(name for edge, name in edges if edge > floor)
    edge = next(edge for edge, name in edges if name == level)
    if edge >= floor + 8:
        return Cell(EIGHTHS[8], level)
    if total < floor + 8:
        return Cell(EIGHTHS[total - floor], level)
    over = next(name for top, name in edges if top > edge)
    return Cell(EIGHTHS[edge - floor], level, over)


LEFT, RIGHT = 2, 7
"""Cells beside the bars: the letter of the row of errors; the highest count and the width of a bar."""
_STYLES = {"error": "$text-error", "warning": "$text-warning", "other": "$primary", "": ""}
_BACKGROUNDS = {"error": " on $error", "warning": " on $warning", "other": " on $primary", "": ""}
_AXIS_STYLES = {"moment": "bold reverse $text-accent", "cursor": "bold $accent", "tick": "$text-muted"}
_SECONDS = BarScale(1000)
_WIDEST = 8  # Cells of a bar at most: one line is not a wall


@dataclass(frozen=True, slots=True)
class RulerFacts:
    bars: tuple[LevelCounts, ...] = ()
    first: int = 0  # Number of the first bar
    scale: BarScale = _SECONDS
    cursor: int | None = None  # The bar of the reader's line
    moments: tuple[tuple[int, str], ...] = ()  # Epoch milliseconds and label
    zone: tzinfo = UTC
    note: str = ""  # Stands in place of the width of a bar

    @property
    def inside(self) -> range:
        return range(self.first, self.first + len(self.bars))


def place(count: int, columns: int) -> tuple[int, int]:
    """Cells of one of `count` bars, and the column of the first: the newest stands at the right."""
    width = min(_WIDEST, max(1, columns // max(1, count)))
    return width, LEFT + columns - width * count


def drawn(facts: RulerFacts, columns: int, rows: int, today: date) -> list[Content]:
    if not facts.bars or rows < 1:
        return []
    bars = list(facts.bars)
    heads = stacked(bars, max(1, rows - 2))
    highest = count_text(max(bar.total for bar in bars))
    lines = [
        _row(facts, cells, columns, right=highest if index == 0 else "", underlines=rows < 3)
        for index, cells in enumerate(heads)
    ]
    if rows > 2:
        lines.append(_worst(facts, bars, columns))
    lines.append(_axis(facts, columns, today))
    return lines


def _worst(facts: RulerFacts, bars: list[LevelCounts], columns: int) -> Content:
    if any(bar.errors or bar.warnings for bar in bars):
        letter = "E" if any(bar.errors for bar in bars) else "W"
        return _row(facts, worst_levels(bars), columns, letter=letter)
    text = crop(_("no errors or warnings"), columns)
    return Content.styled(" " * LEFT + text, "$text-muted")


def _row(
    facts: RulerFacts,
    cells: list[Cell],
    columns: int,
    *,
    right: str = "",
    letter: str = "",
    underlines: bool = False,
) -> Content:
    width, left = place(len(facts.bars), columns)
    marked = {facts.scale.bar(at) for at, _label in facts.moments}
    kind = "error" if letter == "E" else "warning"
    parts: list[tuple[str, str]] = [(letter.ljust(left), _STYLES[kind] if letter else "")]
    for bar, cell in zip(facts.inside, cells, strict=True):
        style = _STYLES[cell.level] + _BACKGROUNDS[cell.over]
        if bar == facts.cursor and not cell.over:
            style += " on $primary-muted"
        if underlines and facts.bars[bar - facts.first].errors:
            style += " underline"
        text = cell.text * width
        if bar in marked and cell.text == " ":
            text, style = "\u250a" + cell.text * (width - 1), "$text-accent" + style
        parts.append((text, style.strip()))
    parts.append((right.rjust(RIGHT), "$text-muted"))
    runs = groupby(parts, key=lambda part: part[1])
    return Content("").join(
        [Content.styled("".join(text for text, _style in run), style) for style, run in runs]
    )


def _axis(facts: RulerFacts, columns: int, today: date) -> Content:
    width, left = place(len(facts.bars), columns)

    def column_of(bar: int) -> int:
        return left + (bar - facts.first) * width

    moments = [(facts.scale.bar(at), label) for at, label in facts.moments]
    times = ticks(facts.first, len(facts.bars), facts.scale, column_of, width, facts.zone, today)
    parts = axis_parts(
        left + width * len(facts.bars),
        moments=[(column_of(bar), label) for bar, label in moments if bar in facts.inside],
        cursor=column_of(facts.cursor) if facts.cursor is not None and facts.cursor in facts.inside else -1,
        ticks=times,
    )
    note = crop(facts.note or span_text(facts.scale.step), RIGHT - 1)
    cells = _spread(parts, left + width * len(facts.bars))
    return Content("").join([*cells, Content.styled(pad(note, RIGHT, "right"), "$text-muted")])


def _spread(parts: list[AxisPart], columns: int) -> list[Content]:
    contents: list[Content] = []
    end = 0
    for part in parts:
        text = Content.styled(part.text, _AXIS_STYLES[part.kind])
        contents += [Content(" " * (part.column - end)), text]
        end = part.column + text.cell_length
    return [*contents, Content(" " * max(0, columns - end))]


def count_text(count: int) -> str:
    """A count in five cells: `812`, `1.2k`, `34k`, `5.6M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return f"{count}"


COUNT_SECONDS = 0.5  # Shortest time between two counts
_SLICE_SECONDS = 0.008  # Longest stretch of reading levels
_HEIGHTS = ((30, 4), (22, 3), (12, 2))  # From this height of the pane on, so many rows
_LEAST_HEIGHT = 5  # From this height of the pane on, a span that was asked for is shown


class RangeCounts(NamedTuple):
    """Counts of a span that is not held, as CloudWatch Logs Insights counted them."""

    first: int  # Epoch milliseconds
    last: int
    scale: BarScale
    bars: Bars
    label: str = "Insights"


class Ruler(Widget):
    """Above the lines; counts at most twice a second, and in slices."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Ruler { height: 2; display: none; background: $surface; color: $text-muted; }
    """

    facts: reactive[RulerFacts] = reactive(RulerFacts())

    def __init__(
        self, lines: LogLines, go_row: Callable[[int | None], None], go_to: Callable[[int], None]
    ) -> None:
        """`go_row` shows the line at a store row, `go_to` loads and shows a time (epoch milliseconds)."""
        super().__init__()
        self.moments: tuple[tuple[int, str], ...] = ()
        self.range: RangeCounts | None = None  # Shown in place of the lines held
        self._lines = lines
        self._store = lines.view.store
        self._histogram = Histogram(self._store)
        self._go_row = go_row
        self._go_to = go_to
        self._counted: object = None  # The state of the store and of the widget when the bars were counted
        self._counted_at = 0.0
        self._pane_height = 0
        self._timer: asyncio.TimerHandle | None = None

    # For the pane

    def fit(self, height: int) -> None:
        self._pane_height = height
        rows = next((rows for least, rows in _HEIGHTS if height >= least), 0)
        if self.range is not None and height >= _LEAST_HEIGHT:
            rows = max(rows, _HEIGHTS[-1][1])  # it was paid for
        self.display = rows > 0
        if rows:
            self.styles.height = rows

    def update(self) -> None:
        if not self.display or not self.is_mounted or not self.size.width:
            return
        if self._state() != self._counted and self._timer is None:
            wait = self._counted_at + COUNT_SECONDS - time.monotonic()
            if wait <= 0:
                self._count()
            else:
                self._timer = asyncio.get_running_loop().call_later(wait, self._count)
        facts = replace(self.facts, cursor=self._cursor_bar(self.facts.scale), moments=self.moments)
        if facts != self.facts:
            self.facts = facts

    def show_moments(self, moments: tuple[tuple[int, str], ...]) -> None:
        """Mark moments (epoch milliseconds) with their labels."""
        self.moments = moments
        self.update()

    def count_range(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group="range", exclusive=True)

    def drop_range(self) -> None:
        self.workers.cancel_group(self, "range")
        self.show_range(None)

    def show_range(self, counts: RangeCounts | None) -> None:
        self.range = counts
        self.fit(self._pane_height)
        self._counted = None
        self._counted_at = 0.0
        self.update()

    def step(self, steps: int) -> None:
        """Go to the first line of the next or the previous bar that has lines."""
        scale = self._scale()
        bar = self._cursor_bar(scale)
        if self.range is not None and bar is not None:
            bars = sorted(self.range.bars)
            ahead = (
                [each for each in bars if each > bar]
                if steps > 0
                else [each for each in bars[::-1] if each < bar]
            )
            if ahead:
                self.go_bar(ahead[0])
            return
        view = self._lines.view
        if bar is None:
            return
        if steps > 0:
            row = view.visible.at_or_after(self._store.row_at(scale.start(bar + 1)))
            if row is None:
                self._lines.go_end()
            self._go_row(row)
            return
        before = view.visible.at_or_before(self._store.row_at(scale.start(bar)) - 1)
        if before is None:
            self._go_to(scale.start(bar - 1))
        else:
            self.go_bar(scale.bar(self._store.time_at(before)))

    def go_bar(self, bar: int) -> None:
        start, store = self._scale().start(bar), self._store
        if not len(store) or start + self._scale().step <= store.oldest:
            self._go_to(start)
        else:
            self._go_row(self._lines.view.visible.at_or_after(store.row_at(start)))

    # Counting

    @property
    def _columns(self) -> int:
        # Where there is no room for the ruler, its keys go by the bars that it would have.
        return max(1, (self.size.width or self._lines.size.width) - LEFT - RIGHT)

    def _state(self) -> object:
        store = self._store
        return store.first, store.end, store.moves, self.size, self._lines.format.zone

    def _scale(self) -> BarScale:
        if self.range is not None:
            return self.range.scale
        store, zone = self._store, self._lines.format.zone
        offset = moment(store.newest).astimezone(zone).utcoffset()
        ahead = round(offset.total_seconds() * 1000) if offset else 0
        return fitting(store.oldest, store.newest, self._columns, ahead, self.facts.scale.step)

    def _cursor_bar(self, scale: BarScale) -> int | None:
        row = self._lines.position
        return scale.bar(self._store.time_at(row)) if self._store.first <= row < self._store.end else None

    def _count(self) -> None:
        self._timer = None
        if not self.is_mounted or not self.size.width:
            return
        self._counted_at, self._counted = time.monotonic(), self._state()
        note = ""
        scale = self._scale()
        if self.range is not None:
            bars, first, last, note = self.range.bars, self.range.first, self.range.last, self.range.label
        else:
            share = self._histogram.classify(_SLICE_SECONDS)
            bars, first, last = self._histogram.bars(scale), self._store.oldest, self._store.newest
            if share < 1:
                note = f"{share:.0%}"
                self._timer = asyncio.get_running_loop().call_later(_SLICE_SECONDS, self._count)
        start = scale.bar(first)
        shown = (
            tuple(bars.get(bar, LevelCounts()) for bar in range(start, scale.bar(last) + 1)) if bars else ()
        )
        self.facts = RulerFacts(
            bars=shown[-self._columns :],
            first=start + max(0, len(shown) - self._columns),
            scale=scale,
            cursor=self._cursor_bar(scale),
            moments=self.moments,
            zone=self._lines.format.zone,
            note=note,
        )

    def on_resize(self) -> None:
        self._counted_at = 0.0
        self.update()

    def on_unmount(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def on_click(self, event: events.Click) -> None:
        width, left = place(len(self.facts.bars), self._columns)
        index = (event.x - left) // width
        if event.x >= left and index < len(self.facts.bars):
            self.go_bar(self.facts.first + index)

    # Drawing

    def render(self) -> RenderResult:
        return Content("\n").join(drawn(self.facts, self._columns, self.size.height, self._lines.today()))
