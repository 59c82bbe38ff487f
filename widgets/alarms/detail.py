from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.layout import Layout
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition, Contributor
from services.models.base import RawId
from services.models.curve_spans import SPANS, USUAL, CurveSpan, Statistic, drawn_stat, draws_own, period_of
from services.models.date_text import written_on
from services.models.feeds import FeedState, Freshness
from services.models.journal import Acknowledgement
from services.models.metrics import Series
from services.models.problem import Problem
from services.models.runbook_playbooks import Playbook
from widgets.alarms.acknowledgements import past_lines, whole_lines
from widgets.alarms.detail_layout import DetailLayout
from widgets.alarms.facts import FactContext, fact_lines, is_outdated, series_lines
from widgets.alarms.history import original_lines
from widgets.alarms.playbook import StepContext, playbook_lines
from widgets.alarms.steps import Steps
from widgets.charts.chart import Chart
from widgets.charts.data import ChartData, alarm_chart
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import duration, wrap
from widgets.drawing.lines import Line, Span
from widgets.drawing.ticker import every_second
from widgets.frame.panel import Now, same_trouble, words_of

_STATISTICS = {
    "Average": N_("mean"),
    "Maximum": N_("maximum"),
    "Minimum": N_("minimum"),
    "Sum": N_("sum"),
    "SampleCount": N_("count"),
}
_SHORT = {Statistic.MEAN: N_("mean"), Statistic.WORST: N_("worst"), Statistic.OWN: ""}


def chip_spans(chosen: int) -> Sequence[Span]:
    """`1h mean  1h worst  3h  24h  [ ]`, the chosen one standing out."""
    spans: list[Span] = []
    for index, span in enumerate(SPANS):
        role = "key" if index == chosen else "muted"
        spans += [(f"▸{_chip(span)}" if index == chosen else f" {_chip(span)}", role), (" ", "")]
    return [*spans, ("[ ]", "key")]


def _chip(span: CurveSpan) -> str:
    word = _SHORT[span.statistic]
    return length(span.length) + (f" {_(word)}" if word else "")


