"""The internal errors since the console's start."""

from collections import deque
from collections.abc import Iterable
from time import monotonic

from tui.runtime import debug_log
from tui.runtime.crash_report import Bug, crash_site, crash_summary, crash_text

MOST = 100
"""Maximum number of different errors recorded."""
LOGGED_AGAIN = frozenset({10, 100, 1_000, 10_000, 100_000})
"""Counts of one error at which it is logged again."""
FLOOD, FLOOD_SECONDS = 50, 5.0
"""This many errors within this many seconds mean that the screen cannot be right."""


class Bugs(dict[tuple[str, str, int], Bug]):
    """Each error once, by kind and place, with its count."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[float] = deque(maxlen=FLOOD)

    def keep(self, error: BaseException, secrets: Iterable[str]) -> Bug | None:
        """Count `error` and log it; returns the new entry, None for a known error or if there are too many."""
        site = crash_site(error)
        if (bug := self.get(site)) is not None:
            bug.count += 1
            if bug.count in LOGGED_AGAIN:
                debug_log.note(f"{bug.count} times: {bug.summary}", secrets)
            return None
        if len(self) >= MOST:
            return None
        hidden = tuple(secrets)
        bug = self[site] = Bug(crash_summary(error, hidden), crash_text(error, hidden))
        debug_log.fault(error, "survived", hidden)
        return bug

    def flooded(self) -> bool:
        """Count one more error; returns whether there are too many for the screen to be right."""
        now = monotonic()
        self._recent.append(now)
        return len(self._recent) == FLOOD and now - self._recent[0] < FLOOD_SECONDS
