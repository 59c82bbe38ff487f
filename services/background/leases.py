"""Times since this console first read an entry, by its own clock: for what another console's entry allows or forbids.

The writer's own time is never compared with this console's clock: the two machines' clocks may differ by minutes, so
that a valid claim would look expired, or a dead one valid. After a start, or where nothing else is known, an old entry
is therefore waited for once more as if it were new: at most its whole time, and never too short.
"""

from services.clock import Clock


class FirstReads:
    """When this console first read the newest entry about each subject, by the clock's `elapsed`. That clock
    goes on while the machine is suspended, as the other console's does, and cannot be set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first: dict[str, tuple[int, float]] = {}

    def age(self, subject: str, seq: int) -> float:
        """Seconds (of the clock's time) since entry `seq` about `subject` was first asked for here; another starts anew."""
        now = self._clock.elapsed()
        last, first = self._first.get(subject, (0, now))
        if last != seq:
            first = now
            self._first[subject] = seq, first
        return now - first

    def forget(self, subject: str) -> None:
        self._first.pop(subject, None)
