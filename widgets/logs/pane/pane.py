"""A log pane: follows a log group, keeps its place while it is read, reports what it lost. Data is passed in
through `append`, `stats`, `problem`, `gaps`, `title` and `pattern`; the pane posts messages. `append` only
marks the pane as outdated; one timer per frame draws, and none runs while no data arrives."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from services.models.full_seconds import until_full
from services.models.logs import LogLine, TailStats
from services.models.problem import Problem
from widgets.drawing.timers import detached_timer, is_going
from widgets.logs.drawing.lines import LogLines
from widgets.logs.drawing.separators import Gap
from widgets.logs.drawing.strips import LogFormat
from widgets.logs.pane.bar import LogBar, LogTrouble
from widgets.logs.pane.frames import PaneFrames
from widgets.logs.pane.keys import LOG_BINDINGS
from widgets.logs.pane.pager import LogPager
from widgets.logs.pane.prompt import Ask, LogPrompt
from widgets.logs.pane.status import bar_facts, empty_text, title_facts
from widgets.logs.pane.title import LogTitle
from widgets.logs.reading.movement import Movement
from widgets.logs.reading.target import MINUTE
from widgets.logs.store.store import DEFAULT_BYTES, LogStore
from widgets.logs.store.view import LogView

LONGEST_WAIT = 5.0
"""Maximum seconds between checks, because the loop's timers stop while the machine is suspended. They end together with
the ticker's and all other waits."""


class FollowWatchdog:
    def __init__(
        self,
        widget: Widget,
        now: Callable[[], datetime],
        elapsed: Callable[[], float],
        stale_after: float,
        on_expiry: Callable[[], object],
    ) -> None:
        """`on_expiry` is called once, by `widget`; `stale_after` and `elapsed` are in seconds."""
        self.read_at: datetime | None = None  # When the last sign of life came (UTC); None before the first
        self._widget = widget
        self._now = now
        self._elapsed = elapsed
        self._stale_after = stale_after
        self._on_expiry = on_expiry
        self._read_elapsed = 0.0  # The same by `elapsed`, a clock that cannot be set
        self._has_expired = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def expired(self) -> bool:
        """Whether the silence is too long by either clock, or the last sign of life is in the future."""
        if self.read_at is None:
            return False
        by_wall_clock = (self._now() - self.read_at).total_seconds()
        age = max(by_wall_clock, self._elapsed() - self._read_elapsed)
        return self._has_expired or by_wall_clock < 0 or age > self._stale_after

    def restart(self) -> None:
        self.read_at, self._read_elapsed = self._now(), self._elapsed()
        self._has_expired = False
        self._schedule()

    def reset(self) -> None:
        self.read_at = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def check(self) -> None:
        """Report the expiry once, or check again later: a clock may run faster or slower than the timer."""
        self._timer = None
        if self.expired:
            self._has_expired = True
            self._on_expiry()
        else:
            self._schedule()

    def _schedule(self) -> None:
        self.stop()
        seconds = min(self._stale_after + 0.1, until_full(time.time(), LONGEST_WAIT))
        self._timer = detached_timer(seconds, self._widget.call_later, self.check)


PaneT = TypeVar("PaneT", bound=Widget)


class PaneMessage(Message, Generic[PaneT]):
    def __init__(self, pane: PaneT) -> None:
        super().__init__()
        self.pane = pane


