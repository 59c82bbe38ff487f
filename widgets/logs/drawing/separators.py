from collections.abc import Callable
from datetime import date, tzinfo
from typing import NamedTuple

from services.i18n import _, plural
from services.models.date_text import day_text
from services.models.text import clean
from widgets.drawing.format import duration
from widgets.logs.store.view import LogView
from widgets.logs.text.time import clock_text, local_day, moment, range_text

MARK = "\u2691"  # Stands at a line that the reader marked
MATCH = "\u2022"  # Stands at a line that matches the search
IN_SPAN = "\u2503"  # Stands at a line of the minute that was asked for
ASKED_TIME = "\u2193"  # Stands before the time that was asked for
SHARED_TIME = "\u2316"  # Stands before the time of the cursor that all panes share
QUIET = 60_000  # Milliseconds without a line that are told in words where gaps are shown
_CACHE_SIZE = 4096  # Lines whose separators are cached


class Gap(NamedTuple):
    """A span in which lines may be missing: epoch milliseconds, and the reason in words."""

    start: int
    end: int
    reason: str


class SeparatorRules:
    """The separators above lines, computed once per line."""

    def __init__(self, view: LogView, zone: tzinfo, today: Callable[[], date]) -> None:
        self.zone = zone
        self.gaps: tuple[Gap, ...] = ()
        self.marked_at: int | None = None  # The marked time, epoch milliseconds
        self.marked_span = 1
        """Milliseconds from the marked time on that are marked: a minute where one was asked for."""
        self.quiet = 0  # A separator stands where no line was written for so many milliseconds; 0 for none
        self.marks_hidden = False  # Whether a separator stands where lines are hidden
        self.time_mark: int | None = None  # The time of the cursor that all panes share, epoch milliseconds
        self.note_of: Callable[[int], str | None] = lambda _line_id: None
        """The note of a marked line by its id; None if it is not marked."""
        self._view = view
        self._today = today
        self._cache: dict[int, list[tuple[str, str]]] = {}
        self._cache_state: object = None

    def forget(self) -> None:
        self._cache.clear()

    def is_marked(self, at: int) -> bool:
        """Whether `at` (epoch milliseconds) is in the marked time."""
        return self.marked_at is not None and 0 <= at - self.marked_at < self.marked_span

    def above(self, row: int) -> list[tuple[str, str]]:
        state = (self._view.store.moves, self._view.visible)
        if state != self._cache_state or len(self._cache) > _CACHE_SIZE:
            self._cache.clear()
            self._cache_state = state
        rules = self._cache.get(row)
        if rules is None:
            rules = self._cache[row] = self._compute(row)
        return rules

    def _compute(self, row: int) -> list[tuple[str, str]]:
        store = self._view.store
        at = store.time_at(row)
        above = self._view.visible.at_or_before(row - 1)
        before = store.time_at(above) if above is not None else None
        day = local_day(at, self.zone)
        rules: list[tuple[str, str]] = []
        if before is None or local_day(before, self.zone) != day:
            rules.append((day_text(day, self._today()), "rule"))
        if self.quiet and before is not None and at - before >= self.quiet:
            rules.append((_("{span} without a line", span=duration((at - before) / 1000)), "rule"))
        if self.marks_hidden and above is not None and row - above > 1:
            hidden = plural("{count} line hidden", "{count} lines hidden", row - above - 1)
            rules.append((hidden.format(count=f"{row - above - 1:,}"), "rule"))
        rules += [self._gap(gap) for gap in self.gaps if _between(before, gap.start, at)]
        rules += self._times(before, at)
        if note := self.note_of(store.id_at(row)):
            rules.append((f"{MARK} {clean(note)}", "mark"))
        return rules

    def below(self, row: int) -> list[tuple[str, str]]:
        at = self.time_mark
        if at is None or self._view.visible.at_or_after(row + 1) is not None:
            return []
        return [self._cursor_time(at)] if self._view.store.time_at(row) < at else []

    def _times(self, before: int | None, at: int) -> list[tuple[str, str]]:
        marked, shared = (
            time if time is not None and _between(before, time, at) else None
            for time in (self.marked_at, self.time_mark)
        )
        if marked is None:
            return [self._cursor_time(shared)] if shared is not None else []
        if shared is None:
            return [(f"{ASKED_TIME} {self._time(marked)}", "mark")]
        if shared == marked:
            return [(f"{ASKED_TIME}{SHARED_TIME} {self._time(marked)}", "mark")]
        return [(f"{ASKED_TIME} {self._time(marked)}  {SHARED_TIME} {self._time(shared)}", "mark")]

    def _cursor_time(self, at: int) -> tuple[str, str]:
        return f"{SHARED_TIME} {self._time(at)}", "time-mark"

    def _time(self, at: int) -> str:
        """`09:12:33 JST`, with milliseconds unless they are zero."""
        clock = clock_text(at, self.zone)
        return f"{clock if at % 1000 else clock[:8]} {moment(at).astimezone(self.zone).tzname()}"

    def _gap(self, gap: Gap) -> tuple[str, str]:
        span = range_text(gap.start, gap.end, self.zone, self._today())
        return _("lines may be missing {span}: {reason}", span=span, reason=gap.reason), "gap"


def _between(before: int | None, at: int, end: int) -> bool:
    return at <= end and (before is None or before < at)
