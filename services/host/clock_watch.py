from collections import deque

from services.clock import Clock, Mark, mark

MEMORY = 3600.0  # Seconds (of `Clock` time) for which a step is reported
TOLERANCE = 5.0  # Seconds of difference that are ignored; NTP slews a clock by less than two seconds an hour
APART = 60.0  # Minimum seconds between two stored readings


class ClockWatch:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks: deque[Mark] = deque([mark(clock)])

    def step(self) -> float:
        """Seconds by which the clock was set in the last hour, forward (+) or back (-); 0 if it was not."""
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
