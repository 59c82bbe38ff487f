"""Of alarms only the incident's own; what ECS, RDS and AWS Health report concerns the one system that a runbook describes."""

from collections.abc import Iterable
from datetime import UTC, datetime

from services.events.entries import type_of
from services.models.incidents import Incident, TimelineKind, TimelineRow
from services.models.journal import Entry
from services.models.seen_events import SeenType

MOST = 100
"""Rows at most: the newest."""


def seen_rows(incident: Incident, entries: Iterable[Entry], since: datetime) -> list[TimelineRow]:
    rows = [
        _row(entry, type)
        for entry in entries
        if (type := type_of(entry)) not in (None, SeenType.UNREADABLE)
        and (type is not SeenType.ALARM or entry.target == incident.target)
    ]
    return sorted((row for row in rows if row.at >= since), key=lambda row: row.at)[-MOST:]


def _row(entry: Entry, type: SeenType | None) -> TimelineRow:
    kind = TimelineKind.ALARM if type is SeenType.ALARM else TimelineKind.JUST_BEFORE
    return TimelineRow(at=_happened(entry), kind=kind, text=entry.text, seq=entry.seq)


def _happened(entry: Entry) -> datetime:
    """When it happened, according to AWS; else when it was recorded."""
    event = entry.data.get("event")
    try:
        at = datetime.fromisoformat(str(event["at"])) if isinstance(event, dict) else entry.at
        return at.astimezone(UTC) if at.tzinfo is not None else entry.at
    except (KeyError, ValueError, OverflowError):
        return entry.at
