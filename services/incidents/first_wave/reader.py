"""First waves of one system."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from services.aws.client.reader import Reader
from services.background.faults import Fault
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.incidents.first_wave.belongings import SystemBelongings
from services.incidents.first_wave.parts import moment_of_incident
from services.incidents.first_wave.patience import Limit, Patience
from services.incidents.first_wave.reading import AGAIN, SECONDS, read_first_wave
from services.incidents.first_wave.sources import SOURCES
from services.inspections.base import InspectionContext
from services.inspections.waf_blocks.incident_questions import FirewallQuestions
from services.models.alarms import AlarmOverview
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source
from services.models.incidents import Incident, TriggerKind
from services.models.runbook import Runbook

SERVICES = sorted({call.partition(":")[0] for spec in SOURCES.values() for call in spec.calls})


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
        warm: Callable[[Iterable[str]], Awaitable[object]] | None = None,
    ) -> None:
        """`warm` loads the SDK's models of services, which AWS need not be given up for."""
        self._runbook = runbook
        self._session = session
        self._clock = clock
        self._region = region
        self._alarms = alarms
        self._fault = fault
        self._warm_up = warm
        self.belongings = SystemBelongings(runbook, session, clock, fault)

    async def about(self, alarm: AlarmMoment, alarms: AlarmOverview | None = None) -> IncidentEvidence:
        """The first wave about an alarm, with what belongs to the system; raises nothing but cancellation.

        `alarms`: a reading of all alarms in place of the newest.
        """
        with Patience() as patience:
            limit = patience.limit(SECONDS)
            warming = asyncio.create_task(patience.preparing(self._warm()))
            refreshing = asyncio.create_task(_in_time(limit, self.belongings.refresh()))
            try:
                evidence = await read_first_wave(
                    alarm,
                    self._runbook,
                    self._session,
                    self._clock,
                    region=self._region,
                    fault=self._fault,
                    patience=patience,
                    alarms=alarms or self._alarms(),
                )
                await refreshing
            finally:
                warming.cancel()
                refreshing.cancel()
            await _in_time(patience.limit(AGAIN), self.belongings.learn(evidence))
        return evidence.model_copy(update={"belongings": self.belongings.newest()})

    async def _warm(self) -> None:
        if self._warm_up is not None:
            await self._warm_up(SERVICES)
            self._warm_up = None

    async def again(self, before: IncidentEvidence, sources: frozenset[Source]) -> IncidentEvidence:
        """A first wave with these sources asked anew; raises nothing but cancellation."""
        evidence = await read_first_wave(
            before.alarm, self._runbook, self._session, self._clock,
            region=self._region, fault=self._fault, alarms=self._alarms(), before=before, sources=sources,
        )  # fmt: skip
        return evidence.model_copy(update={"belongings": self.belongings.newest() or before.belongings})

    async def _asked(self, incident: Incident) -> IncidentEvidence:
        """The answers to the questions of an attack, and the curves that they have read."""
        began, runbook = self._clock.now(), self._runbook
        context = InspectionContext(runbook, Calendar(runbook), self._clock, self._region, self._session)
        questions = FirewallQuestions(context, incident.since)
        answers = await questions.answers()
        return IncidentEvidence(
            alarm=AlarmMoment(id=incident.target, name=incident.title, since=questions.began),
            began=began,
            ended=self._clock.now(),
            readings=(),
            series=questions.series,
            answers=answers,
        )

    async def of(self, incident: Incident) -> IncidentEvidence:
        """The first wave about the alarm that an incident began with; raises nothing but cancellation."""
        if incident.trigger is TriggerKind.FINDING:
            return await self._asked(incident)
        return await self.about(moment_of_incident(incident, self._alarms(), self._clock.now()))


async def _in_time(limit: Limit, work: Coroutine[Any, Any, None]) -> None:
    """What is not there in time is read the next time."""
    with suppress(TimeoutError):
        async with limit.within():
            await work
