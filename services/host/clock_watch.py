"""Notices that somebody has set the machine's clock: where it and the clock that nobody can set part."""

from collections import deque

from services.clock import Clock, Mark, mark

MEMORY = 3600.0
"""Seconds (of the clock's time) for which a step is told."""
TOLERANCE = 5.0
"""Seconds; what corrects a clock by itself slews it by less than two in an hour."""
APART = 60.0
"""Seconds between two readings that are remembered."""


class ClockWatch:
    """Remembers the last hour's readings of both clocks; ask it now and then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks: deque[Mark] = deque([mark(clock)])

    def step(self) -> float:
        """Seconds by which the clock was set in the last hour, ahead (+) or back (-); 0 where nobody set it."""
        now = mark(self._clock)
        while len(self._marks) > 1 and now.elapsed - self._marks[1].elapsed >= MEMORY:
            self._marks.popleft()
        if now.elapsed - self._marks[-1].elapsed >= APART:
            self._marks.append(now)
        wall = [
            (now.at - earlier.at).total_seconds() - (now.elapsed - earlier.elapsed) for earlier in self._marks
        ]
        widest = max(wall, key=abs)
        return widest if abs(widest) > TOLERANCE else 0.0
