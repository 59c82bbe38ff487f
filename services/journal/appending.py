"""Appends entries to a ledger: decides on the local copy, puts under the next number, and tries again if that
was taken. An entry whose answer was lost is recognized by its nonce, so that it is recorded once however
often it is tried. Two writers never extend the same entry: the ledger stores a number once, and only a writer
whose copy contained every record before that number can have made the entry that fits there."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import uuid4

from services.journal.chain import row_of
from services.journal.errors import HeldByAnother, JournalError
from services.journal.ledger import Ledger, LedgerUnavailable, Rejected
from services.journal.linking.records import (
    Naming,
    behind,
    foreign,
    named,
    naming,
    new_nonce,
    packed,
    unpacked,
)
from services.journal.threads import Write
from services.journal.writer import JournalWriter, WriteDecision
from services.models.journal import Entry, NewEntry, Person
from services.models.problem import Problem

FIRST, LONGEST = 0.05, 1.0
"""Seconds (real time) between attempts while the ledger does not answer: the first, doubled up to the longest."""


class Appender:
    """The appends of one console, one at a time."""

    def __init__(self, ledger: Ledger, write: Write, *, is_shared: bool, patience: float) -> None:
        """`patience`: seconds (real time) for which an entry is tried while the ledger does not answer."""
        self._ledger = ledger
        self._write = write
        self._is_shared = is_shared
        self._patience = patience
        self._turn = asyncio.Lock()
        self._unanswered: tuple[float, Problem] | None = None  # When an append gave up, and why

    async def append(self, draft: NewEntry, *, at: datetime, person: Person, nonce: str = "") -> Entry:
        """Record durably, and return the entry as stored; `nonce` is that of an earlier attempt with the same
        draft. Raises AlreadyRecorded, HeldByAnother, JournalError; Unavailable if the ledger did not answer
        or Rejected if it refused, and then an earlier attempt may have recorded the entry."""
        nonce, asked = nonce or new_nonce(), asyncio.get_running_loop().time()
        async with self._turn:
            if self._unanswered is not None and self._unanswered[0] >= asked:
                # It has waited as long as the one that got no answer, and the end of the console waits for all.
                raise LedgerUnavailable(self._unanswered[1])
            until = asyncio.get_running_loop().time() + self._patience
            pause = FIRST
            while True:
                try:
                    entry = await self._attempt(draft, at, person, nonce)
                    if entry is not None:
                        return entry
                except Rejected:
                    raise
                except LedgerUnavailable as error:
                    now = asyncio.get_running_loop().time()
                    if now + pause > until:
                        self._unanswered = (now, error.problem)
                        raise
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST)
                if self._is_shared:
                    # Without an answer the copy stays as it is, and the same record is put under the same number.
                    with suppress(LedgerUnavailable):
                        await self.catch_up()

    async def _attempt(self, draft: NewEntry, at: datetime, person: Person, nonce: str) -> Entry | None:
        def decide(writer: JournalWriter) -> WriteDecision:
            return writer.decide(draft, at=at, person=person, nonce=nonce)

        try:
            entry, is_recorded = await self._write(decide)
        except HeldByAnother:
            # A claim is for ever, but a hold may have been released before the copy knows of it.
            if not self._is_shared:
                raise
            await self.catch_up()
            entry, is_recorded = await self._write(decide)
        if is_recorded:
            return entry
        record = packed(row_of(entry), nonce)
        standing = await self._ledger.put(entry.seq, record)
        is_stored = standing is None or standing == record
        if self._is_shared:
            try:
                await self._accept([(entry.seq, standing or record)])
            except JournalError:
                # What is stored is recorded, even if the copy's disk is full; nothing is decided on it before it has it.
                if not is_stored:
                    raise
        return entry if is_stored else None

    async def catch_up(self, *, checks: bool = True) -> None:
        """Take over every record that the ledger has and the copy has not. `checks`: ask first whether the
        ledger still has the copy's newest entry. Raises JournalError, also if not; Unavailable."""
        after = await self._write(lambda writer: writer.head.seq)
        if checks and after:
            newest = await self._ledger.read(after - 1, 1)
            if not newest or newest[0][0] != after:
                # Its number must not be taken by another record, nor the next one while it is missing.
                await self._write(partial(_fall_behind, seq=after, address=self._ledger.address))
            await self._accept(newest)
        # Until nothing follows: an engine ends a page before a number that is missing, and reports that next.
        while records := await self._ledger.read(after):
            await self._accept(records)
            before, after = after, await self._write(lambda writer: writer.head.seq)
            if after == before:
                break

    async def _accept(self, records: Sequence[tuple[int, bytes]]) -> None:
        await self._write(lambda writer: writer.accept([unpacked(*record) for record in records]))

    async def identify(self, *, begins: bool) -> Naming | None:
        """What record 0 of the ledger says; where it is missing, it is written if `begins`, else None is
        returned. Raises Unavailable, UnusableJournal."""
        begun = await self._ledger.read(-1, 1)
        if begun:
            if begun[0][0] != 0:
                # Somebody removed it; another name would make all entries those of another journal.
                raise foreign(0)
            return named(begun[0][1])
        if not begins:
            return None
        record = naming(uuid4().hex)
        return named(await self._ledger.put(0, record) or record)


def _fall_behind(_writer: JournalWriter, *, seq: int, address: str) -> None:
    raise behind(seq, address)
