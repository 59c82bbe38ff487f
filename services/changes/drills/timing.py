"""How long a drill took: from the request to the end that RDS reports. Pure. Source: "Amazon RDS event
categories and event messages" (Amazon RDS user guide): RDS-EVENT-0002 (finished backup), RDS-EVENT-0005
(created), RDS-EVENT-0043 (restored from a snapshot), RDS-EVENT-0049 (failover completed)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.rds import DatabaseEvent

MINUTES, SNAPSHOT = "minutes", "snapshot"  # Names of what is measured
SKEW = timedelta(seconds=60)  # Greatest difference between this machine's clock and that of AWS's events


def requested_at(runs: Iterable[Run], plan: Plan) -> datetime:
    """When the plan was confirmed, by the journal; it was sent within seconds of that."""
    return next((run.at for run in runs if run.id == plan.id), plan.made_at)


def restored_at(events: Iterable[DatabaseEvent], since: datetime, now: datetime) -> datetime:
    """When a restored instance became available: after its first backup, or at the last event of its
    creation. The present moment if RDS reports neither; without an open console the watch sees the end
    late."""
    own = [event for event in events if since - SKEW <= event.at <= now + SKEW]
    backups = [event.at for event in own if "backup" in event.categories and "finished" in _text(event)]
    creations = [event.at for event in own if {"creation", "restoration", "recovery"} & set(event.categories)]
    ends = backups[:1] or creations[-1:]
    return max(since, min(now, *ends)) if ends else now


def failover_ends(events: Iterable[DatabaseEvent], since: datetime) -> tuple[datetime, ...]:
    return tuple(event.at for event in events if event.at >= since - SKEW and "completed" in _text(event))


def minutes(since: datetime, until: datetime) -> str:
    """`12.5`: the minutes between two moments, as an evidence field of kind number takes them."""
    return f"{max(timedelta(), until - since).total_seconds() / 60:.1f}"


def _text(event: DatabaseEvent) -> str:
    return event.message.casefold()
