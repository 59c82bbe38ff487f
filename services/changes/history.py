import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Set
from datetime import datetime, timedelta
from typing import NamedTuple

from services.background.wake import Wakes
from services.changes.ages import Ages, marked
from services.changes.entries import CHANGE_KINDS, READ, later
from services.changes.guarantees import SIGNATURE_SECONDS
from services.changes.past.older_runs import OLDER, REVERT, needed, pending_reverts
from services.changes.runs import aged, newest_first, next_ageing, run_of
from services.clock import Clock
from services.duties.entries import claim_of
from services.journal.chain import linked
from services.journal.derived.lookup import claimed
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.journal.projection import GroupedProjection
from services.models.canonical import canonical
from services.models.change_runs import Run, StepState
from services.models.journal import Entry, EntryKind, NewEntry, Person

RECENT = timedelta(days=60)
"""How far back all changes are read; of older ones those that still matter (`services.changes.past.older_runs`)."""
_PAGE = 2000  # Entries per page; large, so that a run is practically never shown with only its first entries


class Lock(NamedTuple):
    by: str  # The OS user, with the host if it is another than this one
    since: datetime  # UTC


class ChangeHistory(GroupedProjection):
    """The recent runs of this and other consoles and those that still matter, from their entries."""

    older = OLDER
    beginnings = frozenset({EntryKind.PLAN})

    def __init__(self, journal: Journal, clock: Clock, window: timedelta) -> None:
        super().__init__(journal, dict.fromkeys(CHANGE_KINDS, RECENT), page=_PAGE)
        self.ages = Ages(clock, window)
        """`window` is how long after its intent a step of another console may still be in progress."""
        self._ours: Counter[str] = Counter()
        self._clock = clock
        self._runs: dict[str, Run] = {}
        self._unrecorded: list[Entry] = []
        self._new_entries: list[NewEntry] = []
        self._recording = asyncio.Lock()
        self._signed: frozenset[str] = frozenset()
        """Plans of which somebody has signed off the revert, as far as the first read found any to be reverted."""
        self.wakes = Wakes()  # Woken whenever `runs` may have changed

    # ---- reading

    def runs(self) -> tuple[Run, ...]:
        return newest_first(aged(run, self.ages, self.busy) for run in self._runs.values())

    def run(self, plan: str) -> Run:
        """The current state of one run. Raises KeyError."""
        return aged(self._runs[plan], self.ages, self.busy)

    def is_confirmed(self, plan: str) -> bool:
        return any(entry.kind is EntryKind.PLAN for entry in self.recorded(plan))

    @property
    def busy(self) -> frozenset[str]:
        return frozenset(self._ours) | {entry.subject for entry in self._unrecorded}

    async def lock(self, targets: Collection[str], *, of: str = "") -> Lock | None:
        """Who may be changing one of these resources, according to the runs and the journal's own holds. `of`
        is a confirmed plan: then only runs confirmed before it count; the journal checks holds when the
        plan's intents are recorded. Reads new entries first. Raises JournalError."""
        await self.load()
        for run in self.runs():
            before = not of or run.seq < self._runs[of].seq
            if before and not run.locked.isdisjoint(targets):
                plan = next((e for e in self.recorded(run.id) if e.kind is EntryKind.PLAN), None)
                since = max((step.at for step in run.steps if step.at is not None), default=run.at)
                return Lock(self._named(plan) if plan is not None else run.by, since)
        for target in () if of else sorted(targets):
            # An intent whose plan is unreadable belongs to no run, but still locks.
            holder = await self.journal.holder(target)
            if holder is not None:
                return Lock(self._named(holder), holder.at)
        return None

    def _named(self, entry: Entry) -> str:
        return entry.person.name_beside(self.journal.shared_host)

    async def load(self) -> None:
        """Read the entries that are known on this host: for display. Raises JournalError."""
        await self.read(self._clock.now())

    async def catch_up(self) -> None:
        """Read what consoles of all hosts have written up to this moment: for decisions. Raises JournalError."""
        await self.journal.catch_up()
        await self.load()

    def state(self, plan: str, step: str) -> StepState:
        """The current state of one step. Raises KeyError."""
        return next(each.state for each in self.run(plan).steps if each.id == step)

    def ahead(self, plan: str, step: str) -> float:
        """By how many seconds the clock of the machine that sent the step was ahead of AWS's, as its intent
        says. At most `SIGNATURE_SECONDS`: with a clock much further ahead nothing is sent (`Fence`)."""
        intents = (entry.data for entry in self.recorded(plan) if entry.kind is EntryKind.INTENT)
        ahead = next((data.get("ahead") for data in intents if data.get("step") == step), None)
        return min(max(0.0, ahead), SIGNATURE_SECONDS) if isinstance(ahead, float) else 0.0

    def mark(self, plan: str, step: str) -> str:
        """What the step's request says in its user agent; "" if it was sent by a version that marked none."""
        intents = (entry.data for entry in self.recorded(plan) if entry.kind is EntryKind.INTENT)
        return next((str(data.get("mark", "")) for data in intents if data.get("step") == step), "")

    def is_contradicted(self, plan: str) -> bool:
        """Whether a console has found a step of the plan not done, or a person has said so, and unlocked its
        resource. AWS's answer, which may still have to be recorded, outweighs that."""
        return any(
            entry.kind is EntryKind.RESOLVED and entry.data.get("state") != StepState.DONE
            for entry in self.recorded(plan)
        )

    def is_overtaken(self, plan: str, intent: Entry) -> bool:
        """Whether a plan confirmed after `plan` was sent to the intent's resource before the intent was
        recorded. Until then a confirmed plan locks its resources."""
        confirmed = self._runs[plan].seq
        return any(
            entry.kind is EntryKind.INTENT and entry.target == intent.target and entry.seq < intent.seq
            for run in self._runs.values()
            if run.seq > confirmed and run.id != plan
            for entry in self.recorded(run.id)
        )

    # ---- writing

    def begin(self, plan: str) -> None:
        self._ours[plan] += 1

    def end(self, plan: str) -> None:
        self._ours[plan] -= 1
        if self._ours[plan] <= 0:
            del self._ours[plan]
        self.wakes.wake()

    async def append(self, draft: NewEntry) -> Entry:
        """Record durably, or not at all. Raises JournalError, AlreadyRecorded, HeldByAnother."""
        entry = await self.journal.append(marked(draft, self._clock))
        self.absorb([entry])
        return entry

    async def keep(self, draft: NewEntry) -> None:
        self._new_entries.append(marked(draft, self._clock))
        if not await self.retry():
            now = self._clock.now()
            self._unrecorded = [
                linked("", each, seq=0, at=now, person=Person(), previous="") for each in self._new_entries
            ]
            self.rebuild({draft.subject})

    async def retry(self) -> bool:
        async with self._recording:
            while self._new_entries:
                try:
                    entry = await self.journal.append(self._new_entries[0])
                except JournalError:
                    return False
                except AlreadyRecorded as error:
                    # The journal had taken it, but reported a failure; or another console has read AWS before.
                    # That reading counts: ours may show what was done after the target was unlocked.
                    draft = self._new_entries[0]
                    is_read = draft.kind is EntryKind.RESOLVED or draft.data.get("how") == READ
                    if is_read or _is(error.entry, draft):
                        entry = error.entry
                    else:
                        # Another console has resolved it meanwhile, and released the hold.
                        self._new_entries[0] = later(self._new_entries[0])
                        continue
                self._new_entries.pop(0)
                self._unrecorded = self._unrecorded[1:]
                self.absorb([entry])
        return True

    @property
    def unrecorded(self) -> int:
        return len(self._new_entries)

    # ---- time

    def next_change(self, now: datetime) -> datetime | None:
        """When a run next changes by time alone, by the current wall clock; None: never."""
        wait = next_ageing((run for run in self._runs.values() if run.id not in self.busy), self.ages)
        return None if wait is None else now + wait

    def apply(self, entry: Entry) -> bool:
        self.ages.add(entry)
        return super().apply(entry)

    async def complete(self) -> bool:
        has_read = await super().complete()
        if not self.started:
            claims = {claim_of(f"{REVERT}{plan}"): plan for plan in pending_reverts(self.runs())}
            signed = await self.journal.ask(lambda reader: claimed(reader, claims))
            self._signed = frozenset(claims[claim] for claim in signed)
        return has_read

    def needed(self) -> Iterator[int]:
        for plan in {*needed(self.runs(), self._signed), *self.unreadable(self._runs)}:
            yield from (entry.seq for entry in self.recorded(plan))

    def rebuild(self, subjects: Set[str]) -> None:
        for plan in subjects:
            unrecorded = (entry for entry in self._unrecorded if entry.subject == plan)
            run = run_of([*self.recorded(plan), *unrecorded])
            if run is not None:
                self._runs[plan] = run
        if subjects:
            self.wakes.wake()


def _is(entry: Entry, draft: NewEntry) -> bool:
    return (entry.kind, entry.claim, entry.body) == (draft.kind, draft.claim, canonical(draft.data))
