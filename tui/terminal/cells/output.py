"""The console's screen on its way to the terminal: painted at once, sent when the terminal is ready for it."""

from collections.abc import Callable
from typing import Any, Protocol

from rich.color import ColorSystem

from tui.terminal.cells.compositor import Update, is_whole, paint, size_of
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.flow_control import FlowControl
from tui.terminal.cells.grid import Grid
from tui.terminal.cells.link import Link, LinkState, Meter
from tui.terminal.cells.replies import Answers, Question
from tui.terminal.cells.styles import Renditions

_SYNC_FROM = 256
"""Characters of a frame from which the terminal is asked to show it at once; less is seen at once anyway."""
_SYNCHRONIZED = "\x1b[?2026h{}\x1b[?2026l"
_BUSY_WAIT = 0.5
"""Seconds until the next look at a terminal that does not take what was written."""
_SETTLE = (0.3, 1.0)
"""Seconds, at least and at most, that the end waits for an answer: three round trips."""


class Writer(Protocol):
    """Where the bytes go."""

    @property
    def is_busy(self) -> bool:
        """Whether something written before has not been taken yet."""

    def send(self, data: bytes) -> None:
        """Write without waiting; nothing is ever dropped."""


class Handle(Protocol):
    """Something to be called later."""

    def cancel(self) -> None:
        """Not any more."""


