from collections import deque
from statistics import median
from typing import Literal, NamedTuple, get_args

Link = Literal["auto", "fast", "slow"]  # `auto`: as measured; the others are the operator's choice
LINKS: tuple[str, ...] = get_args(Link)
_SAMPLES = 5
_DISTANCES = 3  # Bare round trips remembered; the shortest counts. Few, because the line may change.
_ENOUGH = 2  # Round trips needed to judge the line
_SLOW = 0.3  # Seconds of round trip above which the line counts as slow
_FAST = 0.12  # Seconds below which it counts as fast again
_INTERVALS = {False: 0.05, True: 0.25}
_SHORTEST = 0.02  # Seconds between two frames at least, however fast the terminal answers
_AT_ONCE = {False: 0.03, True: 0.045}
"""Seconds of round trip below which the terminal answers at once; more than that where it did so before. A
frame comes after two round trips at the earliest: the line is then idle half of the time, whatever is
sent."""
_LARGE = 512  # Bytes from which on transmission, not distance, takes most of a frame's time
_SECONDS_A_FRAME = 0.4  # Seconds that one frame may take on a slow line
_LEAST = 1024
_ASSUMED_RATE = 9600  # Bytes a second assumed of a line chosen as slow, before anything is measured


def as_link(name: str) -> Link:
    """The link of that name; `auto` for an unknown name."""
    return "slow" if name == "slow" else "fast" if name == "fast" else "auto"


class LinkState(NamedTuple):
    is_slow: bool = False
    round_trip: float | None = None
    """Median seconds from a frame to the terminal's answer, of the last few; None before the first."""
    is_chosen: bool = False  # Whether the operator chose slow or fast


class Meter:
    """Judges the line from round trips, and limits the size and the rate of frames."""

    def __init__(self, link: Link = "auto", *, is_relayed: bool = False) -> None:
        """`is_relayed`: a multiplexer answers for the terminal, which says nothing about the line behind it."""
        self._link = link
        self._is_relayed = is_relayed
        self.answers_at_once = False  # Whether the line carries frames of any size faster than they are made
        self._trips: deque[float] = deque(maxlen=_SAMPLES)
        self._distances: deque[float] = deque(maxlen=_DISTANCES)
        self._rate: float | None = None
        self.state = LinkState(is_slow=link == "slow", is_chosen=link != "auto")

    def measured(self, seconds: float, size: int) -> None:
        """Record that a frame of `size` bytes was answered after `seconds`; size 0: a bare question."""
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
        if len(self._trips) >= _ENOUGH:
            self.answers_at_once = not (slow or self._is_relayed or middle > _AT_ONCE[self.answers_at_once])
        self.state = self.state._replace(is_slow=slow, round_trip=middle)

    @property
    def interval(self) -> float:
        """Least seconds between two frames: 20 a second at most, 4 on a slow line, 50 where the terminal answers at once."""
        longest = _INTERVALS[self.state.is_slow]
        if not self.answers_at_once or self.state.round_trip is None:
            return longest
        return min(longest, max(_SHORTEST, 2 * self.state.round_trip))

    @property
    def frame_limit(self) -> int | None:
        """Bytes after which a frame should end; None: no limit."""
        if not self.state.is_slow:
            return None
        return max(_LEAST, int((self._rate or _ASSUMED_RATE) * _SECONDS_A_FRAME))
