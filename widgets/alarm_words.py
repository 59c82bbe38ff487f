"""What is said about an alarm: how long, value against threshold, badges, why data is missing. Pure."""

from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmKind, AlarmState
from widgets.chart_data import alarm_unit
from widgets.format import NOTHING, coarse, stamp
from widgets.ink import Span
from widgets.looks import ALARM_LOOKS
from widgets.units import number

_EVALUATIONS = {
    "PARTIAL_DATA": N_("judged on part of the data"),
    "EVALUATION_ERROR": N_("cannot be judged: configuration error"),
    "EVALUATION_FAILURE": N_("cannot be judged: AWS failed"),
}
_KINDS = {AlarmKind.COMPOSITE: N_("composite"), AlarmKind.LOG: N_("log alarm")}


def state_spans(alarm: Alarm) -> list[Span]:
    """Mark and word; a scaling alarm that is low is at rest, so it is not red."""
    look = ALARM_LOOKS[alarm.state]
    calm = alarm.scaling and alarm.state is AlarmState.ALARM
    return [(look.text, "muted" if calm else look.role)]


def how_long(alarm: Alarm, now: datetime) -> str:
    """How long it is in its state."""
    return coarse((now - alarm.since).total_seconds()) if alarm.since else NOTHING


def measured(alarm: Alarm) -> tuple[list[Span], list[Span]]:
    """`7.2%` and `> 5%`: the newest datapoint that decided, and the threshold."""
    if alarm.threshold is None:
        return [(NOTHING, "faint")], []
    unit = alarm_unit(alarm)
    value = next((each for each in reversed(alarm.recent) if each is not None), None)
    firing = alarm.state is AlarmState.ALARM and not alarm.scaling
    role = "bad" if firing else "strong" if value is not None else "faint"
    return [(number(value, unit), role)], [(f"{alarm.comparison} {number(alarm.threshold, unit)}", "muted")]


def badges(alarm: Alarm, zone: tzinfo, now: datetime) -> list[Span]:
    """What makes this alarm other than usual; empty for a plain healthy one."""
    found: list[tuple[str, str]] = []
    if alarm.muted_by:
        until = stamp(alarm.muted_until, zone, now) if alarm.muted_until else ""
        words = _("muted until {time}").format(time=until) if until else _("muted")
        found.append((words, "caution"))
    if not alarm.actions_enabled:
        found.append((_("actions disabled"), "caution"))
    elif not alarm.has_actions and alarm.state is not AlarmState.MISSING and not alarm.scaling:
        found.append((_("notifies nobody"), "muted"))
    if alarm.evaluation:
        found.append((_(_EVALUATIONS.get(alarm.evaluation, alarm.evaluation)), "warn"))
    if alarm.kind in _KINDS:
        found.append((_(_KINDS[alarm.kind]), "muted"))
    spans: list[Span] = []
    for words, role in found:
        spans += [("  ", "")] if spans else []
        spans.append((f"[{words}]", role))
    return spans


def remark(alarm: Alarm) -> str:
    """One sentence where the state alone could mislead, or ""."""
    if alarm.state is AlarmState.MISSING:
        return _("the runbook expects it, AWS does not have it")
    if alarm.scaling:
        return scaling_remark(alarm)
    if alarm.state is AlarmState.INSUFFICIENT:
        return insufficient_remark(alarm)
    return ""


def scaling_remark(alarm: Alarm) -> str:
    """Target tracking keeps its low alarm in ALARM while there is little to do."""
    if alarm.state is AlarmState.ALARM and "AlarmLow" in alarm.name:
        return _("normal: little load, nothing to scale in")
    if alarm.state is AlarmState.ALARM:
        return _("scaling out")
    return ""


def insufficient_remark(alarm: Alarm) -> str:
    """Why no data is not "all well", and when it is usual."""
    if alarm.treat_missing == "missing":
        return _("no datapoints; usual for a metric that is reported only on events, else a fault")
    return _("too few datapoints to judge; not “all well”")
