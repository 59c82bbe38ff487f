from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.ecs_scaling.estimates import aim_text, connections, cpu_of, unmeasured
from services.changes.ecs_scaling.facts import action_text, reason_words
from services.changes.ecs_scaling.quota import FargateQuota, quota_warning
from services.changes.ecs_scaling.state import ScalingState
from services.changes.registry import kind_named
from services.i18n import _
from services.models.changes import Caution
from services.models.ecs import ScalingPolicy
from services.models.runbook import Runbook

SCALES_IN = 0.9  # Part of a CPU target below which AWS's own alarm of target tracking scales in ("AlarmLow")
IDLE = 0.5  # Part of a CPU target below which no usual rise of the load keeps a count


def warnings(
    state: ScalingState, count: int, runbook: Runbook, quota: FargateQuota, zone: tzinfo
) -> Iterator[Caution]:
    raising = count > state.desired
    if not count:
        yield warning(_("With 0 tasks the service answers no request."), grave=True)
    yield from _cpu(state, count)
    if raising:
        yield from connections(state, count, runbook)
        yield from quota_warning(quota, count)
    yield from _scaling(state, count)
    for action in state.actions:
        text = _("A scheduled action may change it: {name}, {what}.")
        yield warning(text.format(name=action.name, what=action_text(action, zone)))
    yield from _not_scaled(state)
    if state.deploying:
        text = _(
            "A deployment is in progress: the new count applies to it, and more tasks run until it ends."
        )
        yield warning(text)
    yield warning(_("Terraform or other IaC may restore the old count when it is applied."))


def _cpu(state: ScalingState, count: int) -> Iterator[Caution]:
    if not 0 < count < state.desired:
        return
    unknown = unmeasured(state, grave=True)
    if unknown is not None:
        yield unknown
        return
    estimate = cpu_of(state, count)
    text = _("With {count} tasks, CPU would be about {expected}% (now {cpu}%, target {aim}).")
    text = text.format(
        count=count, expected=round(estimate), cpu=round(state.load.cpu or 0.0), aim=aim_text(state)
    )
    yield warning(text, grave=state.aim is not None and estimate > state.aim)


def _scaling(state: ScalingState, count: int) -> Iterator[Caution]:
    if state.target is None:
        yield warning(
            _("Auto Scaling is not configured for this service: the count stays until it is changed.")
        )
        return
    raising = count > state.desired
    process = "DynamicScalingIn" if raising else "DynamicScalingOut"
    suspensions = state.target.suspensions
    if suspensions is not None and process in suspensions:
        text = (
            _("Scaling in is suspended: nothing lowers the count again.")
            if raising
            else _("Scaling out is suspended: nothing raises the count again.")
        )
        yield warning(text)
        return
    for policy in state.policies:
        if not policy.triggered or not (policy.scales_in or not raising):
            continue
        is_soon = raising and is_idle(state, policy, count)
        yield _undone_soon(state, policy, count) if is_soon else _undone(policy, raising)


def is_idle(state: ScalingState, policy: ScalingPolicy, count: int) -> bool:
    cpu, target = state.load.cpu, policy.target
    if cpu is None or target is None or "CPU" not in policy.metric:
        return False
    return cpu < target * SCALES_IN and cpu_of(state, count) < target * IDLE


def _undone_soon(state: ScalingState, policy: ScalingPolicy, count: int) -> Caution:
    text = _(
        "The policy {name} will undo it within minutes: CPU would be about {cpu}%, far below the target of {target}%. To "
        "keep the count, raise the minimum in “{title}”."
    )
    title, target = _(kind_named("task-limit").title), f"{policy.target:g}"
    cpu = round(cpu_of(state, count))
    return warning(text.format(name=policy.name, cpu=cpu, target=target, title=title), grave=True)


def _undone(policy: ScalingPolicy, raising: bool) -> Caution:
    text = (
        _("The policy {name} may undo it: it lowers the count again once the load is low.")
        if raising
        else _("The policy {name} may undo it: it raises the count again once the load is high.")
    )
    return warning(text.format(name=policy.name))


def _not_scaled(state: ScalingState) -> Iterator[Caution]:
    last = state.not_scaled
    if last is not None:
        text = _("Auto Scaling last refused to scale because: {reason}.")
        yield warning(text.format(reason=reason_words(last.not_scaled)))
