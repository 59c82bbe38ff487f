"""Parses a metric widget's properties: view, axes, annotations, rows."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.aws.cloudwatch.dashboards.metric_rows import Defaults, account_of, period_of, stat_of, traces
from services.aws.cloudwatch.dashboards.properties import Properties, Remarks
from services.aws.cloudwatch.metrics.time_range import parse_point
from services.i18n import _
from services.models.base import RawId
from services.models.dashboards import Axis, Line, Mark, View

FILLS = ("above", "below", "none")


def metric_widget(props: Properties, remarks: Remarks) -> Mapping[str, object]:
    """The fields of a MetricWidget, without its frame."""
    defaults = Defaults(
        stat=stat_of(props, "Average"), period=period_of(props, 300), account=account_of(props, "")
    )
    annotations = props.part("annotations")
    alarm_ids = tuple(map(RawId, annotations.texts("alarms")))
    curves = traces(props.items("metrics"), defaults, remarks)
    if not curves and not alarm_ids:
        remarks.add(_("The widget has no metrics."), lost=True)
    axes = props.part("yAxis")
    fields = {
        "view": View(props.choice("view", list(View), View.TIME_SERIES)),
        "traces": curves,
        "region": props.region("region"),
        "stat": defaults.stat,
        "period": defaults.period,
        "stacked": props.flag("stacked"),
        "left": _axis(axes.part("left")),
        "right": _axis(axes.part("right")),
        "lines": tuple(_lines(annotations, remarks)),
        "marks": tuple(_marks(annotations, remarks)),
        "alarm_ids": alarm_ids,
        "start": props.point("start"),
        "end": props.point("end"),
        "whole_range": props.flag("setPeriodToTimeRange"),
        "sparkline": props.flag("sparkline", True),
        "full_precision": props.flag("singleValueFullPrecision"),
        "legend": props.part("legend").choice("position", ("bottom", "right", "hidden"), "bottom"),
    }
    # Properties of the browser's layout and refresh have no counterpart in a terminal.
    props.ignore("liveData", "labels", "table", "timezone", "trend", "theme", "id")
    axes.finish()
    annotations.finish()
    return fields


def _axis(props: Properties) -> Axis:
    axis = Axis(min=props.number("min"), max=props.number("max"), label=props.text("label"))
    props.ignore("showUnits")
    props.finish()
    return axis


def _pairs(
    annotations: Properties, key: str, remarks: Remarks
) -> Iterator[tuple[Properties, Properties | None]]:
    """Each annotation as (first, second); only a band or a span has a second."""
    for number, item in enumerate(annotations.items(key), 1):
        where = _("annotation {number}").format(number=number)
        if isinstance(item, list) and len(item) == 2:
            yield Properties(item[0], remarks, where), Properties(item[1], remarks, where)
        elif isinstance(item, dict):
            yield Properties(item, remarks, where), None
        else:
            annotations.bad(key, item)


def _lines(annotations: Properties, remarks: Remarks) -> Iterator[Line]:
    for first, second in _pairs(annotations, "horizontal", remarks):
        value = first.number("value")
        to = second.number("value") if second is not None else None
        line = {
            "to": to,
            "label": first.text("label") or (second.text("label") if second is not None else ""),
            "fill": first.choice("fill", FILLS, ""),
            "right": first.choice("yAxis", ("left", "right"), "left") == "right",
            "color": first.color("color"),
        }
        visible = first.flag("visible", True)
        _end(first, second, "visible", "yAxis", "color", "fill", "label")
        if value is None or (second is not None and to is None):
            remarks.add(_("A horizontal annotation has no value; it is not drawn."))
        elif visible:
            yield Line.model_validate({"value": value, **line})


def _marks(annotations: Properties, remarks: Remarks) -> Iterator[Mark]:
    for first, second in _pairs(annotations, "vertical", remarks):
        at = _moment(first)
        until = _moment(second) if second is not None else None
        label = first.text("label") or (second.text("label") if second is not None else "")
        visible = first.flag("visible", True)
        _end(first, second, "visible", "color", "fill", "label")
        if at is None or (second is not None and until is None):
            remarks.add(_("A vertical annotation has no time; it is not drawn."))
        elif visible:
            yield Mark(at=at, until=until, label=label)


def _moment(props: Properties) -> datetime | None:
    text = props.text("value")
    moment = parse_point(text)
    return moment if isinstance(moment, datetime) else None


def _end(first: Properties, second: Properties | None, *drawing: str) -> None:
    """Finish both parts, without remarks on properties that only affect drawing."""
    for props in (first, second):
        if props is not None:
            props.ignore(*drawing)
            props.finish()
