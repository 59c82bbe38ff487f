"""Whether the alarms of a service's scaling policies can trigger them. Pure. A policy scales only while its
alarm exists, has data, may run its actions and lists the policy among them; a mute rule prevents scaling as
well. Source: ScalingPolicy (Application Auto Scaling API reference); MetricAlarm, PutAlarmMuteRule
(CloudWatch API reference)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.parsing import sparse
from services.i18n import _, sentences
from services.inspections.scaling.evaluation import Titles, unknown
from services.inspections.scaling.reading import ServiceReading
from services.inspections.toolkit.checks import CheckRow
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.date_text import zoned_time
from services.models.ecs import ScalingPolicy
from services.models.findings import Measure
from services.models.verdict import Verdict, judgement

BLIND = timedelta(minutes=15)
"""How long an alarm must be without data to count as stuck; just-created alarms and just-started services are not."""
OF_TASKS = ("AWS/ECS", "ECS/ContainerInsights")
TRACKING = "TargetTrackingScaling"
_TRACKED = re.compile(r"TargetTracking-.+-(Alarm(?:High|Low))-[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class PolicyAlarms:
    overview: AlarmOverview | AwsError
    now: datetime
    zone: tzinfo
    stopped: bool = False  # The desired count of the judged service is zero


@dataclass(frozen=True, slots=True)
class Fault:
    text: str
    verdict: Verdict  # ABNORMAL: it never will; ATTENTION: not now; UNKNOWN: not known
    advice: str = ""
    alarm: str = ""  # The alarm's name; "" if the policy does not contain it


def policy_alarms(
    reading: ServiceReading, titles: Titles, watched: PolicyAlarms, written: Sequence[str]
) -> Iterator[CheckRow]:
    """One row for all alarms of the service's policies; none if no policy has an alarm. `written`: the
    runbook's advice on a high load."""
    policies = reading.policies
    if isinstance(policies, AwsError) or not any(policy.needs_alarm for policy in policies):
        return
    title, overview = titles(_("Alarms of the scaling policies")), watched.overview
    if isinstance(overview, AwsError):
        yield unknown(title)
        return
    alarms = {str(alarm.id): alarm for alarm in overview.alarms}
    service = reading.service
    watched = replace(watched, stopped=not isinstance(service, AwsError) and service.desired == 0)
    by_policy = {policy: list(_faults(policy, alarms, watched)) for policy in policies if policy.needs_alarm}
    every = [fault for faults in by_policy.values() for fault in faults]
    grows = any(_grows(policy, by_policy.get(policy, []), alarms) for policy in policies)
    verdicts = [Verdict.NORMAL, *(_weighed(fault.verdict, grows) for fault in every)]
    note = "" if overview.mutes_read else _("not known which alarms are muted")
    if note:
        verdicts.append(Verdict.UNKNOWN)
    text = _("{name}: scaling policy {policy}: {faults}.")
    texts = [
        text.format(name=reading.name, policy=policy.name, faults=_joined(faults))
        for policy, faults in by_policy.items()
        if faults
    ]
    if note:
        texts.append(_("{title}: {note}", title=title, note=note))
    count = sum(len(policy.alarms) for policy in by_policy)
    idle = sum(bool(fault.alarm) for fault in every)
    yield CheckRow(
        measure=Measure(
            title=title,
            shown=_("{count} of {all} can trigger them", count=count - idle, all=count),
            allowed=_("all"),
            **judgement(verdicts),
            note=_("; ").join(filter(None, (_joined(every), note))),
        ),
        sentence=sentences(*texts),
        advice=tuple(filter(None, (*(fault.advice for fault in every), *(written if not grows else ())))),
    )


def _joined(faults: Iterable[Fault]) -> str:
    return _("; ").join(fault.text for fault in faults)


def _weighed(verdict: Verdict, grows: bool) -> Verdict:
    """The verdict; an alarm that will never work again is abnormal only if nothing else starts tasks."""
    return Verdict.ATTENTION if grows and verdict is Verdict.ABNORMAL else verdict


def _grows(policy: ScalingPolicy, faults: Iterable[Fault], alarms: Mapping[str, Alarm]) -> bool:
    """Whether the policy may start tasks: by its forecast, or by at least one alarm that may still work."""
    if not policy.needs_alarm:
        return policy.triggered
    lost = {fault.alarm for fault in faults if fault.verdict is Verdict.ABNORMAL}
    return any(_outward(policy, name, alarms.get(name)) and name not in lost for name in policy.alarms)


