"""The incidents of entries that were read from a journal's file, without a console. Pure."""

from collections.abc import Iterable

from services.incidents.course import KINDS, incident_of
from services.incidents.joining import with_parts
from services.models.incidents import Incident
from services.models.journal import Entry


def incidents_in(entries: Iterable[Entry]) -> tuple[Incident, ...]:
    """Every incident that these entries (oldest first) open, by the start of its clocks."""
    by_subject: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind in KINDS:
            by_subject.setdefault(entry.subject, []).append(entry)
    by_id = {
        subject: incident
        for subject, group in by_subject.items()
        if (incident := incident_of(group)) is not None
    }
    return tuple(sorted(with_parts(by_id).values(), key=lambda incident: (incident.since, incident.seq)))
