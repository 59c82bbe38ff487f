"""The incidents of the journal, and what a person or the console records about them. Longer than other files
because everything that is recorded about an incident goes through one projection."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import uuid4

from services.clock import Clock
from services.incidents import entries as incident_entries
from services.incidents.course import KINDS, incident_of, offer_of
from services.incidents.follow_ups import OLDER, done_of
from services.incidents.joining import with_parts
from services.incidents.timeline import BESIDE
from services.journal.derived.lookup import about
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.journal.projection import GroupedProjection
from services.models.causes import Assessment
from services.models.incidents import FollowUp, HandOver, Incident, StepMark, TurnKind
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry


class DayOffers:
    def __init__(self) -> None:
        self._waiting: dict[str, HandOver] = {}
        self._accepted = 0  # Number of the newest accepted offer

    @property
    def waiting(self) -> Mapping[str, HandOver]:
        return dict(self._waiting)

    @property
    def newest(self) -> tuple[str, HandOver] | None:
        """(subject, offer) of the newest one; None if it is accepted. It covers the older ones."""
        waiting = [pair for pair in self._waiting.items() if pair[1].seq > self._accepted]
        return max(waiting, key=lambda pair: pair[1].seq, default=None)

    def rebuild(self, subject: str, entries: Iterable[Entry]) -> None:
        self._waiting.pop(subject, None)
        for entry in entries:
            if entry.kind is EntryKind.HAND_OVER:
                self._waiting[subject] = offer_of(entry)
            elif entry.kind is EntryKind.HAND_OVER_ACCEPTED:
                offer = self._waiting.get(subject)
                if offer is not None and offer.seq == entry.data.get("offer"):
                    del self._waiting[subject]
                    self._accepted = max(self._accepted, offer.seq)


_CLOSED = frozenset({EntryKind.INCIDENT_CLOSED})
_ENDS = _CLOSED | {EntryKind.INCIDENT_JOINED}
_HOLDS = frozenset({EntryKind.INCIDENT_TAKEN, EntryKind.HAND_OVER_ACCEPTED})
"""What makes a person the one who responds."""
_OFFER_ENDS = _CLOSED | _HOLDS | {EntryKind.HAND_OVER}
"""What a hand-over that somebody offered no longer waits after."""
RECENT = timedelta(days=60)
"""How far back all incidents are read; of older ones those that are open or left something to be done."""
SHOWN = timedelta(days=14)  # How long after its end a closed incident is listed
EARLIER = timedelta(minutes=90)  # How long before an alarm a change may have caused it
CHAIN = 1000  # Incidents of one alarm before KEPT that are followed to find the newest
NOTE_KINDS = KINDS | {EntryKind.NOTE, EntryKind.LOG_MARK, EntryKind.POST, EntryKind.POSTED, EntryKind.OPINION}
"""The kinds of entries that a timeline shows."""


class Incidents(GroupedProjection):
    """Open and recent incidents, kept up to date from every console's entries."""

    older = OLDER
    beginnings = frozenset({EntryKind.INCIDENT_OPENED})

    def __init__(self, journal: Journal, clock: Clock) -> None:
        super().__init__(journal, dict.fromkeys(KINDS, RECENT))
        self._clock = clock
        self._by_id: dict[str, Incident] = {}  # Each incident as its own entries tell it
        self._incidents: dict[str, Incident] = {}  # The same, with the parts of each as all of them tell it
        self._follow_ups: dict[str, FollowUp] = {}
        self._unreadable_follow_ups: set[str] = set()  # Subjects of follow-ups that this version cannot read
        self._days = DayOffers()
        self._done: frozenset[str] = frozenset()
        """Ids of follow-ups that were signed off before the first read."""

    # ---- reading

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Open incidents first, newest first; then those closed lately, newest first."""
        now = self._clock.now()
        recent = [
            each
            for each in self._incidents.values()
            if each.closed_at is None or now - each.closed_at < SHOWN
        ]
        recent.sort(key=lambda incident: (incident.is_open, incident.since, incident.seq), reverse=True)
        return tuple(recent)

    @property
    def follow_ups(self) -> tuple[FollowUp, ...]:
        return tuple(sorted(self._follow_ups.values(), key=lambda follow_up: (follow_up.due, follow_up.id)))

    @property
    def day_offer(self) -> tuple[str, HandOver] | None:
        """(subject, offer) of the newest hand-over of a day's duty if nobody has accepted it; it covers older ones."""
        return self._days.newest

    def of(self, id: str) -> Incident | None:
        return self._incidents.get(id)

    def open_for(self, target: str) -> Incident | None:
        every = self._incidents.values()
        return next((each for each in every if each.target == target and each.is_open), None)

    async def load(self) -> bool:
        """Read what this and other consoles have written since. Raises JournalError."""
        return await self.read(self._clock.now())

    async def states(self) -> AsyncIterator[tuple[Incident, ...]]:
        """Yield `incidents`: at once, then after every entry about one in any console. While the journal
        cannot be read, what was read last is kept."""
        first, version = True, -1
        async for _head in self.journal.follow():
            with suppress(JournalError):
                await self.load()
            if first or self.version != version:
                first, version = False, self.version
                yield self.incidents

    async def entries(self, incident: Incident) -> tuple[Entry, ...]:
        """Everything recorded about an incident, oldest first. Raises JournalError."""
        return await self.journal.entries(EntryQuery(kinds=NOTE_KINDS, subject=incident.id))

    async def changes(self, incident: Incident) -> tuple[Entry, ...]:
        """Those of any console shortly before and during it, and the events of AWS, oldest first. Raises JournalError."""
        query = EntryQuery(kinds=BESIDE, since=incident.since - EARLIER, before=incident.closed_at)
        return await self.journal.entries(query)

    # ---- opening

    async def begin(self, target: str, title: str, since: datetime, **parts: Any) -> Incident | None:
        """Open an incident with `parts` as `entries.opened` takes them; None if it is, or was, open. Raises JournalError."""
        await self.load()
        # However old the target's newest incident is, the next one names it.
        query = EntryQuery(kinds=frozenset({EntryKind.INCIDENT_OPENED}), target=target)
        subjects = {entry.subject for entry in (await self.journal.page(query, limit=1)).entries}
        await self._load_subjects(subjects - self._by_id.keys())
        earlier = [incident for incident in self._incidents.values() if incident.target == target]
        if any(incident.is_open or incident.firing_since >= since for incident in earlier):
            return None
        after = max(earlier, key=lambda incident: incident.seq).id if earlier else ""
        for _attempt in range(CHAIN):
            draft = incident_entries.opened(target, title, since, after=after, **parts)
            try:
                await self._append(draft)
            except AlreadyRecorded as error:
                await self.load()
                # Another console opened it, or one that is older than what was read came after `after`.
                if self.open_for(target) is not None or error.entry.subject == draft.subject:
                    return None
                after = error.entry.subject
                continue
            return self._incidents.get(draft.subject)
        return None

    async def _load_subjects(self, subjects: Set[str]) -> None:
        if subjects:
            self.absorb(await self.journal.ask(lambda reader: about(reader, subjects, KINDS)))

    # ---- recording

    async def take(self, incident: Incident) -> Incident:
        """Raises AlreadyRecorded (somebody else has taken or closed it since `incident` was read), JournalError."""
        await self.load()
        current = self.of(incident.id)
        if current is not None and current.is_open and current.holder_seq != incident.holder_seq:
            raise AlreadyRecorded(self._newest(incident.id, _HOLDS))
        return await self._respond(incident, incident_entries.taken(incident))

    async def mark(
        self, incident: Incident, index: int, mark: StepMark, step: str, note: str = ""
    ) -> Incident:
        """Mark a step of the playbook; `step` is its text. Raises AlreadyRecorded (it is closed), JournalError."""
        return await self._record(incident, incident_entries.stepped(incident, index, mark, step, note))

    async def decide(
        self, incident: Incident, cause: str, title: str, note: str = "", assessment: Assessment | None = None
    ) -> Incident:
        """Raises AlreadyRecorded (somebody else has decided or closed it since `incident` was read), JournalError."""
        return await self._record(
            incident, incident_entries.decided(incident, cause, title, note, assessment)
        )

    async def contacted(self, incident: Incident, role: str, channel: str, note: str = "") -> Incident:
        """Record that somebody was told, be it when all is over: it was done. Raises JournalError."""
        await self._append(incident_entries.contacted(incident, role, channel, note))
        return self._incidents.get(incident.id, incident)

    async def hand_over(self, incident: Incident, to: str, note: str = "") -> Incident:
        """Offer the incident to the next person. Raises AlreadyRecorded (it is closed), JournalError."""
        return await self._record(incident, incident_entries.handed_over(incident, to, note))

    async def accept(self, incident: Incident) -> Incident:
        """Raises AlreadyRecorded (it was accepted, replaced, or the incident taken or closed meanwhile), JournalError."""
        offer = incident.hand_over
        if offer is None:
            return incident
        await self.load()
        current = self.of(incident.id)
        if current is not None and (current.hand_over is None or current.hand_over.seq != offer.seq):
            raise AlreadyRecorded(self._newest(incident.id, _OFFER_ENDS))
        return await self._respond(incident, incident_entries.accepted(incident.id, incident.target, offer))

    async def join(self, incident: Incident, into: Incident) -> Incident:
        """Make the incident part of another. Raises AlreadyRecorded (one of them is part of another, or over), JournalError."""
        await self.load()
        for one in (self.of(incident.id), self.of(into.id)):
            if one is not None and (one.joined_to or not one.is_open):
                raise AlreadyRecorded(self._newest(one.id, _ENDS))
        return await self._record(incident, incident_entries.joined(incident, into))

    async def keep_apart(self, incident: Incident, other: Incident) -> Incident:
        """Record that two incidents are not one, so that nothing proposes it. Raises AlreadyRecorded, JournalError."""
        return await self._record(incident, incident_entries.kept_apart(incident, other))

    async def turn(self, incident: Incident, kind: TurnKind, at: datetime) -> None:
        """Record once what happened to the alarm or the system. Raises JournalError."""
        await self._append_once(incident_entries.turned(incident, kind, at))

    async def close(
        self,
        incident: Incident,
        cause: str,
        title: str,
        summary: str = "",
        follow_ups: Iterable[tuple[str, datetime]] = (),
    ) -> Incident:
        """Close the incident and what is part of it; a follow-up is a text and its date. The incident itself
        is closed last, so that one that is closed lacks nothing: what a full disk interrupted is completed by
        calling this again. Raises AlreadyRecorded (it is closed), JournalError."""
        await self.load()
        self._check_open(incident)
        whole = self._incidents.get(incident.id, incident)
        for text, due in follow_ups:
            # The same for the same follow-up, so that it is left once however often it is tried.
            id = f"f{sha256(f'{incident.id} {due.isoformat()} {text}'.encode('utf-8', 'replace')).hexdigest()[:10]}"
            await self._append_once(
                incident_entries.follow_up(id, incident.id, str(incident.target), text, due)
            )
        for part in (self._incidents[id] for id in whole.joined if id in self._incidents):
            if part.is_open:
                await self._append_once(incident_entries.closed(part, cause, title, summary))
        return await self._record(incident, incident_entries.closed(incident, cause, title, summary))

    async def note(self, incident: Incident, text: str) -> None:
        """Add a note to the timeline. Raises JournalError."""
        note = NewEntry(
            kind=EntryKind.NOTE, subject=incident.id, target=incident.target, text=" ".join(text.split())
        )
        await self._append(note)

    async def leave(self, subject: str, target: str, text: str, due: datetime) -> None:
        """Leave something to be done by a date; it becomes a dated duty. Raises JournalError."""
        await self._append(incident_entries.follow_up(f"f{uuid4().hex[:10]}", subject, target, text, due))

    async def hand_over_day(self, day: str, to: str, note: str, open_items: Iterable[str]) -> None:
        """Offer the day's duty to the next person, with what is open. Raises JournalError."""
        await self._append(incident_entries.day_handed_over(day, to, note, open_items))

    async def accept_day(self, subject: str, offer: HandOver) -> None:
        """Accept the day's duty. Raises AlreadyRecorded (somebody was faster), JournalError."""
        alone = offer.by == self.journal.person.name
        await self._append(incident_entries.accepted(subject, subject.partition(":")[2], offer, alone=alone))

    async def _record(self, incident: Incident, draft: NewEntry) -> Incident:
        """Record what a person does about an open incident. Raises AlreadyRecorded (it is closed), JournalError."""
        await self._recorded_while_open(incident, draft)
        return self._incidents.get(incident.id, incident)

    async def _respond(self, incident: Incident, draft: NewEntry) -> Incident:
        """Record by what this person responds. Raises AlreadyRecorded (another does, or it is closed), JournalError."""
        entry = await self._recorded_while_open(incident, draft)
        current = self._incidents.get(incident.id, incident)
        earlier = [
            each for each in self.recorded(incident.id) if each.kind in _HOLDS and each.seq < entry.seq
        ]
        if current.holder_seq < entry.seq and earlier:
            raise AlreadyRecorded(earlier[-1])
        return current

    async def _recorded_while_open(self, incident: Incident, draft: NewEntry) -> Entry:
        await self.load()
        self._check_open(incident)
        entry = await self._append(draft)
        # Another console may have been faster in between; then this entry changes nothing.
        with suppress(JournalError):
            await self.load()
        self._check_open(incident, before=entry.seq)
        return entry

    def _check_open(self, incident: Incident, *, before: int | None = None) -> None:
        current = self.of(incident.id)
        if current is not None and not current.is_open:
            end = self._newest(incident.id, _CLOSED)
            if before is None or end.seq < before:
                raise AlreadyRecorded(end)

    def _newest(self, id: str, kinds: Set[EntryKind]) -> Entry:
        return [entry for entry in self.recorded(id) if entry.kind in kinds][-1]

    async def _append(self, draft: NewEntry) -> Entry:
        entry = await self.journal.append(draft)
        self.absorb([entry])
        return entry

    async def _append_once(self, draft: NewEntry) -> None:
        """Record it unless it is recorded. Raises JournalError."""
        try:
            await self._append(draft)
        except AlreadyRecorded:
            await self.load()

    # ---- projecting

    async def complete(self) -> bool:
        has_read, asked = await super().complete(), set[str]()
        while wholes := {each.joined_to for each in self._by_id.values()} - self._by_id.keys() - asked - {""}:
            asked |= wholes
            await self._load_subjects(wholes)
        if not self.started:
            self._done = await self.journal.ask(partial(done_of, follow_ups=self.follow_ups))
        return has_read or bool(asked)

    def needed(self) -> Iterator[int]:
        subjects = self.unreadable(self._by_id) | self._unreadable_follow_ups
        subjects |= {id for id, incident in self._by_id.items() if incident.is_open}
        subjects |= {each.subject for each in self.follow_ups if each.id not in self._done}
        subjects |= {self._days.newest[0]} if self._days.newest is not None else set()
        for subject in subjects:
            yield from (entry.seq for entry in self.recorded(subject))

    def apply(self, entry: Entry) -> bool:
        """Add the entry; of evidence only that it is there, because its body is large."""
        if entry.kind is EntryKind.EVIDENCE and len(entry.body) > 1000:
            entry = entry.model_copy(update={"body": "{}"})
        return super().apply(entry)

    def rebuild(self, subjects: Set[str]) -> None:
        for subject in subjects:
            recorded = self.recorded(subject)
            incident = incident_of(recorded)
            if incident is not None:
                self._by_id[subject] = incident
            for entry in recorded:
                if entry.kind is EntryKind.FOLLOW_UP:
                    follow_up = incident_entries.follow_up_of(entry)
                    if follow_up is not None:
                        self._follow_ups[str(follow_up.id)] = follow_up
                    else:
                        self._unreadable_follow_ups.add(entry.subject)
            if subject.startswith("day:"):
                self._days.rebuild(subject, recorded)
        self._incidents = with_parts(self._by_id)
