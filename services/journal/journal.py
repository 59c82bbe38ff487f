"""The journal as the console uses it: asynchronous, in threads of its own, shared with other consoles. Long
because writing, following and the checkpoints share one health."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from services.background.boundaries import Fault, unreported
from services.background.faults import Workers
from services.clock import Clock
from services.i18n import _
from services.journal.anchors.checkpoints import (
    DEV_LOG,
    EVERY,
    CheckpointStream,
    StreamFeed,
    Syslog,
    checkpoint_of,
)
from services.journal.anchors.external_hashes import ExternalHashes, in_stream, machine_log, together
from services.journal.appending import Appender
from services.journal.chain import storable
from services.journal.derived.saved import Saved
from services.journal.derived.verified import NAME as VERIFIED
from services.journal.derived.verified import Verified, VerifiedProgress, last_verified, verify_slice
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.file_watcher import FileWatcher, Rereads
from services.journal.health import HealthState
from services.journal.ledger import LedgerUnavailable
from services.journal.ledgers.sqlite import SqliteLedger
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import JournalReader
from services.journal.threads import Threads
from services.journal.verify import verify
from services.journal.writer import JournalWriter
from services.models.base import RawId
from services.models.journal import Entry, EntryQuery, JournalHealth, JournalPage, NewEntry, Person
from services.models.problem import Problem
from services.models.verification import Verification

T = TypeVar("T")
PAGE = 200
POLL = 2.0  # Seconds (real time) between checks whether another console has written to the file
RETRY = 10.0
"""Seconds (real time) between attempts to write after a failure, and the maximum between two reads."""
REPORTED = 6  # How many times as long that maximum is where the kernel reports all changes
BETWEEN = 600.0
"""Seconds (of the clock) until it is checked first and then again whether the journal is to be verified slowly."""
DAILY = timedelta(days=1)  # How long a verification of the whole journal counts
PAUSE = 1.0  # Seconds (real time) between two parts of a slow verification
LAST = 3.0  # Seconds (real time) that `close` waits for the newest hash to arrive in AWS


class Journal:
    """The append-only record of everything that happened. `person` is called at every append, because the
    identity may become known later. `syslog` is the socket that the newest hash is sent to; None: no socket.
    `stream` is a log stream in AWS that also receives it."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        person: Callable[[], Person],
        poll: float = POLL,
        retry: float = RETRY,
        syslog: Path | None = DEV_LOG,
        stream: CheckpointStream | None = None,
        fault: Fault = unreported,
    ) -> None:
        self.workers = Workers(clock, fault)
        self.path = path
        self._clock = clock
        self._person = person
        self._poll = poll
        self._retry = retry
        self._written = asyncio.Event()
        self._stream = StreamFeed(stream, clock) if stream else None
        self._writer = self._writer_of(Syslog(syslog) if syslog else None)
        self._threads = Threads(self._writer, clock)
        self._state = HealthState(path)
        self._watching: asyncio.Task[None] | None = None
        self._tried = 0.0
        self._late = 0  # Entries that wait until the ledger can be reached
        self._appending: set[asyncio.Task[Entry]] = set()
        self._streaming: asyncio.Task[None] | None = None
        self._verifying: asyncio.Task[None] | None = None
        self._reviews: list[Callable[[], Awaitable[None]]] = []
        self._closed = False
        self._appender = self._appender_of()

    def _writer_of(self, syslog: Syslog | None) -> JournalWriter:
        return JournalWriter(self.path, syslog)

    def _appender_of(self) -> Appender:
        ledger = SqliteLedger(self._write, self._read, self._poll)
        return Appender(ledger, self._write, is_shared=False, patience=0.0)

    @property
    def _title(self) -> str:
        return _("reading the journal")

    @property
    def person(self) -> Person:
        return self._person()

    @property
    def shared_host(self) -> str:
        """This host's name where consoles on other hosts may write to the journal, so that names tell more with it; else ""."""
        return self.person.host if self.is_shared else ""

    @property
    def health(self) -> JournalHealth:
        return self._state.health

    @property
    def is_shared(self) -> bool:
        return False

    @property
    def is_reached(self) -> bool:
        return True

    async def catch_up(self) -> None:
        """Read what consoles on other hosts have written, up to this moment. Raises JournalError."""

    async def send_late(self) -> None:
        """Record what waits for its ledger on this host; nothing waits for a file. Raises JournalError."""

    async def open(self) -> JournalHealth:
        """Open or create the file. Problems are returned, never raised."""
        await self._try_out()
        if self._stream is not None:
            feeding = self.workers.keep("anchors", self._title, partial(self._feed, self._stream))
            self._streaming = asyncio.create_task(feeding)
        title = _("verifying the journal")
        checking = self.workers.keep("journal-verify", title, self.verify_slowly)
        self._verifying = asyncio.create_task(checking, name="journal-verify")
        return self.health

    async def append(self, draft: NewEntry) -> Entry:
        """Record durably. Returns the entry as stored. Raises JournalError (nothing recorded),
        AlreadyRecorded (its claim is taken), HeldByAnother. A cancelled caller does not learn whether the
        entry was recorded; it was recorded completely or not at all."""
        task = asyncio.create_task(self._append(draft))
        self._appending.add(task)
        task.add_done_callback(self._appended)
        return await asyncio.shield(task)

    async def page(
        self,
        query: EntryQuery | None = None,
        *,
        before_seq: int | None = None,
        after_seq: int | None = None,
        limit: int = PAGE,
    ) -> JournalPage:
        """Matching entries, newest first, older than `before_seq`; with `after_seq` alone, the next newer
        ones. Without the bodies of large entries. Raises JournalError."""
        upwards = after_seq is not None and before_seq is None
        entries = await self._read(
            lambda reader: reader.find(
                query or EntryQuery(), limit=limit + 1, before_seq=before_seq, after_seq=after_seq,
                newest_first=not upwards,
            )
        )  # fmt: skip
        on_page = entries[:limit]
        return JournalPage(
            entries=tuple(reversed(on_page) if upwards else on_page), more=len(entries) > limit
        )

    async def entries(
        self, query: EntryQuery | None = None, *, limit: int = 100_000, after_seq: int | None = None
    ) -> tuple[Entry, ...]:
        """Matching entries newer than `after_seq`, oldest first, without the bodies of large ones. Raises JournalError."""
        return tuple(
            await self._read(
                lambda reader: reader.find(
                    query or EntryQuery(), limit=limit, after_seq=after_seq, newest_first=False
                )
            )
        )

    async def entry(self, seq: int) -> Entry | None:
        """One entry with its body; None if there is no such entry. Raises JournalError."""
        return await self._read(lambda reader: reader.entry(seq))

    async def holder(self, hold: str) -> Entry | None:
        """The entry that has this hold, unless a later entry released it. Raises JournalError."""
        return await self._read(lambda reader: reader.holder(storable(hold)))

    async def ask(self, work: Callable[[JournalReader], T]) -> T:
        """The result of `work`, which reads the file in the reading thread. Raises JournalError."""
        return await self._read(work)

    async def remember(self, name: str, saved: Saved) -> None:
        """Save what was derived from the journal beside it, as far as it can be written: it can be derived again."""
        if self.health.writable and not self._closed:
            with suppress(JournalError):
                await self._write(lambda writer: writer.remember(name, saved))

    async def ask_aside(self, work: Callable[[JournalReader], T]) -> T:
        """As `ask` for work that takes long: other reads do not wait for it. Raises JournalError."""

        def alone() -> T:
            with closing(JournalReader.open(self.path)) as reader:
                return work(reader)

        try:
            return await asyncio.to_thread(alone)
        except (sqlite3.Error, OSError, UnusableJournal) as error:
            raise JournalError(problem_of(error, self.path, self._clock.now())) from error

    def reviewed_by(self, review: Callable[[], Awaitable[None]]) -> None:
        """Call `review` once a day, for it to derive anew what it had saved: a person may have altered that."""
        self._reviews.append(review)

    async def people(self) -> tuple[str, ...]:
        """Every OS user in the journal. Raises JournalError."""
        return tuple(await self._read(lambda reader: reader.people()))

    async def targets(self) -> tuple[RawId, ...]:
        """Every target in the journal, uncleaned: clean it before display. Raises JournalError."""
        return tuple(await self._read(lambda reader: reader.targets()))

    async def unknown_kinds(self) -> tuple[str, ...]:
        """Every kind that this version does not know, uncleaned: clean it before display. Raises JournalError."""
        return tuple(await self._read(lambda reader: reader.unknown_kinds()))

    async def verify(self) -> Verification:
        """Check the whole chain and compare it with the external hashes. Takes seconds, without blocking the loop."""
        external_hashes, now = await self.outside(), self._clock.now()
        verification = await asyncio.to_thread(verify, self.path, at=now, external_hashes=external_hashes)
        if verification.intact and verification.head:
            verified = Verified(verification.entries, verification.head, now)
            await self.remember(VERIFIED, verified.saved)
        return verification

    async def verify_slowly(self) -> None:
        """Verify the whole chain a little at a time, once a day by one of the consoles. Never returns. After
        a fault nothing more is written, and the health says so."""
        reviewed: datetime | None = None
        while True:
            await self._clock.sleep(BETWEEN)
            with suppress(JournalError):
                before = await self.ask(last_verified)
                if before is None or self._is_old(before.at):
                    await self._verify_all()
                if reviewed is None or self._is_old(reviewed):
                    reviewed = self._clock.now()
                    for review in self._reviews:
                        await review()

    def _is_old(self, at: datetime) -> bool:
        return not timedelta() <= self._clock.now() - at < DAILY

    async def _verify_all(self) -> None:
        before, progress = None, VerifiedProgress()
        while progress != before:
            before = progress
            progress = await self.ask(partial(verify_slice, progress=before))
            await asyncio.sleep(PAUSE)
        if progress.seq:
            await self.remember(VERIFIED, Verified(*progress, self._clock.now()).saved)

    async def outside(self) -> ExternalHashes:
        """The hashes in the machine's log and in the stream in AWS; works without opening the journal."""
        external_hashes = await asyncio.to_thread(machine_log)
        return (
            together(external_hashes, await in_stream(self._stream.stream))
            if self._stream
            else external_hashes
        )

    async def follow(self) -> AsyncIterator[int]:
        """Yield the newest entry's number: at once, then whenever this or another console has written. Also
        yields when `health` has changed. Every listener receives every change. Ends with `close`."""
        reported: JournalHealth | None = None
        if self._watching is None:
            # One watcher for all listeners.
            watching = self.workers.keep("journal-watch", self._title, self._watch)
            self._watching = asyncio.create_task(watching, name="journal-watch")
        while not self._closed:
            news = self._state.changed
            if reported == self.health:
                await news.wait()
            else:
                reported = self.health
                yield reported.entries

    async def close(self) -> None:
        if self._closed:
            return
        while self._appending:
            await asyncio.wait(self._appending)
        self._closed = True
        self._state.announce()
        background = [task for task in (self._watching, self._verifying) if task is not None]
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if self._streaming is not None:
            self._streaming.cancel()
            await asyncio.wait([self._streaming])
        if self._stream is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST):
                    await self._send(self._stream)
        await self._threads.close()

    async def _append(self, draft: NewEntry) -> Entry:
        at, person = self._clock.now(), self._person()
        try:
            entry = await self._record(draft, at, person)
        except (AlreadyRecorded, HeldByAnother):
            self._set(writable=True)
            raise
        self._set(writable=True)
        return entry

    async def _record(self, draft: NewEntry, at: datetime, person: Person) -> Entry:
        try:
            return await self._appender.append(draft, at=at, person=person)
        except LedgerUnavailable as error:
            raise JournalError(error.problem) from error

    def _appended(self, task: "asyncio.Task[Entry]") -> None:
        self._appending.discard(task)
        if not task.cancelled():
            # Retrieve the exception, as the caller may be gone; the problem is in `health`.
            task.exception()

    async def _watch(self) -> None:
        written, soon = self._written, Rereads(self._poll, self._retry)
        with FileWatcher(self.path, self._poll, written.set) as watcher:
            while not self._closed:
                # Poll while it cannot be written; otherwise rely on the watcher, with a read now and then.
                longest = self._retry if self.health.writable else self._poll
                if watcher.reports_all and self.health.writable:
                    longest *= REPORTED
                with suppress(TimeoutError):
                    await asyncio.wait_for(written.wait(), min(longest, soon.seconds))
                was_reported = written.is_set()
                written.clear()
                # The problem is in `health`.
                with suppress(JournalError):
                    await self._check_file()
                soon.note(self.health.entries, was_reported=was_reported)

    async def _check_file(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._tried >= self._retry:
            if not self.health.writable:
                await self._try_out()
                return
            if self._writer.checkpoint_problem:
                self._tried = now
                await self._write(JournalWriter.send_checkpoint)
                self._set(writable=True)
        try:
            head = await self._read(lambda reader: reader.head())
        except JournalError:
            if self.health.writable and now - self._tried >= self._retry:
                await self._try_out()
            return
        if head[0] < self.health.entries and self.health.writable:
            await self._try_out()
        else:
            self._state.saw(head)

    async def _try_out(self) -> None:
        self._tried = asyncio.get_running_loop().time()
        try:
            await self._write(JournalWriter.try_out)
        except JournalError:
            try:
                self._state.saw(await self._read(lambda reader: reader.head()))
            except JournalError:
                return
        else:
            self._set(writable=True)

    async def _feed(self, stream: StreamFeed) -> None:
        """Send the newest hash to AWS whenever it has changed, at most every EVERY seconds."""
        while True:
            news = self._state.changed
            if await self._send(stream):
                self._set(writable=self.health.writable, problem=self.health.problem)
                await self._clock.sleep(EVERY)
            else:
                await news.wait()

    async def _send(self, stream: StreamFeed) -> bool:
        """Send the newest hash to AWS unless it is there already. Returns whether an attempt was made."""
        health = self.health
        if not self._writer.id or health.entries <= stream.sent:
            return False
        await stream.send(checkpoint_of(self._writer.id, health.entries, health.head, self.path))
        return True

    def _set(self, *, writable: bool, problem: Problem | None = None) -> None:
        if self.health.writable and not writable:
            self._written.set()  # check more often from now on
        writer, stream = self._writer, self._stream
        troubles = (writer.checkpoint_problem, stream.problem if stream else "")
        head = (self.health.entries, self.health.head)
        self._state.set(
            writable=writable,
            problem=problem,
            head=max(head, (writer.head.seq, writer.head.hash)) if writable else head,
            anchored=max(writer.checkpoint_seq, stream.sent if stream else 0),
            anchor_problem=_("; ").join(trouble for trouble in troubles if trouble),
            late=self._late,
        )

    async def _write(self, work: Callable[[JournalWriter], T]) -> T:
        try:
            return await self._threads.write(work)
        except JournalError as error:
            self._set(writable=False, problem=error.problem)
            raise

    async def _read(self, work: Callable[[JournalReader], T]) -> T:
        """Run in the reading thread. Raises JournalError."""
        try:
            return await self._threads.read(work)
        except JournalError as error:
            if self._writer.damage is not None and self.health.writable:
                self._set(writable=False, problem=error.problem)
            raise