class TimeMessage(PaneMessage[PaneT]):
    """Is about the time `at`, epoch milliseconds."""

    def __init__(self, pane: PaneT, at: int) -> None:
        super().__init__(pane)
        self.at = at


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LogPane(LogPager):
    """A pager with a title and counters, fed by a follow loop."""

    BINDINGS: ClassVar[list[BindingType]] = LOG_BINDINGS
    DEFAULT_CSS = """
    LogPane { width: 1fr; height: 1fr; min-height: 3; background: $surface; }
    LogPane:focus-within > LogTitle { background: $primary-muted; }
    """

    title: reactive[str] = reactive("", repaint=False)  # The log group, as displayed
    sources: reactive[tuple[tuple[str, str], ...]] = reactive((), repaint=False)
    """Letter and name of each source, where the pane shows several."""
    pattern: reactive[str] = reactive("", repaint=False)  # The filter pattern that CloudWatch applies
    zone: reactive[tzinfo] = reactive(UTC, repaint=False)
    stats: reactive[TailStats | None] = reactive(None, repaint=False, always_update=True)
    """The state of the follow loop; set it on every poll, because each assignment is a sign of life."""
    problem: reactive[Problem | None] = reactive(None, repaint=False)
    """Why reading currently fails; None if it does not."""
    banner: reactive[Problem | None] = reactive(None, repaint=False)
    """The problem in the screen's banner, which is not repeated here."""
    live: reactive[str] = reactive("", repaint=False)  # Live Tail's state, minutes and price; "" without it
    note: reactive[str] = reactive("", repaint=False)  # What is being read beside the follow loop, in words
    scope: reactive[str] = reactive("", repaint=False)
    """Which lines these are, in words, where nothing is followed; "" where a follow loop reads."""
    gaps: reactive[tuple[Gap, ...]] = reactive((), repaint=False)  # Spans in which lines may be missing

    class GroupRequested(PaneMessage["LogPane"]):
        """The reader wants to choose another log group."""

    class LevelRequested(PaneMessage["LogPane"]):
        """The reader wants to choose the lowest level that is shown."""

    class ToolRequested(PaneMessage["LogPane"]):
        """The reader wants `filters`, `patterns` or `range` in a window; `range`: what was typed, epoch ms."""

        def __init__(self, pane: "LogPane", tool: str, range: tuple[int, int] | None = None) -> None:
            super().__init__(pane)
            self.tool, self.range = tool, range

    class PatternChanged(PaneMessage["LogPane"]):
        """The reader wants another filter pattern ("" for none)."""

        def __init__(self, pane: "LogPane", pattern: str) -> None:
            super().__init__(pane)
            self.pattern = pattern

    class TimeRequested(TimeMessage["LogPane"]):
        """The reader wants to go before the oldest line held, to `at` (epoch milliseconds)."""

    class EarlierRequested(PaneMessage["LogPane"]):
        """The reader wants to go above the oldest line held."""

    class Moved(TimeMessage["LogPane"]):
        """The reader moved to the line of the time `at` (epoch milliseconds); at most once a frame. Only the
        pane that has the focus posts it, so that panes that are moved along do not answer."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = _utc_now,
        elapsed: Callable[[], float] = time.monotonic,
        zone: tzinfo = UTC,
        fps: float = 10.0,
        max_bytes: int = DEFAULT_BYTES,
        stale_after: float = 30.0,
        pace: Callable[[], float] = lambda: 0.0,
        id: str | None = None,
        ruler: bool = False,
    ) -> None:
        """`elapsed`: seconds by a clock that cannot be set; `stale_after`: seconds without `stats`."""
        view, format = LogView(LogStore(max_bytes)), LogFormat(zone)
        super().__init__(view, format, now, id, ruler=ruler)
        self._title_row = LogTitle()
        self._trouble = LogTrouble()
        self._bar = LogBar()
        self.missing_until = 0  # Epoch ms; lines up to this time could not be stored
        self.listeners: list[Callable[[Sequence[LogLine]], object]] = []
        """Called with every batch that is appended."""
        self.watchdog = FollowWatchdog(self, now, elapsed, stale_after, self.mark_dirty)
        self._frames = PaneFrames(self, fps, pace, self._begin_frame)
        self._movement = Movement(self.lines, lambda at: self.post_message(self.Moved(self, at)))
        self.set_reactive(LogPane.zone, zone)

    def compose(self) -> ComposeResult:
        yield self._title_row
        yield self._trouble
        yield from super().compose()
        yield self._bar

    # Data in

    def append(self, lines: Sequence[LogLine]) -> None:
        self.store.append(lines)
        for listener in self.listeners:
            listener(lines)
        self.mark_dirty()

    def clear(self) -> None:
        super().clear()
        self.watchdog.reset()
        self.missing_until = 0
        self.gaps = ()
        self.set_reactive(LogPane.stats, None)
        self.mark_dirty()

    def go_to(self, at: int, *, minute: bool = False) -> None:
        """Mark `at` (epoch milliseconds), or its whole minute, and show it, or once its lines arrive."""
        super().go_to(at, minute=minute)
        start = at - at % MINUTE if minute else at
        if self.store.oldest > start or not len(self.store):
            self.post_message(self.TimeRequested(self, start))
        self.mark_dirty()

    def set_time_mark(self, at: int | None) -> None:
        """Draw a separator where the cursor of another pane is (epoch milliseconds); None removes it."""
        self.lines.set_time_mark(at)

    def focus(self, scroll_visible: bool = True) -> "LogPane":
        self.lines.focus(scroll_visible)
        return self

    # Drawing

    def mark_dirty(self) -> None:
        self._frames.mark_dirty()

    def _begin_frame(self) -> None:
        self.marks.place()
        self.target.seek()
        self._movement.report()

    @on(LogLines.Moved)
    def _note_move(self) -> None:
        if self._movement.note():
            self._frames.ask()

    @on(LogLines.AboveOldest)
    def _request_earlier(self, event: LogLines.AboveOldest) -> None:
        event.stop()
        self.post_message(self.EarlierRequested(self))

    def show_status(self) -> None:
        self._frames.status_shown()
        if is_going(self) or not self.is_mounted:
            return
        failing = self.problem is not None
        super().show_status()
        self._title_row.facts = title_facts(self.lines, self.title, self.pattern, self.sources, self.live)
        self._bar.facts = bar_facts(
            self,
            stats=self.stats,
            read_at=self.watchdog.read_at,
            stale=self.stale,
            failing=failing,
            missing_until=self.missing_until,
            note=self.note,
            scope=self.scope,
        )
        self.lines.show_message(
            empty_text(self.lines, stats=self.stats, failing=failing, pattern=self.pattern, scope=self.scope)
        )

    def on_mount(self) -> None:
        self.watch_zone(self.zone)
        self.show_status()
        if self._frames.undrawn:
            self.mark_dirty()

    def on_unmount(self) -> None:
        self._frames.stop()
        self.watchdog.stop()

    # Reactions

    def watch_zone(self, zone: tzinfo) -> None:
        self.lines.show(replace(self.lines.format, zone=zone))
        self._bar.zone = self._trouble.zone = zone
        self.update_detail()
        self.mark_dirty()

    def watch_stats(self, stats: TailStats | None) -> None:
        if stats is not None:
            self.watchdog.restart()
        self.mark_dirty()

    def watch_problem(self) -> None:
        self._trouble.show(self.problem, self.banner, has_lines=len(self.store) > 0)
        self.mark_dirty()

    watch_banner = watch_problem

    def watch_gaps(self, gaps: tuple[Gap, ...]) -> None:
        self.lines.show_gaps(gaps)

    watch_title = watch_pattern = watch_live = watch_note = watch_scope = mark_dirty

    # Requests

    def action_choose(self, what: str) -> None:
        self.post_message(self.GroupRequested(self) if what == "group" else self.LevelRequested(self))

    def action_tool(self, tool: str) -> None:
        self.post_message(self.ToolRequested(self, tool))

    def action_pattern(self) -> None:
        self.prompt.open(Ask.PATTERN, self.pattern)

    @on(LogPrompt.PatternEntered)
    def _request_pattern(self, event: LogPrompt.PatternEntered) -> None:
        event.stop()
        if event.pattern != self.pattern:
            self.post_message(self.PatternChanged(self, event.pattern))

    @on(LogPrompt.RangeEntered)
    def _request_range(self, event: LogPrompt.RangeEntered) -> None:
        event.stop()
        self.post_message(self.ToolRequested(self, "range", event.range))

    @property
    def stale(self) -> bool:
        return self.watchdog.expired

    @property
    def holds_work(self) -> bool:
        """Whether the reader has searched, filtered, selected or counted something here, which closing the pane would drop."""
        is_narrowed = self.pattern or self.view.query or self.view.shown.hides
        return bool(is_narrowed or self.lines.ranging or self.paused or self.ruler.range)
