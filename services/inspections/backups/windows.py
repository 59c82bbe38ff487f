"""Assigns snapshots to backup windows, and finds the windows without one. A snapshot belongs to the window
that began before it. Times are compared, never dates: RDS's are UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.calendar.maintenance_windows import DAY, Window
from services.models.rds import Snapshot, SnapshotState

JUST_AFTER = timedelta(hours=1)  # How long after the window a snapshot may still be in progress


class BackupOutcome(StrEnum):
    MADE = "made"
    COMING = "coming"  # The window has just ended: a snapshot is in progress, or may still start
    ELSEWHERE = "elsewhere"  # Only AWS Backup made a snapshot; on other days RDS did
    SLOW = "slow"  # The snapshot has been in progress for a long time
    UNUSABLE = "unusable"  # The snapshot is neither available nor in progress
    MISSING = "missing"


GAPS = frozenset({BackupOutcome.MISSING, BackupOutcome.UNUSABLE})
"""Outcomes that leave a day without a backup."""


@dataclass(frozen=True, slots=True)
class Night:
    start: datetime
    end: datetime  # End of the window (UTC)
    outcome: BackupOutcome
    snapshots: tuple[Snapshot, ...] = ()  # The usable one first

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.start + DAY


def expected(window: Window, now: datetime, number: int, created: datetime | None) -> list[datetime]:
    newest = window.latest_start(now)
    starts = [newest - count * window.interval for count in range(number)]
    return [start for start in starts if created is None or start >= created]


def nights(
    window: Window, starts: Sequence[datetime], automatic: Iterable[Snapshot], now: datetime
) -> list[Night]:
    by_start: dict[datetime, list[Snapshot]] = {start: [] for start in starts}
    for snapshot in automatic:
        # A snapshot without a time is in progress.
        of_window = by_start.get(window.latest_start(snapshot.at or now))
        if of_window is not None:
            of_window.append(snapshot)
    return [_night(window, start, by_start[start], now) for start in starts]


def _night(window: Window, start: datetime, snapshots: list[Snapshot], now: datetime) -> Night:
    order = (SnapshotState.AVAILABLE, SnapshotState.CREATING, SnapshotState.UNUSABLE)
    ranked = tuple(sorted(snapshots, key=lambda snapshot: order.index(snapshot.state)))
    end = window.end(start)
    return Night(start, end, _outcome(ranked, soon=now < end + JUST_AFTER), ranked)


def _outcome(ranked: tuple[Snapshot, ...], *, soon: bool) -> BackupOutcome:
    state = ranked[0].state if ranked else None
    if state is SnapshotState.AVAILABLE:
        return BackupOutcome.MADE
    if state is SnapshotState.UNUSABLE:
        return BackupOutcome.UNUSABLE
    if soon:
        return BackupOutcome.COMING
    return BackupOutcome.SLOW if state is SnapshotState.CREATING else BackupOutcome.MISSING


def with_others(window: Window, judged: Sequence[Night], others: Iterable[Snapshot]) -> list[Night]:
    """The nights with AWS Backup's snapshots where RDS made none; if AWS Backup makes all, that is as agreed."""
    usable: dict[datetime, Snapshot] = {
        window.latest_start(snapshot.at): snapshot
        for snapshot in others
        if snapshot.at and snapshot.state is SnapshotState.AVAILABLE
    }
    mixed = any(night.outcome is BackupOutcome.MADE for night in judged)
    filled = BackupOutcome.ELSEWHERE if mixed else BackupOutcome.MADE
    return [
        Night(night.start, night.end, filled, (usable[night.start], *night.snapshots))
        if night.outcome in GAPS and night.start in usable
        else night
        for night in judged
    ]
