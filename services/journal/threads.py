"""The two threads of a journal: one writes and waits for the disk, the other reads without waiting for writes."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from services.background.boundaries import RaisedAs, on_error
from services.clock import Clock
from services.journal import files
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.problems import (
    UnusableJournal,
    another,
    closed,
    damaged,
    file_is_gone,
    is_damage,
    problem_of,
)
from services.journal.reader import JournalReader
from services.journal.writer import JournalWriter

T = TypeVar("T")


class Write(Protocol):
    async def __call__(self, work: Callable[[JournalWriter], T], /) -> T:
        """The result of `work`. Raises JournalError."""


class Read(Protocol):
    async def __call__(self, work: Callable[[JournalReader], T], /) -> T:
        """The result of `work`. Raises JournalError."""


class Threads:
    """Runs blocking work. Raises JournalError for any problem with the file."""

    def __init__(self, writer: JournalWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="journal-read")
        self._reader: JournalReader | None = None
        self._file = (0, 0)
        self._closed = False

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        """Run `work` with the writer; one at a time, in the order of the calls."""
        return await self._run(self._writing, lambda: work(self._writer))

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        """Run `work` with a reader; if the file proves to be damaged, it is no longer written to."""
        try:
            return await self._run(self._reading, lambda: self._with_reader(work))
        except JournalError as error:
            damage = error.__cause__
            if isinstance(damage, Exception) and is_damage(damage):
                await self.write(lambda writer: writer.stop_writing(damage))
            raise

    async def close(self) -> None:
        self._closed = True
        loop = asyncio.get_running_loop()
        # The writer closes last: it can move the entries of the -wal file into the journal.
        await loop.run_in_executor(self._reading, self._drop_reader)
        await loop.run_in_executor(self._writing, self._writer.close)
        self._writing.shutdown(wait=False)
        self._reading.shutdown(wait=False)

    async def _run(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        # No file content may end the console.
        with RaisedAs(self._failed, but=(AlreadyRecorded, HeldByAnother)):
            if self._closed:
                raise closed()
            return await asyncio.get_running_loop().run_in_executor(thread, work)

    def _failed(self, error: Exception) -> JournalError:
        expected = isinstance(error, sqlite3.Error | OSError | UnusableJournal)
        trouble = error if expected else damaged()
        failed = JournalError(problem_of(trouble, self._writer.path, self._clock.now()))
        failed.__cause__ = trouble
        return failed

    def _with_reader(self, work: Callable[[JournalReader], T]) -> T:
        reader = self._opened()
        with on_error(self._drop_reader):
            result = work(reader)
        if not reader.lasting:
            self._drop_reader()
        return result

    def _opened(self) -> JournalReader:
        path, journal_id = self._writer.path, self._writer.id
        if self._reader is not None and files.which(path) != self._file:
            # The name now belongs to another file: the open one would return old entries, or none.
            self._drop_reader()
        if self._reader is None:
            if journal_id and not path.exists():
                raise file_is_gone()
            reader = JournalReader.open(path)
            if journal_id and reader.id != journal_id:
                reader.close()
                raise another()
            self._reader, self._file = reader, files.which(path)
        return self._reader

    def _drop_reader(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reader.close()
