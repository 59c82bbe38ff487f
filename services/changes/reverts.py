from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta, tzinfo

from services.changes.base import REVERT_PARAMETERS
from services.i18n import _
from services.models.change_runs import Run, StepState
from services.models.changes import Revert
from services.models.date_text import day_text
from services.models.duties import ScheduledOccurrence

LATE = timedelta(minutes=30)


def reverts(runs: Iterable[Run], zone: tzinfo) -> tuple[ScheduledOccurrence, ...]:
    return _by_time(_slot(run, revert, zone) for run, revert, later in _planned(runs) if later is None)


def reverts_made(
    runs: Iterable[Run], zone: tzinfo, signed: Callable[[str], bool]
) -> tuple[ScheduledOccurrence, ...]:
    """The reverts of past days that a later change has made since, by time; `runs` is ordered newest first.
    They took place: `signed` says so of their key, or they were still to be made when their day ended."""
    slots: list[ScheduledOccurrence] = []
    for run, revert, later in _planned(runs):
        if later is None:
            continue
        slot, at = _slot(run, revert, zone), later.steps[0].at or later.at
        if signed(slot.key):
            slots.append(slot)
        elif at.astimezone(zone).date() > slot.day:
            remark = _("Nobody signed it off; a later change has reverted it.")
            slots.append(replace(slot, missed_at=at, remark=remark))
    return _by_time(slots)


def _by_time(slots: Iterable[ScheduledOccurrence]) -> tuple[ScheduledOccurrence, ...]:
    return tuple(sorted(slots, key=lambda slot: (slot.due_at, slot.key)))


def _planned(runs: Iterable[Run]) -> Iterator[tuple[Run, Revert, Run | None]]:
    newer: list[Run] = []
    for run in runs:
        if not run.steps or run.steps[0].state is not StepState.DONE:
            continue
        revert = run.plan.revert
        if revert is not None:
            yield (
                run,
                revert,
                next((later for later in reversed(newer) if _restores(later, run, revert)), None),
            )
        newer.append(run)


def _restores(later: Run, run: Run, revert: Revert) -> bool:
    of = (revert.kind or run.plan.kind, revert.target or run.plan.target.id)
    if (later.plan.kind, later.plan.target.id) != of:
        return False
    if revert.kind:
        # A request that AWS accepted and did not carry out reverts nothing.
        return later.watching or later.has_ended_well
    before = run.plan.steps[0].before
    if before and later.plan.steps[0].before == before:
        return True
    return all(
        later.plan.wish.get(name) == value
        for name, value in revert.values.items()
        if name not in REVERT_PARAMETERS
    )


def _slot(run: Run, revert: Revert, zone: tzinfo) -> ScheduledOccurrence:
    day = revert.at.astimezone(zone).date()
    return ScheduledOccurrence(
        key=f"revert@{run.id}",
        duty="",
        title=revert.title,
        nominal=(day,),
        day=day,
        until=day,
        due_at=revert.at,
        late_at=revert.at + LATE,
        missed_at=None,
        timed=True,
        remark=_remark(run, revert, zone),
    )


def _remark(run: Run, revert: Revert, zone: tzinfo) -> str:
    if revert.way == "duty":
        return _("To be reverted by hand; changed on {day} by {name}.").format(
            day=day_text(run.at.astimezone(zone).date(), revert.at.astimezone(zone).date()), name=run.by
        )
    # The last step schedules the revert, or is the whole change: a mute is created with its end.
    state = run.steps[-1].state
    if state is StepState.DONE:
        return _("AWS reverts it automatically: check that it did.")
    if state in (StepState.UNKNOWN, StepState.SENDING):
        return _("It is not known whether AWS will revert it: check, and revert it by hand if not.")
    return _("AWS will NOT revert it: that step was not carried out. Revert it by hand.")
