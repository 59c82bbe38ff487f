from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import TypedDict

from pydantic import TypeAdapter, ValidationError

from services.changes.ages import Aging
from services.i18n import _
from services.models.approvals import Consent
from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import Plan
from services.models.journal import Entry, EntryKind
from services.models.text import clean
from services.models.watches import Progress, WatchState

_FINAL = frozenset({StepState.DONE, StepState.FAILED, StepState.REFUSED})


def runs_from(entries: Iterable[Entry]) -> tuple[Run, ...]:
    """The runs of `entries` (oldest first), newest first; entries of other kinds are ignored."""
    by_plan: dict[str, list[Entry]] = {}
    for entry in entries:
        by_plan.setdefault(entry.subject, []).append(entry)
    runs = (run_of(group) for group in by_plan.values())
    return newest_first(run for run in runs if run is not None)


def newest_first(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=lambda run: run.seq, reverse=True))


def run_of(entries: Iterable[Entry]) -> Run | None:
    """One plan's run from its entries, oldest first; None if no entry has a readable plan."""
    entries = tuple(entries)
    first = next((entry for entry in entries if entry.kind is EntryKind.PLAN), None)
    if first is None:
        return _refused(entries)
    plan = plan_in(first)
    if plan is None:
        return None
    steps = {step.id: (0, StepRun(id=step.id, state=StepState.WAITING)) for step in plan.steps}
    for entry in entries:
        step = str(entry.data.get("step", ""))
        if step in steps:
            steps[step] = _after(*steps[step], entry)
    return Run(
        plan=plan,
        by=first.person.name,
        at=first.at,
        steps=tuple(steps[step.id][1] for step in plan.steps),
        seq=first.seq,
        consents=_consents(first),
        **_watched(entries),
    )


def _consents(entry: Entry) -> tuple[Consent, ...]:
    consents = entry.data.get("consents")
    try:
        return _CONSENTS.validate_python(consents) if isinstance(consents, list) else ()
    except ValidationError:
        return ()


_CONSENTS = TypeAdapter(tuple[Consent, ...])


class _End(TypedDict, total=False):
    progress: Progress
    watched_seq: int


def _watched(entries: tuple[Entry, ...]) -> _End:
    """The end of the watch; the first entry counts."""
    entry = next((entry for entry in entries if entry.kind is EntryKind.WATCHED), None)
    if entry is None:
        return {}
    try:
        state = WatchState(str(entry.data.get("state")))
    except ValueError:
        state = WatchState.GAVE_UP
    measured = entry.data.get("measured")
    progress = Progress(
        state=state,
        text=str(entry.data.get("text", "")),
        at=entry.at,
        measured={str(name): value for name, value in measured.items()} if isinstance(measured, dict) else {},
    )
    return {"progress": progress, "watched_seq": entry.seq}


def _refused(entries: tuple[Entry, ...]) -> Run | None:
    last = next((entry for entry in reversed(entries) if entry.kind is EntryKind.REFUSED), None)
    plan = plan_in(last) if last else None
    if last is None or plan is None:
        return None
    why = str(last.data.get("why", "")) or last.text
    waiting = tuple(StepRun(id=step.id, state=StepState.WAITING) for step in plan.steps)
    return Run(plan=plan, by=last.person.name, at=last.at, steps=waiting, seq=last.seq, refusal=why)


def plan_in(entry: Entry) -> Plan | None:
    """The plan that an entry has; None if it cannot be read."""
    try:
        return Plan.model_validate(entry.data.get("plan"))
    except ValidationError:
        return None


# AWS's answer outweighs what was read later, and that outweighs "unknown", in whatever order two consoles
# write them. "Refused" means that there was no intent; where the journal has one nevertheless (it stored the
# entry but reported a failure), the request may have been sent.
_REFUSED, _SENDING, _UNKNOWN, _RESOLVED, _ANSWERED = range(5)


