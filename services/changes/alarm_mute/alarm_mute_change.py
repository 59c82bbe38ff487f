"""Muting and unmuting an alarm with a rule of the console's own, which has an end and a reason. Actions are
never disabled: that has no end and tells nobody why. Source: PutAlarmMuteRule, DeleteAlarmMuteRule,
GetAlarmMuteRule (Amazon CloudWatch API reference)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from services.aws.cloudwatch.alarms.mute_rules import MuteRules
from services.aws.cloudwatch.alarms.reader import Alarms
from services.changes.alarm_mute.parameters import (
    ACTION,
    ALSO,
    REASON,
    UNTIL,
    USUAL,
    MuteParameters,
    MuteWindow,
    first_start,
    read_parameters,
)
from services.changes.alarm_mute.steps import (
    MUTE,
    RULE,
    MuteState,
    mute,
    observed_mute,
    observed_unmute,
    rule_name,
    status_text,
    unmute,
)
from services.changes.base import Change, ChangeContext, warning
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.typed_values import as_typed
from services.clock import real
from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmState
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.changes import (
    Caution,
    ChangeTarget,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Revert,
)
from services.models.date_text import zoned_time
from services.models.text import clean
from services.models.watches import Progress, Watch, WatchState

MOST = 100  # Maximum alarms of one rule


def refusals(
    context: ChangeContext, target: ChangeTarget, values: MuteParameters, state: MuteState
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
            yield _("CloudWatch has no alarm {name}: a rule for it would mute nothing.", name=clean(name))
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
        yield _("Nothing to change: {name} is not muted.", name=target.title)


def warnings(
    context: ChangeContext, target: ChangeTarget, values: MuteParameters, state: MuteState
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
        yield warning(_("The actions of {name} are disabled already.", name=alarm.name))
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
    return _("In ALARM now: {alarms}. Unmuting runs their actions at once.", alarms=_listed(firing))


def _listed(alarms: tuple[Alarm, ...] | list[Alarm]) -> str:
    return _(", ").join(str(alarm.name) for alarm in alarms)


_STATES = {
    AlarmState.ALARM: N_("in ALARM"),
    AlarmState.INSUFFICIENT: N_("insufficient data"),
    AlarmState.OK: N_("OK"),
}


def facts(target: ChangeTarget, state: MuteState, zone: tzinfo) -> Iterator[Fact]:
    alarm = state.alarm(target.id)
    if alarm is None:
        yield Fact(name=_("State"), value="—", note=_("CloudWatch has no such alarm"))
    else:
        since = zoned_time(alarm.since, zone) if alarm.since else ""
        yield Fact(name=_("State"), value=_(_STATES[alarm.state]), note=since)
        enabled = {True: _("enabled"), False: _("disabled"), None: "—"}[alarm.actions_enabled]
        yield Fact(name=_("Actions"), value=enabled)
    if not state.rules:
        yield Fact(name=_("Mute rule"), value=_("none"))
    for rule in state.rules:
        whose = _("by this console") if rule.id.startswith(RULE) else _("by someone else")
        until = _("until {time}", time=zoned_time(rule.until, zone)) if rule.until else rule.status
        note = _(", ").join(filter(None, (until, whose, rule.description)))
        yield Fact(
            name=_("Mute rule"), value=_("{name} ({status})", name=rule.name, status=rule.status), note=note
        )


def remarks(target: ChangeTarget, state: MuteState) -> tuple[str, ...]:
    alarm = state.alarm(target.id)
    if alarm is None:
        return (_("CloudWatch has no alarm {name}: a rule for it would mute nothing.", name=target.title),)
    if any(rule.status == "ACTIVE" for rule in state.rules):
        return (_("It is muted: nobody is told when it fires."),)
    return ()


LEAD_SECONDS = 75.0
"""Real seconds at least between a plan and the beginning of its mute, in which it can be confirmed."""
EVERY = 10.0  # Real seconds between two looks at a rule
LASTS = timedelta(minutes=10)
"""A rule becomes ACTIVE within its first minute; one that takes longer than this is no longer followed."""


class AlarmMute(Change):
    calls = (
        "cloudwatch:DeleteAlarmMuteRule",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetAlarmMuteRule",
        "cloudwatch:ListAlarmMuteRules",
        "cloudwatch:PutAlarmMuteRule",
    )
    guarantees = Guarantees(
        proof="GetAlarmMuteRule: Rule, MuteTargets, Description",
        named=frozenset({"PutAlarmMuteRule"}),
        settles="the mute rule is ACTIVE",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._alarms = Alarms(context.reader, context.runbook, clock=context.clock)
        self._rules = MuteRules(context.reader)

    def targets(self) -> tuple[ChangeTarget, ...]:
        alarms = self.context.runbook.alarms
        return tuple(ChangeTarget(id=RawId(alarm.name), title=alarm.name) for alarm in alarms)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self._state(target)
        with self.written_on(state.at):
            rows = facts(target, state, self.context.zone)
            return self.live(target, state.at, rows, remarks(target, state))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        now = self._now()
        own = [rule for rule in await self._rules.targeting(target.id, now) if rule.id.startswith(RULE)]
        muting = (ACTION, ("mute",))
        return (
            Parameter(
                id=ACTION,
                title=_("Action"),
                kind="choice",
                default="unmute" if own else "mute",
                choices=(
                    ("mute", _("mute it")),
                    *([("unmute", _("end the mutes of this console"))] if own else []),
                ),
            ),
            Parameter(
                id=UNTIL,
                title=_("Until"),
                kind="moment",
                default=as_typed(self._window().end, self.context.zone),
                help=_(
                    "Time in {zone}, at most 15 days ahead; AWS unmutes it then.", zone=self.context.zone.key
                ),
                only_if=muting,
            ),
            Parameter(
                id=REASON,
                title=_("Reason"),
                kind="text",
                help=_("Stored with the rule in AWS and in the journal."),
                only_if=muting,
            ),
            Parameter(
                id=ALSO,
                title=_("Further alarms"),
                kind="text",
                help=_(
                    "Names of the runbook's alarms that the same rule mutes, separated by spaces; may be empty."
                ),
                only_if=muting,
            ),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(self, target: ChangeTarget, parameters: Mapping[str, str], state: MuteState, id: str) -> Plan:
        values, why = read_parameters(parameters, self._window(), self.context.zone)
        reasons = why if values is None else (*why, *refusals(self.context, target, values, state))
        if values is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=state.at)
        if values.window is None:
            return self._unmute_plan(target, values, state, id)
        return self._mute_plan(target, values, values.window, state, id)

    def _mute_plan(
        self, target: ChangeTarget, values: MuteParameters, window: MuteWindow, state: MuteState, id: str
    ) -> Plan:
        step = mute(self.context, id, target, values)
        title = _("{name}: the mute ends, and it notifies again", name=target.title)
        begins_here = window.start - self.context.ahead
        plan = self.planned(
            target,
            values.as_typed(self.context.zone),
            [step],
            id=id,
            read_at=state.at,
            title=step.title,
            warnings=tuple(warnings(self.context, target, values, state)),
            downtime=_("None"),
            cost=_("None"),
            reversible=_("Yes: by deleting the rule, which runs the actions of alarms in ALARM at once."),
            revert=Revert(
                way="aws",
                at=window.end,
                title=title,
                values={ACTION: "unmute"},
                how=_("the mute rule has its end"),
            ),
            watch=Watch(
                ends_when=_("the mute rule is ACTIVE"),
                every=EVERY,
                begins_at=begins_here,
                gives_up_at=begins_here + LASTS,
            ),
        )
        # A rule whose time has come before it is sent may never become active.
        return plan.model_copy(update={"expires_at": min(plan.expires_at, begins_here)})

    def _unmute_plan(self, target: ChangeTarget, values: MuteParameters, state: MuteState, id: str) -> Plan:
        active = [rule for rule in state.own if rule.status == "ACTIVE"]
        firing = state.firing(dict.fromkeys(name for rule in active for name in rule.alarms))
        return self.planned(
            target,
            values.as_typed(self.context.zone),
            [unmute(self.context, number, target, rule) for number, rule in enumerate(state.own)],
            id=id,
            read_at=state.at,
            title=_("Unmute"),
            impact=fires_text(firing) if firing else "",
            warnings=tuple(warnings(self.context, target, values, state)),
            downtime=_("None"),
            cost=_("None"),
            reversible=_("Yes: by muting it again, which begins once the plan for it has expired."),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        now = self._now()
        rule = await self._rules.named(rule_name(step), now)
        if step.id == MUTE:
            return observed_mute(step, rule, now, self.context.zone)
        return observed_unmute(step, rule, self.context.zone)

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        """Whether the rule is ACTIVE: only then is the alarm muted."""
        step = next(step for step in plan.steps if step.id == MUTE)
        rule = await self._rules.named(rule_name(step), self._now())
        if rule is None:
            text = _("The rule was deleted before it became active.")
            return Progress(state=WatchState.FAILED, text=text)
        states = {"ACTIVE": WatchState.DONE, "SCHEDULED": WatchState.RUNNING, "EXPIRED": WatchState.GAVE_UP}
        return Progress(state=states[rule.status], text=status_text(rule, self.context.zone))

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.changes.alarm_mute.alarm_mute_cli_commands import commands_of

        return commands_of(plan)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        return {ACTION: "unmute"} if plan.steps and plan.steps[0].id == MUTE else {}

    def _window(self) -> MuteWindow:
        start = first_start(self._now() + real(self.context.clock, LEAD_SECONDS))
        return MuteWindow(start, start + USUAL)

    def _now(self) -> datetime:
        return self.context.clock.now() + self.context.ahead

    async def _state(self, target: ChangeTarget) -> MuteState:
        overview = await self._alarms.overview()
        rules = await self._rules.targeting(target.id, self._now())
        return MuteState(self.context.clock.now(), overview.alarms, rules)
