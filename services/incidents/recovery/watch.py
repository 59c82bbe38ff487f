"""Watches open incidents until the system has recovered: waiting is judged, not only timed."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from services.background.wake import Wake
from services.clock import Clock
from services.incidents.facts import Facts
from services.incidents.live import EVERY, LiveEvidence
from services.incidents.recovery.checks import has_recovered
from services.incidents.service import Incidents
from services.journal.errors import JournalError
from services.models.incidents import Incident, TriggerKind, TurnKind
from services.models.journal import Person
from services.models.runbook import Runbook

LONGEST = timedelta(hours=6)
"""How long after its alarm fired an incident is watched if nobody closes it."""
Note = Callable[[Incident, bool], Awaitable[None]]
OTHERS = 180.0
"""Seconds after the alarm has become quiet from which any console judges: the one whose turn it is may be closed."""


class RecoveryWatch:
    """One console reads each incident: that of its holder, or, while nobody has taken it, the one that captured it.

    The others follow OTHERS seconds later, if there is no judgement by then.
    """

    def __init__(
        self,
        incidents: Incidents,
        live: LiveEvidence,
        runbook: Runbook,
        clock: Clock,
        person: Callable[[], Person],
        note: Note | None = None,
    ) -> None:
        """`note` is called after each reading, with whether it is the last that counts."""
        self._note = note
        self._incidents = incidents
        self._live = live
        self._runbook = runbook
        self._clock = clock
        self._person = person
        self._wake = Wake()
        self._waiting: dict[str, float] = {}
        """Since when an incident waits for a judgement, by its id: by the clock's `elapsed`, as this console saw it."""

    def wake(self) -> None:
        self._wake.wake()

    async def keep(self) -> None:
        """Judge every watched incident each EVERY seconds, until cancelled."""
        while True:
            watched = tuple(self.watched())
            for incident in watched:
                await self.judge(incident)
            self._live.forget({incident.id for incident in self._incidents.incidents if incident.is_open})
            await self._wake.wait(self._clock, EVERY if self._waiting else None)

    async def judge(self, incident: Incident) -> bool:
        """Read the incident's evidence and record its recovery. Returns whether it has recovered."""
        evidence = await self._live.read(incident)
        is_over = has_recovered(Facts(evidence, self._runbook))
        if self._note is not None:
            # The numbers until recovery are those of this reading: a later one may not reach back so far.
            await self._note(incident, is_over)
        if not is_over:
            return False
        with suppress(JournalError):
            await self._incidents.turn(incident, TurnKind.RECOVERED, evidence.ended)
        return True

    def watched(self) -> Iterator[Incident]:
        """The open incidents that this console judges now."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        waiting = [incident for incident in self._incidents.incidents if _is_waiting(incident, now)]
        self._waiting = {incident.id: self._waiting.get(incident.id, elapsed) for incident in waiting}
        person = self._person()
        names = (person.name, f"{person.name}@{person.host}")
        for incident in waiting:
            is_ours = (incident.holder or incident.captured_by) in names
            if is_ours or elapsed - self._waiting[incident.id] >= OTHERS:
                yield incident


def _is_waiting(incident: Incident, now: datetime) -> bool:
    """Whether an alarm's incident may recover: while the alarm fires nothing has, whatever the newest minutes look like."""
    is_quiet = incident.is_open and incident.recovered_at is None and not incident.is_firing
    return is_quiet and incident.trigger is TriggerKind.ALARM and now - incident.firing_since < LONGEST
