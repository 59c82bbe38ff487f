"""Fills in the evidence of the runbook's duties that a change has measured (`measured_by`). Recorded as
progress, so that every console's duty shows it. A value that is there already stays."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from services.background.wake import Wake
from services.calendar.calendar import Calendar
from services.changes.engine import ChangeEngine
from services.clock import Clock
from services.duties.service import Duties, NotNow
from services.journal.errors import JournalError
from services.models.change_runs import Run
from services.models.duties import ProgressChange
from services.models.runbook import Duty, Runbook

EVERY = 600.0  # Seconds of the world between reads of the journal's runs
OLD = timedelta(days=7)
"""A change that ended longer ago fills in nothing: a person may have removed its value."""


class MeasuredEvidence:
    def __init__(
        self, engine: ChangeEngine, duties: Duties, runbook: Runbook, calendar: Calendar, clock: Clock
    ) -> None:
        self._engine = engine
        self._duties = duties
        self._calendar = calendar
        self._clock = clock
        self._wake = Wake()
        self._of = [duty for duty in runbook.duties if any(field.measured_by for field in duty.evidence)]
        self._taken: set[str] = set()  # Plans whose values this console has taken in

    def wake(self) -> None:
        self._wake.wake()

    async def keep(self) -> None:
        while self._of:
            with suppress(JournalError):
                await self.check()
            await self._wake.wait(self._clock, EVERY)

    async def check(self) -> None:
        """Record what the changes that have ended well have measured. Raises JournalError."""
        for run, values in self._measured():
            for duty in self._of:
                await self._record(run, duty, values)
            self._taken.add(run.id)

    def _measured(self) -> Iterator[tuple[Run, dict[str, str]]]:
        since = self._clock.now() - OLD
        for run in reversed(self._engine.runs):
            progress = run.progress
            is_new = run.watched_seq and run.id not in self._taken and run.at >= since
            if is_new and run.has_ended_well and progress is not None and progress.measured:
                yield run, {f"{run.plan.kind}:{name}": text for name, text in progress.measured.items()}

    async def _record(self, run: Run, duty: Duty, values: dict[str, str]) -> None:
        occurrence = await self._duties.latest(str(duty.id), self._calendar.day_of(run.at))
        if occurrence is None or occurrence.signed is not None:
            return
        values_so_far = occurrence.progress.evidence if occurrence.progress else {}
        evidence = {
            str(field.id): values[field.measured_by]
            for field in duty.evidence
            if field.measured_by in values and not values_so_far.get(str(field.id))
        }
        if evidence:
            with suppress(NotNow):
                await self._duties.record_progress(occurrence, ProgressChange(evidence=evidence))