def length(span: timedelta) -> str:
    return _("{hours}h", hours=int(span.total_seconds() // 3600))


def curve_note(alarm: Alarm, series: Sequence[Series], chosen: int, width: int) -> list[Line]:
    text = statistic_text(alarm, chosen)
    if len(series) == 1:
        text = _("{metric}, {statistic}", metric=series[0].label, statistic=text)
    return [[(line, "muted")] for line in wrap(text, width)]


def other_statistic(alarm: Alarm, chosen: int) -> str:
    """What one point of the curve is if it is not what the alarm evaluates; else ""."""
    return "" if draws_own(SPANS[chosen], alarm) else statistic_text(alarm, chosen)


def statistic_text(alarm: Alarm, chosen: int) -> str:
    """`mean of every 5m`; for metric math only its period."""
    span = SPANS[chosen]
    stat, period = drawn_stat(span, alarm), duration(period_of(span, alarm))
    if not stat:
        return _("every {period}", period=period)
    words = _STATISTICS.get(stat)
    return _("{statistic} of every {period}", statistic=_(words) if words else stat, period=period)


class AlarmDetail(VerticalScroll, can_focus=True):
    """Set `alarm`, then `curve` and `history` as they arrive; `playbook` and `log_group` of the runbook."""

    DEFAULT_CSS = """
    AlarmDetail { padding: 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l", "open_logs", N_("Logs at that minute"), show=True),
        Binding("escape", "close", N_("Back"), show=True),
        Binding("left_square_bracket", "span(-1)", N_("Previous"), show=False),
        Binding("right_square_bracket", "span(1)", N_("Next"), show=False),
        Binding("R", "original", N_("Original text"), show=True),
    ]

    alarm: reactive[Alarm | None] = reactive(None, repaint=False, init=False)
    overview: reactive[FeedState[AlarmOverview]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    """Where the alarm's state comes from, and how fresh it is."""
    history: reactive[FeedState[tuple[AlarmTransition, ...]]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    curve: reactive[FeedState[tuple[Series, ...]]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    contributors: reactive[FeedState[tuple[Contributor, ...]]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    """The firing series; shown for multi-series alarms."""
    playbook: reactive[Playbook | None] = reactive(None, repaint=False, init=False)
    log_group: reactive[RawId] = reactive(RawId(""), repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    acknowledged: reactive[Acknowledgement | None] = reactive(None, repaint=False, init=False)
    """The acknowledgement of the present state."""
    acknowledgements: reactive[tuple[Acknowledgement, ...]] = reactive((), repaint=False, init=False)
    """The acknowledgements of all its states, newest first."""
    readings: reactive[AlarmReadings] = reactive(AlarmReadings, repaint=False, always_update=True, init=False)
    """What the alarms' metrics are now."""
    title: reactive[str] = reactive("", repaint=False, init=False)  # What the runbook calls the alarm
    places: reactive[tuple[str, ...]] = reactive((), repaint=False, init=False)
    """Where the playbook's steps lead, in words; "" for nowhere."""
    span: reactive[int] = reactive(USUAL, repaint=False, init=False)  # Index of the curve's span in `SPANS`
    original: reactive[bool] = reactive(False, repaint=False, init=False)  # AWS's own words are shown
    incident: reactive[tuple[Span, ...]] = reactive((), repaint=False, init=False)
    """What is said of its open incident; () if it has none."""
    banner: reactive[Problem | None] = reactive(None, repaint=False, init=False)
    """The problem in the screen's banner, which is not repeated here."""

    @dataclass
    class OpenLogs(Message):
        """Show this log group at this minute (UTC)."""

        group: RawId
        at: datetime

    @dataclass
    class SpanChosen(Message):
        span: int

    class Closed(Message):
        pass

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(AlarmDetail.zone, zone)
        self.facts_block = DetailBlock("", self._facts)
        self.steps = Steps(self._playbook)
        self.chart = Chart()
        self.series_block = DetailBlock(_("Firing series"), self._series)
        self.curve_block = DetailBlock(_("Trend"), self._curve_words, beside=self._chips)
        self.history_block = DetailBlock(_("History"), self._history, beside=self._zone_name)
        self.original_block = DetailBlock(_("AWS's own words"), self._originals)
        self._places = DetailLayout()
        self._joint: tuple[AlarmReadings, tuple[Series, ...]] = AlarmReadings(), ()
        """Readings and curve: where both have the alarm's values, head and curve show the same ones."""

    @property
    def layout(self) -> Layout:
        return self._places

    def compose(self) -> ComposeResult:
        parts = {
            "-head": (self.facts_block, self.original_block),
            "-steps": (self.series_block, self.steps),
            "-trend": (self.curve_block, self.chart),
            "-past": (self.history_block,),
        }
        for part, widgets in parts.items():
            for widget in widgets:
                widget.add_class(part)
                yield widget

    def on_mount(self) -> None:
        self._update()
        every_second(self, self._tick)

    def focus_first(self) -> None:
        (self.steps if any(self.places) else self).focus(scroll_visible=False)

    def watch_alarm(self, before: Alarm | None, alarm: Alarm | None) -> None:
        if before is None or alarm is None or before.id != alarm.id:
            self.scroll_home(animate=False)
        self._update()

    def _changed(self) -> None:
        self._update()

    watch_overview = watch_history = watch_curve = watch_contributors = watch_playbook = _changed
    watch_acknowledged = watch_acknowledgements = watch_zone = watch_banner = _changed
    watch_readings = watch_title = watch_span = watch_original = watch_incident = _changed

    def watch_places(self) -> None:
        self.steps.places = self.places
        self._update()

    def action_open_logs(self) -> None:
        if self.alarm is not None and self.log_group:
            self.post_message(self.OpenLogs(self.log_group, self.decisive_time()))

    def decisive_time(self) -> datetime:
        alarm = self.alarm
        fired = next((each.at for each in self.history.value or () if each.after is AlarmState.ALARM), None)
        since = alarm.since if alarm is not None else None
        at = since if alarm is not None and alarm.state is AlarmState.ALARM else fired or since
        return at or self._now()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.log_group) or None if action == "open_logs" else True

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def action_span(self, by: int) -> None:
        if 0 <= self.span + by < len(SPANS):
            self.span += by
            self.post_message(self.SpanChosen(self.span))

    def action_original(self) -> None:
        self.original = not self.original

    def _aws_now(self) -> datetime:
        return self._now() + self.readings.ahead

    def _tick(self) -> None:
        self.chart.data = self._chart()
        self.facts_block.update()
        self.steps.update()

    def _update(self) -> None:
        if not self.is_mounted:
            return
        self._joint = (
            self.readings.with_curve(self.alarm, self.curve, SPANS[self.span])
            if self.alarm is not None
            else (self.readings, ())
        )
        self.chart.zone = self.zone
        self.chart.data = self._chart()
        self.chart.display = bool(self.chart.data.curves)
        self.series_block.display = self.alarm is not None and self.alarm.several
        self.original_block.display = self.original
        blocks = (self.facts_block, self.series_block, self.curve_block, self.steps, self.history_block)
        for block in (*blocks, self.original_block):
            block.update()

    def _chart(self) -> ChartData:
        readings, series = self._joint
        if self.alarm is None or not series:
            return ChartData()
        times = [at for each in series for at in (each.times[:1] + each.times[-1:])]
        end = int(self._aws_now().timestamp()) // 60 * 60
        start = min([*times, end - int(SPANS[self.span].length.total_seconds())])
        return alarm_chart(
            self.alarm,
            series,
            start,
            max([*times, end]),
            name=other_statistic(self.alarm, self.span),
            is_outdated=readings.now(self.alarm, self._aws_now()).doubtful,
        )

    def _chips(self) -> Sequence[Span]:
        return chip_spans(self.span) if self.alarm is not None and self.alarm.queries else []

    def _zone_name(self) -> Sequence[Span]:
        return [(self._now().astimezone(self.zone).tzname() or "", "muted")]

    def _facts(self, width: int) -> Sequence[Line]:
        if self.alarm is None:
            return [[(_("No alarm chosen."), "muted")]]
        stale = is_outdated(self.alarm, self.overview, self._now())
        readings, _series = self._joint
        context = FactContext(self.zone, self._aws_now(), readings, self.title, stale)
        first, *rest = fact_lines(self.alarm, context, width)
        incident = [self.incident] if self.incident else []
        # Below the state: who has acknowledged it comes before how it is judged.
        entry = self.acknowledged
        signature = whole_lines(entry, self.zone, self._now(), width) if entry is not None else []
        return [first, *incident, *signature, *rest]

    def _series(self, width: int) -> Sequence[Line]:
        lines = self._trouble(self.contributors, width)
        if self.contributors.value is None:
            return lines
        return lines + series_lines(self.contributors.value, self.zone, self._aws_now(), width)

    def _curve_words(self, width: int) -> Sequence[Line]:
        if self.alarm is None or not self.alarm.queries:
            words = _("This alarm has no metric of its own.")
            return [[(text, "muted")] for text in wrap(words, width)]
        return [
            *self._trouble(self.curve, width),
            *curve_note(self.alarm, self.curve.value or (), self.span, width),
        ]

    def _trouble(self, state: FeedState[object], width: int) -> list[Line]:
        freshness = state.freshness(self._now())
        if freshness is Freshness.WAITING:
            return [[(_("Reading…"), "muted")]]
        if state.problem is None or same_trouble(state.problem, self.banner):
            return []
        return [[(text, "warn")] for words in words_of(state.problem) for text in wrap(words, width)]

    def _playbook(self, width: int, context: StepContext) -> Sequence[Line]:
        alarm = self.alarm
        firing = alarm is not None and alarm.state is AlarmState.ALARM
        since = alarm.since if alarm is not None else None
        return playbook_lines(self.playbook, since, self._aws_now(), width, firing=firing, context=context)

    def _history(self, width: int) -> Sequence[Line]:
        lines = self._trouble(self.history, width)
        past = past_lines(
            self.history.value, self.acknowledgements, self.alarm, self.zone, self._now(), width
        )
        return lines + past

    def _originals(self, width: int) -> Sequence[Line]:
        with written_on(self._now().astimezone(self.zone).date()):
            return original_lines(self.alarm, self.history.value or (), self.zone, width)
