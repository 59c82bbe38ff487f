from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.reader import Reader
from services.background.boundaries import Fault
from services.background.wake import Wake
from services.clock import Clock
from services.incidents.capture import IncidentCapture
from services.incidents.facts import Facts
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.live import EVERY, LiveEvidence
from services.incidents.outages import follow
from services.incidents.readings import Readings
from services.incidents.recovery.checks import has_recovered
from services.incidents.service import Incidents
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.feeds import FeedState
from services.models.incidents import Incident, TriggerKind, TurnKind
from services.models.journal import Person
from services.models.outages import Outage
from services.models.runbook import Runbook

_TURNS = {
    AlarmState.ALARM: TurnKind.ALARM,
    AlarmState.OK: TurnKind.OK,
    AlarmState.INSUFFICIENT: TurnKind.INSUFFICIENT,
    AlarmState.MISSING: TurnKind.MISSING,
}
RETRY = 10.0  # Seconds until what the journal did not accept is tried again


class IncidentWatch:
    """Compares each reading of the alarms with the incidents of the journal. Any number of consoles may run
    it: the journal accepts each opening and each change of state once."""

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
        if state.value is not None and state.problem is None:
            self._overview, self._read_at = state.value, state.fetched_at
            self._wake.wake()

    def observe_outages(self, state: FeedState[tuple[Outage, ...]]) -> None:
        if state.value is not None and state.problem is None:
            self._outages, self._read_at = state.value, state.fetched_at
            self._wake.wake()

    async def keep(self) -> None:
        retry = False
        while True:
            await self._wake.wait(self._clock, RETRY if retry else None)
            retry = not await self.compare()

    async def compare(self) -> bool:
        """Compare the newest reading once. Returns whether the journal took everything. An alarm that fired
        while it took nothing is recorded later, even if it is ok by then."""
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


LONGEST = timedelta(hours=6)  # How long after its alarm fired an incident is watched if nobody closes it
Note = Callable[[Incident, bool], Awaitable[None]]
OTHERS = 180.0
"""Seconds after the alarm has become quiet from which any console judges: the one whose turn it is may be closed."""


class RecoveryWatch:
    """One console reads each incident: that of its holder, or, while nobody has taken it, the one that
    captured it. The others follow OTHERS seconds later, if there is no judgement by then."""

    def __init__(
        self,
        incidents: Incidents,
        live: LiveEvidence,
        runbook: Runbook,
        clock: Clock,
        person: Callable[[], Person],
        note: Note | None = None,
    ) -> None:
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


@dataclass(frozen=True, slots=True)
class Response:
    incidents: Incidents
    watch: IncidentWatch  # Opens incidents for alarms
    first_waves: FirstWaveReader
    capture: IncidentCapture  # Records the first wave of each incident
    live: LiveEvidence
    readings: Readings  # Records later readings that change the causes
    recovery: RecoveryWatch


def response_of(
    runbook: Runbook,
    journal: Journal,
    reader: Reader,
    clock: Clock,
    aws_clock: Clock,
    region: str,
    alarms: Callable[[], AlarmOverview | None],
    fault: Fault,
    is_elsewhere: Callable[[], Awaitable[bool]],
    warm: Callable[[Iterable[str]], Awaitable[object]],
) -> Response:
    """`aws_clock` is `clock` corrected by AWS's time, `alarms` returns the newest reading, `fault` is called with internal
    errors of first waves, `is_elsewhere` whether AWS answers for another account, `warm` loads the SDK's models of services.
    """
    incidents = Incidents(journal, clock)
    first_waves = FirstWaveReader(runbook, reader, aws_clock, region, alarms, fault, warm)
    live = LiveEvidence(first_waves.of, clock, first_waves.again)
    readings = Readings(incidents, live, runbook)
    return Response(
        incidents,
        IncidentWatch(incidents, runbook, clock),
        first_waves,
        IncidentCapture(incidents, first_waves.of, clock, is_elsewhere=is_elsewhere),
        live,
        readings,
        RecoveryWatch(incidents, live, runbook, clock, lambda: journal.person, readings.note),
    )
