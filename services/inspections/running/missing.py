"""Which inspections of a duty's occurrence still have to be run, by the findings it has."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.clock import Clock
from services.inspections.running.executions import FRESH
from services.models.duties import ScheduledOccurrence
from services.models.findings import Finding, Recorded
from services.models.problem import ProblemKind

EARLY = timedelta(hours=2)
"""A finding counts for its duty even if a wrong clock dated it this much too early."""
_AWAY = frozenset(
    {
        ProblemKind.EXPIRED,
        ProblemKind.NO_CREDENTIALS,
        ProblemKind.UNREACHABLE,
        ProblemKind.REFUSED,
    }
)
"""Kinds of problems that say nothing about the system, because AWS could not be reached."""


class MissingRuns:
    """Judges findings by when they were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recovered: datetime | None = None
        self._ahead: dict[int, datetime] = {}
        """By sequence number: when a finding dated in the future was noticed, i.e. the clock was set back after it."""

    def recovered(self) -> None:
        """AWS can be reached again: findings that failed because it could not be no longer count."""
        self._recovered = self._clock.now()

    def noticed(self, ahead: Iterable[int], at: datetime) -> None:
        """Findings with these numbers are dated after `at`."""
        for seq in ahead:
            self._ahead.setdefault(seq, at)

    def of(
        self, slot: ScheduledOccurrence, ids: Iterable[str], recorded: Iterable[Recorded]
    ) -> tuple[str, ...]:
        """Those of the inspections still to be run; findings from before the slot was due do not count."""
        since = slot.due_at - timedelta(seconds=FRESH)
        done = {
            each.finding.inspection
            for each in recorded
            if self._read_at(each) >= since and not self._was_away(each.finding)
        }
        return tuple(id for id in ids if id not in done)

    def _read_at(self, recorded: Recorded) -> datetime:
        """When a finding was made; if it is dated in the future, at most EARLY after that was noticed.

        So a finding made slightly early by a clock that has since been corrected is not repeated.
        """
        noticed = self._ahead.get(recorded.seq)
        read_at = recorded.finding.read_at
        return read_at if noticed is None else min(read_at, noticed + EARLY)

    def _was_away(self, finding: Finding) -> bool:
        away = finding.problem is not None and finding.problem.kind in _AWAY
        return away and self._recovered is not None and finding.read_at <= self._recovered
