from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.changes.ecs_scaling.state import ScalingState
from services.i18n import _, plural
from services.models.aws_codes import NOT_SCALED, word_of
from services.models.changes import Fact
from services.models.date_text import time_text, with_zone, zoned_time
from services.models.ecs import ScalingActivity, ScalingPolicy, ScheduledAction


def facts(state: ScalingState, ours: str, zone: tzinfo) -> tuple[Fact, ...]:
    return (*_bounds(state), *_actions(state, ours, zone), *_counts(state), *_scaling(state, zone))


def _bounds(state: ScalingState) -> Iterator[Fact]:
    if state.target is None:
        yield Fact(name=_("Maximum"), value="—", note=_("Auto Scaling is not configured"))
        return
    yield Fact(name=_("Maximum"), value=state.target.maximum)
    yield Fact(name=_("Minimum"), value=state.target.minimum)


def _counts(state: ScalingState) -> Iterator[Fact]:
    if state.service is None:
        yield Fact(name=_("Desired"), value="—", note=_("ECS has no such service"))
        return
    yield Fact(name=_("Desired"), value=state.desired)
    yield Fact(name=_("Running"), value=state.running)
    yield Fact(name=_("Pending"), value=state.service.pending)


def _scaling(state: ScalingState, zone: tzinfo) -> Iterator[Fact]:
    if state.target is not None:
        value = _("suspended") if state.target.suspended else _("active")
        yield Fact(name=_("Auto Scaling"), value=value)
    for policy in state.policies:
        yield Fact(name=_("Scaling policy"), value=policy.name, note=_policy_text(policy))
    if not state.policies:
        yield Fact(name=_("Scaling policy"), value=_("none"))
    last = state.not_scaled
    if last is not None and not _is_newest(state, last):
        note = _time(last.at, state, zone)
        yield Fact(name=_("Last refused scaling"), value=reason_words(last.not_scaled), note=note)


def _is_newest(state: ScalingState, activity: ScalingActivity) -> bool:
    """Whether nothing was scaled since, so that a remark tells it."""
    return state.activities[0] is activity


def _time(at: datetime, state: ScalingState, zone: tzinfo) -> str:
    """`09:07 JST` on the day of the read, with the date on other days."""
    return with_zone(time_text(at, zone, state.at), at, zone)


def _policy_text(policy: ScalingPolicy) -> str:
    if policy.target is None:
        return policy.kind
    if "CPU" in policy.metric:
        return _("keeps CPU at {target}%", target=f"{policy.target:g}")
    return f"{policy.metric} {policy.target:g}"


def _actions(state: ScalingState, ours: str, zone: tzinfo) -> Iterator[Fact]:
    if not state.actions:
        yield Fact(name=_("Scheduled actions"), value=_("none"))
    for action in state.actions:
        whose = _("by this console") if action.id.startswith(ours) else _("by someone else")
        yield Fact(
            name=_("Scheduled action"),
            value=action.name,
            note=_(", ").join((action_text(action, zone), whose)),
        )


def action_text(action: ScheduledAction, zone: tzinfo) -> str:
    """When AWS runs the action and what it sets: `2026-12-01 17:00 JST: maximum 5`."""
    when = zoned_time(action.at, zone) if action.at else f"{action.schedule} {action.timezone}"
    return f"{when}: {capacities_text(action.minimum, action.maximum)}"


def capacities_text(minimum: int | None, maximum: int | None) -> str:
    """`minimum 2, maximum 5`; a bound that is None is left out."""
    bounds = []
    if minimum is not None:
        bounds.append(_("minimum {minimum}", minimum=minimum))
    if maximum is not None:
        bounds.append(_("maximum {maximum}", maximum=maximum))
    return _(", ").join(bounds)


def remarks(state: ScalingState, zone: tzinfo) -> Iterator[str]:
    if not state.active:
        yield _("ECS has no such active service.")
        return
    if state.target is None:
        yield _("Auto Scaling is not configured for this service; there is no limit to change.")
        return
    if state.desired >= state.target.maximum:
        yield _("It is at its maximum: {desired} desired, maximum {maximum}.").format(
            desired=state.desired, maximum=state.target.maximum
        )
    if state.target.suspended:
        yield _("Auto Scaling is at least partly suspended: a higher limit alone may not start any tasks.")
    if state.deploying:
        yield _("A deployment is in progress: no tasks are scaled in until it ends.")
    last = state.not_scaled
    if last is not None and _is_newest(state, last):
        text = _("Auto Scaling did not scale at {when}: {reason}.")
        yield text.format(when=_time(last.at, state, zone), reason=reason_words(last.not_scaled))


def reason_words(codes: tuple[str, ...]) -> str:
    return _(", ").join(word_of(NOT_SCALED, code) for code in codes)


def stopped_text(count: int) -> str:
    """`now 3 tasks are stopped at once`: Auto Scaling may move their number until the request is sent."""
    return plural(
        "now {count} task is stopped immediately", "now {count} tasks are stopped immediately", count
    ).format(count=count)
