"""Collects the incidents of a report's period from the journal, without their evidence. Blocking I/O."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.incidents.course import incidents_in
from services.incidents.follow_ups import FOLLOW_UP, KEPT
from services.models.incident_report import FollowUpLine, IncidentCount, IncidentLine
from services.models.incidents import FollowUp, Incident, IncidentHead
from services.models.journal import EntryKind
from services.report.collecting.source import ReportSource

Done = Mapping[str, datetime]
"""When the duty of each follow-up was signed off or skipped, by the key of its slot."""


def incident_lines(source: ReportSource, done_times: Done) -> tuple[IncidentLine, ...]:
    openings = source.entries(
        EntryKind.INCIDENT_OPENED, since=source.start - KEPT, before=source.entries_until
    )
    closings = source.entries(EntryKind.INCIDENT_CLOSED, since=source.start - KEPT, before=source.start)
    # Incidents are few, and each has an index of its own; all kinds at once would read the whole journal.
    subjects = dict.fromkeys(entry.subject for entry in openings)
    for entry in closings:
        subjects.pop(entry.subject, None)
    entries = [
        entry
        for subject in subjects
        for entry in source.entries(subject=subject, before=source.entries_until)
    ]
    return tuple(incident_line(incident, done_times) for incident in incidents_in(entries))


def incident_line(incident: Incident, done_times: Done) -> IncidentLine:
    decision, offer = incident.decision, incident.hand_over
    fields: dict[str, Any] = {
        name: getattr(incident, name) for name in (*IncidentHead.model_fields, "phase", "spells")
    }
    return IncidentLine(
        **fields,
        playbook=incident.playbook or "",
        mtta_seconds=seconds_between(incident.since, incident.taken_at),
        mttr_seconds=seconds_between(incident.since, incident.over_at),
        cause=incident.cause or (decision.title if decision is not None else ""),
        follow_ups=tuple(follow_up_line(follow_up, done_times) for follow_up in incident.follow_ups),
        offered_to=offer.to if offer is not None else None,
    )


def follow_up_line(follow_up: FollowUp, done_times: Done) -> FollowUpLine:
    done_at = done_times.get(f"{FOLLOW_UP}{follow_up.id}")
    return FollowUpLine(**follow_up.model_dump(exclude={"subject"}), done_at=done_at)


def seconds_between(start: datetime, end: datetime | None) -> float | None:
    """Seconds from the start to the end, never less than 0; None without an end."""
    return max(0.0, (end - start).total_seconds()) if end is not None else None


def incident_count(lines: Iterable[IncidentLine], source: ReportSource) -> IncidentCount:
    wholes = [line for line in lines if not line.joined_to and source.start <= line.since < source.end]
    mttas = [line.mtta_seconds for line in wholes if line.mtta_seconds is not None]
    mttrs = [line.mttr_seconds for line in wholes if line.mttr_seconds is not None]
    recoveries = [line.mttr_seconds for line in wholes if line.mttr_seconds is not None and line.recovered_at]
    return IncidentCount(
        count=len(wholes),
        open=sum(line.is_open for line in wholes),
        taken=len(mttas),
        ended=len(mttrs),
        recovered=len(recoveries),
        recovery_seconds=_mean(recoveries),
        mtta_seconds=_mean(mttas),
        mttr_seconds=_mean(mttrs),
    )


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
