"""The runs of this journal, kept up to date; holds what the journal would not take until it does."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.changes.ages import Ages, marked
from services.changes.entries import CHANGE_KINDS, later
from services.changes.runs import aged, newest_first, next_ageing, run_of
from services.clock import Clock
from services.journal.chain import linked
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.canonical import canonical
from services.models.changes import Run
from services.models.journal import Entry, EntryQuery, NewEntry, Person

_ABOUT_CHANGES = EntryQuery(kinds=CHANGE_KINDS)


class Lock(NamedTuple):
    """Why a resource must not be changed now."""

    by: str
    """The OS user."""
    since: datetime
    """UTC."""


class History:
    """Entries of this and other consoles by plan, and the runs they make."""

    def __init__(self, journal: Journal, clock: Clock, window: timedelta) -> None:
        self.journal = journal
        self.ages = Ages(clock, window)
        """`window` is how long after its intent a step of another console may still be under way."""
        self._ours: Counter[str] = Counter()
        self._clock = clock
        self._entries: dict[str, dict[int, Entry]] = {}
        self._seen = 0
        self._runs: dict[str, Run] = {}
        self._unrecorded: list[Entry] = []
        self._drafts: list[NewEntry] = []
        self._loading = asyncio.Lock()
        self._recording = asyncio.Lock()
        self._listeners: set[asyncio.Event] = set()

    # ---- reading

    def runs(self) -> tuple[Run, ...]:
        """Every run as it stands now, newest first."""
        return newest_first(aged(run, self.ages, self.busy) for run in self._runs.values())

    def run(self, plan: str) -> Run:
        """One run as it stands now. Raises KeyError."""
        return aged(self._runs[plan], self.ages, self.busy)

    @property
    def busy(self) -> frozenset[str]:
        """Plans that this console is carrying out, or whose outcome it still has to record."""
        return frozenset(self._ours) | {entry.subject for entry in self._unrecorded}

    async def lock(self, targets: Collection[str], *, of: str = "") -> Lock | None:
        """Who may be changing one of these resources: what the rows say, and the journal's own holds.

        `of` is a confirmed plan: the runs confirmed before it are asked, and the holds are left to its intents, for
        which the journal decides who is first. Reads on first. Raises JournalError.
        """
        await self.load()
        for run in self.runs():
            before = not of or run.seq < self._runs[of].seq
            if before and not run.locked.isdisjoint(targets):
                return Lock(
                    run.by, max((step.at for step in run.steps if step.at is not None), default=run.at)
                )
        for target in () if of else sorted(targets):
            # An intent whose plan cannot be read is no run, and locks all the same.
            holder = await self.journal.holder(target)
            if holder is not None:
                return Lock(holder.person.name, holder.at)
        return None

    async def load(self) -> None:
        """Take up what was written since, here or elsewhere. Raises JournalError."""
        async with self._loading:
            fresh = await self.journal.entries(_ABOUT_CHANGES, after_seq=self._seen)
            self._take(fresh)
            self._seen = max([self._seen, *(entry.seq for entry in fresh)])

    # ---- writing

    def begin(self, plan: str) -> None:
        """This console carries `plan` out from now on."""
        self._ours[plan] += 1

    def end(self, plan: str) -> None:
        """It does not any more."""
        self._ours[plan] -= 1
        if self._ours[plan] <= 0:
            del self._ours[plan]
        self.tell()

    async def append(self, draft: NewEntry) -> Entry:
        """Record durably, or not at all. Raises JournalError, AlreadyRecorded, HeldByAnother."""
        entry = await self.journal.append(marked(draft, self._clock))
        self._take([entry])
        return entry

    async def keep(self, draft: NewEntry) -> None:
        """Record something that has happened: what the journal will not take now is kept, shown, and tried again."""
        self._drafts.append(marked(draft, self._clock))
        if not await self.retry():
            self._unrecorded = [self._shown(each) for each in self._drafts]
            self._rebuild({draft.subject})

    async def retry(self) -> bool:
        """Try again to record what is kept, in order; whether nothing is left."""
        async with self._recording:
            while self._drafts:
                try:
                    entry = await self.journal.append(self._drafts[0])
                except JournalError:
                    return False
                except AlreadyRecorded as error:
                    if _is(error.entry, self._drafts[0]):
                        entry = error.entry  # the journal took it, and failed to say so
                    else:
                        # Another console has resolved it meanwhile, and has given the hold back.
                        self._drafts[0] = later(self._drafts[0])
                        continue
                self._drafts.pop(0)
                self._unrecorded = self._unrecorded[1:]
                self._take([entry])
        return True

    @property
    def unrecorded(self) -> int:
        """How many entries wait for the journal."""
        return len(self._drafts)

    # ---- news

    def listen(self) -> asyncio.Event:
        """An event that is set whenever `runs` may have changed; `forget` it in the end."""
        event = asyncio.Event()
        self._listeners.add(event)
        return event

    def forget(self, event: asyncio.Event) -> None:
        """Nobody waits for this event any more."""
        self._listeners.discard(event)

    def tell(self) -> None:
        """Something changed."""
        for event in self._listeners:
            event.set()

    def next_change(self, now: datetime) -> datetime | None:
        """When a run changes by time alone, by the wall clock as it stands; None: never."""
        left = next_ageing((run for run in self._runs.values() if run.id not in self.busy), self.ages)
        return None if left is None else now + left

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._entries.setdefault(entry.subject, {})[entry.seq] = entry
            self.ages.add(entry)
        self._rebuild({entry.subject for entry in entries})

    def _rebuild(self, plans: set[str]) -> None:
        for plan in plans:
            known = sorted(self._entries.get(plan, {}).items())
            kept = (entry for entry in self._unrecorded if entry.subject == plan)
            run = run_of([*(entry for _seq, entry in known), *kept])
            if run is not None:
                self._runs[plan] = run
        if plans:
            self.tell()

    def _shown(self, draft: NewEntry) -> Entry:
        return linked("", draft, seq=0, at=self._clock.now(), person=Person(), previous="")


def _is(entry: Entry, draft: NewEntry) -> bool:
    """The entry is the draft's own."""
    return (entry.kind, entry.claim, entry.body) == (draft.kind, draft.claim, canonical(draft.data))
