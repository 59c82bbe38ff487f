"""Lets the inspections of a duty that is about to be due read ahead what they would wait for when it is."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.background.detached import detached
from services.background.faults import Fault
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.executions import InspectionRuns
from services.models.duties import PREPARED, Occurrence, OccurrenceState, ScheduledOccurrence


class Preparations:
    """The reading ahead of one console; only the console that inspects first reads ahead."""

    def __init__(self, runs: InspectionRuns, consoles: OpenConsoles, fault: Fault) -> None:
        self._runs = runs
        self._consoles = consoles
        self._fault = fault
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By slot; kept until it is due, so that each is read once."""

    def begin(self, occurrences: Iterable[tuple[Occurrence, tuple[str, ...]]], now: datetime) -> None:
        """Read ahead for those of the occurrences, with their inspections, that are due within a moment."""
        soon = {
            each.key: (each.slot, ids)
            for each, ids in occurrences
            if each.state is OccurrenceState.UPCOMING and timedelta(0) < each.slot.due_at - now <= PREPARED
        }
        self._tasks = {key: task for key, task in self._tasks.items() if key in soon or not task.done()}
        for key, (slot, ids) in soon.items():
            if key not in self._tasks:
                task = detached(self._prepare(slot, ids), name=f"preparation of {key}")
                task.add_done_callback(self._ended)
                self._tasks[key] = task

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _prepare(self, slot: ScheduledOccurrence, ids: tuple[str, ...]) -> None:
        if await self._consoles.is_first():
            await self._runs.prepare(ids, slot.due_at)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault(error)
