"""A log pane: follows a log group, stays put while it is read, says what it lost.

Data goes in through `append`, `stats`, `problem`, `gaps`, `title`, `pattern`; messages come out. `append`
only marks; one timer per frame draws, and none runs while nothing comes.
Longer than other files because it joins the parts of one pane; what each part does is in its own file.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive

from services.models.logs import LogLine, Severity, TailStats
from services.models.problem import Problem
from widgets.drawing.frame_rate import FrameLimiter
from widgets.drawing.ticker import every_second
from widgets.drawing.timers import detached_timer, is_going
from widgets.logs.actions import LogActions
from widgets.logs.bar import LogBar, LogTitle, LogTrouble
from widgets.logs.detail import LogDetail
from widgets.logs.keys import LOG_BINDINGS
from widgets.logs.lines import LogLines
from widgets.logs.messages import CopyRequested, GroupRequested, PatternChanged, TimeRequested
from widgets.logs.prompt import LogPrompt
from widgets.logs.separators import Gap
from widgets.logs.status import bar_facts, empty_words, title_facts
from widgets.logs.store import DEFAULT_BYTES, LogStore
from widgets.logs.strips import LogFormat
from widgets.logs.view import LogView

NAP = 5.0
"""Seconds after which silence is looked for at the latest: the loop's timers stand still while the machine sleeps."""
BAR_SECONDS = 0.25
"""Shortest time between two paintings of the counters."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LogPane(LogActions, Vertical):
    """Title, lines, an optional detail, a prompt when asked, counters."""

    BINDINGS: ClassVar[list[BindingType]] = LOG_BINDINGS
    DEFAULT_CSS = """
    LogPane { width: 1fr; height: 1fr; min-height: 3; background: $surface; }
    LogPane > #log-area { height: 1fr; }
    LogPane:focus-within > LogTitle { background: $primary 30%; }
    """

    title: reactive[str] = reactive("", repaint=False)
    """The log group, in words for the screen."""
    pattern: reactive[str] = reactive("", repaint=False)
    """The filter pattern that CloudWatch applies."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False)
    stats: reactive[TailStats | None] = reactive(None, repaint=False, always_update=True)
    """How the follow loop is doing; to be set on every poll, because its coming is a sign of life."""
    problem: reactive[Problem | None] = reactive(None, repaint=False)
    """Why reading fails now; None when it does not."""
    said: reactive[Problem | None] = reactive(None, repaint=False)
    """What the screen's banner says for all panels; it is not said here again."""
    gaps: reactive[tuple[Gap, ...]] = reactive((), repaint=False)
    """Spans in which lines may be missing."""

    GroupRequested = GroupRequested
    PatternChanged = PatternChanged
    CopyRequested = CopyRequested
    TimeRequested = TimeRequested

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = _utc_now,
        elapsed: Callable[[], float] = time.monotonic,
        zone: tzinfo = UTC,
        fps: float = 10.0,
        max_bytes: int = DEFAULT_BYTES,
        stale_after: float = 30.0,
        order: tuple[str, ...] = (),
        columns: tuple[tuple[str, int], ...] = (),
        pace: Callable[[], float] = lambda: 0.0,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.now = now
        self.elapsed = elapsed
        """Seconds by a clock that nobody can set."""
        self.store = LogStore(max_bytes)
        self.view = LogView(self.store)
        self.lines = LogLines(self.view, LogFormat(zone, order=order, columns=columns), self._present)
        self.detail = LogDetail()
        self.prompt = LogPrompt()
        self.paused = False
        self.read_at: datetime | None = None
        """When `stats` was last set."""
        self.read_elapsed = 0.0
        """The same by `elapsed`."""
        self._silent = False
        """The silence was noticed, and nothing has been heard since."""
        self.lacks_to = 0
        """Epoch ms: lines up to here could not be taken in."""
        self.searching = False
        self.stale_after = stale_after
        """Seconds without `stats` after which the pane calls itself stale."""
        self._frames = FrameLimiter(self._draw_frame, fps, pace)
        self._talk: asyncio.TimerHandle | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._said_at = 0.0
        self._undrawn = False
        self._goal: int | None = None
        self._end_ageing: Callable[[], None] | None = None
        self.set_reactive(LogPane.zone, zone)

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield LogTitle()
        yield LogTrouble()
        with Horizontal(id="log-area"):
            yield self.lines
            yield self.lines.gauge
        yield self.detail
        yield self.prompt
        yield LogBar()

    # Data in

    def append(self, lines: Sequence[LogLine]) -> None:
        """Take in a batch (any order, any time); drawn with the next frame."""
        self.store.append(lines)
        self.mark_dirty()

    def append_raw(self, data: bytes, at: int) -> None:
        """Take in lines of one time (epoch milliseconds), separated by line feeds, without a stream."""
        self.store.append_raw(data, at)
        self.mark_dirty()

    def clear(self) -> None:
        """Forget every line and follow again; the look, the threshold and the search stay.

        So does a minute that was asked for before any line came.
        """
        if len(self.store):
            self._goal = None
            self.lines.rules.marked_at = None
        self.store.clear()
        self.paused = False
        self.read_at = None
        self.lacks_to = 0
        self.detail.close()
        self.lines.go_end()
        self.set_reactive(LogPane.stats, None)
        self.lines.redraw()
        self.mark_dirty()

    def go_to(self, at: int) -> None:
        """Mark the minute of `at` (epoch milliseconds) and show it; if its lines come later, then."""
        minute = at - at % 60_000
        self._goal = minute
        self.lines.mark(minute)
        self.paused = False
        if self.store.oldest > minute or not len(self.store):
            self.post_message(self.TimeRequested(self, minute))
        self._seek_goal()
        self.mark_dirty()

    def focus(self, scroll_visible: bool = True) -> "LogPane":
        """Give the keys to the lines."""
        self.lines.focus(scroll_visible)
        return self

    def mark_dirty(self) -> None:
        """There is something to draw or to say."""
        self._undrawn = True
        if not is_going(self):
            self._frames.ask()

    def _draw_frame(self) -> None:
        self._undrawn = False
        self._seek_goal()
        if not self.paused:
            self.lines.refresh_changed()
        wait = self._said_at + BAR_SECONDS - self._frames.drawn_at
        if wait <= 0:
            self.say()
        elif self._talk is None:
            # While lines keep coming it is said with a frame, not between two.
            self._talk = asyncio.get_running_loop().call_later(wait + self._frames.period, self.say)

    def say(self) -> None:
        """Bring title, counters and gauge up to date."""
        self._said_at = time.monotonic()
        if self._talk is not None:
            self._talk.cancel()
            self._talk = None
        if is_going(self) or not self.is_mounted:
            return
        self.lines.look_ahead()
        self.query_one(LogTitle).facts = title_facts(self)
        self.query_one(LogBar).facts = bar_facts(self)
        self.lines.say(empty_words(self))

    def age(self, on: bool) -> None:
        """Draw every second while ages are shown."""
        if self._end_ageing is not None:
            self._end_ageing()
        self._end_ageing = every_second(self, self.lines.refresh_changed) if on else None

    def _seek_goal(self) -> None:
        """Show the minute asked for, as soon as it or something later is there."""
        if self._goal is None:
            return
        row = self.view.shown.at_or_after(self.store.row_at(self._goal))
        if row is not None:
            self.lines.go_row(row)

    def on_mount(self) -> None:
        """Say what there is (nothing, so far)."""
        self.watch_zone(self.zone)
        self.say()
        if self._undrawn:
            self.mark_dirty()

    def on_unmount(self) -> None:
        """Leave no timer behind."""
        self._frames.stop()
        for handle in (self._talk, self._watchdog):
            if handle is not None:
                handle.cancel()

    # Reactions

    def watch_zone(self, zone: tzinfo) -> None:
        """Other times, everywhere."""
        self.lines.show(replace(self.lines.look, zone=zone))
        for bar in self.query(LogBar):
            bar.zone = zone
        for trouble in self.query(LogTrouble):
            trouble.zone = zone
        self._show_detail()
        self.mark_dirty()

    def watch_stats(self, stats: TailStats | None) -> None:
        """A sign of life; its absence becomes visible by itself."""
        if stats is not None:
            self.read_at, self.read_elapsed = self._present(), self.elapsed()
            self._silent = False
            self._watch_for_silence()
        self.mark_dirty()

    def watch_problem(self) -> None:
        """Say it in a row of its own."""
        for trouble in self.query(LogTrouble):
            trouble.say(self.problem, self.said, has_lines=len(self.store) > 0)
        self.mark_dirty()

    watch_said = watch_problem

    def watch_gaps(self, gaps: tuple[Gap, ...]) -> None:
        """Draw them between the lines."""
        self.lines.show_gaps(gaps)

    def watch_title(self) -> None:
        """Into the title row."""
        self.mark_dirty()

    def watch_pattern(self) -> None:
        """Into the title row."""
        self.mark_dirty()

    @on(LogLines.Moved)
    def _moved(self, event: LogLines.Moved) -> None:
        event.stop()
        self._show_detail()
        self.say()

    def reader_moved(self) -> None:
        """The reader went somewhere: no longer bring the minute asked for into view."""
        self._goal = None

    @property
    def stale(self) -> bool:
        """Whether the follow loop has been silent for too long: by either clock, or read in the future."""
        if self.read_at is None:
            return False
        wall = (self._present() - self.read_at).total_seconds()
        age = max(wall, self.elapsed() - self.read_elapsed)
        return self._silent or wall < 0 or age > self.stale_after

    @property
    def threshold(self) -> Severity:
        """Lines below it are hidden."""
        return self.view.threshold

    def _watch_for_silence(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        seconds = min(self.stale_after + 0.1, NAP)
        self._watchdog = detached_timer(seconds, self.call_later, self._notice_silence)

    def _notice_silence(self) -> None:
        """Say it once; while the (perhaps faster or slower) clock sees none, look again later."""
        self._watchdog = None
        if self.stale:
            self._silent = True
            self.mark_dirty()
        else:
            self._watch_for_silence()

    def _present(self) -> datetime:
        return self.now()
