from dataclasses import dataclass

from services.incidents.evidence import UnreadableEvidence, unpacked
from services.journal.errors import JournalError
from services.models.alarms import Alarm
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident, TriggerKind
from services.models.journal import Entry, EntryKind
from tui.console import Console


@dataclass(frozen=True, slots=True)
class IncidentRecords:
    entries: tuple[Entry, ...] = ()  # Its entries, oldest first
    changes: tuple[Entry, ...] = ()  # Changes of any console shortly before it and during it, oldest first
    evidence: IncidentEvidence | None = None  # The newest evidence that was captured
    trouble: str = ""  # Why something is missing; "" if nothing is


def alarm_of(app: Console, incident: Incident) -> Alarm | None:
    if incident.trigger is not TriggerKind.ALARM:
        return None
    overview = app.overview
    alarms = overview.alarms if overview is not None else ()
    return next((alarm for alarm in alarms if alarm.id == incident.target), None)


async def records_of(app: Console, incident: Incident, before: IncidentRecords) -> IncidentRecords:
    """Read the entries anew, and the evidence unless `before` has it."""
    try:
        entries = await app.ready.incidents.entries(incident)
        changes = await app.ready.incidents.changes(incident)
        count = sum(entry.kind is EntryKind.EVIDENCE for entry in before.entries)
        is_known = before.evidence is not None and len(incident.evidence) == count
        evidence = before.evidence
        if incident.evidence and not is_known:
            entry = await app.ready.journal.entry(incident.evidence[-1])
            evidence = unpacked(entry.data if entry is not None else {})
    except (JournalError, UnreadableEvidence) as error:
        text = error.problem.message if isinstance(error, JournalError) else str(error)
        return IncidentRecords(before.entries, before.changes, before.evidence, text)
    return IncidentRecords(entries, changes, evidence)