def _faults(policy: ScalingPolicy, alarms: Mapping[str, Alarm], watched: PolicyAlarms) -> Iterator[Fault]:
    if policy.unread:
        yield Fault(_("AWS did not report which alarms trigger it"), Verdict.UNKNOWN)
    directions = set()
    for name in policy.alarms:
        alarm = alarms.get(name)
        directions.add(_outward(policy, name, alarm))
        fault = _missing(policy, name) if alarm is None else _fault(policy, alarm, watched)
        if fault is not None:
            yield replace(fault, alarm=str(name))
    if policy.kind == TRACKING and not policy.unread:
        if policy.alarms and True not in directions:
            yield Fault(_("AWS did not return its scale-out alarm"), Verdict.UNKNOWN)
        if policy.alarms and policy.scales_in and False not in directions:
            yield Fault(_("AWS did not return its scale-in alarm"), Verdict.UNKNOWN)


def _outward(policy: ScalingPolicy, name: str, alarm: Alarm | None) -> bool:
    """Whether an alarm starts tasks; with step scaling that is unknown, so each may. Target tracking names
    its two alarms after what they detect."""
    if policy.kind != TRACKING:
        return True
    if "AlarmHigh" in name or "AlarmLow" in name or alarm is None:
        return "AlarmLow" not in name
    return alarm.comparison not in ("<", "<=")


def _short(name: str) -> str:
    """`AlarmHigh` for an alarm of target tracking, whose full name is longer than a line; other names unchanged."""
    match = _TRACKED.fullmatch(name)
    return match[1] if match else name


def _missing(policy: ScalingPolicy, name: str) -> Fault:
    return Fault(_("its alarm {alarm} does not exist", alarm=_short(name)), Verdict.ABNORMAL, _again(policy))


def _again(policy: ScalingPolicy) -> str:
    return _(
        "Have the scaling policy {policy} registered again from the system's definition: AWS then "
        "recreates its alarms.",
        policy=policy.name,
    )


def _fault(policy: ScalingPolicy, alarm: Alarm, watched: PolicyAlarms) -> Fault | None:
    name = alarm.name
    if alarm.actions_enabled is False:
        return Fault(
            _("the actions of its alarm {alarm} are disabled", alarm=_short(name)),
            Verdict.ABNORMAL,
            _("Ask who disabled the actions of {alarm}, and have them enabled again.", alarm=name),
        )
    if policy.key and not any(policy.key in action for action in alarm.alarm_actions):
        text = _("its alarm {alarm} does not trigger it")
        return Fault(text.format(alarm=_short(name)), Verdict.ABNORMAL, _again(policy))
    if alarm.muted_by:
        return _muted(alarm, watched)
    if alarm.actions_enabled is None or not policy.key or alarm.evaluation:
        text = _("AWS returned too little to judge its alarm {alarm}")
        return Fault(text.format(alarm=_short(name)), Verdict.UNKNOWN)
    return _without_data(alarm, watched)


def _of_tasks(alarm: Alarm) -> bool:
    metrics = [query for query in alarm.queries if query.metric]
    return bool(metrics) and all(query.namespace in OF_TASKS for query in metrics)


def _muted(alarm: Alarm, watched: PolicyAlarms) -> Fault:
    until = zoned_time(alarm.muted_until, watched.zone) if alarm.muted_until else ""
    text = (
        _("its alarm {alarm} is muted by {rule} until {time}")
        if until
        else _("its alarm {alarm} is muted by {rule}")
    )
    return Fault(
        text.format(alarm=_short(alarm.name), rule=alarm.muted_by, time=until),
        Verdict.ATTENTION,
        _("Ask who muted {alarm}, and until when: a mute rule also stops scaling.", alarm=alarm.name),
    )


def _without_data(alarm: Alarm, watched: PolicyAlarms) -> Fault | None:
    """None if its metric depends on requests, of which a quiet night has none, or on tasks, while the desired
    count is zero."""
    if alarm.state is not AlarmState.INSUFFICIENT or sparse(alarm):
        return None
    if watched.stopped and _of_tasks(alarm):
        return None
    if alarm.since is None:
        text = _("its alarm {alarm} has no data, since when is not known")
        return Fault(text.format(alarm=_short(alarm.name)), Verdict.UNKNOWN)
    if watched.now - alarm.since < BLIND:
        return None
    text = _("its alarm {alarm} has had no data since {time}")
    metrics = dict.fromkeys(str(query.metric) for query in alarm.queries if query.metric)
    return Fault(
        text.format(alarm=_short(alarm.name), time=zoned_time(alarm.since, watched.zone)),
        Verdict.ATTENTION,
        _(
            "{alarm}: it cannot fire without data. Check that what it watches is there and reports {metric}."
        ).format(alarm=alarm.name, metric=_(", ").join(metrics) or _("its metric")),
    )
