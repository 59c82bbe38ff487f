"""The change engine: the only way anything is written to AWS. Lives outside every screen."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

from services.aws.permits import Permits
from services.aws.writer import Writer
from services.changes.base import Change
from services.clock import Clock
from services.journal.journal import Journal
from services.models.changes import Armed, Plan, Run
from services.models.duties import Slot


class ChangeEngine:
    """Confirms, sends once, verifies, records; knows after a crash what is open."""

    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        journal: Journal,
        session: Writer,
        permits: Permits,
        clock: Clock,
    ) -> None:
        self.changes = changes
        self.permits = permits
        self._runs: tuple[Run, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run the journal knows, newest first."""
        return self._runs

    async def states(self) -> AsyncIterator[tuple[Run, ...]]:
        """`runs`, at once and whenever it changed here or in another console; resolves what is unknown."""
        yield self._runs
        await asyncio.Event().wait()

    async def plan(self, kind: str, target: str, wish: Mapping[str, str]) -> Plan:
        """A plan from live state. Raises AwsError, KeyError (no such change or target)."""
        raise NotImplementedError

    def apply(self, plan: Plan, typed: str = "") -> "asyncio.Task[Run]":
        """Carry out a confirmed plan in a task of the engine's own; cancelling a waiter changes nothing."""
        raise NotImplementedError

    async def resolve(self, run: str) -> Run:
        """Read AWS to find out what became of an unknown step. Raises AwsError, JournalError."""
        raise NotImplementedError

    async def settle(self, run: str, step: str, *, done: bool, note: str) -> Run:
        """A person says what became of an unknown step. Raises JournalError."""
        raise NotImplementedError

    async def arm(self, reason: str, lasts: timedelta) -> Armed:
        """Allow writing for a while; recorded first. Raises Refused, JournalError."""
        raise NotImplementedError

    async def disarm(self, why: str = "") -> None:
        """Back to read-only; recorded."""
        raise NotImplementedError

    def reverts(self) -> tuple[Slot, ...]:
        """Dated duties: the ways back of changes that were made and not taken back yet."""
        return ()

    async def drain(self) -> None:
        """Wait until nothing is being sent; what was sent has its recorded outcome."""
