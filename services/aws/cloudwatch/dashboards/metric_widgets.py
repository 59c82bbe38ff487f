import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.aws.client.reader import is_readable
from services.aws.cloudwatch.dashboards.properties import Properties, WidgetRemarks
from services.aws.cloudwatch.metrics.time_range import parse_point
from services.i18n import _
from services.models.base import RawId
from services.models.dashboards import Axis, Line, Mark, Trace, View
from services.models.metrics import MetricQuery

# Expands the shorthand in a dashboard widget's `metrics` array and converts its rows to queries.
#
# Source: "Dashboard Body Structure and Syntax" (Amazon CloudWatch), metric widget object:
# `[namespace, metric, (dimension name, dimension value)*, options?]` or `[{"expression": …}]`.


MOST_ROWS = 500
MOST_DIMENSIONS = 30
PERIODS_BELOW_A_MINUTE = (1, 5, 10, 20, 30)
LONGEST_PERIOD = 31_536_000

_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,199}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_STAT = re.compile(
    r"Average|Sum|Minimum|Maximum|SampleCount|IQM|(?:p|tm|wm|tc|ts)\d{1,3}(?:\.\d{1,10})?"
    r"|(?:TM|WM|TC|TS|PR)\([\d.:%]{1,60}\)",
    re.ASCII,
)


class RowError(ValueError):
    """A row is invalid; the message gives the reason in words."""


@dataclass(frozen=True, slots=True)
class Defaults:
    stat: str = "Average"
    period: int = 300
    account: str = ""


def expand(items: Sequence[str], previous: Sequence[str] | None) -> list[str]:
    """A metric row with its shorthand replaced by the previous metric row's values. `"."` repeats the value
    at the same position; `"..."`, allowed once, repeats as many values as make the row as long as the
    previous one. Raises RowError."""
    if "..." in items:
        items = _filled(items, previous)
    row: list[str] = []
    for index, item in enumerate(items):
        if item != ".":
            row.append(item)
        elif previous is not None and index < len(previous):
            row.append(previous[index])
        else:
            raise RowError(_("“.” has nothing above it"))
    if len(row) < 2 or len(row) % 2:
        raise RowError(_("a row needs a namespace, a metric and pairs of dimension name and value"))
    if len(row) > 2 + 2 * MOST_DIMENSIONS:
        raise RowError(_("it has more dimensions than CloudWatch allows"))
    if not all(row):
        raise RowError(_("a name in it is empty"))
    if not all(map(is_readable, row)):
        raise RowError(_("a name in it cannot be read"))
    return row


def _filled(items: Sequence[str], previous: Sequence[str] | None) -> list[str]:
    at = items.index("...")
    before, after = items[:at], items[at + 1 :]
    if previous is None:
        raise RowError(_("“...” has no metric row above it"))
    if "..." in after:
        raise RowError(_("“...” may appear only once in a row"))
    missing = len(previous) - len(before) - len(after)
    if missing < 0:
        raise RowError(_("it is longer than the row above, to which “...” refers"))
    return [*before, *previous[len(before) : len(before) + missing], *after]


def stat_of(props: Properties, default: str) -> str:
    stat = props.text("stat", default)
    if _STAT.fullmatch(stat):
        return stat
    props.bad("stat", stat)
    return default


