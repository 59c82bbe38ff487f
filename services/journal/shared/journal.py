"""A journal that consoles on several hosts share through a ledger; this host has a copy of it, which
everything reads. While the ledger does not answer, everything recorded so far can be read, and what no
decision depends on waits in the copy; what allows or begins a change is refused."""

import asyncio
import math
import os
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from services.i18n import _
from services.journal.anchors.checkpoints import Syslog
from services.journal.appending import Appender
from services.journal.chain import linked, row_of
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.journal import Journal
from services.journal.ledger import Ledger, LedgerUnavailable, TooLarge, silent
from services.journal.linking.records import check_size, emptied, new_nonce, packed
from services.journal.problems import UnusableJournal, problem_of
from services.journal.shared.copy_writer import CopyWriter
from services.journal.shared.local_copy import LateDraft
from services.journal.writer import JournalWriter
from services.models.journal import LATE as LATE
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.problem import Problem
from services.models.text import clean

PATIENCE = 8.0  # Seconds (real time) for which an entry is tried while the ledger does not answer
CHECKED = 12  # Of so many looks for news, one also asks whether the ledger still has what this copy has
SOON = 5.0
"""Seconds (real time) after which an entry that may be late waits for an answer no more: so does the end of a console."""
DECIDED = 15.0
"""Seconds (real time) after which a signature or a step of a change is refused for want of an answer: a person waits."""
MAY_BE_LATE = frozenset(
    {
        EntryKind.STARTED,
        EntryKind.ENDED,
        EntryKind.NOTE,
        EntryKind.ACKNOWLEDGED,
        EntryKind.FINDING,
        EntryKind.REMARK,
        EntryKind.EXPORTED,
        EntryKind.LOG_MARK,
        EntryKind.USAGE,
    }
)
"""What happened, and no decision of another console depends on."""


