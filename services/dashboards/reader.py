"""Reads the dashboard of 監視 (body, curves and alarms) with as few requests as possible."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.aws.client.errors import AccessDenied, AwsError, Invalid, NotFound
from services.aws.client.prices import yen_per_dollar
from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region
from services.background.turns import next_turn
from services.clock import Clock, Mark, mark, passed
from services.dashboards import requests
from services.dashboards.evaluation import by_query, judged, outdated, overdue
from services.dashboards.pacing import DayBudget, OnScreen, Pace, WidgetNeed, needs_of
from services.dashboards.sources import AlarmSource, DashboardSource, MetricSource
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
from services.models.metrics import Series
from services.models.runbook import Runbook

STATE_NAMES = {AlarmState.ALARM: "ALARM", AlarmState.OK: "OK", AlarmState.INSUFFICIENT: "INSUFFICIENT_DATA"}
"""Alarm states as spelled in an alarm widget's `states`; a missing alarm passes any filter."""


@dataclass
class AnnotatedAlarms:
    by_arn: dict[str, Alarm] = field(default_factory=dict)
    problem: str = ""

    def of(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        alarms = (self.by_arn.get(arn) or (None if self.problem else _missing(arn)) for arn in arns)
        return tuple(alarm for alarm in alarms if alarm is not None)

    def listed(self, widget: AlarmWidget) -> tuple[Alarm, ...]:
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
    return dict.fromkeys(
        arn
        for widget in dashboard.widgets
        if isinstance(widget, AlarmWidget | MetricWidget)
        for arn in widget.alarm_ids
    )


def _missing(arn: str) -> Alarm:
    return Alarm(id=RawId(alarm_name(arn)), name=alarm_name(arn), arn=RawId(arn), state=AlarmState.MISSING)


BatchAnswer = tuple[requests.RequestBatch, tuple[Series, ...] | AwsError]

BODY_AGE = timedelta(hours=1)  # How long a dashboard's body is cached
INTERVAL = 60.0  # Seconds between two reads, unless others are given
JITTER = 1.1  # A feed may wait so many intervals


@dataclass(frozen=True, slots=True)
class _Answered:
    ask: requests.WidgetRequest
    data: WidgetData
    at: Mark


class DashboardReader:
    """Reads one dashboard repeatedly and keeps what has not changed. What is on screen is requested at each
    read, the rest as `services.dashboards.pacing` says."""

    def __init__(
        self,
        dashboards: DashboardSource,
        metrics: MetricSource,
        alarms: AlarmSource,
        runbook: Runbook,
        clock: Clock,
        *,
        interval: float = INTERVAL,
    ) -> None:
        """`interval`: seconds between two reads."""
        self._dashboards = dashboards
        self._metrics = metrics
        self._alarm_source = alarms
        self._runbook = runbook
        self._clock = clock
        self._interval = interval
        self._budget = DayBudget(runbook.closures, yen_per_dollar(runbook.costs))
        self.on_screen: Callable[[], OnScreen] | None = None
        """What can be seen now, as the screen says; None: there is no screen, and all counts as seen."""
        self._body: Dashboard | None = None
        self._body_at: Mark | None = None
        self._drawn: Dashboard | None = None  # The body with what its alarms add
        self._needs: tuple[WidgetNeed, ...] = ()
        self._pace = Pace(0, 0)
        self._answered: dict[str, _Answered] = {}
        self._refused: dict[str, tuple[Trace, ...]] = {}
        self._requested: frozenset[str] = frozenset()
        self._alarms = AnnotatedAlarms()

    async def read(self, board: AlarmOverview | None = None, *, reload: bool = False) -> DashboardView:
        """The current dashboard; only widgets that are due are requested, in as few calls as possible.

        A dashboard that costs more than a day's budget is returned without curves at first, so that its price is shown
        before it is spent. `board` (the alarm overview) saves a DescribeAlarms call; `reload` reads the body again and
        requests every widget on screen.
        Raises AwsError if nothing could be read; a part that failed keeps its last data and says why.
        """
        now = self._clock.now()
        body = await self._current(reload)
        await self._read_alarms(body, board)
        is_new = self._drawn is None or self._drawn.name != body.name
        dashboard = self._drawn = self._alarms.added_to(body)
        self._needs = needs_of(dashboard, self._runbook)
        screen = self._seen()
        watched = replace(screen, pause="")
        self._pace = self._budget.pace(self._needs, watched)
        price = self._budget.price(self._needs, watched, self._pace)
        due = () if is_new and price.is_over and self.on_screen is not None else self._due(now, screen)
        self._requested = frozenset(each.key for each in due)
        await self._ask(due)
        return DashboardView(
            dashboard=dashboard,
            data=tuple(self._data(widget) for widget in dashboard.widgets),
            price=price,
            pause=screen.pause,
        )

    def is_due(self) -> bool:
        if self._drawn is None:
            return False
        due = self._due(self._clock.now(), self._seen())
        return any(each.key not in self._requested for each in due)

    def _seen(self) -> OnScreen:
        return self.on_screen() if self.on_screen is not None else OnScreen()

    async def _current(self, reload: bool) -> Dashboard:
        read_at = mark(self._clock)
        fresh = self._body_at is not None and passed(self._clock, self._body_at) < BODY_AGE.total_seconds()
        if self._body is not None and fresh and not reload:
            return self._body
        try:
            body = await self._get()
        except AwsError as error:
            if self._body is None:
                raise
            message = _("The dashboard's body could not be reloaded: {reason}", reason=error.problem.summary)
            return self._body.model_copy(update={"remarks": (*self._body.remarks, message)})
        if body != self._body or reload:
            self._answered.clear()
        self._body, self._body_at = body, read_at
        return body

    async def _get(self) -> Dashboard:
        if self._runbook.dashboard is None:
            return self._dashboards.builtin(self._runbook)
        try:
            return await self._dashboards.get(self._runbook.dashboard.name)
        except NotFound:
            return self._dashboards.builtin(self._runbook)

    async def _read_alarms(self, dashboard: Dashboard, overview: AlarmOverview | None) -> None:
        alarms = {str(alarm.arn): alarm for alarm in (overview.alarms if overview else ()) if alarm.arn}
        lacking = [arn for arn in annotated(dashboard) if arn not in alarms]
        problem = ""
        if lacking:
            try:
                alarms |= {str(alarm.arn): alarm for alarm in await self._alarm_source.by_arns(lacking)}
            except AwsError as error:
                problem = error.problem.summary
                alarms = self._alarms.by_arn | alarms
        self._alarms = AnnotatedAlarms(alarms, problem)

    # -- what is due

    def _due(self, now: datetime, screen: OnScreen) -> tuple[requests.WidgetRequest, ...]:
        assert self._drawn is not None, "nothing is due before the body was read"
        due_keys = {need.key for need in self._needs if self._is_time(need, screen)}
        asks = (
            requests.widget_request(widget, self._drawn, now, region=self._runbook.system.region)
            for widget in self._drawn.widgets
            if isinstance(widget, MetricWidget) and widget.key in due_keys
        )
        return tuple(ask for ask in asks if self._has_news(ask))

    def _is_time(self, need: WidgetNeed, screen: OnScreen) -> bool:
        """Whether a widget is to be requested now, because the next read would be too late."""
        every, answered = self._pace.of(need, screen), self._answered.get(need.key)
        if every is None or answered is None:
            return every is not None
        age = passed(self._clock, answered.at)
        if every <= max(need.step, self._interval):
            # Its own period decides, not when it was read.
            return True
        ahead = 0.0 if screen.has(need.key) else JITTER * self._interval
        return age + ahead >= every

    def _has_news(self, ask: requests.WidgetRequest) -> bool:
        answered = self._answered.get(ask.key)
        return answered is None or answered.ask.stamp != ask.stamp or answered.ask.traces != ask.traces

    # -- the requests

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
        """Send the requests in as few calls as possible. AWS rejects a whole call for one malformed
        expression, so a rejected batch is repeated widget by widget, and the faulty one goes alone from then
        on."""
        apart = [ask for ask in due if self._refused.get(ask.key) == ask.traces]
        alone_keys = {ask.key for ask in apart}
        together = [ask for ask in due if ask.key not in alone_keys]
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
        before = self._answered.get(ask.key)
        if errors and len(errors) == len(ask.queries) and before is not None:
            # Keep the last good data, marked, with its old request, so that the widget is due at the next read.
            denied = isinstance(errors[0], AccessDenied)
            data = outdated(before.data, _words(errors[0]), is_denied=denied)
            self._answered[ask.key] = replace(before, data=data)
            return
        data = judged(ask, series, (), self._runbook)
        if errors:
            data = data.model_copy(update={"problem": _words(errors[0])})
            ask = _again(ask)
        self._answered[ask.key] = _Answered(ask, data, mark(self._clock))

    # -- the data

    def _data(self, widget: Widget) -> WidgetData:
        if isinstance(widget, AlarmWidget):
            return WidgetData(
                key=widget.key, alarms=self._alarms.listed(widget), problem=self._alarms.problem
            )
        if not isinstance(widget, MetricWidget):
            return WidgetData(key=widget.key)
        alarms = self._alarms.of(widget.alarm_ids)
        answered = self._answered.get(widget.key)
        if not widget.traces:
            problem = self._alarms.problem or _("There is no metric to draw.")
            return WidgetData(key=widget.key, alarms=alarms, problem=problem)
        if answered is None:
            return WidgetData(key=widget.key, alarms=alarms, is_unread=True)
        return self._dated(answered).model_copy(update={"alarms": alarms})

    def _dated(self, answered: _Answered) -> WidgetData:
        step = max(self._interval, self._pace.on_screen, *(query.period for query in answered.ask.queries))
        age = passed(self._clock, answered.at)
        if age <= 2 * step:
            return answered.data
        late = age > max(self._pace.judged, step) + 2 * self._interval
        data = overdue(answered.data) if late else answered.data
        return data.model_copy(update={"as_of": answered.at.at})


def _words(error: AwsError) -> str:
    problem = error.problem
    return f"{problem.summary} {problem.detail}".strip() if isinstance(error, Invalid) else problem.summary


def _again(ask: requests.WidgetRequest) -> requests.WidgetRequest:
    """The request with a stamp that never matches, so that a partly answered widget is due again."""
    return requests.WidgetRequest(ask.key, ask.traces, 0, 0, ask.is_single_value, ask.fixed)
