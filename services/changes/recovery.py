"""Finds out what became of unknown steps by reading AWS; what reading does not tell is asked. Sends nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.changes import entries as drafts
from services.changes.base import Change
from services.changes.history import History
from services.changes.wording import found_done, found_elsewhere, found_undone, told
from services.clock import Clock, real
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.changes import Place, PlannedStep, Run, StepRun, StepState

FIRST, LONGEST = 5.0, 300.0
"""Seconds between two looks at an unknown step: the first wait, doubled each time up to the longest."""
SOON = 0.001
"""Seconds; finer than a moment in time is told."""
Key = tuple[str, str]
"""(plan id, step id)."""


class Recovery:
    """Unknown steps, and when each is looked at next."""

    def __init__(self, changes: Mapping[str, Change], *, history: History, clock: Clock) -> None:
        self._changes = changes
        self._history = history
        self._clock = clock
        self._due: dict[Key, tuple[float, int]] = {}
        """(when it is looked at next, by the clock's `elapsed`; how often it was)."""
        self._said: dict[Key, str] = {}

    def explained(self, runs: Iterable[Run]) -> tuple[Run, ...]:
        """The runs, with what AWS shows of their unknown steps in words."""
        return tuple(self._explained(run) for run in runs)

    def _explained(self, run: Run) -> Run:
        if not run.in_flight:
            return run
        steps = tuple(
            step.model_copy(update={"text": self._said.get((run.id, step.id), step.text)})
            if step.state is StepState.UNKNOWN
            else step
            for step in run.steps
        )
        return run.model_copy(update={"steps": steps})

    def next_look(self, runs: Iterable[Run]) -> datetime | None:
        """When the next unknown step is to be looked at; None where there is none."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        dues = (self._due.get(key, (elapsed, 0))[0] for key in self._unknown(runs))
        return min((now + timedelta(seconds=due - elapsed) for due in dues), default=None)

    async def look(self, runs: Iterable[Run]) -> None:
        """Look at every unknown step whose time has come; failures are looked at again later."""
        for run in runs:
            for planned, step in self._open(run):
                elapsed = self._clock.elapsed()
                if self._due.get((run.id, step.id), (elapsed, 0))[0] <= elapsed + SOON:
                    await self._try(run, planned, step)

    async def _try(self, run: Run, planned: PlannedStep, step: StepRun) -> None:
        key = (run.id, step.id)
        tries = self._due.get(key, (0.0, 0))[1]
        wait = real(self._clock, min(LONGEST, FIRST * 2.0 ** min(tries, 10))).total_seconds()
        self._due[key] = (self._clock.elapsed() + wait, tries + 1)
        try:
            await self.resolve(run, planned, step)
        except (AwsError, JournalError) as error:
            self._said[key] = told(error.problem)

    async def resolve_all(self, run: Run) -> None:
        """Look at every unknown step of one run now. Raises AwsError, JournalError."""
        for planned, step in self._open(run):
            await self.resolve(run, planned, step)

    async def resolve(self, run: Run, planned: PlannedStep, step: StepRun) -> None:
        """Look at one unknown step now, and record what that tells. Raises AwsError, JournalError."""
        seen = await self._changes[run.plan.kind].observe(planned)
        if seen.place is Place.AFTER:
            await self._record(run, planned, done=True, text=found_done(seen), how="read")
        elif seen.place is Place.ELSEWHERE:
            self._said[run.id, step.id] = found_elsewhere(seen)
        elif self._over(step):
            await self._record(run, planned, done=False, text=found_undone(seen), how="read")

    async def settle(self, run: Run, step: str, *, done: bool, note: str) -> None:
        """Record what a person says of an unknown step. Raises JournalError."""
        for planned, found in _unknown_of(run):
            if found.id == step and run.id not in self._history.busy:
                await self._record(run, planned, done=done, text=note, how="said")

    def _over(self, step: StepRun) -> bool:
        """Nothing of it can be under way any more, so that "before" means "not done"."""
        return not self._history.ages.left(step.seq)

    async def _record(self, run: Run, planned: PlannedStep, *, done: bool, text: str, how: str) -> None:
        draft = drafts.resolved(run.plan, planned, done=done, text=text, how=how)
        try:
            await self._history.append(draft)
        except AlreadyRecorded:
            await self._history.load()

    def _unknown(self, runs: Iterable[Run]) -> Iterable[Key]:
        return ((run.id, step.id) for run in runs for _planned, step in self._open(run))

    def _open(self, run: Run) -> tuple[tuple[PlannedStep, StepRun], ...]:
        """Its unknown steps, unless this console is still busy with it or no longer knows the kind."""
        if run.plan.kind not in self._changes or run.id in self._history.busy:
            return ()
        return _unknown_of(run)


def _unknown_of(run: Run) -> tuple[tuple[PlannedStep, StepRun], ...]:
    return tuple(
        (planned, step)
        for planned, step in zip(run.plan.steps, run.steps, strict=True)
        if step.state is StepState.UNKNOWN
    )
