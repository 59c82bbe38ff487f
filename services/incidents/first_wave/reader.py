"""First waves of one system."""

from collections.abc import Callable

from services.aws.client.reader import Reader
from services.background.faults import Fault
from services.clock import Clock
from services.incidents.first_wave.parts import moment_of_incident
from services.incidents.first_wave.reading import read_first_wave
from services.models.alarms import AlarmOverview
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source
from services.models.incidents import Incident
from services.models.runbook import Runbook


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

    async def again(self, before: IncidentEvidence, sources: frozenset[Source]) -> IncidentEvidence:
        """A first wave with these sources asked anew; raises nothing but cancellation."""
        return await read_first_wave(
            before.alarm, self._runbook, self._session, self._clock,
            region=self._region, fault=self._fault, before=before, sources=sources,
        )  # fmt: skip

    async def of(self, incident: Incident) -> IncidentEvidence:
        """The first wave about the alarm that an incident began with; raises nothing but cancellation."""
        return await self.about(moment_of_incident(incident, self._alarms(), self._clock.now()))