def _after(rank: int, step: StepRun, entry: Entry) -> tuple[int, StepRun]:
    news = _step_update(entry)
    if news is None or news[0] < rank:
        return rank, step
    weight, state, text, verified = news
    answer, request = step.answer or _answer(entry), step.request or str(entry.data.get("request") or "")
    if state is step.state:  # a second reading: the time stays that of the first
        better = {"text": text, "verified": verified} if verified is not None else {}
        return weight, step.model_copy(update={**better, "answer": answer, "request": request})
    return weight, StepRun(
        id=step.id,
        state=state,
        at=entry.at,
        text=text,
        verified=verified,
        observed=weight == _RESOLVED,
        seq=entry.seq,
        answer=answer,
        request=request,
    )


def _answer(entry: Entry) -> dict[str, str]:
    answer = entry.data.get("answer")
    return (
        {clean(name): clean(str(text)) for name, text in answer.items()} if isinstance(answer, dict) else {}
    )


def _step_update(entry: Entry) -> tuple[int, StepState, str, bool | None] | None:
    """(weight, state, text, verified) that an entry assigns to its step; None if it assigns nothing."""
    data = entry.data
    if entry.kind is EntryKind.INTENT:
        return _SENDING, StepState.SENDING, "", None
    if entry.kind is EntryKind.REFUSED:
        return _REFUSED, StepState.REFUSED, str(data.get("why", "")), None
    if entry.kind not in (EntryKind.OUTCOME, EntryKind.RESOLVED):
        return None
    try:
        state = StepState(str(data.get("state")))
    except ValueError:
        return None
    text, verified = str(data.get("text", "")), data.get("verified")
    if entry.kind is EntryKind.RESOLVED:
        is_shown = data.get("how") == "read" and not data.get("trace") and state is StepState.DONE
        return _RESOLVED, state, text, True if is_shown else None
    if state not in _FINAL:
        return _UNKNOWN, StepState.UNKNOWN, text, None
    return _ANSWERED, state, text, verified if isinstance(verified, bool) else None


def aged(run: Run, ages: Aging, ours: Collection[str] = ()) -> Run:
    """The run's current state; runs in `ours` (plan ids) are being applied here and are not changed. Until
    its time expires, a step counts as in progress in another console (`StepRun.until`). Afterwards an intent
    without outcome is UNKNOWN, and a step without an intent will not be sent."""
    if run.refusal or run.id in ours:
        return run
    steps = tuple(_aged(step, ages, last, turn=turn) for step, last, turn in _in_turn(run, ages))
    return run if steps == run.steps else run.model_copy(update={"steps": steps})


def _in_turn(run: Run, ages: Aging) -> Iterator[tuple[StepRun, int, bool]]:
    """For each step: (step, the newest entry up to it, whether all steps before it are done)."""
    last, turn = run.seq, True
    for step in run.steps:
        last = ages.younger(last, step.seq)
        yield step, last, turn
        turn = turn and step.state is StepState.DONE


def _aged(step: StepRun, ages: Aging, last: int, *, turn: bool) -> StepRun:
    """The step's current state; it is in progress nowhere once `last` is old enough; `turn`: earlier steps are done."""
    if step.state not in (StepState.SENDING, StepState.WAITING):
        return step
    if ages.remaining(last):
        return step.model_copy(update={"until": ages.until(last)}) if turn else step
    if step.state is StepState.SENDING:
        text = _("The console that sent it stopped, or lost the journal, before it recorded the outcome.")
        return step.model_copy(update={"state": StepState.UNKNOWN, "text": text})
    if turn:
        text = _(
            "It was not started: the console stopped, or it was not known in time that the previous step "
            "was done."
        )
        return step.model_copy(update={"state": StepState.REFUSED, "text": text})
    return step


def next_ageing(runs: Iterable[Run], ages: Aging) -> timedelta | None:
    """Time until `aged` next changes a run; None: never."""
    times = (
        ages.remaining(last)
        for run in runs
        if not run.refusal
        for step, last, _turn in _in_turn(run, ages)
        if step.state in (StepState.SENDING, StepState.WAITING)
    )
    return min((time for time in times if time), default=None)