class Loop(Protocol):
    """What is used of asyncio's event loop."""

    def time(self) -> float:
        """Seconds, monotonic."""

    def call_soon(self, callback: Callable[[], object]) -> Handle:
        """At the end of this turn."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Handle:
        """After `delay` seconds."""

    def call_soon_threadsafe(self, callback: Callable[[], object]) -> Any:
        """From another thread."""


class CellOutput:
    """Back buffer, front buffer and flow control of one terminal; lives in the event loop."""

    def __init__(
        self,
        writer: Writer,
        loop: Loop,
        *,
        colours: ColorSystem = ColorSystem.TRUECOLOR,
        erases_in_colour: bool = True,
        link: Link = "auto",
        on_link: Callable[[LinkState], object] = lambda _state: None,
    ) -> None:
        """`on_link` is told when the line turns slow or fast; `answers` has to be given what is read."""
        self._loop = loop
        self._writer = writer
        self._colours, self._erases_in_colour = colours, erases_in_colour
        self._begin_grids(0, 0)
        self._meter = Meter(link)
        self._pacing = FlowControl(self._meter)
        self._on_link = on_link
        self._timer: Handle | None = None
        self._soon: Handle | None = None
        self._open = False
        self.is_drawn = False
        """Whether the back buffer holds a screen of the terminal's size."""
        self.answers = Answers(self._on_answer, loop.time)
        self.synchronizes = False
        """Whether the terminal shows a frame at once when told to (mode 2026)."""
        self.cursor: tuple[int, int] | None = None
        """Column and row where the cursor should stand, for an input method; None: anywhere."""
        self._least_interval = 0.0

    def _begin_grids(self, width: int, height: int) -> None:
        self._renditions = Renditions(self._colours)
        self._back = Grid(width, height)
        self._encoder = Encoder(width, height, self._renditions, erases_in_colour=self._erases_in_colour)

    @property
    def link(self) -> LinkState:
        """How the line is."""
        return self._meter.state

    @property
    def pace(self) -> float:
        """Seconds between two drawings that are worth it: what is drawn more often is not shown."""
        return max(self._pacing.pace, self._least_interval)

    # -- the terminal taken and given back

    def begin(self) -> None:
        """The terminal is ours, and shows nothing of us yet."""
        self._open = True
        self.answers.forget()
        self._pacing.reset()
        self._encoder.forget()
        self._ask(Question.STATUS, 0, self._loop.time())
        self._later()

    def end(self) -> None:
        """Send no more, and wait a moment, a second at most, for what the terminal still has to answer."""
        self._open = False
        self._cancel()
        if self._pacing.answers and not self._writer.is_busy:
            trip = self._meter.state.round_trip or 0.0
            self.answers.settle(min(_SETTLE[1], max(_SETTLE[0], 3 * trip)))
        self.answers.forget()

    def resize(self, width: int, height: int) -> None:
        """The terminal has another size, and may show anything: nothing is sent until the screen is drawn for it."""
        self._encoder.forget()
        self.is_drawn = (width, height) == (self._back.width, self._back.height)
        self._later()

    def repaint(self) -> None:
        """Whatever the terminal shows, send the whole screen anew."""
        self._encoder.forget()
        self._later()

    def keep_apart(self, seconds: float) -> None:
        """`seconds` must lie between two frames whatever the line: more where nobody looks."""
        self._least_interval = seconds
        self._later()

    def hurry(self) -> None:
        """Somebody has pressed a key, and waits to see what it does."""
        self._pacing.hurry()

    # -- painting

    def paint(self, update: Update) -> None:
        """Take over what was drawn, and send it as soon as may be."""
        size = size_of(update)
        if is_whole(update):
            if size != (self._back.width, self._back.height) or self._renditions.are_many:
                self._begin_grids(*size)
            self.is_drawn = True
        elif size != (self._back.width, self._back.height):
            return  # of a size that is no more; the whole screen is to come
        paint(self._back, self._renditions, update)
        self._later()

    def _later(self) -> None:
        """At the end of this turn of the loop, so that what is painted together is sent together."""
        if self._open and self._soon is None:
            self._soon = self._loop.call_soon(self._flush)

    def _on_answer(self) -> None:
        """In the thread that reads."""
        self.answers.is_wanted = False
        try:
            self._loop.call_soon_threadsafe(self._flush)
        except RuntimeError:
            return  # the loop has ended

    # -- sending

    def _flush(self) -> None:
        """Send what differs if that may be; otherwise come back when it may."""
        self._cancel()
        self._hear()
        if not self._open or not self.is_drawn or self._is_current():
            return
        now = self._loop.time()
        if self._writer.is_busy:
            self._wait_until(now + _BUSY_WAIT)
        elif now >= (due := max(self._pacing.frame_at(), self._pacing.sent_at + self._least_interval)):
            self._send(now)
        elif now >= (probe := self._pacing.probe_at()):
            self._ask(Question.STATUS, self._pacing.frame, now)
            self._pacing.probed(now)
            self._wait_until(min(due, self._pacing.probe_at()))
        else:
            self._wait_until(min(due, probe))

    def _is_current(self) -> bool:
        return self._encoder.is_current(self._back, self.cursor)

    def _send(self, now: float) -> None:
        frame, complete = self._encoder.encode(
            self._back, limit=self._meter.frame_limit, coarse=self.link.is_slow, cursor=self.cursor
        )
        if self.synchronizes and len(frame) >= _SYNC_FROM:
            frame = _SYNCHRONIZED.format(frame)
        data = frame.encode("utf-8", "replace")
        if self._pacing.asks_distance():
            data = self.answers.ask(Question.STATUS, 0, now).encode() + data
        if self._pacing.sent(now, len(data)):
            data += self.answers.ask(Question.POSITION, self._pacing.frame, now).encode()
        self._writer.send(data)
        if not complete:
            self._later()

    def _ask(self, question: Question, frame: int, now: float) -> None:
        self._writer.send(self.answers.ask(question, frame, now).encode())

    def _hear(self) -> None:
        """Take in what the terminal has answered."""
        before = self._meter.state.is_slow
        for answer in self.answers.new():
            self._pacing.answered(answer)
        if self._meter.state.is_slow != before:
            self._on_link(self._meter.state)

    def _wait_until(self, when: float) -> None:
        """Come back then, or when the terminal answers."""
        self.answers.is_wanted = True
        self._timer = self._loop.call_later(max(0.0, when - self._loop.time()), self._flush)
        if self.answers.has_new:
            self._later()  # it came between the look and the wish

    def _cancel(self) -> None:
        self.answers.is_wanted = False
        for handle in (self._timer, self._soon):
            if handle is not None:
                handle.cancel()
        self._timer = self._soon = None
