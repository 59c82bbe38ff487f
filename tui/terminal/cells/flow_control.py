"""Flow control: when the next frame may be sent. Knows the time only from its callers.

One frame is on its way at a time; the terminal's answer to the question at its end allows the next. Between
here and the terminal lie buffers of megabytes (sshd, tmux, the kernel): a frame that could be written is not
a frame that was seen. What is painted meanwhile makes one frame together.

Small frames go without a question until they are WINDOW bytes together: an answer is a key press to ssh, which
since 9.5 hides the rhythm of keys behind a packet every 20 ms for seconds after each (ObscureKeystrokeTiming):
a question at every tick of a clock would cost more than all the rest.
"""

from tui.terminal.cells.link import Meter
from tui.terminal.cells.replies import Answer, Question

WINDOW = 1024
"""Bytes that may be on their way without a question behind them."""
DISTANCE_EVERY = 16
"""Questioned frames between two that are asked for the distance, too: before them, when nothing is on its way."""
PROBE_AFTER = 1.0
"""Seconds without an answer after which the terminal is asked again, without a frame; doubled each time."""
FRAME_AFTER = 10.0
"""Seconds without an answer after which a frame is sent all the same; doubled each time."""
_LONGEST = 600.0
CREDIT = 32_768
"""Bytes that may be sent at once…"""
RATE = 32_000
"""… and bytes a second thereafter: nobody reads what moves faster."""
MUTE_AFTER = 2.0
"""Seconds without any answer ever after which the terminal is taken for one that gives none."""
MUTE_INTERVAL = 0.2
"""Seconds between two frames for a terminal that does not answer…"""
MUTE_RATE = 9600
"""… and the bytes a second that it is trusted to take."""


class FlowControl:
    """The frame on its way, and what follows from the answers that come or do not."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.frame = 0
        """Number of the newest frame."""
        self.answers = False
        """Whether the terminal has ever answered; frames go by time alone until it does."""
        self._in_flight = False
        self._credit = float(CREDIT)
        self._last = 0
        """Bytes of the newest frame."""
        self._unasked = 0
        self._distance_due = DISTANCE_EVERY
        self._unanswered_since = float("inf")
        self.sent_at = float("-inf")
        """When the newest frame was sent."""
        self._asked_at = float("-inf")
        self._size = 0
        self._patience = FRAME_AFTER
        self._probe_wait = PROBE_AFTER
        self._probe_at = float("inf")

    def reset(self) -> None:
        """The terminal was given back and taken again: nothing is on its way."""
        self._arrived()
        self._unanswered_since = float("inf")

    def sent(self, now: float, size: int) -> bool:
        """A frame of `size` bytes is sent; whether it needs a question at its end."""
        self._unasked += size
        self._last = size
        self._credit = min(CREDIT, self._credit + RATE * (now - self.sent_at)) - size
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
        """Whether the frame to come begins with a question, whose answer tells the distance alone."""
        due = self.answers and not self._in_flight and self.frame >= self._distance_due
        if due:
            self._distance_due = self.frame + DISTANCE_EVERY
        return due

    def hurry(self) -> None:
        """Somebody waits for what comes next: what moved before does not count."""
        self._credit = float(CREDIT)

    def probed(self, now: float) -> None:
        """The terminal was asked again."""
        self._probe_wait = min(2 * self._probe_wait, _LONGEST)
        self._probe_at = now + self._probe_wait

    def answered(self, answer: Answer) -> None:
        """The terminal has seen everything before the question that it answers."""
        self.answers = True
        asked = answer.asked
        if asked.question is Question.POSITION or not asked.frame:
            self._meter.measured(answer.at - asked.at, self._size if asked.frame == self.frame else 0)
        if asked.frame == self.frame:
            self._arrived()

    def _arrived(self) -> None:
        self._in_flight = False
        self._patience, self._probe_at = FRAME_AFTER, float("inf")

    def frame_at(self) -> float:
        """From when on a frame may be sent if no answer comes before."""
        due = self.sent_at + max(self._meter.interval, -self._credit / RATE)
        if not self._in_flight:
            return due
        if self.answers:
            return self._asked_at + self._patience
        if self.sent_at < self._unanswered_since + MUTE_AFTER:
            return self._unanswered_since + MUTE_AFTER
        return max(due, self.sent_at + MUTE_INTERVAL, self.sent_at + self._size / MUTE_RATE)

    @property
    def pace(self) -> float:
        """Seconds between two drawings that are worth it: twice for each frame as large as the last, on this line.

        What is sent is then never much older than it need be.
        """
        trip = self._meter.state.round_trip if self._meter.state.is_slow else None
        return max(self._meter.interval, self._last / RATE / 2, (trip or 0.0) / 3)

    def probe_at(self) -> float:
        """When the terminal should be asked again if no answer comes before; infinity when it need not."""
        return self._probe_at if self._in_flight and self.answers else float("inf")
