"""Follows accepted changes to their end by reading AWS; any console continues what another began. Sends nothing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.changes import entries
from services.changes.ages import APART
from services.changes.base import Change
from services.changes.change_wording import problem_text
from services.changes.history import ChangeHistory
from services.clock import Clock, real
from services.i18n import _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.change_runs import Run, StepState
from services.models.watches import Progress, Watch, WatchState

SHOWN_BY = 120.0
"""Real seconds within which AWS shows what it accepted. Until a console has known another machine's change for so long, AWS
may still show what was before; by the time in its plan, which is by the other clock, it might seem to have failed."""
SOON = 0.001  # Seconds; below the precision of the clock


class Watches:
    def __init__(self, changes: Mapping[str, Change], *, history: ChangeHistory, clock: Clock) -> None:
        self._changes = changes
        self._history = history
        self._clock = clock
        self._due: dict[str, float] = {}  # Time of the next read by the clock's `elapsed`, by plan id
        self._progress: dict[str, Progress] = {}

    def followed(self, runs: Iterable[Run]) -> tuple[Run, ...]:
        return tuple(
            run.model_copy(update={"progress": self._progress[run.id]})
            if run.watching and run.id in self._progress
            else run
            for run in runs
        )

    def next_check(self, runs: Iterable[Run]) -> datetime | None:
        """When the next change is to be read (UTC); None if none is followed."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        times = []
        for run, _watch, begins_at in self._open(runs):
            wait = timedelta(seconds=max(0.0, self._due.get(run.id, elapsed) - elapsed))
            times.append(max(now + wait, begins_at or now))
        return min(times, default=None)

    async def check_due(self, runs: Iterable[Run]) -> None:
        for run, watch, begins_at in tuple(self._open(runs)):
            elapsed, now = self._clock.elapsed(), self._clock.now()
            if self._due.get(run.id, elapsed) <= elapsed + SOON and now >= (begins_at or now):
                self._due[run.id] = elapsed + real(self._clock, watch.every).total_seconds()
                await self._check(run, watch)

    async def _check(self, run: Run, watch: Watch) -> None:
        # What AWS may not show yet counts from the confirmation, which may be long after the plan.
        plan = run.plan.model_copy(update={"made_at": max(run.plan.made_at, run.at)})
        try:
            progress = await self._changes[run.plan.kind].progress(plan, run.answers)
        except AwsError as error:
            why = _("AWS could not be read: {why}", why=problem_text(error.problem))
            progress = Progress(state=WatchState.RUNNING, text=why)
        if progress.state in (WatchState.FAILED, WatchState.WITHDRAWN) and self._is_early(run):
            progress = progress.model_copy(update={"state": WatchState.RUNNING})
        now = self._clock.now()
        if progress.state is WatchState.RUNNING and self._is_over(run, watch, now):
            why = _("The end was not seen in time; check it in AWS.")
            progress = Progress(state=WatchState.GAVE_UP, text=sentences(progress.text, why))
        self._progress[run.id] = progress.model_copy(update={"at": now})
        if progress.state is not WatchState.RUNNING:
            await self._record(run, progress)

    def _is_early(self, run: Run) -> bool:
        """Whether AWS may not show another machine's change yet."""
        ages = self._history.ages
        shown_by = real(self._clock, SHOWN_BY).total_seconds()
        return ages.is_of_another_machine(run.seq) and (ages.age(run.seq) or 0.0) < shown_by

    def _is_over(self, run: Run, watch: Watch, now: datetime) -> bool:
        """Whether the end should have been seen by now. The time to give up at is by the clock of the machine
        that made the plan. On another one, as much time has to have passed here as well, or so much that no
        difference of clocks explains it."""
        ages = self._history.ages
        if now < watch.gives_up_at or not ages.is_of_another_machine(run.seq):
            return now >= watch.gives_up_at
        lasts = (watch.gives_up_at - run.plan.made_at).total_seconds()
        return (ages.age(run.seq) or 0.0) >= lasts or now >= watch.gives_up_at + APART

    async def _record(self, run: Run, progress: Progress) -> None:
        try:
            await self._history.append(entries.watched(run.plan, progress))
        except AlreadyRecorded:
            await self._history.load()
        except JournalError:
            # The next read sees the same end and records it then.
            return

    def _open(self, runs: Iterable[Run]) -> Iterator[tuple[Run, Watch, datetime | None]]:
        """The followed runs of the kinds that this version knows, with their watches and the time of the
        first read. A later change of the same kind and target may have ended it before its window."""
        every = tuple(runs)
        newest: dict[tuple[str, str], int] = {}
        for run in every:
            if run.state is StepState.DONE:
                key = (run.plan.kind, str(run.plan.target.id))
                newest[key] = max(run.seq, newest.get(key, 0))
        for run in every:
            watch = run.plan.watch
            if run.watching and watch is not None and run.plan.kind in self._changes:
                is_newest = run.seq >= newest[run.plan.kind, str(run.plan.target.id)]
                yield run, watch, watch.begins_at if is_newest else None
