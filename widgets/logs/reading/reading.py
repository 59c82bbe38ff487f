import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from textual.message import Message

from services.i18n import _
from services.models.logs import Severity
from widgets.logs.drawing.lines import LogLines
from widgets.logs.drawing.styles import TERM_STYLES
from widgets.logs.reading.marks import Marks
from widgets.logs.reading.patterns import (
    LinePattern,
    PatternQuery,
    Shape,
    Tally,
    clustered,
    patterns_of,
    summed,
    tallied,
)
from widgets.logs.reading.ruler import Ruler
from widgets.logs.reading.target import SearchTarget
from widgets.logs.store.levels import levels_of
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.row_subsets import RowSubset
from widgets.logs.store.shown import LineFilter, LineQuery, Shown
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery

_SLICE_SECONDS = 0.008
_SLICE_LINES = 256  # Lines between two looks at the clock


class PatternCounts:
    def __init__(self, view: LogView) -> None:
        self._view = view
        self._tallies = WeakKeyDictionary[Chunk, tuple[object, dict[Shape, Tally]]]()
        """Of each chunk as it was when it was counted; a chunk that the store drops is not kept for its tallies."""
        self._pattern_by_shape: dict[Shape, Shape] = {}

    async def count(self, progress: Callable[[float], object]) -> list[LinePattern]:
        """The patterns, the most frequent first; `progress` gets the share of lines that are counted."""
        chunks = self._view.store.chunks[:]
        total, done = max(1, sum(map(len, chunks))), 0
        due = time.perf_counter() + _SLICE_SECONDS
        parts: list[Mapping[Shape, Tally]] = []
        for chunk in chunks:
            key = (chunk.version, self._view.hits)
            cached = self._tallies.get(chunk)
            if cached is None or cached[0] != key:
                slices = []
                for lines in self._slices(chunk):
                    slices.append(tallied(lines))
                    if time.perf_counter() > due:
                        progress(done / total)
                        await asyncio.sleep(0)
                        due = time.perf_counter() + _SLICE_SECONDS
                cached = self._tallies[chunk] = key, summed(slices)
            parts.append(cached[1])
            done += len(chunk)
        self._pattern_by_shape, patterns = await asyncio.to_thread(_patterns, parts)
        return patterns

    def query(self, pattern: LinePattern) -> PatternQuery:
        return PatternQuery(pattern.text, pattern.shape, self._pattern_by_shape)

    def _slices(self, chunk: Chunk) -> Iterator[list[tuple[bytes, int, int]]]:
        indexes = self._view.hits.within(chunk)
        lines, levels, ats = self._view.store.lines_of(chunk), levels_of(chunk), chunk.ats
        for start in range(0, len(indexes), _SLICE_LINES):
            yield [
                (lines[index], ats[index], levels[index]) for index in indexes[start : start + _SLICE_LINES]
            ]


def _patterns(parts: Sequence[Mapping[Shape, Tally]]) -> tuple[dict[Shape, Shape], list[LinePattern]]:
    merged = summed(parts)
    pattern_by_shape = clustered(merged)
    return pattern_by_shape, patterns_of(merged, pattern_by_shape)


class Searching:
    def __init__(
        self,
        lines: LogLines,
        run: Callable[[Coroutine[Any, Any, None], str], object],
        changed: Callable[[], None],
        go: Callable[[int | None], None],
        remark: Callable[[str], None],
    ) -> None:
        """`run` runs a worker in a group; `changed` draws anew; `go` shows the line at a store row; `remark` says."""
        self._pending: SearchQuery | None = None  # Whose matches are being computed; None if none are
        self._lines = lines
        self._view = lines.view
        self._run = run
        self._changed = changed
        self._go = go
        self._remark = remark

    @property
    def query(self) -> SearchQuery | None:
        return self._view.query

    @property
    def running(self) -> bool:
        return self._pending is not None

    def start(self, query: SearchQuery | None) -> None:
        self._pending = query
        self._changed()
        self._run(self._search(query), "log-search")

    async def _search(self, query: SearchQuery | None) -> None:
        try:
            await self._view.search(query)
        finally:
            if self._pending is query:  # else another search has begun meanwhile
                self._pending = None
        if query is not None:
            # Backwards from the end while following, else forwards from the reader.
            follow = self._lines.scroller.follow
            self._go(self._view.match_near(None if follow else self._lines.position))
        self._changed()

    def step(self, steps: int) -> None:
        """Go to the next match, from the newest to the oldest; or to the previous one."""
        if self.query is None:
            self._remark(_("nothing is searched: / searches"))
            return
        view, row = self._view, self._lines.position
        match = view.match_after(row) if steps > 0 else view.match_before(row)
        if match is not None and (match - row) * steps <= 0:
            self._remark(around(steps))
        self._go(match)


def around(steps: int) -> str:
    return _("past the newest: on from the oldest") if steps > 0 else _("past the oldest: on from the newest")


CONTEXTS = (0, 1, 2, 3, 5, 10, 20, 50)  # Lines around a filtered one, from step to step


