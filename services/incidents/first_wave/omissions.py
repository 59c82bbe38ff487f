"""Which sources a first wave does not read, by what its alarm is about."""

from services.i18n import _
from services.incidents.catalogue import causes_of
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.signals.registry import BY_ID
from services.incidents.subject import Subject, stranger_of
from services.models.first_wave import AlarmMoment, Source
from services.models.runbook import Runbook

OF_ANY = (Source.OWN_METRICS, Source.OWN_LOG, Source.TRAIL, Source.TRAIL_GLOBAL, Source.ALARMS)
"""What says something about any resource."""


def log_group_of(alarm: AlarmMoment, subject: Subject, runbook: Runbook) -> str:
    """The log group of an alarm's own resource: the runbook's, or else the one that its service writes; "" for none."""
    named = next((str(each.log_group) for each in runbook.alarms if each.name == alarm.id), "")
    return named or subject.log_group


def omissions(alarm: AlarmMoment, runbook: Runbook) -> dict[Source, str]:
    """Why sources are not read about an alarm, in words.

    One of another resource than the system's is judged by that resource; by the system, too, as far as the requests
    suffice, if signals of its causes need it.
    """
    missing = {source: why for source, spec in SOURCES.items() if (why := spec.missing(runbook))}
    subject = stranger_of(alarm, runbook)
    if subject is None:
        own = _("The alarm is about the system itself.")
        return {**missing, Source.OWN_METRICS: own, Source.OWN_LOG: own}
    if not log_group_of(alarm, subject, runbook):
        missing[Source.OWN_LOG] = _("{title} has no log that is known.").format(title=subject.title)
    causes = causes_of(runbook, runbook.playbook_for(alarm.id), alarm)
    weighed = {name for cause in causes for name in (*cause.present, *cause.absent, *cause.requires)}
    is_wanted = any(BY_ID[name].source not in OF_ANY for name in weighed if name in BY_ID)
    requests = sum(SOURCES[source].requests for source in OF_ANY)
    for source in (source for source in SOURCES if source not in OF_ANY and source not in missing):
        requests += SOURCES[source].requests
        if not is_wanted:
            missing[source] = _("It says nothing about {title}.").format(title=subject.title)
        elif requests > REQUESTS:
            missing[source] = _("No request was left for it.")
    return missing
