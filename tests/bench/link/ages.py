import re
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.link.feed import MARK

CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d) JST")
_JST = 9 * 3600
_DAY = 86400


class Ages(NamedTuple):
    median: float | None
    longest: float | None


def ages(samples: Sequence[float]) -> Ages:
    return Ages(statistics.median(samples), max(samples)) if samples else Ages(None, None)


def newest(text: str) -> float:
    """When the newest line on the screen was made, in epoch seconds; 0 where there is none."""
    return max(map(float, MARK.findall(text)), default=0.0)


class MarkAges:
    def __init__(self) -> None:
        self.samples: list[float] = []

    def look(self, text: str) -> None:
        if written_at := newest(text):
            self.samples.append(time.time() - written_at)


class ClockAges:
    """How long after each full second the header's clock shows it, or a later one; to be called on every change."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self._waiting = int(time.time()) + 1  # The oldest full second (epoch) that was not seen yet

    def look(self, text: str) -> None:
        if match := CLOCK.search(text):
            now = time.time()
            hours, minutes, seconds = map(int, match.groups())
            of_day = hours * 3600 + minutes * 60 + seconds
            behind = (now + _JST - of_day) % _DAY
            # A clock ahead by the time that the tick took to be rounded is not one that is a day behind.
            self._shown(now, now - (behind if behind < _DAY / 2 else behind - _DAY))

    def _shown(self, now: float, second: float) -> None:
        while self._waiting <= second + 0.5:
            self.samples.append(now - self._waiting)
            self._waiting += 1

    def end(self) -> None:
        """Count the seconds that were not seen, too, where that says something: they are at least that old."""
        now, usual = time.time(), statistics.median(self.samples or [0.0])
        while (age := now - self._waiting) > usual:
            self.samples.append(age)
            self._waiting += 1