class Filtering:
    def __init__(
        self,
        view: LogView,
        run: Callable[[Coroutine[Any, Any, None], str], object],
        changed: Callable[[], None],
    ) -> None:
        """`run` runs a worker in a group; `changed` draws anew."""
        self._view = view
        self._run = run
        self._changed = changed
        self._wanted = view.shown  # What is shown once the rows are computed

    @property
    def wanted(self) -> Shown:
        return self._wanted

    def show_from(self, threshold: Severity) -> None:
        self._show(replace(self._wanted, threshold=threshold))

    def add(self, query: LineQuery, *, hides: bool) -> None:
        others = tuple(each for each in self._wanted.filters if each.query != query)
        self._show(replace(self._wanted, filters=(*others, LineFilter(query, hides))))

    def toggle(self, index: int) -> None:
        filters = list(self._wanted.filters)
        filters[index] = replace(filters[index], is_on=not filters[index].is_on)
        self._show(replace(self._wanted, filters=tuple(filters)))

    def remove(self, index: int = -1) -> None:
        filters = list(self._wanted.filters)
        del filters[index]
        self._show(replace(self._wanted, filters=tuple(filters)))

    def widen(self, steps: int) -> None:
        place = CONTEXTS.index(self._wanted.context) + steps
        self._show(replace(self._wanted, context=CONTEXTS[max(0, min(place, len(CONTEXTS) - 1))]))

    def _show(self, shown: Shown) -> None:
        self._wanted = shown
        self._run(self._apply(shown), "log-filter")

    async def _apply(self, shown: Shown) -> None:
        await self._view.show(shown)
        self._changed()


ERRORS = frozenset({Severity.ERROR, Severity.FATAL})
WARNINGS = frozenset({Severity.WARNING})
LEVELS = {"error": ERRORS, "warning": WARNINGS}


def rows_of(view: LogView, name: str) -> RowSubset:
    wanted, visible = LEVELS[name], view.visible

    def pick(chunk: Chunk) -> Sequence[int]:
        levels = levels_of(chunk)
        return [index for index in visible.within(chunk) if levels[index] in wanted]

    return RowSubset(view.store, name, view.shown, pick)


async def go_level(
    lines: LogLines, name: str, steps: int, go: Callable[[int | None], None], remark: Callable[[str], None]
) -> None:
    """`remark` says that there is none, or that it went around the end."""
    view = lines.view
    rows = rows_of(view, name)
    await rows.prepare()
    newest = view.store.end - 1
    if lines.scroller.follow:
        row = rows.at_or_before(newest)
    elif steps > 0:
        row = rows.at_or_after(lines.position + 1)
        row = row if row is not None else rows.at_or_after(view.store.first)
    else:
        row = rows.at_or_before(lines.position - 1)
        row = row if row is not None else rows.at_or_before(newest)
    if row is None:
        remark(
            _("no error among the lines shown here")
            if name == "error"
            else _("no warning among the lines shown here")
        )
    elif not lines.scroller.follow and (row - lines.position) * steps <= 0:
        remark(around(steps))
    go(row)


class Highlights:
    """At most as many terms as there are styles; the oldest makes room."""

    def __init__(self, show: Callable[[tuple[tuple[SearchQuery, str], ...]], None]) -> None:
        self._show = show
        self._styles: dict[SearchQuery, str] = {}

    @property
    def terms(self) -> tuple[tuple[SearchQuery, str], ...]:
        return tuple(self._styles.items())

    def toggle(self, query: SearchQuery) -> bool:
        if query in self._styles:
            self.remove(query)
            return False
        if len(self._styles) == len(TERM_STYLES):
            del self._styles[next(iter(self._styles))]
        free = [style for style in TERM_STYLES if style not in self._styles.values()]
        self._styles[query] = free[0]
        self._show(self.terms)
        return True

    def remove(self, query: SearchQuery) -> None:
        if self._styles.pop(query, None) is not None:
            self._show(self.terms)


class Remark(Message):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class LineReader(Protocol):
    lines: LogLines

    def run_exclusive(self, work: Coroutine[Any, Any, None], group: str) -> None:
        """Run a worker in place of the one of the same group."""

    def update_view(self) -> None:
        pass

    def post_message(self, message: Message) -> bool:
        """Send it to the screen."""

    def go_row(self, row: int | None) -> None:
        """Go to the line at a store row; None stays."""

    def go_to(self, at: int) -> None:
        """Load and show a time (epoch milliseconds)."""


class PaneReading:
    def __init__(self, pane: LineReader) -> None:
        lines = pane.lines
        view = lines.view
        self._pane = pane
        self.marks = Marks(view, lines.redraw)
        lines.rules.note_of = self.marks.note_of
        self.target = SearchTarget(lines)
        self.search = Searching(lines, pane.run_exclusive, pane.update_view, pane.go_row, self._remark)
        self.filters = Filtering(view, pane.run_exclusive, pane.update_view)
        self.patterns = PatternCounts(view)
        self.highlights = Highlights(lines.show_terms)
        self.ruler = Ruler(lines, pane.go_row, pane.go_to)
        self._actions: dict[str, Callable[[int], object]] = {
            "match": self.search.step,
            "error": lambda steps: self._go_level("error", steps),
            "warning": lambda steps: self._go_level("warning", steps),
            "bar": self.ruler.step,
            "mark": self._go_mark,
            "context": self._widen,
            "highlight": lambda _steps: self._keep_highlighted(),
        }

    def do(self, action: str, steps: int) -> None:
        self._actions[action](steps)

    def _go_level(self, name: str, steps: int) -> None:
        work = go_level(self._pane.lines, name, steps, self._pane.go_row, self._remark)
        self._pane.run_exclusive(work, "log-level")

    def _remark(self, text: str) -> None:
        self._pane.post_message(Remark(text))

    def _widen(self, steps: int) -> None:
        if not self.filters.wanted.hides:
            self._remark(_("no lines are hidden here: f filters, L chooses a level"))
            return
        self.filters.widen(steps)

    def _go_mark(self, steps: int) -> None:
        row = self._pane.lines.position
        self._pane.go_row(self.marks.after(row) if steps > 0 else self.marks.before(row))

    def _keep_highlighted(self) -> None:
        if self.search.query is None:
            self._remark(_("nothing is searched: / searches"))
        else:
            self.highlights.toggle(self.search.query)
