"""Long because every rule says both what the consoles do and what the model expects."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.clock import ManualClock
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.shared.journal import LATE, SharedJournal
from services.models.journal import Entry, EntryKind, NewEntry, Person
from tests.faults.ledger.checking import check, everything
from tests.faults.ledger.faulty_ledger import INJECTED, FaultyLedger
from tests.services.journal.book import NOON
from tests.tools.memory_ledger import MemoryLedger

T = TypeVar("T")
CONSOLES = ("a", "a2", "b", "c")  # The first two are on one host, and share its copy
CONSOLE = st.sampled_from(CONSOLES)
HOST = st.sampled_from(("a", "b", "c"))
NAME = st.sampled_from(("x", "y"))
SHARES = dict.fromkeys(INJECTED, 0.05)
LIMIT = 60.0


@dataclass
class Host:
    copy: Path
    late: list[str] = field(default_factory=list)  # Texts that wait there
    is_cut_off: bool = False


class Console:
    def __init__(self, name: str, host: Host, ledger: MemoryLedger, rng: random.Random) -> None:
        self.name = name
        self.host = host
        self.faulty = FaultyLedger(ledger, rng, SHARES)
        self.faulty.is_faulty = False
        self.faulty.is_cut_off = host.is_cut_off
        person = Person(user=name)
        self.journal = SharedJournal(
            host.copy,
            self.faulty,
            clock=ManualClock(NOON),
            person=lambda: person,
            syslog=None,
            patience=LIMIT,
        )
        self.has_copy = host.copy.exists() or not host.is_cut_off

    async def open(self) -> None:
        await self.journal.open()
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        await self.journal.close()
        await self._following

    async def settle(self) -> None:
        async with asyncio.timeout(LIMIT):
            async for _news in self.journal.follow():
                if self.journal.health.writable and not self.journal.health.late:
                    return

    async def _follow(self) -> None:
        async for _news in self.journal.follow():
            pass


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.ledger = MemoryLedger()
        self.model: list[NewEntry] = []  # What the ledger must contain
        self.number = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(seed=st.integers(0, 1 << 16))
    def begin(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.hosts = {name: Host(Path(self.folder.name) / f"{name}.db") for name in "abc"}
        self.consoles: dict[str, Console] = {}
        for name in CONSOLES:
            self.run(self._start(name))

    @rule(name=CONSOLE, is_faulty=st.booleans())
    def note(self, name: str, is_faulty: bool) -> None:
        """Is recorded, or waits if the ledger does not answer."""
        console, draft = self.consoles[name], self._draft(EntryKind.NOTE)
        entry = self.run(self._append(console, draft, is_faulty))
        if isinstance(entry, JournalError):
            assert not console.has_copy
            return
        assert isinstance(entry, Entry)
        assert entry.text == draft.text
        if entry.data.get(LATE):
            assert console.host.is_cut_off or is_faulty
            console.host.late.append(draft.text)
        else:
            assert not console.host.is_cut_off
            self._recorded(entry, draft)

    @rule(name=CONSOLE, is_faulty=st.booleans())
    def decide(self, name: str, is_faulty: bool) -> None:
        """Is recorded, or refused if the ledger does not answer."""
        self._strictly(name, is_faulty, self._draft(EntryKind.ARMED))

    @rule(name=CONSOLE, claim=st.sampled_from("12345678"), is_faulty=st.booleans())
    def claim(self, name: str, claim: str, is_faulty: bool) -> None:
        self._strictly(name, is_faulty, self._draft(EntryKind.SIGN_OFF, claim=claim))

    @rule(name=CONSOLE, hold=NAME, is_faulty=st.booleans())
    def hold(self, name: str, hold: str, is_faulty: bool) -> None:
        self._strictly(name, is_faulty, self._draft(EntryKind.INTENT, holds=hold))

    @rule(name=CONSOLE, hold=NAME, is_faulty=st.booleans())
    def release(self, name: str, hold: str, is_faulty: bool) -> None:
        self._strictly(name, is_faulty, self._draft(EntryKind.RESOLVED, releases=hold))

    @rule(host=HOST)
    def cut_off(self, host: str) -> None:
        self._cut(host, True)

    @rule(host=HOST)
    def heal(self, host: str) -> None:
        """What has waited is recorded, in the order in which it happened."""
        self._cut(host, False)
        self.run(self._settle())

    @rule(host=HOST)
    def restart(self, host: str) -> None:
        self.run(self._restart(host))

    @rule(host=HOST)
    def lose_copy(self, host: str) -> None:
        """It is made anew from the ledger; what waited in it is lost."""
        self.run(self._restart(host, loses_copy=True))

    @invariant()
    def everybody_agrees(self) -> None:
        if self.consoles:
            self.run(self._compare())

    def teardown(self) -> None:
        async def close() -> None:
            for console in self.consoles.values():
                console.faulty.is_cut_off = False
                await console.close()

        try:
            if hasattr(self, "consoles"):
                self.run(close())
        finally:
            self.runner.close()
            self.folder.cleanup()

    # ---- what the model expects

    def _strictly(self, name: str, is_faulty: bool, draft: NewEntry) -> None:
        console = self.consoles[name]
        outcome = self.run(self._append(console, draft, is_faulty))
        claiming = next((old for old in self.model if draft.claim and old.claim == draft.claim), None)
        holding = self._holder(draft.holds)
        if isinstance(outcome, JournalError):
            assert console.host.is_cut_off
        elif isinstance(outcome, AlreadyRecorded):
            assert outcome.entry.text == claiming.text
        elif isinstance(outcome, HeldByAnother):
            # A console that is cut off knows no better than its copy.
            assert holding is not None or console.host.is_cut_off
            assert console.host.is_cut_off or (holding and outcome.entry.text == holding.text)
        else:
            assert not console.host.is_cut_off
            assert claiming is None
            assert holding is None
            self._recorded(outcome, draft)

    def _holder(self, hold: str) -> NewEntry | None:
        holder = None
        for draft in self.model:
            if hold and draft.holds == hold:
                holder = draft
            elif hold and draft.releases == hold:
                holder = None
        return holder

    def _recorded(self, entry: Entry, draft: NewEntry) -> None:
        self.model.append(draft)
        assert entry.seq == len(self.model)

    def _draft(self, kind: EntryKind, **fields: str) -> NewEntry:
        self.number += 1
        return NewEntry.model_validate({"kind": kind, "text": f"draft {self.number}", **fields})

    # ---- what the consoles do

    async def _append(
        self, console: Console, draft: NewEntry, is_faulty: bool
    ) -> Entry | JournalError | AlreadyRecorded | HeldByAnother:
        console.faulty.is_faulty = is_faulty
        # Nothing is gained by waiting for the end of a partition that this very history has to bring.
        console.journal._appender._patience = 0.0 if console.host.is_cut_off else LIMIT
        try:
            return await console.journal.append(draft)
        except (JournalError, AlreadyRecorded, HeldByAnother) as error:
            return error
        finally:
            console.faulty.is_faulty = False

    async def _start(self, name: str) -> None:
        host = self.hosts[name[0]]
        self.consoles[name] = Console(name, host, self.ledger, self.rng)
        await self.consoles[name].open()

    async def _restart(self, host: str, *, loses_copy: bool = False) -> None:
        names = [name for name in CONSOLES if name[0] == host]
        for name in names:
            await self.consoles[name].close()
        if loses_copy:
            self.hosts[host].late.clear()
            self.hosts[host].copy.unlink(missing_ok=True)
        for name in names:
            await self._start(name)
            if self.hosts[host].is_cut_off:
                assert self.consoles[name].journal.health.late == len(self.hosts[host].late)

    def _cut(self, host: str, is_cut_off: bool) -> None:
        self.hosts[host].is_cut_off = is_cut_off
        for console in self.consoles.values():
            if console.host is self.hosts[host]:
                console.faulty.is_cut_off = is_cut_off
                console.has_copy = console.host.copy.exists() or not is_cut_off

    async def _settle(self) -> None:
        self.ledger.hint()
        for console in self.consoles.values():
            if not console.host.is_cut_off:
                await console.settle()
        for host in self.hosts.values():
            if not host.is_cut_off:
                self.model += [NewEntry(kind=EntryKind.NOTE, text=text) for text in host.late]
                host.late.clear()

    async def _compare(self) -> None:
        await self._settle()
        reached = [console for console in self.consoles.values() if not console.host.is_cut_off]
        for console in reached:
            await console.journal.catch_up()
        findings = check(await everything(self.ledger), (), {console.host.copy for console in reached})
        assert findings.counts == (0, 0, 0, 0), findings
        for console in reached:
            entries = await console.journal.entries()
            assert [entry.text for entry in entries] == [draft.text for draft in self.model]
            for hold in ("x", "y"):
                holder, expected = await console.journal.holder(hold), self._holder(hold)
                assert (holder and holder.text) == (expected and expected.text)
