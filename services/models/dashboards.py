"""A parsed CloudWatch dashboard and the data of its widgets.

Source: GetDashboard, "Dashboard Body Structure and Syntax" (Amazon CloudWatch).
"""

from datetime import datetime
from enum import StrEnum

from services.models.alarms import Alarm
from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.metrics import MetricQuery, Series
from services.models.verdict import Limit, Verdict


class View(StrEnum):
    """How a metric widget draws its numbers."""

    TIME_SERIES = "timeSeries"
    SINGLE_VALUE = "singleValue"
    GAUGE = "gauge"
    BAR = "bar"
    PIE = "pie"
    TABLE = "table"


class Axis(Model):
    """One y axis."""

    min: float | None = None
    max: float | None = None
    label: Clean = ""


class Line(Model):
    """A horizontal annotation; with `to` a band."""

    value: float
    to: float | None = None
    label: Clean = ""
    fill: str = ""
    """"", above, below or none."""
    right: bool = False
    color: str = ""


class Mark(Model):
    """A vertical annotation; with `until` a span."""

    at: datetime
    until: datetime | None = None
    label: Clean = ""


class Trace(Model):
    """One row of a metric widget: the query and how its curve is drawn."""

    query: MetricQuery
    color: str = ""
    """`#rrggbb` or "" for the theme's own."""
    right: bool = False
    """On the right axis."""


class Widget(Model):
    """Common to all widgets; the grid has 24 columns, and a unit of height is about half a line."""

    key: str
    """Stable within a dashboard: `<index>`."""
    x: int = 0
    y: int = 0
    width: int = 6
    height: int = 6
    title: Clean = ""
    remarks: tuple[Clean, ...] = ()
    """Unsupported content, in words; always shown."""
    unreadable: bool = False
    """Data to be judged could not be read: a metric, or how it is queried."""


class MetricWidget(Widget):
    """Curves, numbers, bars."""

    view: View = View.TIME_SERIES
    traces: tuple[Trace, ...] = ()
    region: str = ""
    stat: str = "Average"
    period: int = 300
    stacked: bool = False
    left: Axis = Axis()
    right: Axis = Axis()
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    alarm_ids: tuple[RawId, ...] = ()
    """ARNs of annotated alarms; a widget without traces draws the first one's metric."""
    start: str = ""
    """The widget's own range (`-PT3H` or ISO), or "" for the dashboard's."""
    end: str = ""
    whole_range: bool = False
    """setPeriodToTimeRange: one number for the whole range."""
    sparkline: bool = True
    full_precision: bool = False
    legend: str = "bottom"


class TextWidget(Widget):
    """Markdown."""

    markdown: CleanBlock = ""


class AlarmWidget(Widget):
    """A list of alarms."""

    alarm_ids: tuple[RawId, ...] = ()
    """ARNs."""
    states: tuple[str, ...] = ()


class LogWidget(Widget):
    """A Logs Insights query; run on demand only, because every run is charged."""

    query: CleanBlock = ""
    region: str = ""
    view: str = "table"


class UnknownWidget(Widget):
    """A kind the console does not draw (explorer, custom…): named, never dropped."""

    kind: Clean = ""


class Dashboard(Model):
    """A dashboard as read from AWS, or the built-in one."""

    name: Clean
    builtin: bool = False
    """True when AWS has no such dashboard and the fallback is shown."""
    widgets: tuple[MetricWidget | TextWidget | AlarmWidget | LogWidget | UnknownWidget, ...] = ()
    start: str = ""
    """Default range, `-PT8H` or ISO; "" means three hours."""
    end: str = ""
    remarks: tuple[Clean, ...] = ()
    unreadable: bool = False
    """The body, or the list of its widgets, could not be read."""


class Reading(Model):
    """The newest value of one curve, judged."""

    label: Clean
    value: float | None = None
    at: int | None = None
    """Epoch seconds of the value's period."""
    limit: Limit | None = None
    verdict: Verdict | None = None
    """None where the runbook has no limit."""


class WidgetData(Model):
    """What one widget shows now."""

    key: str
    series: tuple[Series, ...] = ()
    readings: tuple[Reading, ...] = ()
    """Same order as `series`."""
    alarms: tuple[Alarm, ...] = ()
    verdict: Verdict | None = None
    """The worst reading's."""
    start: int = 0
    """Drawn range, epoch seconds."""
    end: int = 0
    problem: Clean = ""
    """Why this widget has no data, in words, or ""."""


class DashboardView(Model):
    """A dashboard and its data at one moment."""

    dashboard: Dashboard
    data: tuple[WidgetData, ...] = ()
    """Same order as `dashboard.widgets`."""
