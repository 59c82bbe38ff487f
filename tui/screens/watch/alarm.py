"""One alarm, whole: why, since when, its curve, its history, what the runbook says."""

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from services.aws.client.errors import AwsError
from services.background.faults import fault_problem
from services.i18n import N_, _
from services.journal.errors import JournalError
from services.models.alarms import Alarm
from services.models.feeds import FeedState
from services.models.journal import Acknowledgement
from services.models.metrics import Series, TimeSpan
from services.models.problem import Problem
from tui import messages
from tui.commands import bindings
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.slack.post import propose_alarm
from widgets.alarms.detail import AlarmDetail

T = TypeVar("T")
HISTORY = timedelta(days=1)
CURVE = timedelta(hours=3)


class AlarmScreen(ModeScreen):
    """Opened from the alarm list; follows the alarm while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(each for each in bindings("watch") if each.id == "acknowledge"),
        Binding("p", "propose", N_("Slack"), show=True),
    ]

    def __init__(self, alarm: Alarm) -> None:
        super().__init__()
        self.first = alarm
        self.detail = AlarmDetail(now=self.app.now, zone=self.app.zone)

    def body(self) -> ComposeResult:
        """The detail alone."""
        yield self.detail

    async def opened(self) -> None:
        """What is known now; the rest is read as the board changes."""
        runbook = self.services.runbook
        self.detail.alarm = self.first
        self.detail.playbook = runbook.playbook_for(self.first.id)
        self.detail.log_group = runbook.log_group_for(self.first.id)
        self.detail.focus()

    def _board_changed(self) -> None:
        super()._board_changed()
        state = self.app.board
        if state is None:
            return
        self.detail.board = state
        alarms = state.value.alarms if state.value else ()
        current = next((each for each in alarms if each.id == self.first.id), None)
        if current is not None:
            self.detail.alarm = current
        self.read_rest(current or self.first)

    def place(self) -> Place | None:
        """The alarm."""
        alarm = self.detail.alarm or self.first
        return Place(str(alarm.id), alarm.name, opened=True)

    def acknowledged_changed(self, seen: dict[str, Acknowledgement]) -> None:
        """Who has seen the present state, and who saw those before."""
        super().acknowledged_changed(seen)
        self.detail.acknowledged = seen.get(self.first.id)
        self.read_acknowledgements()

    @work(group="alarm-acknowledgements", exclusive=True)
    async def read_acknowledgements(self) -> None:
        """The earlier ones; without a journal there are none to show."""
        with suppress(JournalError):
            self.detail.seen = await self.services.acknowledgements.of(self.first)

    def action_acknowledge(self) -> None:
        """Say that the alarm's present state was seen."""
        self.post_message(messages.Acknowledge(self.detail.alarm or self.first))

    def action_propose(self) -> None:
        """Propose a note for Slack."""
        propose_alarm(self.app, self.detail.alarm or self.first)

    def banner_changed(self, problem: Problem | None) -> None:
        """The detail does not repeat the banner."""
        self.detail.said = problem

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.detail.zone = self.app.zone

    @work(group="alarm-detail", exclusive=True)
    async def read_rest(self, alarm: Alarm) -> None:
        """History and curve; what cannot be read keeps its last value and says why."""
        now = self.app.now()
        history = self.services.alarms.history(alarm.id, now - HISTORY)
        self.detail.history = await self._state(self.detail.history, history)
        if alarm.several:
            series = self.services.alarms.contributors(alarm.id)
            self.detail.contributors = await self._state(self.detail.contributors, series)
        self.detail.curve = await self._state(self.detail.curve, self._curve(alarm))

    async def _curve(self, alarm: Alarm) -> tuple[Series, ...]:
        if not alarm.queries:
            return ()
        # The period that is still filling would look like a fall to nothing.
        now = self.app.now().timestamp()
        end = datetime.fromtimestamp(now - now % max(60, alarm.period), UTC)
        return await self.services.metrics.fetch(alarm.queries, TimeSpan(start=end - CURVE, end=end))

    async def _state(self, before: FeedState[T], reading: Awaitable[T]) -> FeedState[T]:
        try:
            value = await reading
        except AwsError as error:
            return replace(before, problem=error.problem, failures=before.failures + 1)
        except Exception as error:  # noqa: BLE001  the boundary: a fault of ours is said where the answer would stand
            self.app.report_bug(error)
            problem = fault_problem(_("An internal error stopped this read."), error, self.app.now())
            return replace(before, problem=problem, failures=before.failures + 1)
        return FeedState(value=value, fetched_at=self.app.now())

    @on(AlarmDetail.Closed)
    def close(self) -> None:
        """Back to the list."""
        self.app.pop_screen()

    @on(AlarmDetail.OpenLogs)
    def open_logs(self, message: AlarmDetail.OpenLogs) -> None:
        """To the log group that belongs to the alarm, at the minute it changed."""
        self.app.pop_screen()
        self.app.post_message(messages.OpenLogs(str(message.group), message.at))
