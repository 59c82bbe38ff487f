"""Whether Auto Scaling acts, and why it does not. Source: DescribeScalableTargets, DescribeScalingPolicies,
DescribeScalingActivities (Application Auto Scaling API reference)."""

import re
from datetime import timedelta
from statistics import median

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.signals.base import Judged, SignalSpec, absent, highest, present, unseen, when_over
from services.models.ecs import ScalingActivity
from services.models.first_wave import Measure, Source
from services.models.service_events import scaling_text

BEFORE = timedelta(minutes=30)  # How long before T0 a scaling activity still belongs to the incident
SETTLE = timedelta(minutes=4)
"""How long after a change of the number of tasks the CPU still shows the state before."""
_COUNT = re.compile(r"desired count to (\d+)")
AT_MAXIMUM = "AlreadyAtMaxCapacity"
HOT = 85.0  # CPU of the hottest task, per cent, from which it is hot
UNEVEN = 10.0  # Percentage points by which the hottest task must lie above the mean


def _activities(facts: Facts) -> list[ScalingActivity]:
    return [activity for activity in facts.evidence.activities if activity.at >= facts.start - BEFORE]


def _at_maximum(facts: Facts) -> Judged:
    cpu = highest(facts, Measure.ECS_CPU)
    if isinstance(cpu, Judged):
        return cpu
    target, service = facts.evidence.scaling, facts.evidence.service
    refused = [activity for activity in _activities(facts) if AT_MAXIMUM in activity.not_scaled]
    # Tasks that have just been added are not seen in the CPU yet.
    is_settled = not any(
        moment > facts.evidence.ended - SETTLE for moment in (activity.at for activity in _changes(facts))
    )
    is_full = target is not None and service is not None and service.desired >= target.maximum
    count = target.maximum if target is not None else "?"
    value = _("CPU {cpu}%, {count} tasks at most", cpu=f"{cpu:.0f}", count=count)
    if cpu >= 80 and not refused and (why := facts.unread(Source.SERVICE)):
        return unseen(why)
    if cpu >= 80 and not refused and target is None:
        return unseen(_("the service is not registered with Auto Scaling"), is_out_of_reach=True)
    if cpu < 80 or not (refused or is_full):
        return absent(value)
    if not refused and not is_settled:
        return unseen(_("tasks that were just added do not show in the CPU yet"), is_out_of_reach=True)
    at = when_over(facts, facts.points(Measure.ECS_CPU), 80)
    return present(value, "≥ 80%", at)


def _cpu_low(facts: Facts) -> Judged:
    cpu = highest(facts, Measure.ECS_CPU)
    if isinstance(cpu, Judged):
        return cpu
    return present(f"{cpu:.0f}%", "< 60%") if cpu < 60 else absent(f"{cpu:.0f}%", "< 60%")


def _suspended(facts: Facts) -> Judged:
    target = facts.evidence.scaling
    if target is None:
        return absent()
    parts = target.suspensions or ()
    is_out = "DynamicScalingOut" in parts or (target.suspended and not parts)
    return present(", ".join(parts) or _("suspended")) if is_out else absent()


def _untriggered(facts: Facts) -> Judged:
    if facts.evidence.scaling is None:
        return present(_("the service is not registered with Auto Scaling"))
    if not facts.evidence.policies_read:
        return unseen(_("no request was left for the scaling policies"))
    if not any(policy.triggered for policy in facts.evidence.policies):
        return present(_("no policy that anything triggers"))
    return absent()


def _refused(facts: Facts) -> Judged:
    for activity in _activities(facts):
        codes = [code for code in activity.not_scaled if not code.startswith("AlreadyAt")]
        if codes or (activity.status in ("Failed", "Unfulfilled") and not activity.not_scaled):
            return present(", ".join(codes) or activity.status, at=activity.at)
    return absent()


def _changes(facts: Facts) -> list[ScalingActivity]:
    first = facts.start - timedelta(minutes=5)
    return [
        activity
        for activity in facts.evidence.activities
        if activity.at >= first
        and activity.status in ("Successful", "InProgress", "Pending")
        and not activity.not_scaled
    ]


def _count_of(activity: ScalingActivity) -> int:
    count = _COUNT.search(activity.description)
    return int(count[1]) if count else 0


def _scaled_out(facts: Facts) -> Judged:
    target = facts.evidence.scaling
    least = target.minimum if target is not None else 0
    # Back to the minimum, or by the alarm for little load, Auto Scaling takes tasks away.
    changes = [
        activity
        for activity in _changes(facts)
        if "AlarmLow" not in activity.cause and _count_of(activity) > least
    ]
    # A reaction comes after the first bad minute; it is no cause that could be too late.
    return present(scaling_text(changes[0].description)) if changes else absent()


def _hot(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.ECS_CPU) or facts.uncounted(Measure.ECS_CPU_MAX):
        return unseen(why)
    means = dict(facts.points(Measure.ECS_CPU))
    minutes = [(at, most, means[at]) for at, most in facts.points(Measure.ECS_CPU_MAX) if at in means]
    usual = [most - mean for at, most, mean in minutes if at < facts.start]
    recent = [minute for minute in minutes if minute[0] >= facts.start]
    if not usual or not recent:
        return unseen(_("there is nothing to compare it with"))
    apart = max(UNEVEN, 2.5 * median(usual))
    hot = [(at, most, mean) for at, most, mean in recent if most >= HOT and most - mean >= apart]
    at, most, mean = hot[0] if hot else recent[-1]
    value = _("{most}% beside {mean}% on average", most=f"{most:.0f}", mean=f"{mean:.0f}")
    # While tasks warm up one after the other, one is ahead for some minutes.
    return present(value, at=at) if len(hot) >= max(2, len(recent) / 2) else absent(value)


SIGNALS = (
    SignalSpec("cpu-at-maximum", N_("CPU is high and no further task may start"), Source.SCALING, _at_maximum, direct_for=("capacity-at-maximum",), look="task-limit"),
    SignalSpec("cpu-low", N_("The tasks' CPU stayed low"), Source.METRICS, _cpu_low, look="dashboard"),
    SignalSpec("scaling-suspended", N_("Scaling out is suspended"), Source.SCALING, _suspended, direct_for=("scaling-stopped",), look="ecs"),
    SignalSpec("scaling-untriggered", N_("Nothing triggers Auto Scaling"), Source.SCALING, _untriggered, direct_for=("scaling-stopped",), look="ecs"),
    SignalSpec("scaling-refused", N_("Auto Scaling failed, or did not scale for another reason than its maximum"), Source.SCALING, _refused, direct_for=("scaling-stopped",), look="ecs"),
    SignalSpec("scaled-out", N_("Auto Scaling has added tasks"), Source.SCALING, _scaled_out, direct_for=("scaling-works",), look="ecs"),
    SignalSpec("hot-task", N_("One task is much hotter than the others"), Source.METRICS, _hot, direct_for=("hot-task",), look="dashboard"),
)  # fmt: skip
