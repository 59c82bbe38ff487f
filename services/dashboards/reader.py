"""Reads the dashboard of 監視 (body, curves and alarms) with as few requests as possible."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.aws.client.errors import AccessDenied, AwsError, Invalid, NotFound
from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region
from services.background.turns import next_turn
from services.clock import Clock
from services.dashboards import requests
from services.dashboards.evaluation import by_query, judged, outdated
from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.dashboards import (
    AlarmWidget,
    Dashboard,
    DashboardView,
    Line,
    MetricWidget,
    Trace,
    Widget,
    WidgetData,
)
from services.models.metrics import MetricQuery, Series, TimeSpan
from services.models.runbook import Runbook

BatchAnswer = tuple[requests.RequestBatch, tuple[Series, ...] | AwsError]

BODY_AGE = timedelta(hours=1)
"""How long a dashboard's body is cached."""


class DashboardSource(Protocol):
    """Reads dashboard bodies; implemented by `services.aws.cloudwatch.dashboards.reader.Dashboards`."""

    async def get(self, name: str) -> Dashboard:
        """The dashboard `name`. Raises AwsError."""
        ...

    def builtin(self, runbook: Runbook) -> Dashboard:
        """The built-in dashboard, used if AWS has none."""
        ...


class MetricSource(Protocol):
    """Reads curves; implemented by `services.aws.cloudwatch.metrics.reader.Metrics`."""

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The curves of the visible queries. Raises AwsError."""
        ...


class AlarmSource(Protocol):
    """Reads alarms; implemented by `services.aws.cloudwatch.alarms.reader.Alarms`."""

    async def by_arns(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms with these ARNs; missing ones are omitted. Raises AwsError."""
        ...


