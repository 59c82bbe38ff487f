"""Source: GetDashboard, "Dashboard Body Structure and Syntax" (Amazon CloudWatch)."""

from datetime import datetime
from enum import StrEnum

from services.models.alarms import Alarm
from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.metrics import MetricQuery, Series
from services.models.verdict import Limit, Verdict


class View(StrEnum):
    TIME_SERIES = "timeSeries"
    SINGLE_VALUE = "singleValue"
    GAUGE = "gauge"
    BAR = "bar"
    PIE = "pie"
    TABLE = "table"


class Axis(Model):
    min: float | None = None
    max: float | None = None
    label: Clean = ""


class Line(Model):
    value: float
    to: float | None = None
    """The other edge of a band; None: a line."""
    label: Clean = ""
    fill: str = ""
    """"", above, below or none."""
    right: bool = False
    """Whether it belongs to the right axis."""
    color: str = ""


class Mark(Model):
    at: datetime
    until: datetime | None = None
    """End of a span; None: a moment."""
    label: Clean = ""


class Trace(Model):
    query: MetricQuery
    color: str = ""
    """`#rrggbb`; "" for a colour of the theme."""
    right: bool = False
    """Whether it belongs to the right axis."""


class Widget(Model):
    """What all widgets have in common; the grid has 24 columns, and a unit of height is about half a line."""

    key: str
    """Id within a dashboard: the widget's index."""
    x: int = 0
    y: int = 0
    width: int = 6
    height: int = 6
    title: Clean = ""
    remarks: tuple[Clean, ...] = ()
    """Unsupported content of the widget, in words; always shown."""
    unreadable: bool = False
    """Whether data to be judged cannot be read, because a metric or its query cannot be interpreted."""


class MetricWidget(Widget):
    """A chart, numbers or bars of metrics."""

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
    """ARNs of annotated alarms; a widget without traces draws the metric of the first one."""
    start: str = ""
    """The widget's own range (`-PT3H` or ISO 8601); "" for the dashboard's."""
    end: str = ""
    whole_range: bool = False
    """Whether each number covers the whole range (setPeriodToTimeRange)."""
    sparkline: bool = True
    full_precision: bool = False
    legend: str = "bottom"


class TextWidget(Widget):
    markdown: CleanBlock = ""


class AlarmWidget(Widget):
    alarm_ids: tuple[RawId, ...] = ()
    """ARNs of the alarms."""
    states: tuple[str, ...] = ()


class LogWidget(Widget):
    """A Logs Insights query; run on demand only, because every run is charged."""

    query: CleanBlock = ""
    region: str = ""
    view: str = "table"


class UnknownWidget(Widget):
    kind: Clean = ""


class Dashboard(Model):
    name: Clean
    builtin: bool = False
    """Whether it is the built-in dashboard, because AWS has none of this name."""
    widgets: tuple[MetricWidget | TextWidget | AlarmWidget | LogWidget | UnknownWidget, ...] = ()
    start: str = ""
    """Default range, `-PT8H` or ISO 8601; "" for three hours."""
    end: str = ""
    remarks: tuple[Clean, ...] = ()
    unreadable: bool = False
    """Whether its body, or the list of its widgets, could not be read."""


class Reading(Model):
    """The newest value of one curve and its verdict."""

    label: Clean
    value: float | None = None
    at: int | None = None
    """Start of the value's period, epoch seconds; None: there is no value."""
    limit: Limit | None = None
    verdict: Verdict | None = None
    """None: the runbook has no limit."""


class WidgetData(Model):
    key: str
    series: tuple[Series, ...] = ()
    readings: tuple[Reading, ...] = ()
    """Same order as `series`."""
    alarms: tuple[Alarm, ...] = ()
    verdict: Verdict | None = None
    """The worst verdict of `readings`; None: none is judged."""
    start: int = 0
    """Start of the shown range, epoch seconds."""
    end: int = 0
    problem: Clean = ""
    """Why the widget has no data, in words; "" if it has."""
    is_outdated: bool = False
    """The newest request failed, or is too old: the curves are not the present ones, and no reading is judged."""
    is_denied: bool = False
    """The newest request failed because a permission is missing."""
    is_unread: bool = False
    """It was not requested yet, because it is not on screen."""
    as_of: datetime | None = None
    """When its curves were read (UTC), if newer ones were not requested since, because it is not on screen; None: they
    are the present ones."""


class DashboardPrice(Model):
    metrics: int = 0
    """Different metrics that its widgets name; what a search finds is not counted."""
    shown_yen: float = 0.0
    """As it is requested now."""
    full_yen: float = 0.0
    """If each metric were requested as often as it has new points."""
    is_over: bool = False
    """Whether that is more than the console spends, so that not all is requested each minute."""
    screen_seconds: int = 60
    """Seconds between two requests of what is on screen."""
    judged_seconds: int | None = None
    """The same of what is not on screen but has a limit; None: nothing has one."""


class DashboardView(Model):
    dashboard: Dashboard
    data: tuple[WidgetData, ...] = ()
    """Same order as `dashboard.widgets`."""
    price: DashboardPrice = DashboardPrice()
    pause: Clean = ""
    """Why no metric is requested at present, in words; "" if those on screen are."""
