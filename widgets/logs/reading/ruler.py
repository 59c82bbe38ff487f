"""The ruler of a log pane: how many lines at what time, of which level, and where the reader is."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, NamedTuple

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from widgets.logs.drawing.lines import LogLines
from widgets.logs.reading.histogram import Bars, Counts, Histogram, Scale, fitting
from widgets.logs.reading.ruler_rows import LEFT, RIGHT, RulerFacts, drawn, place
from widgets.logs.text.time import moment

COUNT_SECONDS = 0.5
"""Shortest time between two counts."""
_SLICE_SECONDS = 0.008
"""Longest stretch of reading levels."""
_HEIGHTS = ((30, 4), (22, 3), (12, 2))
"""From this height of the pane on, so many rows."""
_LEAST_HEIGHT = 5
"""From this height of the pane on, a span that was asked for is shown."""


class RangeCounts(NamedTuple):
    """Counts of a span that is not held, as CloudWatch Logs Insights counted them."""

    first: int
    """Epoch milliseconds."""
    last: int
    scale: Scale
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
        self.range: RangeCounts | None = None
        """Shown in place of the lines held."""
        self._lines = lines
        self._store = lines.view.store
        self._histogram = Histogram(self._store)
        self._go_row = go_row
        self._go_to = go_to
        self._counted: object = None
        """The state of the store and of the widget when the bars were counted."""
        self._counted_at = 0.0
        self._pane_height = 0
        self._timer: asyncio.TimerHandle | None = None

    # For the pane

    def fit(self, height: int) -> None:
        """Take the rows that a pane of `height` rows can spare."""
        self._pane_height = height
        rows = next((rows for least, rows in _HEIGHTS if height >= least), 0)
        if self.range is not None and height >= _LEAST_HEIGHT:
            rows = max(rows, _HEIGHTS[-1][1])  # it was paid for
        self.display = rows > 0
        if rows:
            self.styles.height = rows

    def update(self) -> None:
        """Count what changed, if the last count is old enough, and mark the reader's bar."""
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
        """Run what asks for the counts of another span and shows them; it ends when they are dropped."""
        self.run_worker(work, group="range", exclusive=True)

    def drop_range(self) -> None:
        """Show the lines held again; what asks for the counts of another span ends."""
        self.workers.cancel_group(self, "range")
        self.show_range(None)

    def show_range(self, counts: RangeCounts | None) -> None:
        """Show counts of another span; None shows the lines held again."""
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
        """Go to the first line of a bar, which is loaded if it is not held."""
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

    def _scale(self) -> Scale:
        if self.range is not None:
            return self.range.scale
        store, zone = self._store, self._lines.format.zone
        offset = moment(store.newest).astimezone(zone).utcoffset()
        ahead = round(offset.total_seconds() * 1000) if offset else 0
        return fitting(store.oldest, store.newest, self._columns, ahead, self.facts.scale.step)

    def _cursor_bar(self, scale: Scale) -> int | None:
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
        shown = tuple(bars.get(bar, Counts()) for bar in range(start, scale.bar(last) + 1)) if bars else ()
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
        """Count for the new width."""
        self._counted_at = 0.0
        self.update()

    def on_unmount(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def on_click(self, event: events.Click) -> None:
        """Go to the clicked bar."""
        width, left = place(len(self.facts.bars), self._columns)
        index = (event.x - left) // width
        if event.x >= left and index < len(self.facts.bars):
            self.go_bar(self.facts.first + index)

    # Drawing

    def render(self) -> RenderResult:
        """Bars, the row of errors where there is room for it, and the axis."""
        return Content("\n").join(drawn(self.facts, self._columns, self.size.height, self._lines.today()))
