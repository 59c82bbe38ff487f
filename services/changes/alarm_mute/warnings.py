"""What forbids a mute, and what to know before one. Pure."""

from collections.abc import Iterator

from services.changes.alarm_mute.parameters import Parameters
from services.changes.alarm_mute.state import MuteState
from services.changes.base import ChangeContext, warning
from services.i18n import _
from services.models.alarms import Alarm
from services.models.changes import Caution, ChangeTarget
from services.models.date_text import zoned_time
from services.models.text import clean

MOST = 100
"""Maximum alarms of one rule."""


def refusals(
    context: ChangeContext, target: ChangeTarget, values: Parameters, state: MuteState
) -> Iterator[str]:
    """Why the alarms must not be muted or unmuted, each with what to do instead."""
    if values.action == "unmute":
        yield from _nothing_to_unmute(target, state)
        return
    names = dict.fromkeys((str(target.id), *values.also))
    if len(names) > MOST:
        text = _("A mute rule holds at most {most} alarms, not {count}: mute them in several plans.")
        yield text.format(most=MOST, count=len(names))
    expected = {str(alarm.name) for alarm in context.runbook.alarms}
    for name in names:
        alarm = state.alarm(name)
        if name not in expected:
            text = _("The runbook names no alarm {name}: mute it in CloudWatch, or add it to the runbook.")
            yield text.format(name=clean(name))
        elif alarm is None:
            yield _("CloudWatch has no alarm {name}: a rule for it would mute nothing.").format(
                name=clean(name)
            )
        elif alarm.scaling_actions:
            text = _(
                "{name} drives Auto Scaling ({policy}), which a mute would stop too. Give its notification an alarm of "
                "its own, and mute that one."
            )
            policy = clean(alarm.scaling_actions[0].rpartition("policyName/")[2])
            yield text.format(name=alarm.name, policy=policy)


def _nothing_to_unmute(target: ChangeTarget, state: MuteState) -> Iterator[str]:
    if state.own:
        return
    if state.foreign:
        text = _(
            "{name} is muted by {rules}, which this console did not create: ask whoever did, before it is deleted in "
            "CloudWatch."
        )
        rules = _(", ").join(rule.name for rule in state.foreign)
        yield text.format(name=target.title, rules=rules)
    else:
        yield _("Nothing to change: {name} is not muted.").format(name=target.title)


def warnings(
    context: ChangeContext, target: ChangeTarget, values: Parameters, state: MuteState
) -> Iterator[Caution]:
    if values.action == "unmute":
        yield from _unmute(target, state)
        return
    names = (str(target.id), *values.also)
    yield warning(
        _("While it is muted, nobody is told when the alarm fires; it still changes its state."), grave=True
    )
    yield from _end(state, names)
    for name in names:
        yield from _rest_of(state, name)
    for rule in state.rules:
        until = zoned_time(rule.until, context.zone) if rule.until else "—"
        text = _("The rule {rule} mutes it already, until {until}; it is left as it is.")
        yield warning(text.format(rule=rule.name, until=until))
    if values.window is not None:
        text = _("The mute begins at {start}, once this plan has expired; until then the alarm notifies.")
        yield warning(text.format(start=zoned_time(values.window.start, context.zone)))


def _end(state: MuteState, names: tuple[str, ...]) -> Iterator[Caution]:
    firing = state.firing(names)
    if firing:
        text = _(
            "When the mute ends, AWS at once runs the actions of alarms in ALARM. Now in ALARM: {alarms}."
        )
        yield warning(text.format(alarms=_listed(firing)), grave=True)
    else:
        text = _("When the mute ends, AWS at once runs the actions of the alarms that are in ALARM then.")
        yield warning(text, grave=True)


def _rest_of(state: MuteState, name: str) -> Iterator[Caution]:
    alarm = state.alarm(name)
    if alarm is None:
        return
    if alarm.actions_enabled is False:
        yield warning(_("The actions of {name} are disabled already.").format(name=alarm.name))
    others = [arn for arn in alarm.alarm_actions if ":sns:" not in arn]
    if others:
        text = _("Its actions do more than notify, and a mute stops all of them: {actions}.")
        yield warning(text.format(actions=_(", ").join(map(clean, others))), grave=True)
    speaking = [each for each in state.composites(name) if each.has_actions and each.actions_enabled]
    if speaking:
        text = _("{composites} names {name} in its rule, and still notifies.")
        yield warning(text.format(composites=_listed(speaking), name=alarm.name))


def _unmute(target: ChangeTarget, state: MuteState) -> Iterator[Caution]:
    for rule in state.own:
        firing = state.firing(rule.alarms)
        if firing and rule.status == "ACTIVE":
            yield warning(fires_text(firing), grave=True)
        others = [clean(name) for name in rule.alarms if name != target.id]
        if others:
            text = _("The rule {rule} also mutes {alarms}; they are unmuted with it.")
            yield warning(text.format(rule=rule.name, alarms=_(", ").join(others)))
    for rule in state.foreign:
        text = _("The rule {rule}, which this console did not create, goes on muting it.")
        yield warning(text.format(rule=rule.name), grave=True)


def fires_text(firing: tuple[Alarm, ...]) -> str:
    """`rds-cpu-high is in ALARM: unmuting runs its actions at once.`"""
    return _("In ALARM now: {alarms}. Unmuting runs their actions at once.").format(alarms=_listed(firing))


def _listed(alarms: tuple[Alarm, ...] | list[Alarm]) -> str:
    return _(", ").join(str(alarm.name) for alarm in alarms)
