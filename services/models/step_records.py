"""How the steps of an incident stand: by the marks that people set, and by what they did without setting one.
Pure. A recorded decision carries out the step that decides, a call to a role the step that tells it, a change
that ended well the step that plans it; a judged recovery, or the time limit in an incident that was closed
after it, ends the step that waits. A mark that somebody sets afterwards prevails."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from services.i18n import _
from services.models.change_runs import Run, StepState
from services.models.incidents import Incident, StepKind, StepMark, StepRecord
from services.models.runbook_playbooks import Playbook, Step
from services.models.state_words import ENDS, REQUESTS
from services.models.watches import WatchState

_MOST = 1_000_000  # Minutes: two years


def playbook_of(incident: Incident, books: Iterable[Playbook]) -> Playbook | None:
    book = next((book for book in books if book.id == incident.playbook), None)
    if not incident.own_steps or (book is not None and book.steps):
        return book
    look = "dashboard" if incident.is_without_alarm else str(incident.target)
    steps = tuple(Step(text=step, look=look) for step in incident.own_steps)
    return (book or Playbook(id="own-steps", title=incident.title)).model_copy(update={"steps": steps})


def step_records(
    incident: Incident, playbook: Playbook | None, runs: Iterable[Run] = ()
) -> tuple[StepRecord, ...]:
    records = {record.index: record for record in incident.steps}
    for record in (*_acts(incident, playbook), *_changed(incident, playbook, runs)):
        newest = records.get(record.index)
        if newest is None or newest.at < record.at:
            records[record.index] = record
    return tuple(records[index] for index in sorted(records))


def open_steps(incident: Incident, playbook: Playbook | None) -> Iterator[Step]:
    records = step_records(incident, playbook)
    handled = {record.index for record in records if record.mark is not StepMark.TODO}
    steps = playbook.steps if playbook is not None else ()
    return (step for index, step in enumerate(steps) if index not in handled)


def _acts(incident: Incident, playbook: Playbook | None) -> Iterator[StepRecord]:
    for index, step in enumerate(playbook.steps if playbook is not None else ()):
        decision = incident.decision
        if step.kind is StepKind.DECIDE and decision is not None:
            yield StepRecord(
                index=index, mark=StepMark.DONE, at=decision.at, by=decision.by, note=decision.title
            )
        if step.kind is StepKind.WAIT and playbook is not None:
            yield from _waited(incident, playbook, index)
        if step.kind is StepKind.TELL and playbook is not None:
            yield from _calls(incident, playbook, step, index)


def _waited(incident: Incident, playbook: Playbook, index: int) -> Iterator[StepRecord]:
    at, note = incident.recovered_at, _("recovery was judged")
    if at is None and playbook.wait_minutes is not None:
        at, note = due_at(incident.trouble_since, playbook.wait_minutes), _("it had not recovered by then")
        at = at if incident.closed_at is not None and at <= incident.closed_at else None
    if at is not None:
        yield StepRecord(index=index, mark=StepMark.DONE, at=at, by=_("the console"), note=note)


def due_at(starts: datetime, minutes: int) -> datetime:
    """When a clock of so many minutes runs out; a runbook may name more minutes than there are dates for."""
    return starts + timedelta(minutes=min(minutes, _MOST))


def _calls(incident: Incident, playbook: Playbook, step: Step, index: int) -> Iterator[StepRecord]:
    roles = step.versions("to") if step.original("to") else playbook.versions("escalate_to")
    contact = next((each for each in incident.contacted if each.role in roles), None)
    if contact is not None:
        yield StepRecord(
            index=index, mark=StepMark.DONE, at=contact.at, by=contact.by, note=str(contact.channel)
        )


def _changed(incident: Incident, playbook: Playbook | None, runs: Iterable[Run]) -> Iterator[StepRecord]:
    for run, mark in changes_sent(incident, runs):
        note = str(run.plan.title)
        if mark is StepMark.TODO:
            note = _("{title} ({more})", title=note, more=outcome_text(run))
        for index, step in enumerate(playbook.steps if playbook is not None else ()):
            if step.look == run.plan.kind:
                yield StepRecord(index=index, mark=mark, at=run.at, by=run.by, note=note)


def changes_sent(incident: Incident, runs: Iterable[Run]) -> list[tuple[Run, StepMark]]:
    within = (run for run in runs if incident.since <= run.at <= (incident.closed_at or run.at))
    return [(run, mark) for run in sorted(within, key=lambda run: run.at) if (mark := change_mark(run))]


def change_mark(run: Run) -> StepMark | None:
    """How a step stands by its change: to be done again if that failed; None: nothing was sent."""
    if all(step.state in (StepState.WAITING, StepState.REFUSED) for step in run.steps):
        return None
    if run.watching or run.state in (StepState.WAITING, StepState.SENDING):
        return StepMark.RUNNING
    if run.has_ended_well:
        return StepMark.DONE
    gave_up = run.progress is not None and run.progress.state is WatchState.GAVE_UP
    return StepMark.UNKNOWN if gave_up or run.state is StepState.UNKNOWN else StepMark.TODO


def outcome_text(run: Run) -> str:
    if run.progress is not None and run.progress.state is not WatchState.RUNNING:
        return _(ENDS[run.progress.state][1])
    return _("partly done") if run.partly_done else _(REQUESTS[run.state][1])
