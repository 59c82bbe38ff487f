"""One alarm in full: reason, measured points, the curve with its threshold, history, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition, Contributor
from services.models.base import RawId
from services.models.feeds import FeedState, Freshness
from services.models.journal import Acknowledgement
from services.models.metrics import Series
from services.models.problem import Problem
from services.models.runbook import Playbook
from widgets.alarms.acknowledgements import past_lines, whole_lines
from widgets.alarms.facts import fact_lines, series_lines
from widgets.alarms.playbook import playbook_lines
from widgets.charts.chart import Chart
from widgets.charts.data import ChartData, alarm_chart
from widgets.drawing.block import Block
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line
from widgets.drawing.ticker import every_second
from widgets.frame.panel import Now, same_trouble, words_of

_TWO_COLUMNS = 110
_RANGE = 3 * 3600


class AlarmDetail(VerticalScroll, can_focus=True):
    """Set `alarm`, then `curve` and `history` as they arrive; `playbook` and `log_group` of the runbook."""

    DEFAULT_CSS = """
    AlarmDetail { padding: 0 1; scrollbar-size-vertical: 1; }
    AlarmDetail .detail-side { width: 1fr; height: auto; }
    AlarmDetail HorizontalGroup { layout: vertical; }
    AlarmDetail.-two HorizontalGroup { layout: horizontal; }
    AlarmDetail.-two #detail-left { width: 3fr; margin-right: 2; }
    AlarmDetail.-two #detail-right { width: 2fr; }
    AlarmDetail Chart { height: 12; margin-bottom: 1; }
    AlarmDetail.-two Chart { height: 15; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l", "open_logs", N_("Logs at that minute"), show=True),
        Binding("escape", "close", N_("Back"), show=True),
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
    banner: reactive[Problem | None] = reactive(None, repaint=False, init=False)
    """The problem in the screen's banner, which is not repeated here."""

    @dataclass
    class OpenLogs(Message):
        """Show this log group at this minute (UTC)."""

        group: RawId
        at: datetime

    class Closed(Message):
        """The operator closes the detail."""

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(AlarmDetail.zone, zone)
        self.facts_block = Block(_("Alarm"), self._facts)
        self.chart = Chart()
        self.series_block = Block(_("Firing series"), self._series)
        self.curve_block = Block(_("Metric against threshold"), self._curve_words)
        self.playbook_block = Block(_("What the runbook says"), self._playbook)
        self.history_block = Block(_("History"), self._history)

    def compose(self) -> ComposeResult:
        """Two columns if there is room, else one."""
        with HorizontalGroup():
            with VerticalGroup(id="detail-left", classes="detail-side"):
                yield self.facts_block
                yield self.series_block
                yield self.curve_block
                yield self.chart
            with VerticalGroup(id="detail-right", classes="detail-side"):
                yield self.playbook_block
                yield self.history_block

    def on_mount(self) -> None:
        """Draw, and update the playbook's clocks every second."""
        self._update()
        every_second(self, self._tick)

    def on_resize(self, event: Resize) -> None:
        """Use one column or two."""
        self.set_class(event.size.width >= _TWO_COLUMNS, "-two")

    def watch_alarm(self, before: Alarm | None, alarm: Alarm | None) -> None:
        """Show the alarm; a different alarm is shown from its top."""
        if before is None or alarm is None or before.id != alarm.id:
            self.scroll_home(animate=False)
        self._update()

    def watch_overview(self) -> None:
        """Show how fresh the state is."""
        self._update()

    def watch_history(self) -> None:
        """Show the history."""
        self._update()

    def watch_curve(self) -> None:
        """Show the curve."""
        self._update()

    def watch_contributors(self) -> None:
        """Show the firing series."""
        self._update()

    def watch_playbook(self) -> None:
        """Show what the runbook says."""
        self._update()

    def watch_acknowledged(self) -> None:
        """Show who has acknowledged it."""
        self._update()

    def watch_acknowledgements(self) -> None:
        """Show the acknowledgements in the history."""
        self._update()

    def watch_zone(self) -> None:
        """Show the times in another zone."""
        self._update()

    def watch_banner(self) -> None:
        """Show or hide what the banner already shows."""
        self._update()

    def action_open_logs(self) -> None:
        """Open the log group at the minute when the alarm last fired, or else entered its state."""
        alarm = self.alarm
        if alarm is not None and self.log_group:
            fired = next(
                (each.at for each in self.history.value or () if each.after is AlarmState.ALARM), None
            )
            at = alarm.since if alarm.state is AlarmState.ALARM else fired or alarm.since
            self.post_message(self.OpenLogs(self.log_group, at or self._now()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the logs only where the runbook names a group."""
        return bool(self.log_group) or None if action == "open_logs" else True

    def action_close(self) -> None:
        """Return to the list."""
        self.post_message(self.Closed())

    def _tick(self) -> None:
        self.facts_block.update()
        self.playbook_block.update()

    def _update(self) -> None:
        if not self.is_mounted:
            return
        self.chart.zone = self.zone
        self.chart.data = self._chart()
        self.chart.display = bool(self.chart.data.curves)
        self.series_block.display = self.alarm is not None and self.alarm.several
        blocks = (
            self.facts_block,
            self.series_block,
            self.curve_block,
            self.playbook_block,
            self.history_block,
        )
        for block in blocks:
            block.update()

    def _chart(self) -> ChartData:
        series = self.curve.value
        if self.alarm is None or not series:
            return ChartData()
        times = [at for each in series for at in (each.times[:1] + each.times[-1:])]
        end = int(self._now().timestamp()) // 60 * 60
        start = min([*times, end - _RANGE])
        return alarm_chart(self.alarm, series, start, max([*times, end]))

    def _facts(self, width: int) -> Sequence[Line]:
        if self.alarm is None:
            return [[(_("no alarm chosen"), "muted")]]
        stale = self.overview.freshness(self._now()) is Freshness.STALE
        lines = fact_lines(self.alarm, self.zone, self._now(), width, stale=stale)
        if self.acknowledged is None:
            return lines
        # Below name and state: who has acknowledged it comes before the reason.
        signature = whole_lines(self.acknowledged, self.zone, self._now(), width)
        return [*lines[:2], *signature, *lines[2:]]

    def _series(self, width: int) -> Sequence[Line]:
        lines = self._trouble(self.contributors, width)
        if self.contributors.value is None:
            return lines
        return lines + series_lines(self.contributors.value, self.zone, self._now(), width)

    def _curve_words(self, width: int) -> Sequence[Line]:
        if self.alarm is not None and not self.alarm.queries:
            words = _("This alarm has no metric of its own.")
            return [[(text, "muted")] for text in wrap(words, width)]
        return self._trouble(self.curve, width)

    def _trouble(self, state: FeedState[object], width: int) -> list[Line]:
        freshness = state.freshness(self._now())
        if freshness is Freshness.WAITING:
            return [[(_("reading…"), "muted")]]
        if state.problem is None or same_trouble(state.problem, self.banner):
            return []
        return [[(text, "warn")] for words in words_of(state.problem) for text in wrap(words, width)]

    def _playbook(self, width: int) -> Sequence[Line]:
        alarm = self.alarm
        firing = alarm is not None and alarm.state is AlarmState.ALARM
        since = alarm.since if alarm is not None else None
        return playbook_lines(self.playbook, since, self._now(), width, firing=firing)

    def _history(self, width: int) -> Sequence[Line]:
        lines = self._trouble(self.history, width)
        return lines + past_lines(self.history.value, self.acknowledgements, self.zone, self._now(), width)
