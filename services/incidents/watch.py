"""Opens an incident for every expected alarm that fires, and records what becomes of its alarm."""

from datetime import datetime

from services.background.wake import Wake
from services.clock import Clock
from services.incidents.outages import follow
from services.incidents.service import Incidents
from services.journal.errors import JournalError
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.feeds import FeedState
from services.models.incidents import Incident, TriggerKind, TurnKind
from services.models.outages import Outage
from services.models.runbook import Runbook

_TURNS = {
    AlarmState.ALARM: TurnKind.ALARM,
    AlarmState.OK: TurnKind.OK,
    AlarmState.INSUFFICIENT: TurnKind.INSUFFICIENT,
    AlarmState.MISSING: TurnKind.MISSING,
}
RETRY = 10.0
"""Seconds until what the journal did not accept is tried again."""


class IncidentWatch:
    """Compares each reading of the alarms with the incidents of the journal.

    Any number of consoles may run it: the journal accepts each opening and each change of state once.
    """

    def __init__(self, incidents: Incidents, runbook: Runbook, clock: Clock) -> None:
        self._incidents = incidents
        self._clock = clock
        self._titles = {str(alarm.name): str(alarm.title) for alarm in runbook.alarms}
        self._playbooks = {str(alarm.name): str(alarm.playbook or "") for alarm in runbook.alarms}
        self._overview: AlarmOverview | None = None
        self._unrecorded: dict[str, Alarm] = {}
        """Alarms that fired while the journal could not be written, as they were first seen."""
        self._read_at: datetime | None = None
        self._outages: tuple[Outage, ...] | None = None
        self._wake = Wake()

    def observe(self, state: FeedState[AlarmOverview]) -> None:
        """Take note of a reading of the alarms; a failed one changes nothing."""
        if state.value is not None and state.problem is None:
            self._overview, self._read_at = state.value, state.fetched_at
            self._wake.wake()

    def observe_outages(self, state: FeedState[tuple[Outage, ...]]) -> None:
        """Take note of a reading of what shows an outage without an alarm; a failed one changes nothing."""
        if state.value is not None and state.problem is None:
            self._outages, self._read_at = state.value, state.fetched_at
            self._wake.wake()

    async def keep(self) -> None:
        """Open incidents and record changes of state until cancelled; a journal that fails is tried again."""
        retry = False
        while True:
            await self._wake.wait(self._clock, RETRY if retry else None)
            retry = not await self.compare()

    async def compare(self) -> bool:
        """Compare the newest reading once. Returns whether the journal took everything.

        An alarm that fired while it took nothing is recorded later, even if it is ok by then.
        """
        if self._overview is None:
            return True
        alarms = [alarm for alarm in self._overview.alarms if alarm.expected]
        try:
            await self._incidents.load()
            if self._outages is not None and self._read_at is not None:
                await follow(self._incidents, self._outages, self._read_at)
            for alarm in (*self._unrecorded.values(), *alarms):
                await self._compare(alarm)
                self._unrecorded.pop(str(alarm.id), None)
        except JournalError:
            firing = (alarm for alarm in alarms if alarm.state is AlarmState.ALARM)
            self._unrecorded = {str(alarm.id): alarm for alarm in firing} | self._unrecorded
            return False
        return True

    async def _compare(self, alarm: Alarm) -> None:
        incident = self._incidents.open_for(str(alarm.id))
        if incident is None:
            if alarm.state is AlarmState.ALARM and alarm.since is not None:
                name = str(alarm.id)
                title = self._titles.get(name) or str(alarm.name)
                playbook = self._playbooks.get(name, "")
                await self._incidents.begin(name, title, alarm.since, playbook=playbook)
        elif incident.trigger is TriggerKind.ALARM:
            await self._turn(incident, alarm)

    async def _turn(self, incident: Incident, alarm: Alarm) -> None:
        """Record that the alarm's state has changed since the incident's last known one."""
        kind = _TURNS[alarm.state]
        turns = [turn for turn in incident.turns if turn.kind is not TurnKind.RECOVERED]
        last = turns[-1].kind if turns else TurnKind.ALARM
        if alarm.since is None or last is TurnKind.MISSING:
            # Without a time of AWS's own, only the states tell that there was a change.
            if kind is not last:
                await self._incidents.turn(incident, kind, alarm.since or self._read_at or self._clock.now())
        elif alarm.since > (turns[-1].at if turns else incident.since):
            # An older transition is an older reading, as a console has that was stopped for a while.
            await self._incidents.turn(incident, kind, alarm.since)
