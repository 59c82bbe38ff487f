"""Warnings before changing the task limit. Pure."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from services.changes.base import warning
from services.changes.task_limit.facts import action_text
from services.changes.task_limit.parameters import Parameters
from services.changes.task_limit.state import ScalingState
from services.i18n import _, plural
from services.models.changes import Caution
from services.models.date_text import zoned_time
from services.models.runbook import Runbook

FAR = timedelta(days=62)
"""A revert further ahead than this gets a warning: it is more often a wrong year or month than intended."""


def warnings(state: ScalingState, values: Parameters, runbook: Runbook, zone: tzinfo) -> tuple[Caution, ...]:
    """All warnings for `values`."""
    assert state.target is not None
    raising = values.maximum > state.target.maximum
    minimum = _("Only MaxCapacity is sent; the minimum stays {minimum}.")
    return (
        *_stopped(state, values),
        *(_connections(state, values, runbook) if raising else ()),
        *_suspended(state, values),
        *_cpu(state, values, raising=raising),
        *_revert(state, values, raising=raising, zone=zone),
        *_others(state, values, zone),
        *_deployment(state),
        warning(minimum.format(minimum=state.target.minimum)),
        warning(_("Terraform or other IaC may restore the old limit when it is applied.")),
        *([warning(_("The Fargate quota of the account is not checked."))] if raising else ()),
    )


def stopped_text(count: int) -> str:
    """`3 tasks are stopped at once`."""
    return plural(
        "{count} task is stopped immediately", "{count} tasks are stopped immediately", count
    ).format(count=count)


def _stopped(state: ScalingState, values: Parameters) -> Iterator[Caution]:
    count = state.stopped(values.maximum)
    if count:
        text = _("Desired is {desired}: lowering the maximum stops the tasks above {maximum} immediately.")
        yield warning(text.format(desired=state.desired, maximum=values.maximum), grave=True)


def _connections(state: ScalingState, values: Parameters, runbook: Runbook) -> Iterator[Caution]:
    """Compares tasks × connections per task with the runbook's limit."""
    limit = runbook.limit_for("AWS/RDS", "DatabaseConnections")
    if runbook.rds is None or limit is None or limit.below is None:
        return
    per_task = runbook.ecs.connections_per_task if runbook.ecs else None
    if per_task is not None:
        how = _("{each} per task according to the runbook").format(each=per_task)
        estimate = float(per_task * values.maximum)
    elif state.load.connections is not None and state.running > 0:
        how = _("{connections} now with {running} running").format(
            connections=round(state.load.connections), running=state.running
        )
        estimate = state.load.connections / state.running * values.maximum
    else:
        text = _(
            "The database connections could not be measured: check that a maximum of {maximum} keeps them below {limit}."
        )
        yield warning(text.format(maximum=values.maximum, limit=f"{limit.below:g}"), grave=True)
        return
    over = estimate >= limit.below
    text = (
        _(
            "Database connections: {how}, so a maximum of {maximum} would use about {expected}; they must stay below {limit}. That is too many."
        )
        if over
        else _(
            "Database connections: {how}, so a maximum of {maximum} would use about {expected}; they must stay below {limit}."
        )
    )
    text = text.format(how=how, maximum=values.maximum, expected=round(estimate), limit=f"{limit.below:g}")
    yield warning(text, grave=over)


def _suspended(state: ScalingState, values: Parameters) -> Iterator[Caution]:
    if state.target is None or not state.target.suspended:
        return
    text = _("Auto Scaling is at least partly suspended: a higher limit alone may not start any tasks.")
    yield warning(text, grave=True)
    if values.way == "aws":
        text = _("While scheduled scaling is suspended, AWS does not revert it either.")
        yield warning(text, grave=True)


def _cpu(state: ScalingState, values: Parameters, *, raising: bool) -> Iterator[Caution]:
    """Estimates the current load on the lower limit: the new one, or the one that it is reverted to."""
    assert state.target is not None
    lower = state.target.maximum if raising else values.maximum
    if raising and values.way == "none":
        return
    if state.load.cpu is None:
        yield warning(_("The CPU load could not be measured."), grave=not raising)
        return
    if state.running != state.desired:
        text = _(
            "Tasks are starting or stopping (desired {desired}, running {running}): CPU cannot be estimated."
        )
        yield warning(text.format(desired=state.desired, running=state.running), grave=not raising)
        return
    tasks = min(state.running, lower) or 1
    estimate = state.load.cpu * state.running / tasks
    over = state.aim is not None and estimate > state.aim
    aim = "—" if state.aim is None else f"{state.aim:g} %"
    text = (
        _("If it were reverted to {lower} now, CPU would be about {expected} % (now {cpu} %, target {aim}).")
        if raising
        else _("At a maximum of {lower}, CPU would be about {expected} % (now {cpu} %, target {aim}).")
    )
    text = text.format(lower=lower, expected=round(estimate), cpu=round(state.load.cpu), aim=aim)
    yield warning(text, grave=over and not raising)


def _revert(state: ScalingState, values: Parameters, *, raising: bool, zone: tzinfo) -> Iterator[Caution]:
    assert state.target is not None
    if values.at is None:
        return
    if raising and values.at - state.at > FAR:
        text = _(
            "The revert is {days} days away ({when}): check the date. A raised limit may cost more until "
            "then."
        )
        when = zoned_time(values.at, zone)
        yield warning(text.format(days=(values.at - state.at).days, when=when), grave=True)
    when, before = zoned_time(values.at, zone), state.target.maximum
    if values.way == "duty":
        text = _("It is not reverted automatically: on {when} a duty asks a person to revert it.")
        yield warning(text.format(when=when))
    elif raising:
        text = _("On {when} AWS stops the tasks above {before} immediately, whatever the load is then.")
        yield warning(text.format(when=when, before=before))


def _others(state: ScalingState, values: Parameters, zone: tzinfo) -> Iterator[Caution]:
    for action in state.actions:
        text = _("A scheduled action already exists: {name}, {what}.")
        cuts = action.maximum is not None and action.maximum < values.maximum
        yield warning(text.format(name=action.name, what=action_text(action, zone)), grave=cuts)


def _deployment(state: ScalingState) -> Iterator[Caution]:
    if state.deploying:
        yield warning(_("A deployment is in progress: no tasks are scaled in until it ends."))
    else:
        yield warning(_("While a deployment runs, no task is scaled in."))
