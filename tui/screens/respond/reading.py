"""The evidence of an incident for its screen: what the journal has, or what is read from AWS now."""

from dataclasses import dataclass

from services.i18n import _
from services.incidents.first_wave.parts import moment_of
from services.incidents.first_wave.reading import read_first_wave
from services.journal.errors import JournalError
from services.models.alarms import Alarm
from services.models.first_wave import AlarmMoment, IncidentEvidence
from services.models.incidents import Incident, TriggerKind
from services.models.journal import Entry
from tui.console import Console


@dataclass(frozen=True, slots=True)
class Records:
    """What belongs to one incident, as far as it could be read."""

    entries: tuple[Entry, ...] = ()
    """Its entries, oldest first."""
    evidence: IncidentEvidence | None = None
    trouble: str = ""
    """Why something is missing; "" if nothing is."""


def alarm_of(app: Console, incident: Incident) -> Alarm | None:
    """The alarm of an incident as it is now; None if it has none, or the alarms are not known."""
    if incident.trigger is not TriggerKind.ALARM:
        return None
    overview = app.overview
    alarms = overview.alarms if overview is not None else ()
    return next((alarm for alarm in alarms if alarm.id == incident.target), None)


async def entries_of(app: Console, incident: Incident) -> Records:
    """Its entries and those of what was joined to it."""
    try:
        return Records(await app.ready.incidents.entries(incident))
    except JournalError as error:
        return Records(trouble=error.problem.message)


async def read_evidence(app: Console, incident: Incident) -> IncidentEvidence | None:
    """Read the first wave about the incident's alarm now; None for an incident that no alarm opened."""
    alarm = alarm_of(app, incident)
    if alarm is None:
        return None
    services = app.ready
    moment: AlarmMoment = moment_of(alarm, app.now()).model_copy(update={"since": incident.since})
    return await read_first_wave(
        moment,
        services.runbook,
        services.session,
        services.clock,
        region=services.session.settings.region or "",
        fault=app.report_bug,
    )


def why_no_evidence(incident: Incident) -> str:
    """Why an incident has no evidence; "" if it may have some."""
    if incident.trigger is TriggerKind.FINDING:
        return _("This incident began with a finding: nothing is read from AWS for it.")
    return ""
