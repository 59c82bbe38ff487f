"""Captures the first wave of every incident once, whichever consoles are open and whatever they show. The
console that first writes the claim `first-wave:<incident>:1` into the journal reads. Another one takes over
with `…:2` if no evidence followed within LEASE seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from services.background.boundaries import Fault, unreported
from services.background.companion import companion
from services.background.detached import detached
from services.background.leases import FirstReads
from services.background.wake import Wake
from services.clock import Clock, real
from services.host.processes import abandoned, process_data
from services.i18n import _, plural
from services.incidents.entries import about
from services.incidents.evidence import packed
from services.incidents.first_wave.sources import ReadWave
from services.incidents.service import Incidents
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry

LEASE = 10.0
"""Seconds of real time, counted from when this console first saw the claim, after which it takes over."""
RETRY = 5.0  # Seconds of real time after which evidence that the journal did not accept is offered again
MOST_TURNS = 5  # Claims of one incident, so that evidence that cannot be recorded is not read for ever
LATE = timedelta(minutes=15)
"""Time after the alarm from which the entry says how late its evidence is: no console was open."""
AT_ONCE = 2  # First waves that one console reads at the same time: CloudTrail answers two requests a second


class IncidentCapture:
    def __init__(
        self,
        incidents: Incidents,
        read: ReadWave,
        clock: Clock,
        fault: Fault = unreported,
        is_elsewhere: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`is_elsewhere`: whether AWS would answer for another account, which leaves the claims to other consoles."""
        self._is_elsewhere = is_elsewhere
        self.fault = fault  # Called with internal errors
        self._incidents = incidents
        self._journal = incidents.journal
        self._read = read
        self._clock = clock
        self._wake = Wake()
        self._reads = FirstReads(clock)  # Of the newest claim of another console on each incident
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unclaimed: dict[str, IncidentEvidence] = {}
        """By incident: what was read while the journal could not be written."""
        self._places = asyncio.Semaphore(AT_ONCE)

    async def keep(self) -> None:
        async with companion(self._listen(), self._wake.wake, name="capture-listener") as listener:
            try:
                while True:
                    if listener.done():
                        await listener
                        return
                    await self._wake.wait(self._clock, await self._step())
            finally:
                await self.close()

    async def close(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async for _incidents in self._incidents.states():
            self._wake.wake()

    async def _step(self) -> float | None:
        """Begin what is due. Returns the seconds (of the clock's time) until something else is; None: nothing is."""
        lacking = {incident.id for incident in self._incidents.incidents if _lacks_evidence(incident)}
        self._unclaimed = {id: evidence for id, evidence in self._unclaimed.items() if id in lacking}
        waits = [
            wait
            for incident in self._incidents.incidents
            if _lacks_evidence(incident) and incident.id not in self._tasks
            if (wait := await self._wait_of(incident)) is not None
        ]
        return min(waits, default=None)

    async def _wait_of(self, incident: Incident) -> float | None:
        """Begin an incident's first wave if it is due, else return the seconds until it is; None: not by this console."""
        try:
            claim = await self._newest_claim(incident)
        except JournalError:
            return real(self._clock, RETRY).total_seconds()
        turn = _turn(claim)
        if turn >= MOST_TURNS:
            return None
        rest = 0.0
        if claim is not None and not abandoned(claim):
            # Another console's claim holds so long.
            rest = real(self._clock, LEASE).total_seconds() - self._reads.age(incident.id, claim.seq)
        if rest > 0:
            return rest
        if self._is_elsewhere is not None and await self._is_elsewhere():
            return real(self._clock, RETRY).total_seconds()
        task = detached(self._capture(incident, turn + 1), name=f"first wave {incident.id}")
        self._tasks[incident.id] = task
        task.add_done_callback(lambda task: self._ended(incident.id, task))
        return None

    async def _newest_claim(self, incident: Incident) -> Entry | None:
        if incident.capturing_at is None:
            return None
        query = EntryQuery(kinds=frozenset({EntryKind.INCIDENT_CAPTURING}), subject=incident.id)
        page = await self._journal.page(query, limit=1)
        return page.entries[0] if page.entries else None

    def _ended(self, id: str, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault(error)
        self._wake.wake()

    async def _capture(self, incident: Incident, turn: int) -> None:
        async with self._places:
            try:
                self._incidents.absorb([await self._journal.append(capturing(incident, turn))])
            except AlreadyRecorded as error:
                self._incidents.absorb([error.entry])
                return
            except JournalError:
                # AWS forgets meanwhile: it is read all the same, once, and recorded when the journal can be written.
                if incident.id not in self._unclaimed:
                    self._unclaimed[incident.id] = await self._read(incident)
                await self._clock.sleep(real(self._clock, RETRY).total_seconds())
                return
            evidence = self._unclaimed.pop(incident.id, None) or await self._read(incident)
        # Compressing takes long enough to be felt on the screen.
        draft = await asyncio.to_thread(captured, incident, turn, evidence)
        while not self._is_captured(incident.id):
            with suppress(JournalError):
                try:
                    entry = await self._journal.append(draft)
                except AlreadyRecorded as error:
                    entry = error.entry
                self._incidents.absorb([entry])
                return
            await self._clock.sleep(real(self._clock, RETRY).total_seconds())

    def _is_captured(self, id: str) -> bool:
        incident = self._incidents.of(id)
        return incident is not None and bool(incident.evidence)


def capturing(incident: Incident, turn: int) -> NewEntry:
    """The claim of a console that begins a first wave; `turn` counts the claims of the incident."""
    text = _("Reading what AWS knows about {title}", title=incident.title)
    claim = f"first-wave:{incident.id}:{turn}"
    return about(incident, EntryKind.INCIDENT_CAPTURING, text, claim=claim, turn=turn, **process_data())


def captured(incident: Incident, turn: int, evidence: IncidentEvidence) -> NewEntry:
    """The evidence of a first wave; once, though a console that could not record it goes on trying beside another."""
    text = _("Evidence of {title} recorded ({requests})").format(
        title=incident.title,
        requests=plural("{count} request", "{count} requests", evidence.requests, count=evidence.requests),
    )
    if evidence.answers:
        text = f"{incident.title}: {evidence.answers_text}"
    unread = sum(reading.problem is not None for reading in evidence.readings)
    if unread:
        sources = plural("{count} source could not be read", "{count} sources could not be read", unread)
        text = _("{text}; {note}", text=text, note=sources.format(count=unread))
    late = evidence.began - evidence.alarm.since
    if late > LATE and not incident.is_asked and not incident.is_without_alarm:
        note = _("read {minutes} minutes after the alarm")
        minutes = int(late.total_seconds() // 60)
        text = _("{text}; {note}", text=text, note=note.format(minutes=minutes))
    data = packed(evidence, incident=incident.id, turn=turn)
    return about(incident, EntryKind.EVIDENCE, text, claim=f"evidence:{incident.id}", **data)


def _lacks_evidence(incident: Incident) -> bool:
    return incident.is_open and not incident.evidence


def _turn(claim: Entry | None) -> int:
    """The number of a claim: a damaged one counts as the last, so that it is not repeated for ever."""
    if claim is None:
        return 0
    turn = claim.data.get("turn")
    return turn if isinstance(turn, int) and not isinstance(turn, bool) and turn > 0 else MOST_TURNS
