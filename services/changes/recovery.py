"""Determines the outcome of unknown steps by reading AWS; where that is not enough, asks a person. Sends nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.changes import entries
from services.changes.base import Change
from services.changes.change_wording import problem_text
from services.changes.guarantees import SIGNATURE_SECONDS
from services.changes.history import ChangeHistory
from services.changes.judging import LISTED_BY, ChangeVerdict, by_state, by_trail, unproven
from services.changes.trail import EVERY, Trace, Trail
from services.clock import Clock, real
from services.i18n import _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import Observation, Place, PlannedStep
from services.models.date_text import zoned_time

FIRST, SOONER, LONGEST = 5.0, 60.0, 300.0
"""Seconds between checks of an unknown step: the first interval, doubled after each check up to the longest; the longest
is SOONER while the step is young."""
YOUNG = LISTED_BY.total_seconds()
"""Seconds after a step's last entry for which it is young: by then CloudTrail lists every request that AWS accepted."""
SOON = 0.001  # Seconds; below the precision of the clock
Key = tuple[str, str]  # (plan id, step id)


class NotFinal(Exception):
    """A request may still take effect, so that nobody can know yet that it was not done; `text` says until when."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class ChangeRecovery:
    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        history: ChangeHistory,
        clock: Clock,
        zone: tzinfo,
        trail: Trail | None = None,
    ) -> None:
        self._changes = changes
        self._history = history
        self._clock = clock
        self._zone = zone
        self._trail = trail
        self._traces: dict[Key, tuple[float, bool, Trace]] = {}
        """(time of the last read of CloudTrail by the clock's `elapsed`, whether it had had its time, what it showed)."""
        self._due: dict[Key, tuple[float, int]] = {}
        """(time of the next check by the clock's `elapsed`, number of checks so far)."""
        self._next: dict[Key, datetime] = {}
        """When a step is checked next (UTC), by the wall clock at its last check."""
        self._texts: dict[Key, str] = {}  # The result of a step's last check, in words
        self._final: dict[Key, datetime] = {}
        """When "not done" is final (UTC), of steps of which AWS showed the state before at the last check."""

    def explained(self, runs: Iterable[Run]) -> tuple[Run, ...]:
        return tuple(self._explained(run) for run in runs)

    def _explained(self, run: Run) -> Run:
        if not run.in_flight:
            return run
        steps = tuple(
            step.model_copy(update={"text": self._text(run, step)})
            if step.state is StepState.UNKNOWN
            else step
            for step in run.steps
        )
        return run.model_copy(update={"steps": steps})

    def _text(self, run: Run, step: StepRun) -> str:
        key = (run.id, step.id)
        text = self._texts.get(key, step.text)
        if (final := self._final.get(key)) is not None:
            text = sentences(text, self._final_text(final))
        if run.id in self._history.busy or (at := self._next.get(key)) is None:
            return text
        return sentences(text, _("AWS is read again at {when}.", when=self._time(at)))

    def _final_text(self, at: datetime) -> str:
        text = _("Until {when} AWS may still accept the request: only then can it be recorded as not done.")
        return text.format(when=self._time(at))

    def _time(self, at: datetime) -> str:
        return zoned_time(at, self._zone, self._clock.now(), seconds=True)

    def next_check(self, runs: Iterable[Run]) -> datetime | None:
        """When the next unknown step is to be checked (UTC); None if there is none."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        dues = (self._due.get(key, (elapsed, 0))[0] for key in self._unknown(runs))
        return min((now + timedelta(seconds=due - elapsed) for due in dues), default=None)

    async def check_due(self, runs: Iterable[Run]) -> None:
        for run in runs:
            for plan_step, step in self._open(run):
                elapsed = self._clock.elapsed()
                if self._due.get((run.id, step.id), (elapsed, 0))[0] <= elapsed + SOON:
                    await self._try(run, plan_step, step)

    async def _try(self, run: Run, plan_step: PlannedStep, step: StepRun) -> None:
        key = (run.id, step.id)
        tries = self._due.get(key, (0.0, 0))[1]
        longest = SOONER if self._is_young(step) else LONGEST
        wait = real(self._clock, min(longest, FIRST * 2.0 ** min(tries, 10)))
        self._due[key] = (self._clock.elapsed() + wait.total_seconds(), tries + 1)
        try:
            await self.resolve(run, plan_step, step)
        except (AwsError, JournalError) as error:
            self._texts[key] = problem_text(error.problem)
        if key in self._final and (left := self._history.ages.left(step.seq, self._late(run, step))) < wait:
            # Then it is decided, as the step's text says.
            wait = left
            self._due[key] = (self._clock.elapsed() + wait.total_seconds(), tries + 1)
        self._next[key] = self._clock.now() + wait

    async def resolve_all(self, run: Run) -> None:
        """Check every unknown step of one run now. Raises AwsError, JournalError."""
        for plan_step, step in self._open(run):
            await self.resolve(run, plan_step, step)

    async def resolve(self, run: Run, plan_step: PlannedStep, step: StepRun) -> None:
        """Check one unknown step now, and record its outcome if AWS shows it. Raises AwsError, JournalError."""
        # Asked before AWS is: the request may arrive while this process is stopped with an answer from before that.
        ages, late, key = self._history.ages, self._late(run, step), (run.id, step.id)
        is_over, ended = not ages.left(step.seq, late), self._ended(run, step)
        change = self._changes[run.plan.kind]
        observation = await change.observe(plan_step)
        self._final.pop(key, None)
        verdict = by_state(plan_step, observation, change.guarantees, is_over=is_over)
        if verdict is None:
            verdict = await self._traced(run, plan_step, step, observation, ended)
        if verdict.done is not None:
            await self._record(run, plan_step, verdict)
            return
        self._texts[key] = verdict.text or self._texts.get(key, step.text)
        if observation.place is Place.BEFORE and not is_over:
            self._final[key] = ages.final(step.seq, late)

    async def _traced(
        self,
        run: Run,
        plan_step: PlannedStep,
        step: StepRun,
        observation: Observation,
        ended: datetime | None,
    ) -> ChangeVerdict:
        """What CloudTrail tells, which is read once a minute at most, and once it has had its time."""
        if self._trail is None or self._changes[run.plan.kind].transport(plan_step) is not None:
            return unproven(plan_step, observation)
        ages, late, key = self._history.ages, self._late(run, step), (run.id, step.id)
        elapsed, is_listed = self._clock.elapsed(), ended is not None
        read_at, was_listed, trace = self._traces.get(key, (elapsed, False, None))
        is_due = elapsed - read_at >= real(self._clock, EVERY).total_seconds()
        if trace is None or is_due or is_listed is not was_listed:
            mark = self._history.mark(run.id, step.id)
            trace = await self._trail.trace(run.plan, plan_step, mark, ended)
            self._traces[key] = elapsed, is_listed, trace
        is_late = not ages.left(step.seq, late + LISTED_BY.total_seconds())
        return by_trail(plan_step, observation, trace, self._zone, self._clock.now(), is_late=is_late)

    def _ended(self, run: Run, step: StepRun) -> datetime | None:
        """Since when the request can no longer be carried out (UTC), once CloudTrail has had the time to list it."""
        ages, late = self._history.ages, self._late(run, step)
        if self._trail is None or ages.left(step.seq, late + self._trail.delay.total_seconds()):
            return None
        # What it is older than the age says only makes this later than it was.
        over = timedelta(seconds=(ages.age(step.seq) or 0.0) - late) - ages.window
        return self._clock.now() - over

    async def resolve_manually(self, run: Run, step: str, *, done: bool, note: str) -> None:
        """Record an operator's statement on the outcome of an unknown step. Raises JournalError, NotFinal."""
        for plan_step, unknown in _unknown_of(run):
            if unknown.id == step and run.id not in self._history.busy:
                if not done:
                    self._check_final(run, unknown)
                await self._record(run, plan_step, ChangeVerdict(done, note, "said"))

    def _check_final(self, run: Run, step: StepRun) -> None:
        """Raise NotFinal while the request may still take effect, whatever was seen: by then AWS would be changed twice."""
        ages, late = self._history.ages, self._late(run, step)
        if ages.left(step.seq, late):
            raise NotFinal(self._final_text(ages.final(step.seq, late)))

    def _is_young(self, step: StepRun) -> bool:
        age = self._history.ages.age(step.seq)
        return age is None or age < real(self._clock, YOUNG).total_seconds()

    def _late(self, run: Run, step: StepRun) -> float:
        """Seconds after the window's end from which the request has no effect: then the state "before" is
        "not done". A process that was stopped (SIGSTOP) after it signed the request sends it when it
        continues, and so does a network that delays it. AWS accepts it by the time in its signature, which is
        ahead if its machine's clock was."""
        change = self._changes.get(run.plan.kind)
        arrives_within = SIGNATURE_SECONDS if change is None else change.guarantees.arrives_within
        return real(self._clock, arrives_within + self._history.ahead(run.id, step.id)).total_seconds()

    async def _record(self, run: Run, plan_step: PlannedStep, verdict: ChangeVerdict) -> None:
        done, text, how, event = verdict
        answer = self._changes[run.plan.kind].traced(plan_step, event) if event is not None and done else {}
        entry = entries.resolved(
            run.plan,
            plan_step,
            done=bool(done),
            text=text,
            how=how,
            trace=str(event.id) if event else "",
            answer=answer,
        )
        try:
            await self._history.append(entry)
        except AlreadyRecorded:
            await self._history.load()

    def _unknown(self, runs: Iterable[Run]) -> Iterable[Key]:
        return ((run.id, step.id) for run in runs for _plan_step, step in self._open(run))

    def _open(self, run: Run) -> tuple[tuple[PlannedStep, StepRun], ...]:
        if run.plan.kind not in self._changes or run.id in self._history.busy:
            return ()
        return _unknown_of(run)


def _unknown_of(run: Run) -> tuple[tuple[PlannedStep, StepRun], ...]:
    return tuple(
        (plan_step, step)
        for plan_step, step in zip(run.plan.steps, run.steps, strict=True)
        if step.state is StepState.UNKNOWN
    )
