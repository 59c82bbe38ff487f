"""Flow control: when the next frame may be sent. The callers pass the time.

One frame is in flight at a time; the terminal's answer to the question at its end allows the next one. Buffers of
megabytes lie between the console and the terminal (sshd, tmux, the kernel), so a frame that could be written has not
been seen yet. Whatever is painted meanwhile becomes one frame.

Small frames are sent without a question until they add up to WINDOW bytes. To ssh an answer is a key press, and since
9.5 it hides the rhythm of keys by sending a packet every 20 ms for seconds after each (ObscureKeystrokeTiming), so
asking at every tick of a clock would cost more than everything else.
"""

from tui.terminal.cells.line_speed import Meter
from tui.terminal.cells.reply_queue import Question, Reply

WINDOW = 1024
"""Bytes that may be on their way without a question behind them."""
DISTANCE_EVERY = 16
"""Frames with a question between two that are preceded by a second one, which measures the bare round trip."""
PROBE_AFTER = 1.0
"""Seconds without an answer after which the terminal is asked again, without a frame; doubled each time."""
FRAME_AFTER = 10.0
"""Seconds without an answer after which a frame is sent all the same; doubled each time."""
_LONGEST = 600.0
CREDIT = 32_768
"""Bytes that may be sent at once…"""
RATE = 32_000
"""… and bytes a second thereafter, unless the terminal answers at once: nobody can read faster output.

What is sent faster may fill the buffers of a line whose other users wait behind it.
"""
MUTE_AFTER = 2.0
"""Seconds without a single answer after which the terminal counts as one that never answers."""
MUTE_INTERVAL = 0.2
"""Seconds between two frames for a terminal that does not answer…"""
MUTE_RATE = 9600
"""… and the bytes a second that it is trusted to take."""


class FlowControl:
    """Tracks the frame in flight, and decides from the answers when the next one may follow."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.frame = 0
        """Number of the newest frame."""
        self.answers = False
        """Whether the terminal has ever answered; until it does, frames are timed by the clock alone."""
        self._in_flight = False
        self._credit = float(CREDIT)
        self._last = 0
        """Bytes of the newest frame."""
        self._unasked = 0
        self._distance_due = DISTANCE_EVERY
        self._unanswered_since = float("inf")
        self.sent_at = float("-inf")
        """When the newest frame was sent."""
        self._free_at = float("-inf")
        """From when on the meter's interval allows the next frame."""
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
        """Whether to ask before the next frame, too: the answer measures the bare round trip."""
        due = self.answers and not self._in_flight and self.frame >= self._distance_due
        if due:
            self._distance_due = self.frame + DISTANCE_EVERY
        return due

    def hurry(self) -> None:
        """Restore the full credit, because somebody waits for the next frame."""
        self._credit = float(CREDIT)

    def probed(self, now: float) -> None:
        """Record that the terminal was asked again."""
        self._probe_wait = min(2 * self._probe_wait, _LONGEST)
        self._probe_at = now + self._probe_wait

    def answered(self, answer: Reply) -> None:
        """Take in an answer: the terminal has shown everything sent before the question."""
        self.answers = True
        inquiry = answer.inquiry
        if inquiry.question is Question.POSITION or not inquiry.frame:
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
        """Seconds between two drawings that make sense on this line: two drawings for each frame as large as the last.

        Sent content is then never much older than necessary.
        """
        trip = self._meter.state.round_trip if self._meter.state.is_slow else None
        carried = 0.0 if self._meter.answers_at_once else self._last / RATE
        return max(self._meter.interval, carried / 2, (trip or 0.0) / 3)

    def probe_at(self) -> float:
        """When to ask the terminal again if no answer comes before; infinity where that is not needed."""
        return self._probe_at if self._in_flight and self.answers else float("inf")
