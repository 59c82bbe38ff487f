"""Merges the lines of several log groups by time; pure. A line waits until every group has been read a moment
after its time, because CloudWatch Logs shows an event seconds after its own time. A line that comes later
than that is handed out at once, marked as late."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from services.models.logs import LogLine

SETTLE = 3_000  # Milliseconds after a line's time at which every group must have been read
PATIENCE = 30_000  # Milliseconds after which a group that cannot be read holds the others back no longer
MOST = 200_000  # Lines that wait at most; beyond, the oldest are handed out early


class MergedLine(NamedTuple):
    group: str
    line: LogLine


class Merger:
    """Takes what each group delivered and hands lines out in the order of (time, ingestion, group, arrival)."""

    def __init__(self, groups: Sequence[str], began: int, *, settle: int = SETTLE, most: int = MOST) -> None:
        """`began`: epoch milliseconds; `most`: lines that wait at most."""
        self._order = {group: number for number, group in enumerate(groups)}
        self._progress = dict.fromkeys(groups, 0)  # Up to where each group has been read, epoch ms
        self._alive_at = dict.fromkeys(groups, began)  # When each group was read successfully last
        self._first_rounds = set(groups)
        """Groups whose first round goes on: their pages come in the order of time."""
        self._settle = settle
        self._most = most
        self._arrivals = count()
        self._waiting: list[tuple[int, int, int, int, LogLine, str]] = []
        self._released = 0  # The time of the newest line handed out

    def __len__(self) -> int:
        return len(self._waiting)

    def take(
        self, group: str, lines: Sequence[LogLine], now: int, *, read_to: int | None, failing: bool = False
    ) -> list[MergedLine]:
        """The lines that can be handed out after a group delivered `lines` at `now` (epoch ms). `read_to`:
        when the group's last complete round began; None: its first round goes on."""
        if not failing:
            self._alive_at[group] = now
        late = [self._add(group, line) for line in lines]
        if read_to is not None:
            self._first_rounds.discard(group)
            self._progress[group] = read_to
        elif group in self._first_rounds and lines:
            self._progress[group] = max(self._progress[group], lines[-1].at)
        return [line for line in late if line is not None] + list(self._ripe(now))

    def rest(self) -> list[MergedLine]:
        return [self._pop() for _each in range(len(self._waiting))]

    def _add(self, group: str, line: LogLine) -> MergedLine | None:
        """None for a line that waits; the line itself, marked, if later ones were handed out."""
        if line.at < self._released:
            return MergedLine(group, line._replace(late=True))
        heapq.heappush(
            self._waiting, (line.at, line.ingested_at, self._order[group], next(self._arrivals), line, group)
        )
        return None

    def _ripe(self, now: int) -> Iterator[MergedLine]:
        waited_for = [
            progress for group, progress in self._progress.items() if now - self._alive_at[group] < PATIENCE
        ]
        until = min(waited_for, default=now) - self._settle
        while self._waiting and (self._waiting[0][0] <= until or len(self._waiting) > self._most):
            yield self._pop()

    def _pop(self) -> MergedLine:
        at, _ingested, _order, _arrival, line, group = heapq.heappop(self._waiting)
        self._released = max(self._released, at)
        return MergedLine(group, line)
