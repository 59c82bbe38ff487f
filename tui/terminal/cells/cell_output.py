from collections.abc import Callable
from typing import Any, Protocol

from rich.color import ColorSystem

from tui.terminal.cells.compositor import Update, is_whole, paint, size_of
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.line_speed import Link, LinkState, Meter
from tui.terminal.cells.reply_queue import Reply, ReplyQueue, TerminalQuestion
from tui.terminal.cells.styles import Renditions

# Flow control: when the next frame may be sent. The callers pass the time.
#
# One frame is in flight at a time; the terminal's answer to the question at its end allows the next one. Buffers of
# megabytes lie between the console and the terminal (sshd, tmux, the kernel), so a frame that could be written has not
# been seen yet. Whatever is painted meanwhile becomes one frame.
#
# Small frames are sent without a question until they add up to WINDOW bytes. To ssh an answer is a key press, and since
# 9.5 it hides the rhythm of keys by sending a packet every 20 ms for seconds after each (ObscureKeystrokeTiming), so
# asking at every tick of a clock would cost more than everything else.


WINDOW = 1024  # Bytes that may be on their way without a question behind them
DISTANCE_EVERY = 16
"""Frames with a question between two that are preceded by a second one, which measures the bare round trip."""
PROBE_AFTER = 1.0
"""Seconds without an answer after which the terminal is asked again, without a frame; doubled each time."""
FRAME_AFTER = 10.0  # Seconds without an answer after which a frame is sent all the same; doubled each time
_LONGEST = 600.0
CREDIT = 32_768  # Bytes that may be sent at once…
RATE = 32_000
"""… and bytes a second thereafter, unless the terminal answers at once: nobody can read faster output. What
is sent faster may fill the buffers of a line whose other users wait behind it."""
MUTE_AFTER = 2.0  # Seconds without a single answer after which the terminal counts as one that never answers
MUTE_INTERVAL = 0.2  # Seconds between two frames for a terminal that does not answer…
MUTE_RATE = 9600  # … and the bytes a second that it is trusted to take


class FlowControl:
    """Tracks the frame in flight, and decides from the answers when the next one may follow."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.frame = 0  # Number of the newest frame
        self.answers = False
        """Whether the terminal has ever answered; until it does, frames are timed by the clock alone."""
        self._in_flight = False
        self._credit = float(CREDIT)
        self._last = 0  # Bytes of the newest frame
        self._unasked = 0
        self._distance_due = DISTANCE_EVERY
        self._unanswered_since = float("inf")
        self.sent_at = float("-inf")  # When the newest frame was sent
        self._free_at = float("-inf")  # From when on the meter's interval allows the next frame
        self._asked_at = float("-inf")
        self._size = 0
        self._patience = FRAME_AFTER
        self._probe_wait = PROBE_AFTER
        self._probe_at = float("inf")

    def reset(self) -> None:
        """The terminal was released and taken over again: nothing is in flight."""
        self._arrived()
        self._unanswered_since = float("inf")

    def sent(self, now: float, size: int) -> bool:
        """Record a frame of `size` bytes; whether it needs a question at its end."""
        self._unasked += size
        self._last = size
        self._credit = min(CREDIT, self._credit + RATE * (now - self.sent_at)) - size
        if self._meter.answers_at_once:
            self._credit = float(CREDIT)
        interval = self._meter.interval
        # After a pause a second frame may follow at once: waiting would wake the console up once more for it.
        earned = interval if self.sent_at > float("-inf") else 0.0
        self._free_at = max(self._free_at, now - earned) + interval
        self.sent_at = now
        if self.answers and not self._in_flight and self._unasked < WINDOW:
            return False
        if self._in_flight:
            self._patience = min(2 * self._patience, _LONGEST)
        self.frame += 1
        self._in_flight = True
        self._unanswered_since = min(self._unanswered_since, now)
        self._asked_at, self._size, self._unasked = now, self._unasked, 0
        self._probe_wait = max(PROBE_AFTER, 3 * (self._meter.state.round_trip or 0.0))
        self._probe_at = now + self._probe_wait
        return True

    def asks_distance(self) -> bool:
        due = self.answers and not self._in_flight and self.frame >= self._distance_due
        if due:
            self._distance_due = self.frame + DISTANCE_EVERY
        return due

    def hurry(self) -> None:
        """Restore the full credit, because somebody waits for the next frame."""
        self._credit = float(CREDIT)

    def probed(self, now: float) -> None:
        self._probe_wait = min(2 * self._probe_wait, _LONGEST)
        self._probe_at = now + self._probe_wait

    def answered(self, answer: Reply) -> None:
        """Take in an answer: the terminal has shown everything sent before the question."""
        self.answers = True
        inquiry = answer.inquiry
        if inquiry.question is TerminalQuestion.POSITION or not inquiry.frame:
            self._meter.measured(answer.at - inquiry.at, self._size if inquiry.frame == self.frame else 0)
        if inquiry.frame == self.frame:
            self._arrived()

    def _arrived(self) -> None:
        self._in_flight = False
        self._patience, self._probe_at = FRAME_AFTER, float("inf")

    def frame_at(self) -> float:
        """The earliest time for the next frame if no answer comes before."""
        due = max(self._free_at, self.sent_at - self._credit / RATE)
        if not self._in_flight:
            return due
        if self.answers:
            return self._asked_at + self._patience
        if self.sent_at < self._unanswered_since + MUTE_AFTER:
            return self._unanswered_since + MUTE_AFTER
        return max(due, self.sent_at + MUTE_INTERVAL, self.sent_at + self._size / MUTE_RATE)

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings that make sense on this line: two drawings for each frame as large as
        the last. Sent content is then never much older than necessary."""
        trip = self._meter.state.round_trip if self._meter.state.is_slow else None
        carried = 0.0 if self._meter.answers_at_once else self._last / RATE
        return max(self._meter.interval, carried / 2, (trip or 0.0) / 3)

    def probe_at(self) -> float:
        return self._probe_at if self._in_flight and self.answers else float("inf")


