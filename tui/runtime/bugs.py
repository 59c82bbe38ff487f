"""Faults of the console itself since it started."""

from collections import deque
from collections.abc import Iterable
from time import monotonic

from tui.runtime import debug_log
from tui.runtime.crash_report import Bug, crash_site, crash_summary, crash_text

MOST = 100
"""Kinds and places that are kept."""
TOLD_AGAIN = frozenset({10, 100, 1_000, 10_000, 100_000})
"""How often one has come when the debug log is told again."""
FLOOD, FLOOD_SECONDS = 50, 5.0
"""So many within so many seconds leave no screen as it should be."""


class Bugs(dict[tuple[str, str, int], Bug]):
    """Each once, by kind and place, with how often it came."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[float] = deque(maxlen=FLOOD)

    def keep(self, error: BaseException, secrets: Iterable[str]) -> Bug | None:
        """Count it, and write it into the debug log; the new one, None where it is known or there are too many."""
        site = crash_site(error)
        if (known := self.get(site)) is not None:
            known.count += 1
            if known.count in TOLD_AGAIN:
                debug_log.note(f"{known.count} times: {known.summary}", secrets)
            return None
        if len(self) >= MOST:
            return None
        hidden = tuple(secrets)
        bug = self[site] = Bug(crash_summary(error, hidden), crash_text(error, hidden))
        debug_log.fault(error, "survived", hidden)
        return bug

    def flooded(self) -> bool:
        """Count one more fault; whether they come so fast that the screen cannot be what it should be."""
        now = monotonic()
        self._recent.append(now)
        return len(self._recent) == FLOOD and now - self._recent[0] < FLOOD_SECONDS
