"""Watches open incidents until the system has recovered: waiting is judged, not only timed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from services.background.wake import Wake
from services.clock import Clock
from services.incidents.facts import Facts
from services.incidents.live import EVERY, LiveEvidence
from services.incidents.recovery import has_recovered
from services.incidents.service import Incidents
from services.journal.errors import JournalError
from services.models.incidents import Incident, TriggerKind, TurnKind
from services.models.journal import Person
from services.models.runbook import Runbook

LONGEST = timedelta(hours=6)
"""How long after it fired an incident is watched that nobody closes."""


class RecoveryWatch:
    """One console reads each incident: that of its holder, or, while nobody has taken it, the one that captured it."""

    def __init__(
        self,
        incidents: Incidents,
        live: LiveEvidence,
        runbook: Runbook,
        clock: Clock,
        person: Callable[[], Person],
    ) -> None:
        self._incidents = incidents
        self._live = live
        self._runbook = runbook
        self._clock = clock
        self._person = person
        self._wake = Wake()

    def wake(self) -> None:
        """Look at once which incidents are open."""
        self._wake.wake()

    async def keep(self) -> None:
        """Judge every watched incident each EVERY seconds, until cancelled."""
        while True:
            watched = tuple(self.watched())
            for incident in watched:
                await self.judge(incident)
            self._live.forget({incident.id for incident in self._incidents.incidents if incident.is_open})
            await self._wake.wait(self._clock, EVERY if watched else None)

    async def judge(self, incident: Incident) -> bool:
        """Read the incident's evidence and record its recovery. Returns whether it has recovered."""
        evidence = await self._live.read(incident)
        if not has_recovered(Facts(evidence, self._runbook)):
            return False
        with suppress(JournalError):
            await self._incidents.turn(incident, TurnKind.RECOVERED, evidence.ended)
        return True

    def watched(self) -> Iterator[Incident]:
        """The open incidents that this console judges now."""
        now, person = self._clock.now(), self._person()
        for incident in self._incidents.incidents:
            # While the alarm fires nothing has recovered, whatever the newest minutes look like.
            is_waiting = incident.is_open and incident.recovered_at is None and not incident.is_firing
            is_recent = now - incident.firing_since < LONGEST
            is_ours = (incident.holder or incident.captured_by) in (person.name, _console(person))
            if is_waiting and is_recent and is_ours and incident.trigger is TriggerKind.ALARM:
                yield incident


def _console(person: Person) -> str:
    return f"{person.name}@{person.host}"