class SharedJournal(Journal):
    """The journal of one system in a ledger; `path` is this host's copy."""

    def __init__(self, path: Path, ledger: Ledger, *, patience: float = PATIENCE, **options: Any) -> None:
        """`options` as those of Journal. `patience`: seconds (real time) for which an entry is tried."""
        self.ledger = ledger
        self._patience = patience
        self._is_identified = False  # The copy is that of the ledger's journal
        self._has_caught_up = False  # The copy has contained every record since it was opened
        self._unanswered: Problem | None = None
        """Why the ledger did not answer when it was last asked; None: it did."""
        self.seldom = 0.0
        """Least seconds between two looks for news of other hosts; what is decided reads them in any case."""
        self._oversized: Problem | None = None
        """Why something that waits is never recorded; None: nothing does."""
        super().__init__(path, **options)
        self._state.name(ledger.address)

    def _writer_of(self, syslog: Syslog | None) -> JournalWriter:
        self._copy = CopyWriter(self.path, syslog, self.ledger.address)
        return self._copy

    def _appender_of(self) -> Appender:
        return Appender(self.ledger, self._write, is_shared=True, patience=self._patience)

    @property
    def is_shared(self) -> bool:
        return True

    @property
    def is_reached(self) -> bool:
        return self._unanswered is None

    async def catch_up(self) -> None:
        await self._look(checks=True)

    async def _look(self, *, checks: bool) -> None:
        try:
            await self._catch_up(checks=checks)
        except LedgerUnavailable as error:
            raise self._unreached(error) from error

    async def _catch_up(self, *, checks: bool) -> None:
        """Raises JournalError, Unavailable."""
        try:
            if await self._identify(begins=False):
                await self._appender.catch_up(checks=checks or not self._has_caught_up)
        except JournalError:
            # Nothing is written before the ledger has been read without an objection.
            self._has_caught_up = False
            self._unanswered = None
            raise
        self._unanswered = None
        if self._is_identified:
            self._has_caught_up = True
            await self._write(JournalWriter.check_here)
            self._set(writable=True)

    async def send_late(self) -> None:
        await self._write(lambda _writer: self._copy.adopt_late())
        await self._send_late()

    async def close(self) -> None:
        await super().close()
        await self.ledger.close()

    async def _identify(self, *, begins: bool) -> bool:
        """Learn the journal's id once, and open the copy; `begins`: begin the journal if the ledger is empty.
        Returns whether there is a journal. Raises JournalError, Unavailable."""
        if self._is_identified:
            return True
        has_copy = self._has_copy()
        try:
            naming = await self._appender.identify(begins=begins and not has_copy)
            if naming is None and has_copy:
                raise emptied(self.ledger.address)
        except UnusableJournal as error:
            problem = problem_of(error, self.path, self._clock.now())
            self._set(writable=False, problem=problem)
            raise JournalError(problem) from error
        if naming is None:
            return False
        await self._write(lambda _writer: self._copy.belong_to(naming))
        self._is_identified = True
        return True

    def _has_copy(self) -> bool:
        # Also False for a path that cannot be examined, which opening it explains.
        return os.path.exists(self.path)

    async def _try_out(self) -> None:
        try:
            await self._begin()
            await self.catch_up()
            await self._write(JournalWriter.try_out)
            self._set(writable=True)
            await self.send_late()
        except JournalError:
            with suppress(JournalError):
                if not self._copy.journal and self._has_copy():
                    await self._write(lambda _writer: self._copy.use_existing())
                self._state.saw(await self._read(lambda reader: reader.head()))
                # Also what waits since before this start.
                self._late = await self._write(lambda _writer: self._copy.count_late())
                self._set(writable=False, problem=self.health.problem)

    async def _begin(self) -> None:
        """Begin the journal if nobody has. Raises JournalError."""
        try:
            await self._identify(begins=True)
        except LedgerUnavailable as error:
            raise self._unreached(error) from error

    async def _watch(self) -> None:
        looks, looked = 0, -math.inf
        async for _hint in self.ledger.news():
            if self._closed:
                return
            if self._clock.elapsed() - looked < self.seldom:
                continue
            looked = self._clock.elapsed()
            if self._late or not self.health.writable:
                await self._try_out()
            else:
                looks += 1
                # The problem is in `health`.
                with suppress(JournalError):
                    await self._look(checks=looks % CHECKED == 0)

    # ---- while the ledger does not answer

    async def _record(self, draft: NewEntry, at: datetime, person: Person) -> Entry:
        if draft.kind in MAY_BE_LATE and self._copy.journal and self._unanswered is not None:
            # At once, and in the order in which they happened.
            return await self._wait(LateDraft(new_nonce(), at, person, _late(draft)))
        nonce = new_nonce()
        try:
            return await self._ask_for(draft, at, person, nonce)
        except TooLarge as error:
            raise JournalError(error.problem) from error
        except JournalError:
            self._has_caught_up = False
            raise
        except LedgerUnavailable as error:
            unreached = self._unreached(error)
            if draft.kind in MAY_BE_LATE and self._copy.journal:
                return await self._wait(LateDraft(nonce, at, person, _late(draft)))
            raise unreached from error

    async def _ask_for(self, draft: NewEntry, at: datetime, person: Person, nonce: str) -> Entry:
        """Let the ledger record it; nothing waits for a request's time-outs. Raises as Appender.append."""
        is_soon = draft.kind in MAY_BE_LATE and bool(self._copy.journal)
        try:
            async with asyncio.timeout(SOON if is_soon else None):
                await self._identify(begins=True)
                if not self._has_caught_up or self._unanswered is not None:
                    # A number that is missing in the ledger must not be taken by a copy that ends before it, and a
                    # ledger that cannot be reached is asked once: nobody waits for the refusal, nor behind one who does.
                    await self._catch_up(checks=True)
                # What is read before may be much, and is no silence.
                async with asyncio.timeout(None if is_soon else DECIDED):
                    return await self._appender.append(draft, at=at, person=person, nonce=nonce)
        except TimeoutError as error:
            remedy = _("The console asks again; what waits is recorded then.")
            seconds = SOON if is_soon else DECIDED
            raise silent(self.ledger.address, seconds, remedy, self._clock.now()) from error

    async def _wait(self, late: LateDraft) -> Entry:
        """Store the draft until the ledger answers. Returns the entry that it will probably become. Raises
        JournalError for one that its engine will not store."""
        seq = self._copy.head.seq + self._late + 1
        entry = linked("", late.draft, seq=seq, at=late.at, person=late.person, previous="")
        try:
            check_size(packed(row_of(entry), late.nonce), self.ledger.largest, late.at)
        except TooLarge as error:
            raise JournalError(error.problem) from error
        await self._write(lambda _writer: self._copy.add_late(late))
        self._late += 1
        return entry.model_copy(update={"hash": ""})

    async def _send_late(self) -> None:
        """Record what waits, oldest first. Raises JournalError."""
        self._oversized = None
        waiting = await self._write(lambda _writer: self._copy.late())
        self._late = await self._write(lambda _writer: self._copy.count_late())
        for late in waiting:
            append = partial(self._appender.append, at=late.at, person=late.person, nonce=late.nonce)
            try:
                await append(late.draft)
            except TooLarge as error:
                # It waited for another engine. It stays, and is counted.
                remedy = _("It waits for good, in {path}.", path=clean(self.path))
                self._oversized = error.problem.model_copy(update={"remedy": remedy})
                continue
            except LedgerUnavailable as error:
                raise self._unreached(error) from error
            except (AlreadyRecorded, HeldByAnother):
                pass
            await self._write(partial(_remove_late, self._copy, late.nonce))
            self._late -= 1
        self._set(writable=True)

    def _unreached(self, error: LedgerUnavailable) -> JournalError:
        self._unanswered = error.problem
        self._set(writable=False, problem=error.problem)
        return JournalError(error.problem)

    def _set(self, *, writable: bool, problem: Problem | None = None) -> None:
        problem = problem or (self._oversized if writable else None)
        # The copy has taken what waits, the ledger has not.
        unanswered = self._unanswered if writable else None
        self._state.queue(self._unanswered is not None and bool(self._copy.journal))
        super()._set(writable=writable and unanswered is None, problem=unanswered or problem)


def _late(draft: NewEntry) -> NewEntry:
    return draft.model_copy(update={"data": {**draft.data, LATE: True}})


def _remove_late(copy: CopyWriter, nonce: str, _writer: JournalWriter) -> None:
    copy.remove_late(nonce)