def period_of(props: Properties, default: int) -> int:
    """The `period` property in seconds: 1, 5, 10, 20, 30 or a multiple of 60; others are rounded up with a remark."""
    period = props.integer("period", default, 1, LONGEST_PERIOD)
    if period in PERIODS_BELOW_A_MINUTE or period % 60 == 0:
        return period
    props.bad("period", str(period))
    return -(-period // 60) * 60


def account_of(props: Properties, default: str) -> str:
    """The `accountId` property: a twelve-digit account, or "" for the current one."""
    account = props.text("accountId", default)
    if not account or account == "LOCAL" or _ACCOUNT.fullmatch(account):
        return "" if account == "LOCAL" else account
    props.bad("accountId", account)
    return default


def traces(rows: Sequence[object], defaults: Defaults, remarks: WidgetRemarks) -> tuple[Trace, ...]:
    if len(rows) > MOST_ROWS:
        remarks.add(_("Only the first {count} metric rows are read.", count=MOST_ROWS), lost=True)
    ids = _Ids(rows[:MOST_ROWS])
    curves: list[Trace] = []
    previous: list[str] | None = None
    for number, row in enumerate(rows[:MOST_ROWS], 1):
        try:
            items, options = _split(row, remarks, _("row {number}", number=number))
            if options.has("expression"):
                curves.append(_trace(options, defaults, ids, expression=_expression(items, options)))
            else:
                previous = expand(items, previous)
                curves.append(_trace(options, defaults, ids, row=previous))
        except RowError as error:
            text = _("Metric row {number} is not shown: {reason}.")
            remarks.add(text.format(number=number, reason=error), lost=True)
    return tuple(curves)


def _split(row: object, remarks: WidgetRemarks, where: str) -> tuple[list[str], Properties]:
    if not isinstance(row, list) or not row:
        raise RowError(_("it is not a list"))
    options = row[-1] if isinstance(row[-1], dict) else None
    items = row if options is None else row[:-1]
    if not all(isinstance(item, str) for item in items):
        raise RowError(_("a name in it is not text"))
    return list(items), Properties(options, remarks, where)


def _expression(items: Sequence[str], options: Properties) -> str:
    expression = options.text("expression")
    if items:
        raise RowError(_("an expression must be alone in its row"))
    if not expression.strip():
        raise RowError(_("its expression is empty"))
    return expression


def _trace(
    options: Properties, defaults: Defaults, ids: "_Ids", *, row: Sequence[str] = (), expression: str = ""
) -> Trace:
    names = [RawId(name) for name in row]
    query = MetricQuery(
        id=ids.assign(options, "e" if expression else "m"),
        namespace=names[0] if names else RawId(""),
        metric=names[1] if names else RawId(""),
        dimensions=tuple(zip(names[2::2], names[3::2], strict=True)),
        stat=stat_of(options, defaults.stat),
        expression=RawId(expression),
        period=period_of(options, defaults.period),
        label=RawId(options.text("label")),
        visible=options.flag("visible", True),
        region=options.region("region"),
        account=account_of(options, defaults.account),
    )
    trace = Trace(
        query=query,
        color=options.color("color"),
        right=options.choice("yAxis", ("left", "right"), "left") == "right",
    )
    options.finish()
    return trace


class _Ids:
    def __init__(self, rows: Sequence[object]) -> None:
        lasts = [row[-1] for row in rows if isinstance(row, list) and row]
        written = [last.get("id") for last in lasts if isinstance(last, dict)]
        self._written = {each for each in written if isinstance(each, str)}
        self._taken: set[str] = set()
        self._count = 0

    def assign(self, options: Properties, letter: str) -> str:
        id = options.text("id")
        if id and (id in self._taken or not _ID.fullmatch(id)):
            options.bad("id", id)
            id = ""
        while not id:
            self._count += 1
            candidate = f"{letter}{self._count}"
            id = "" if candidate in self._written or candidate in self._taken else candidate
        self._taken.add(id)
        return id


FILLS = ("above", "below", "none")


def metric_widget(props: Properties, remarks: WidgetRemarks) -> Mapping[str, object]:
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
    annotations: Properties, key: str, remarks: WidgetRemarks
) -> Iterator[tuple[Properties, Properties | None]]:
    """Each annotation as (first, second); only a band or a span has a second."""
    for number, item in enumerate(annotations.items(key), 1):
        where = _("annotation {number}", number=number)
        if isinstance(item, list) and len(item) == 2:
            yield Properties(item[0], remarks, where), Properties(item[1], remarks, where)
        elif isinstance(item, dict):
            yield Properties(item, remarks, where), None
        else:
            annotations.bad(key, item)


def _lines(annotations: Properties, remarks: WidgetRemarks) -> Iterator[Line]:
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


def _marks(annotations: Properties, remarks: WidgetRemarks) -> Iterator[Mark]:
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
    for props in (first, second):
        if props is not None:
            props.ignore(*drawing)
            props.finish()
