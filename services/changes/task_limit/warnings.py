from collections.abc import Iterator
from datetime import timedelta, tzinfo

from services.changes.base import ChangeContext, warning
from services.changes.ecs_scaling.estimates import aim_text, connections, cpu_of, unmeasured
from services.changes.ecs_scaling.facts import action_text
from services.changes.ecs_scaling.quota import FargateQuota, quota_warning
from services.changes.ecs_scaling.state import ScalingState
from services.changes.task_limit.parameters import LimitParameters
from services.i18n import _
from services.models.changes import Caution
from services.models.date_text import zoned_time
from services.models.ecs import ScalableTarget

FAR = timedelta(days=62)
"""A revert further ahead than this gets a warning: it is more often a wrong year or month than intended."""


def warnings(
    state: ScalingState, values: LimitParameters, context: ChangeContext, quota: FargateQuota
) -> tuple[Caution, ...]:
    assert state.target is not None
    runbook, zone = context.runbook, context.zone
    raising = values.maximum > state.target.maximum
    more = raising or (values.minimum is not None and values.minimum > state.desired)
    return (
        *_started(state, values),
        *(connections(state, values.maximum, runbook) if more else ()),
        *_suspended(state, values),
        *_cpu(state, values, raising=raising),
        *_revert(state, values, raising=raising, zone=zone),
        *_others(state, values, zone),
        *_deployment(state),
        *_unsent(state.target, values),
        warning(_("Terraform or other IaC may restore the old limit when it is applied.")),
        *(quota_warning(quota, values.maximum) if more else ()),
    )


def _started(state: ScalingState, values: LimitParameters) -> Iterator[Caution]:
    if values.minimum is not None and values.minimum > state.desired:
        text = _("Desired is now {desired}: raising the minimum starts tasks up to {minimum} immediately.")
        yield warning(text.format(desired=state.desired, minimum=values.minimum))


def _unsent(target: ScalableTarget, values: LimitParameters) -> Iterator[Caution]:
    if values.minimum is None:
        yield warning(_("Only MaxCapacity is sent; the minimum stays {minimum}.", minimum=target.minimum))
    elif values.maximum == target.maximum:
        yield warning(_("Only MinCapacity is sent; the maximum stays {maximum}.", maximum=target.maximum))


def _suspended(state: ScalingState, values: LimitParameters) -> Iterator[Caution]:
    if state.target is None or not state.target.suspended:
        return
    text = _("Auto Scaling is at least partly suspended: a higher limit alone may not start any tasks.")
    yield warning(text, grave=True)
    if values.way == "aws":
        text = _("While scheduled scaling is suspended, AWS does not revert it either.")
        yield warning(text, grave=True)


def _cpu(state: ScalingState, values: LimitParameters, *, raising: bool) -> Iterator[Caution]:
    """Estimates the current load on the lower limit: the new one, or the one that it is reverted to."""
    assert state.target is not None
    lower = state.target.maximum if raising else values.maximum
    if raising and values.way == "none":
        return
    unknown = unmeasured(state, grave=not raising)
    if unknown is not None:
        yield unknown
        return
    estimate = cpu_of(state, min(state.running, lower))
    over = state.aim is not None and estimate > state.aim
    text = (
        _("If it were reverted to {lower} now, CPU would be about {expected}% (now {cpu}%, target {aim}).")
        if raising
        else _("At a maximum of {lower}, CPU would be about {expected}% (now {cpu}%, target {aim}).")
    )
    text = text.format(
        lower=lower, expected=round(estimate), cpu=round(state.load.cpu or 0.0), aim=aim_text(state)
    )
    yield warning(text, grave=over and not raising)


def _revert(
    state: ScalingState, values: LimitParameters, *, raising: bool, zone: tzinfo
) -> Iterator[Caution]:
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
    when = zoned_time(values.at, zone)
    if values.way == "duty":
        text = _("It is not reverted automatically: on {when} a duty asks a person to revert it.")
        yield warning(text.format(when=when))
    elif raising:
        text = _("On {when} AWS stops the tasks above {before} immediately, whatever the load is then.")
        yield warning(text.format(when=when, before=state.target.maximum))


def _others(state: ScalingState, values: LimitParameters, zone: tzinfo) -> Iterator[Caution]:
    for action in state.actions:
        text = _("A scheduled action already exists: {name}, {what}.")
        cuts = action.maximum is not None and action.maximum < values.maximum
        yield warning(text.format(name=action.name, what=action_text(action, zone)), grave=cuts)


def _deployment(state: ScalingState) -> Iterator[Caution]:
    if state.deploying:
        yield warning(_("A deployment is in progress: no tasks are scaled in until it ends."))
