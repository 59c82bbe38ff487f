"""First waves of one system."""

from collections.abc import Callable

from services.aws.client.reader import Reader
from services.background.faults import Fault
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.incidents.first_wave.parts import moment_of_incident
from services.incidents.first_wave.reading import read_first_wave
from services.inspections.base import InspectionContext
from services.inspections.questions import Asked, answers
from services.inspections.registry import has_questions, questions_of
from services.models.alarms import AlarmOverview
from services.models.first_wave import AlarmMoment, IncidentEvidence
from services.models.incidents import OUTAGE, Incident, TriggerKind
from services.models.runbook import Runbook


def inspection_of(incident: Incident) -> str:
    """The inspection whose questions an incident asks."""
    return "waf-blocks" if incident.target == f"{OUTAGE}firewall" else str(incident.target)


class FirstWaveReader:
    """Reads first waves about this runbook's alarms; `alarms` is their newest reading."""

    def __init__(
        self,
        runbook: Runbook,
        session: Reader,
        clock: Clock,
        region: str,
        alarms: Callable[[], AlarmOverview | None],
        fault: Fault,
    ) -> None:
        self._runbook = runbook
        self._session = session
        self._clock = clock
        self._region = region
        self._alarms = alarms
        self._fault = fault

    async def about(self, alarm: AlarmMoment) -> IncidentEvidence:
        """The first wave about an alarm; raises nothing but cancellation."""
        return await read_first_wave(
            alarm, self._runbook, self._session, self._clock, region=self._region, fault=self._fault
        )

    async def captured(self, incident: Incident) -> IncidentEvidence:
        """What is recorded of an incident: the first wave, and the answers to the questions of its inspection."""
        evidence = await self.of(incident)
        if incident.trigger is TriggerKind.FINDING or not has_questions(inspection_of(incident)):
            return evidence
        return evidence.model_copy(update={"answers": (await self._asked(incident)).answers})

    async def _asked(self, incident: Incident) -> IncidentEvidence:
        """The answers to the questions of an incident's inspection, and the curves that they have read."""
        began, runbook = self._clock.now(), self._runbook
        context = InspectionContext(runbook, Calendar(runbook), self._clock, self._region, self._session)
        asked = Asked(context, incident.since, incident.about)
        given = await answers(questions_of(inspection_of(incident)), asked)
        since = min((reply.began for _answer, reply in given if reply.began), default=incident.since)
        return IncidentEvidence(
            alarm=AlarmMoment(id=incident.target, name=incident.title, since=since),
            began=began,
            ended=self._clock.now(),
            readings=(),
            series=tuple(series for _answer, reply in given for series in reply.series),
            answers=tuple(answer for answer, _reply in given),
        )

    async def of(self, incident: Incident) -> IncidentEvidence:
        """The first wave about the alarm that an incident began with; raises nothing but cancellation."""
        if incident.trigger is TriggerKind.FINDING:
            return await self._asked(incident)
        return await self.about(moment_of_incident(incident, self._alarms(), self._clock.now()))
