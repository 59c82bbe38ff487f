"""How good the line to the terminal is, from how long it takes to answer."""

from collections import deque
from statistics import median
from typing import Literal, NamedTuple, get_args

Link = Literal["auto", "fast", "slow"]
"""`auto`: as measured."""
LINKS: tuple[str, ...] = get_args(Link)
_SAMPLES = 5
_DISTANCES = 3
"""Answers to mere questions of which the shortest is the distance; a line may become another."""
_ENOUGH = 2
"""Round trips from which the line is judged."""
_SLOW = 0.3
"""Seconds of round trip from which the line counts as slow."""
_FAST = 0.12
"""Seconds below which it is fast again."""
_INTERVALS = {False: 0.05, True: 0.25}
_LARGE = 512
"""Bytes of a frame from which its transmission, not the distance, takes the time."""
_SECONDS_A_FRAME = 0.4
"""What one frame may take of a slow line."""
_LEAST = 1024
_ASSUMED_RATE = 9600
"""Bytes a second of a line that was said to be slow, before anything is measured."""


def as_link(named: str) -> Link:
    """What a name says; `auto` for one that says nothing."""
    return "slow" if named == "slow" else "fast" if named == "fast" else "auto"


class LinkState(NamedTuple):
    """What is known of the line."""

    is_slow: bool = False
    round_trip: float | None = None
    """Seconds from a frame to the terminal's answer, a middle of the last ones; None before any."""
    is_chosen: bool = False
    """Whether slow or fast was said, not measured."""


class Meter:
    """Takes round trips and says how much may be sent."""

    def __init__(self, link: Link = "auto") -> None:
        self._link = link
        self._trips: deque[float] = deque(maxlen=_SAMPLES)
        self._distances: deque[float] = deque(maxlen=_DISTANCES)
        self._rate: float | None = None
        self.state = LinkState(is_slow=link == "slow", is_chosen=link != "auto")

    def measured(self, seconds: float, size: int) -> None:
        """A frame of `size` bytes was answered after `seconds`; 0 bytes: a mere question, which tells the distance."""
        if not size:
            self._distances.append(seconds)
            return
        self._trips.append(seconds)
        if size >= _LARGE:
            rate = size / max(seconds - min(self._distances, default=0.0), 0.001)
            self._rate = rate if self._rate is None else 0.7 * self._rate + 0.3 * rate
        middle = median(self._trips)
        slow = self.state.is_slow
        if self._link == "auto" and len(self._trips) >= _ENOUGH:
            slow = middle > (_FAST if slow else _SLOW)
        self.state = self.state._replace(is_slow=slow, round_trip=middle)

    @property
    def interval(self) -> float:
        """Least seconds between two frames: 20 a second at most, 4 on a slow line."""
        return _INTERVALS[self.state.is_slow]

    @property
    def frame_limit(self) -> int | None:
        """Bytes after which a frame should end; None when there is no need."""
        if not self.state.is_slow:
            return None
        return max(_LEAST, int((self._rate or _ASSUMED_RATE) * _SECONDS_A_FRAME))
