"""The incidents of entries that were read from a journal's file, without a console. Pure."""

from collections.abc import Iterable

from services.incidents.course import KINDS, incident_of
from services.models.incidents import Incident
from services.models.journal import Entry


def incidents_in(entries: Iterable[Entry]) -> tuple[Incident, ...]:
    """Every incident that these entries (oldest first) open, by the start of its clocks."""
    by_subject: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind in KINDS:
            by_subject.setdefault(entry.subject, []).append(entry)
    incidents = [incident for group in by_subject.values() if (incident := incident_of(group)) is not None]
    parts: dict[str, list[str]] = {}
    for incident in incidents:
        if incident.joined_to:
            parts.setdefault(incident.joined_to, []).append(incident.id)
    whole = (
        incident.model_copy(update={"joined": tuple(parts[incident.id])})
        if incident.id in parts
        else incident
        for incident in incidents
    )
    return tuple(sorted(whole, key=lambda incident: (incident.since, incident.seq)))