_SYNC_FROM = 256
"""Characters from which on a frame is sent as one synchronized update; a shorter one appears at once anyway."""
_SYNCHRONIZED = "\x1b[?2026h{}\x1b[?2026l"
_BUSY_WAIT = 0.5  # Seconds until the next attempt if the terminal has not accepted earlier output
_SETTLE = (0.3, 1.0)  # Least and most seconds that the end waits for answers; in between, three round trips


class CellWriter(Protocol):
    """Sends bytes to the terminal."""

    @property
    def is_busy(self) -> bool:
        """Whether earlier output has not been accepted yet."""

    def send(self, data: bytes) -> None:
        """Write without waiting; nothing is ever dropped."""


class Handle(Protocol):
    def cancel(self) -> None:
        """Cancel the call."""


class Loop(Protocol):
    def time(self) -> float:
        """Monotonic seconds."""

    def call_soon(self, callback: Callable[[], object]) -> Handle:
        """Call at the end of this turn."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Handle:
        """Call after `delay` seconds."""

    def call_soon_threadsafe(self, callback: Callable[[], object]) -> Any:
        """Call soon; from any thread."""


class CellOutput:
    """Back buffer, front buffer and flow control of one terminal; lives in the event loop."""

    def __init__(
        self,
        writer: CellWriter,
        loop: Loop,
        *,
        colours: ColorSystem = ColorSystem.TRUECOLOR,
        erases_in_colour: bool = True,
        link: Link = "auto",
        is_relayed: bool = False,
        on_link: Callable[[LinkState], object] = lambda _state: None,
    ) -> None:
        """`on_link` is called when the line turns slow or fast; the input must be passed to `answers`.
        `is_relayed`: a multiplexer (tmux, screen) is between here and the terminal."""
        self._loop = loop
        self._writer = writer
        self._colours, self._erases_in_colour = colours, erases_in_colour
        self._begin_grids(0, 0)
        self._meter = Meter(link, is_relayed=is_relayed)
        self._flow = FlowControl(self._meter)
        self._on_link = on_link
        self._timer: Handle | None = None
        self._soon: Handle | None = None
        self._open = False
        self.is_drawn = False  # Whether the back buffer holds a screen of the terminal's size
        self.answers = ReplyQueue(self._on_answer, loop.time)
        self.synchronizes = False  # Whether the terminal supports synchronized updates (mode 2026)
        self.cursor: tuple[int, int] | None = None
        """Column and row for the cursor, as an input method needs it; None: anywhere."""
        self._least_interval = 0.0

    def _begin_grids(self, width: int, height: int) -> None:
        self._renditions = Renditions(self._colours)
        self._back = CellGrid(width, height)
        self._encoder = Encoder(width, height, self._renditions, erases_in_colour=self._erases_in_colour)

    @property
    def link(self) -> LinkState:
        return self._meter.state

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings that make sense: what is drawn more often is never shown."""
        return max(self._flow.min_interval, self._least_interval)

    # -- taking and releasing the terminal

    def begin(self) -> None:
        """Start sending: the terminal was taken over and shows nothing of the console yet."""
        self._open = True
        self.answers.forget()
        self._flow.reset()
        self._encoder.forget()
        # In this order, because the answer to the second settles the first where a terminal does not know it.
        self._ask(0, self._loop.time(), TerminalQuestion.MARGINS, TerminalQuestion.STATUS)
        self._later()

    def end(self) -> None:
        """Stop sending, and wait for outstanding answers, a second at most."""
        self._open = False
        self._cancel()
        if self._flow.answers and not self._writer.is_busy:
            trip = self._meter.state.round_trip or 0.0
            self.answers.wait(min(_SETTLE[1], max(_SETTLE[0], 3 * trip)))
        self.answers.forget()

    def resize(self, width: int, height: int) -> None:
        self._encoder.forget()
        self.is_drawn = (width, height) == (self._back.width, self._back.height)
        self._later()

    def repaint(self) -> None:
        self._encoder.forget()
        self._later()

    def set_min_interval(self, seconds: float) -> None:
        """Send at most one frame in `seconds`, however fast the line is; for a console that nobody can see."""
        self._least_interval = seconds
        self._later()

    def hurry(self) -> None:
        self._flow.hurry()

    # -- painting

    def paint(self, update: Update) -> None:
        size = size_of(update)
        if is_whole(update):
            if size != (self._back.width, self._back.height) or self._renditions.are_many:
                self._begin_grids(*size)
            self.is_drawn = True
        elif size != (self._back.width, self._back.height):
            return  # drawn for a former size; the whole screen will follow
        paint(self._back, self._renditions, update)
        self._later()

    def _later(self) -> None:
        """Flush at the end of this turn of the loop, so that updates painted together are sent together."""
        if self._open and self._soon is None:
            self._soon = self._loop.call_soon(self._flush)

    def _on_answer(self) -> None:
        """Wake the loop; called in the reading thread."""
        self.answers.is_wanted = False
        try:
            self._loop.call_soon_threadsafe(self._flush)
        except RuntimeError:
            return  # the loop has ended

    # -- sending

    def _flush(self) -> None:
        """Send what differs if that is allowed now; otherwise schedule the next try."""
        self._cancel()
        self._read_answers()
        if not self._open or not self.is_drawn or self._encoder.is_current(self._back, self.cursor):
            return
        now = self._loop.time()
        if self._writer.is_busy:
            self._wait_until(now + _BUSY_WAIT)
        elif now >= (due := max(self._flow.frame_at(), self._flow.sent_at + self._least_interval)):
            self._send(now)
        elif now >= (probe := self._flow.probe_at()):
            self._ask(self._flow.frame, now, TerminalQuestion.STATUS)
            self._flow.probed(now)
            self._wait_until(min(due, self._flow.probe_at()))
        else:
            self._wait_until(min(due, probe))

    def _send(self, now: float) -> None:
        self._encoder.has_margins = self.answers.has_margins
        frame, complete = self._encoder.encode(
            self._back, limit=self._meter.frame_limit, coarse=self.link.is_slow, cursor=self.cursor
        )
        if self.synchronizes and len(frame) >= _SYNC_FROM:
            frame = _SYNCHRONIZED.format(frame)
        data = frame.encode("utf-8", "replace")
        if self._flow.asks_distance():
            data = self.answers.ask(TerminalQuestion.STATUS, 0, now).encode() + data
        if self._flow.sent(now, len(data)):
            data += self.answers.ask(TerminalQuestion.POSITION, self._flow.frame, now).encode()
        self._writer.send(data)
        if not complete:
            self._later()

    def _ask(self, frame: int, now: float, *questions: TerminalQuestion) -> None:
        self._writer.send("".join(self.answers.ask(each, frame, now) for each in questions).encode())

    def _read_answers(self) -> None:
        before = self._meter.state.is_slow
        for answer in self.answers.new():
            self._flow.answered(answer)
        if self._meter.state.is_slow != before:
            self._on_link(self._meter.state)

    def _wait_until(self, when: float) -> None:
        self.answers.is_wanted = True
        self._timer = self._loop.call_later(max(0.0, when - self._loop.time()), self._flush)
        if self.answers.has_new:
            self._later()  # it came after `_read_answers` and before `is_wanted` was set

    def _cancel(self) -> None:
        self.answers.is_wanted = False
        for handle in (self._timer, self._soon):
            if handle is not None:
                handle.cancel()
        self._timer = self._soon = None
