"""Source: GetDashboard (Amazon CloudWatch API reference). Dashboards are global: any region answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from services.aws.client.reader import Reader
from services.aws.client.validation import whole_characters
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.dashboards.metric_widgets import metric_widget
from services.aws.cloudwatch.dashboards.properties import Properties, WidgetRemarks
from services.i18n import _
from services.models.base import RawId
from services.models.dashboards import (
    AlarmWidget,
    Dashboard,
    LogWidget,
    MetricWidget,
    TextWidget,
    UnknownWidget,
)
from services.models.runbook import Runbook
from services.models.text import clean

# Parses a dashboard's body; pure.
#
# Source: "Dashboard Body Structure and Syntax" (Amazon CloudWatch). Any body yields a Dashboard: unsupported parts
# become remarks, unsupported widgets become UnknownWidget.


COLUMNS = 24
DEFAULT = 6
TALLEST = 1_000
LOWEST = 100_000


@dataclass(frozen=True, slots=True)
class WidgetBox:
    x: int
    y: int
    width: int
    height: int


def placed(widgets: Sequence[object], remarks: Sequence[WidgetRemarks]) -> list[WidgetBox]:
    """A box per widget; one without x and y goes to the topmost free place, as in CloudWatch. Those with both
    are placed first."""
    boxes: list[WidgetBox | None] = [None] * len(widgets)
    free = [0] * COLUMNS
    flowing: list[tuple[int, int, int]] = []
    for index, (widget, widget_remarks) in enumerate(zip(widgets, remarks, strict=True)):
        props = Properties(widget if isinstance(widget, dict) else None, widget_remarks, _("widget"))
        width = props.integer("width", DEFAULT, 1, COLUMNS)
        height = props.integer("height", DEFAULT, 1, TALLEST)
        if props.has("x") and props.has("y"):
            x, y = props.integer("x", 0, 0, COLUMNS - 1), props.integer("y", 0, 0, LOWEST)
            if x + width > COLUMNS:
                widget_remarks.add(
                    _("The widget extends beyond the grid's right edge; it was made narrower.")
                )
                width = COLUMNS - x
            boxes[index] = _occupy(WidgetBox(x, y, width, height), free)
        else:
            flowing.append((index, width, height))
    for index, width, height in flowing:
        y, x = min((max(free[x : x + width]), x) for x in range(COLUMNS - width + 1))
        boxes[index] = _occupy(WidgetBox(x, y, width, height), free)
    return [box for box in boxes if box is not None]


def _occupy(box: WidgetBox, free: list[int]) -> WidgetBox:
    for column in range(box.x, box.x + box.width):
        free[column] = max(free[column], box.y + box.height)
    return box


MOST_WIDGETS = 500
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")

AnyWidget = MetricWidget | TextWidget | AlarmWidget | LogWidget | UnknownWidget


def parse_body(name: str, body: str) -> Dashboard:
    """The dashboard described by `body` (GetDashboard's JSON text); never raises."""
    remarks = WidgetRemarks()
    try:
        # NaN and Infinity are not JSON, but Python's decoder accepts them.
        value = whole_characters(json.loads(body, parse_constant=lambda _constant: None))
    except (ValueError, RecursionError, TypeError):
        text = _("The dashboard's body is not valid JSON.")
        return Dashboard(name=name, remarks=(text,), unreadable=True)
    props = Properties(value, remarks, _("dashboard"))
    widgets = props.items("widgets")
    if len(widgets) > MOST_WIDGETS:
        remarks.add(_("Only the first {count} widgets are read.", count=MOST_WIDGETS), lost=True)
    if not props.has("widgets"):
        remarks.add(_("The dashboard lists no widgets."), lost=True)
    start, end = props.point("start"), props.point("end")
    _variables(props, remarks)
    props.ignore("periodOverride")
    props.finish()
    return Dashboard(
        name=name,
        widgets=_widgets(widgets[:MOST_WIDGETS]),
        start=start,
        end=end,
        remarks=remarks.all(),
        unreadable=remarks.lost,
    )


def _variables(props: Properties, remarks: WidgetRemarks) -> None:
    variables = props.items("variables")
    if variables:
        names = ", ".join(
            clean(each.get("label") or each.get("id") or "?", 40)
            for each in variables[:25]
            if isinstance(each, dict)
        )
        remarks.add(
            _("Variables cannot be chosen here; widgets show what the definition says: {names}", names=names)
        )


def _widgets(values: Sequence[object]) -> tuple[AnyWidget, ...]:
    remarks = [WidgetRemarks() for _value in values]
    boxes = placed(values, remarks)
    return tuple(
        _widget(
            value,
            widget_remarks,
            {"key": str(index), "x": box.x, "y": box.y, "width": box.width, "height": box.height},
        )
        for index, (value, widget_remarks, box) in enumerate(zip(values, remarks, boxes, strict=True))
    )


def _widget(value: object, remarks: WidgetRemarks, frame: dict[str, object]) -> AnyWidget:
    props = Properties(value, remarks, _("widget"))
    kind = props.text("type")
    properties = props.part("properties")
    props.ignore("x", "y", "width", "height")
    props.finish()
    if not props.has("properties"):
        remarks.add(_("The widget has no properties."), lost=True)
    frame["title"] = properties.text("title")
    make = KINDS.get(kind)
    if make is not None:
        return make(properties, remarks, frame)
    if kind not in NOT_DRAWN:
        remarks.add(_("The widget is of an unknown type."), lost=True)
    return UnknownWidget.model_validate({"kind": kind or "?", **frame, **_remark_fields(remarks)})


def _remark_fields(remarks: WidgetRemarks) -> dict[str, object]:
    return {"remarks": remarks.all(), "unreadable": remarks.lost}


def _text(props: Properties, remarks: WidgetRemarks, frame: dict[str, object]) -> AnyWidget:
    markdown = props.text("markdown")
    props.ignore("background")
    props.finish()
    return TextWidget.model_validate({"markdown": markdown, **frame, **_remark_fields(remarks)})


def _alarms(props: Properties, remarks: WidgetRemarks, frame: dict[str, object]) -> AnyWidget:
    arns = props.texts("alarms")
    states = []
    for state in props.texts("states"):
        if state in STATES:
            states.append(state)
        else:
            props.bad("states", state)
    if not arns:
        remarks.add(_("The widget lists no alarms."))
    props.ignore("sortBy")
    props.finish()
    return AlarmWidget.model_validate(
        {"alarm_ids": tuple(map(RawId, arns)), "states": tuple(states), **frame, **_remark_fields(remarks)}
    )


def _logs(props: Properties, remarks: WidgetRemarks, frame: dict[str, object]) -> AnyWidget:
    query = props.text("query")
    region = props.region("region")
    view = props.choice("view", ("table", "timeSeries", "bar", "pie"), "table")
    if not query.strip():
        remarks.add(_("The widget has no query."))
    props.ignore("stacked", "accountId", "queryLanguage", "queryBy", "logGroupPrefixes", "legend")
    props.finish()
    return LogWidget.model_validate(
        {"query": query, "region": region, "view": view, **frame, **_remark_fields(remarks)}
    )


def _metrics(props: Properties, remarks: WidgetRemarks, frame: dict[str, object]) -> AnyWidget:
    fields = metric_widget(props, remarks)
    props.finish()
    return MetricWidget.model_validate({**fields, **frame, **_remark_fields(remarks)})


NOT_DRAWN = ("explorer", "custom")
"""Kinds that are not drawn: AWS selects an explorer widget's metrics, a Lambda function draws a custom one."""
KINDS = {"metric": _metrics, "text": _text, "alarm": _alarms, "log": _logs}


class Dashboards:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def get(self, name: str) -> Dashboard:
        """The dashboard `name`, parsed and expanded. Raises AwsError (NotFound: no such dashboard)."""
        answer = await self._session.read(
            "cloudwatch", "GetDashboard", required=("DashboardBody",), DashboardName=name
        )
        return parse_body(name, answer["DashboardBody"])

    def builtin(self, runbook: Runbook) -> Dashboard:
        return builtin_dashboard(runbook)
