"""The moments at which everything that waits for time alone wakes up together: a moment after a full second."""

import math

_LATE = 0.002
"""Seconds after the full second: a timer that fires a moment early would show the previous second."""
_NEAR = 0.1  # Seconds before a full second that count as this second


def until_last_full(now: float, seconds: float) -> float:
    """`seconds` shortened by up to a second, so that a wait from `now` (epoch seconds) ends just after a full one."""
    # What began just after a full second and takes whole seconds ends just after one, early by a moment or not.
    return math.floor(now + seconds + _NEAR - _LATE) + _LATE - now


def until_full(now: float, seconds: float = 1.0) -> float:
    """Seconds from `now` (epoch seconds) until just after the next multiple of `seconds`."""
    # A timer that fired just before a multiple must not fire again just after it.
    near = now + min(_NEAR, seconds / 2)
    return (math.floor(near / seconds) + 1) * seconds - now + _LATE
