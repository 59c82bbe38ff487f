"""Collects the incidents of a report's period from the journal, without their evidence. Blocking I/O."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from services.incidents.course import incidents_in
from services.incidents.follow_ups import FOLLOW_UP
from services.incidents.service import KEPT
from services.models.incident_report import FollowUpLine, IncidentCount, IncidentLine
from services.models.incidents import FollowUp, Incident, IncidentState
from services.models.journal import EntryKind
from services.report.collecting.source import Source

Done = Mapping[str, datetime]
"""When the duty of each follow-up was signed off or skipped, by the key of its slot."""


def incident_lines(source: Source, done: Done) -> tuple[IncidentLine, ...]:
    """The incidents that were open at some time of the period, by their start; states as of the report's moment."""
    opened = source.entries(EntryKind.INCIDENT_OPENED, since=source.start - KEPT, before=source.entries_until)
    closed = source.entries(EntryKind.INCIDENT_CLOSED, since=source.start - KEPT, before=source.start)
    # Incidents are few, and each has an index of its own; all kinds at once would read the whole journal.
    subjects = dict.fromkeys(entry.subject for entry in opened)
    for entry in closed:
        subjects.pop(entry.subject, None)
    entries = [
        entry
        for subject in subjects
        for entry in source.entries(subject=subject, before=source.entries_until)
    ]
    return tuple(incident_line(incident, done) for incident in incidents_in(entries))


def incident_line(incident: Incident, done: Done) -> IncidentLine:
    """One incident as a report has it."""
    decision = incident.decision
    return IncidentLine(
        id=incident.id,
        seq=incident.seq,
        trigger=incident.trigger,
        target=incident.target,
        title=incident.title,
        playbook=incident.playbook or "",
        state=incident.state,
        since=incident.since,
        opened_at=incident.opened_at,
        taken_at=incident.taken_at,
        recovered_at=incident.recovered_at,
        closed_at=incident.closed_at,
        closed_by=incident.closed_by,
        holder=incident.holder,
        mtta_seconds=seconds_between(incident.since, incident.taken_at),
        mttr_seconds=seconds_between(incident.since, incident.recovered_at or incident.closed_at),
        cause=incident.cause or (decision.title if decision is not None else ""),
        decision=decision,
        summary=incident.summary,
        contacted=incident.contacted,
        follow_ups=tuple(follow_up_line(left, done) for left in incident.follow_ups),
        joined_to=incident.joined_to,
        joined=incident.joined,
    )


def follow_up_line(left: FollowUp, done: Done) -> FollowUpLine:
    """What was left, with whether it was done since."""
    return FollowUpLine(
        id=left.id,
        text=left.text,
        due=left.due,
        by=left.by,
        at=left.at,
        done_at=done.get(f"{FOLLOW_UP}{left.id}"),
    )


def seconds_between(start: datetime, end: datetime | None) -> float | None:
    """Seconds from the start to the end, never less than 0; None without an end."""
    return max(0.0, (end - start).total_seconds()) if end is not None else None


def incident_count(lines: Iterable[IncidentLine], source: Source) -> IncidentCount:
    """How many of them began in the period, and their mean times; parts of another are left out."""
    counted = [line for line in lines if not line.joined_to and source.start <= line.since < source.end]
    taken = list(_known(line.mtta_seconds for line in counted))
    ended = list(_known(line.mttr_seconds for line in counted))
    return IncidentCount(
        count=len(counted),
        open=sum(line.state is not IncidentState.CLOSED for line in counted),
        taken=len(taken),
        ended=len(ended),
        mtta_seconds=_mean(taken),
        mttr_seconds=_mean(ended),
    )


def _known(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