@dataclass
class _Alarms:
    """The alarms that a dashboard refers to, and why some could not be read."""

    by_arn: dict[str, Alarm] = field(default_factory=dict)
    problem: str = ""

    def of(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms in the order of `arns`; one that does not exist is MISSING, one that could not be read is omitted."""
        alarms = (self.by_arn.get(arn) or (None if self.problem else _missing(arn)) for arn in arns)
        return tuple(alarm for alarm in alarms if alarm is not None)


class DashboardReader:
    """Reads one dashboard repeatedly and keeps what has not changed."""

    def __init__(
        self,
        dashboards: DashboardSource,
        metrics: MetricSource,
        alarms: AlarmSource,
        runbook: Runbook,
        clock: Clock,
    ) -> None:
        self._dashboards = dashboards
        self._metrics = metrics
        self._alarm_source = alarms
        self._runbook = runbook
        self._clock = clock
        self._body: Dashboard | None = None
        self._body_at: datetime | None = None
        self._shown: dict[str, tuple[requests.WidgetRequest, WidgetData]] = {}
        self._refused: dict[str, tuple[Trace, ...]] = {}
        self._alarms = _Alarms()

    async def read(self, board: AlarmOverview | None = None, *, reload: bool = False) -> DashboardView:
        """The current dashboard; only widgets whose period has advanced are requested, in one call per region.

        `board` (the alarm overview) saves a DescribeAlarms call; `reload` reads the body again and requests every widget.
        Raises AwsError if nothing could be read; a part that failed keeps its last data and says why.
        """
        now = self._clock.now()
        dashboard = await self._current(now, reload)
        await self._read_alarms(dashboard, board)
        dashboard = self._with_alarms(dashboard)
        home = self._runbook.system.region
        asks = {
            widget.key: requests.widget_request(widget, dashboard, now, region=home)
            for widget in dashboard.widgets
            if isinstance(widget, MetricWidget)
        }
        await self._ask([each for each in asks.values() if self._due(each)])
        return DashboardView(
            dashboard=dashboard,
            data=tuple(self._data(widget, asks.get(widget.key)) for widget in dashboard.widgets),
        )

    async def _current(self, now: datetime, reload: bool) -> Dashboard:
        fresh = self._body_at is not None and now - self._body_at < BODY_AGE
        if self._body is not None and fresh and not reload:
            return self._body
        try:
            body = await self._get()
        except AwsError as error:
            if self._body is None:
                raise
            remark = _("The dashboard's body could not be reloaded: {reason}")
            message = remark.format(reason=error.problem.summary)
            return self._body.model_copy(update={"remarks": (*self._body.remarks, message)})
        if body != self._body or reload:
            self._shown.clear()
        self._body, self._body_at = body, now
        return body

    async def _get(self) -> Dashboard:
        if self._runbook.dashboard is None:
            return self._dashboards.builtin(self._runbook)
        try:
            return await self._dashboards.get(self._runbook.dashboard.name)
        except NotFound:
            return self._dashboards.builtin(self._runbook)

    async def _read_alarms(self, dashboard: Dashboard, overview: AlarmOverview | None) -> None:
        arns = dict.fromkeys(
            arn
            for widget in dashboard.widgets
            if isinstance(widget, AlarmWidget | MetricWidget)
            for arn in widget.alarm_ids
        )
        alarms = {str(alarm.arn): alarm for alarm in (overview.alarms if overview else ()) if alarm.arn}
        lacking = [arn for arn in arns if arn not in alarms]
        problem = ""
        if lacking:
            try:
                alarms |= {str(alarm.arn): alarm for alarm in await self._alarm_source.by_arns(lacking)}
            except AwsError as error:
                problem = error.problem.summary
                alarms = self._alarms.by_arn | alarms
        self._alarms = _Alarms(alarms, problem)

    def _with_alarms(self, dashboard: Dashboard) -> Dashboard:
        """The dashboard with its alarm annotations resolved: each adds its threshold, or its metric if a widget has none."""
        widgets = [
            self._with_alarm(widget) if isinstance(widget, MetricWidget) and widget.alarm_ids else widget
            for widget in dashboard.widgets
        ]
        return dashboard.model_copy(update={"widgets": tuple(widgets)})

    def _with_alarm(self, widget: MetricWidget) -> MetricWidget:
        alarms = self._alarms.of(widget.alarm_ids)
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

    def _due(self, ask: requests.WidgetRequest) -> bool:
        """Whether the request has not been answered yet; a failed widget stays due."""
        previous = self._shown.get(ask.key)
        return bool(ask.traces) and (
            previous is None or previous[0].stamp != ask.stamp or previous[0].traces != ask.traces
        )

    async def _ask(self, due: Sequence[requests.WidgetRequest]) -> None:
        answers = await self._answers(due)
        failures = [answer for _call, answer in answers if isinstance(answer, AwsError)]
        told_in_place = bool(failures) and isinstance(failures[0], AccessDenied | Invalid)
        if failures and len(failures) == len(answers) and not told_in_place:
            raise failures[0]
        failed: dict[str, AwsError] = {}
        series: list[Series] = []
        for call, answer in answers:
            if isinstance(answer, AwsError):
                failed |= {query.id: answer for query in call.queries}
            else:
                series += answer
        answered = by_query(series)
        for ask in due:
            await next_turn()
            self._keep(ask, answered, failed)

    async def _answers(self, due: Sequence[requests.WidgetRequest]) -> list[BatchAnswer]:
        """Send the requests in as few calls as possible.

        AWS rejects a whole call for one malformed expression, so a rejected batch is repeated widget by widget, and
        the faulty widget is requested on its own from then on.
        """
        apart = [ask for ask in due if self._refused.get(ask.key) == ask.traces]
        together = [ask for ask in due if ask not in apart]
        answers = await self._gather(requests.calls(together))
        if any(isinstance(answer, Invalid) for _call, answer in answers):
            apart, answers = list(due), []
        for ask in apart:
            alone = await self._gather(requests.calls([ask]))
            if any(isinstance(answer, Invalid) for _call, answer in alone):
                self._refused[ask.key] = ask.traces
            answers += alone
        return answers

    async def _gather(self, calls: Sequence[requests.RequestBatch]) -> list[BatchAnswer]:
        return list(zip(calls, await asyncio.gather(*(self._call(call) for call in calls)), strict=True))

    async def _call(self, call: requests.RequestBatch) -> tuple[Series, ...] | AwsError:
        """The response or the error of one call, so that a failing region does not affect the others."""
        try:
            return await self._metrics.fetch(call.queries, call.span, region=call.region or None)
        except AwsError as error:
            return error

    def _keep(
        self,
        ask: requests.WidgetRequest,
        series: Mapping[str, Sequence[Series]],
        failed: Mapping[str, AwsError],
    ) -> None:
        errors = [failed[query.id] for query in ask.queries if query.id in failed]
        before = self._shown.get(ask.key)
        if errors and len(errors) == len(ask.queries) and before is not None:
            # Keep the last good data, marked, with its old request, so that the widget is due at the next read.
            denied = isinstance(errors[0], AccessDenied)
            self._shown[ask.key] = (before[0], outdated(before[1], _words(errors[0]), is_denied=denied))
            return
        data = judged(ask, series, (), self._runbook)
        if errors:
            data = data.model_copy(update={"problem": _words(errors[0])})
            ask = _again(ask)
        self._shown[ask.key] = (ask, data)

    def _data(self, widget: Widget, ask: requests.WidgetRequest | None) -> WidgetData:
        if isinstance(widget, AlarmWidget):
            alarms = self._alarms.of(widget.alarm_ids)
            if widget.states:
                alarms = tuple(
                    alarm for alarm in alarms if STATE_NAMES.get(alarm.state, "") in ("", *widget.states)
                )
            return WidgetData(key=widget.key, alarms=alarms, problem=self._alarms.problem)
        if not isinstance(widget, MetricWidget) or ask is None:
            return WidgetData(key=widget.key)
        alarms = self._alarms.of(widget.alarm_ids)
        previous = self._shown.get(widget.key)
        if previous is not None and ask.traces:
            return previous[1].model_copy(update={"alarms": alarms})
        problem = self._alarms.problem or _("There is no metric to draw.")
        return WidgetData(key=widget.key, alarms=alarms, start=ask.start, end=ask.end, problem=problem)


def _words(error: AwsError) -> str:
    """The error in one line, with AWS's own message if it explains what is wrong with the dashboard."""
    problem = error.problem
    return f"{problem.summary} {problem.detail}".strip() if isinstance(error, Invalid) else problem.summary


STATE_NAMES = {
    AlarmState.ALARM: "ALARM",
    AlarmState.OK: "OK",
    AlarmState.INSUFFICIENT: "INSUFFICIENT_DATA",
}
"""Alarm states as spelled in an alarm widget's `states`; a missing alarm passes any filter."""


def _again(ask: requests.WidgetRequest) -> requests.WidgetRequest:
    """The request with a stamp that never matches, so that a partly answered widget is due again."""
    return requests.WidgetRequest(ask.key, ask.traces, 0, 0, ask.is_single_value, ask.fixed)


def _missing(arn: str) -> Alarm:
    return Alarm(id=RawId(alarm_name(arn)), name=alarm_name(arn), arn=RawId(arn), state=AlarmState.MISSING)
