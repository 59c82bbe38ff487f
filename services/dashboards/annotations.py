"""The alarms that a dashboard refers to, and what they add to its widgets."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.dashboards import AlarmWidget, Dashboard, Line, MetricWidget, Trace

STATE_NAMES = {
    AlarmState.ALARM: "ALARM",
    AlarmState.OK: "OK",
    AlarmState.INSUFFICIENT: "INSUFFICIENT_DATA",
}
"""Alarm states as spelled in an alarm widget's `states`; a missing alarm passes any filter."""


@dataclass
class AnnotatedAlarms:
    """The alarms that a dashboard refers to, and why some could not be read."""

    by_arn: dict[str, Alarm] = field(default_factory=dict)
    problem: str = ""

    def of(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms in the order of `arns`; one that does not exist is MISSING, one that could not be read is omitted."""
        alarms = (self.by_arn.get(arn) or (None if self.problem else _missing(arn)) for arn in arns)
        return tuple(alarm for alarm in alarms if alarm is not None)

    def listed(self, widget: AlarmWidget) -> tuple[Alarm, ...]:
        """The alarms of an alarm widget, in the states that it lists."""
        alarms = self.of(widget.alarm_ids)
        if not widget.states:
            return alarms
        return tuple(alarm for alarm in alarms if STATE_NAMES.get(alarm.state, "") in ("", *widget.states))

    def added_to(self, dashboard: Dashboard) -> Dashboard:
        """The dashboard with its alarm annotations resolved: each adds its threshold, or its metric if a widget has none."""
        widgets = [
            self._added(widget) if isinstance(widget, MetricWidget) and widget.alarm_ids else widget
            for widget in dashboard.widgets
        ]
        return dashboard.model_copy(update={"widgets": tuple(widgets)})

    def _added(self, widget: MetricWidget) -> MetricWidget:
        alarms = self.of(widget.alarm_ids)
        added: dict[str, object] = {
            "lines": (
                *widget.lines,
                *(
                    Line(value=alarm.threshold, label=alarm.name)
                    for alarm in alarms
                    if alarm.threshold is not None
                ),
            )
        }
        if not widget.traces and alarms:
            region = arn_region(widget.alarm_ids[0])
            added["title"] = widget.title or alarms[0].name
            added["traces"] = tuple(
                Trace(query=query.model_copy(update={"region": query.region or region}))
                for query in alarms[0].queries
            )
        return widget.model_copy(update=added)


def annotated(dashboard: Dashboard) -> dict[str, None]:
    """The ARNs of the alarms that a dashboard refers to, each once."""
    return dict.fromkeys(
        arn
        for widget in dashboard.widgets
        if isinstance(widget, AlarmWidget | MetricWidget)
        for arn in widget.alarm_ids
    )


def _missing(arn: str) -> Alarm:
    return Alarm(id=RawId(alarm_name(arn)), name=alarm_name(arn), arn=RawId(arn), state=AlarmState.MISSING)
