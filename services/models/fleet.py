from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.models.alarms import AlarmOverview, AlarmState
from services.models.base import Model
from services.models.feeds import FeedState, Freshness
from services.models.problem import Problem
from services.models.runbook import Environment
from services.models.verdict import Verdict


class SystemRecords(Model):
    """What the journal of one system says about today."""

    due: int = 0
    """Duties that are due."""
    late: int = 0
    """Duties that are late or missed."""
    verdict: Verdict | None = None
    """The worst verdict of today's findings; None: there are none yet."""
    complete: bool = True
    """Whether all in today's findings could be judged."""
    holds: int = 0
    """Targets that a change with an unknown or unfinished outcome locks."""
    incidents: int = 0
    """Open incidents, without those that are part of another."""
    head: int = 0
    """Number of the newest entry; 0: there is none."""
    head_at: datetime | None = None
    """When it was written (UTC)."""
    exists: bool = True
    """Whether there is a journal; without one nothing is known of the duties."""
    problem: Problem | None = None
    """Why the journal could not be read; the rest is as it was read last."""
    changes_at: datetime | None = None
    """When a duty's state next changes by time alone (UTC)."""


class Standing(StrEnum):
    """The state of one system in one word, worst first; only NORMAL is shown in green."""

    FIRING = "firing"
    UNREAD = "unread"  # It cannot be read, or what is read is of another account
    ABNORMAL = "abnormal"
    STALE = "stale"  # Its alarms were read, but too long ago
    ATTENTION = "attention"
    WAITING = "waiting"  # Nothing was read yet, or it has no journal, so that nothing is known of its duties
    NORMAL = "normal"


WORST_FIRST = tuple(Standing)
URGENT = frozenset({Standing.FIRING, Standing.UNREAD})  # Standings that are never left out for want of room


@dataclass(frozen=True, slots=True)
class SystemState:
    """One system as the console knows it now."""

    key: str  # The system's id, or the name of its runbook before that is read: unique among the systems
    title: str
    environment: Environment | None = None
    account: str = ""
    alarms: FeedState[AlarmOverview] | None = None  # The alarms as last read; None before the first read
    records: SystemRecords | None = None  # None before the first read
    problem: str = ""  # Why it cannot be watched at all, in words: its runbook, its account
    remedy: str = ""
    notice: str = ""  # What of it is not watched, why, and what to do

    @property
    def overview(self) -> AlarmOverview | None:
        return self.alarms.value if self.alarms is not None else None

    @property
    def firing(self) -> int:
        return len(self.overview.firing) if self.overview is not None else 0

    def age(self, now: datetime) -> float | None:
        """Seconds since the alarms were read; None: never."""
        if self.alarms is None or self.alarms.fetched_at is None:
            return None
        return self.alarms.age(now)

    def standing(self, now: datetime) -> Standing:
        """The worst that is known of it, or that it is not known."""
        freshness = self.alarms.freshness(now) if self.alarms is not None else Freshness.WAITING
        if self.problem or freshness is Freshness.FAILED:
            return Standing.UNREAD
        if self.firing:
            return Standing.FIRING
        if self._is_abnormal:
            return Standing.ABNORMAL
        if freshness is Freshness.STALE:
            return Standing.STALE
        if freshness is Freshness.WAITING or self.records is None:
            return Standing.WAITING
        if self._needs_attention(self.records):
            return Standing.ATTENTION
        return Standing.NORMAL if self.records.exists else Standing.WAITING

    @property
    def _is_abnormal(self) -> bool:
        missing = self.overview.count(AlarmState.MISSING) if self.overview is not None else 0
        return bool(missing) or (self.records is not None and self.records.verdict is Verdict.ABNORMAL)

    def _needs_attention(self, records: SystemRecords) -> bool:
        overview = self.overview
        unsure = overview is None or not overview.is_whole or overview.count(AlarmState.INSUFFICIENT) > 0
        judged = records.verdict in (None, Verdict.NORMAL) and records.complete
        waiting = records.late or records.holds or records.incidents or records.problem is not None
        return bool(unsure or waiting or not judged or self.notice)
