"""What the journal of one system says, read again and again although its file or its ledger may not answer."""

import asyncio

from services.background.detached import detached, in_thread
from services.background.faults import Fault
from services.clock import Clock
from services.fleet.plans import SystemPlan
from services.fleet.records import RecordsReader
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.fleet import SystemRecords
from services.models.journal import Person
from services.models.problem import Problem, ProblemKind

PATIENCE = 20.0
"""Seconds (real time) after which a journal's file, or its ledger, counts as hanging."""


class WatchedRecords:
    """Reads the summary of one journal; what does not answer is waited for, and no second read of it is begun."""

    def __init__(self, plan: SystemPlan, clock: Clock, fault: Fault, *, patience: float = PATIENCE) -> None:
        """`fault` is called with internal errors; `patience` is for the ledger."""
        self._patience = patience
        self._plan = plan
        self._clock = clock
        self._fault = fault
        self._reader = RecordsReader(plan.runbook, plan.journal.path)
        self._journal: Journal | None = None
        """Follows a shared journal while another system is on screen."""
        self._catching_up: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[SystemRecords] | None = None
        self._last = SystemRecords()

    async def read(self, *, catches_up: bool) -> SystemRecords:
        """The records as of now; why they are older, or may lack entries of other hosts, is their problem.

        `catches_up`: nobody else reads what a shared journal's copy here lacks.
        """
        shares = catches_up and self._plan.journal.address is not None
        unreached = await self._unreached() if shares else None
        if self._reading is None:
            self._reading = detached(in_thread(self._read), name="system-journal")
        done, _waiting = await asyncio.wait([self._reading], timeout=PATIENCE)
        records = self._outcome() if done else self._unread(_("The journal's file does not answer."))
        if unreached is not None and records.problem is None:
            records = records.model_copy(update={"problem": unreached})
        self._last = records
        return records

    async def close(self) -> None:
        """End what reads it."""
        for task in (self._catching_up, self._reading):
            if task is not None:
                task.cancel()
        if self._journal is not None:
            await self._journal.close()

    def _read(self) -> SystemRecords:
        return self._reader.read(self._clock.now())

    def _outcome(self) -> SystemRecords:
        reading, self._reading = self._reading, None
        assert reading is not None
        try:
            return reading.result()
        except Exception as error:  # noqa: BLE001  the boundary: one system's journal must not end what watches it
            return self._last.model_copy(update={"problem": self._internal(error)})

    async def _unreached(self) -> Problem | None:
        """Read what a shared journal's copy here lacks; why that cannot be done, None if it was."""
        if self._catching_up is None:
            self._catching_up = detached(self._catch_up(), name="system-ledger")
        done, _waiting = await asyncio.wait([self._catching_up], timeout=self._patience)
        if not done:
            return self._problem(ProblemKind.UNREACHABLE, _("The shared journal does not answer."))
        ended, self._catching_up = self._catching_up, None
        try:
            ended.result()
        except JournalError as error:
            return error.problem
        except Exception as error:  # noqa: BLE001  the boundary: what is not read must not look as if it were
            return self._internal(error)
        return None

    async def _catch_up(self) -> None:
        if self._journal is None:
            self._journal = self._plan.journal.journal(clock=self._clock, person=Person, syslog=None)
        await self._journal.catch_up()

    def _unread(self, summary: str) -> SystemRecords:
        problem = self._problem(ProblemKind.UNREACHABLE, summary)
        return self._last.model_copy(update={"problem": problem})

    def _internal(self, error: Exception) -> Problem:
        self._fault(error)
        return self._problem(ProblemKind.FAULT, _("An internal error stopped this read."))

    def _problem(self, kind: ProblemKind, summary: str) -> Problem:
        return Problem(kind=kind, summary=summary, at=self._clock.now())
