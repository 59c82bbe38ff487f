"""One alarm in full: its reason, start, curve, history, and the runbook's advice."""

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
from services.models.aws_cli import CommandSheet
from services.models.feeds import FeedState
from services.models.journal import Acknowledgement
from services.models.metrics import Series, TimeSpan
from services.models.problem import Problem
from tui import messages
from tui.commands import bindings
from tui.screens.common.command_sheets import alarm_sheet
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
        """Show what is known now; the rest is read whenever the overview changes."""
        runbook = self.services.runbook
        self.detail.alarm = self.first
        self.detail.playbook = runbook.playbook_for(self.first.id)
        self.detail.log_group = runbook.log_group_for(self.first.id)
        self.detail.focus()

    def _alarms_changed(self) -> None:
        super()._alarms_changed()
        state = self.app.alarms
        if state is None:
            return
        self.detail.overview = state
        alarms = state.value.alarms if state.value else ()
        current = next((each for each in alarms if each.id == self.first.id), None)
        if current is not None:
            self.detail.alarm = current
        self.read_rest(current or self.first)

    def note_subject(self) -> Place | None:
        """This alarm."""
        alarm = self.detail.alarm or self.first
        return Place(str(alarm.id), alarm.name, opened=True)

    def aws_commands(self) -> CommandSheet:
        """The commands about this alarm."""
        return alarm_sheet(self.app, self.detail.alarm or self.first)

    def acknowledged_changed(self, acknowledgements: dict[str, Acknowledgement]) -> None:
        """Show who acknowledged the present state, and who earlier ones."""
        super().acknowledged_changed(acknowledgements)
        self.detail.acknowledged = acknowledgements.get(self.first.id)
        self.read_acknowledgements()

    @work(group="alarm-acknowledgements", exclusive=True)
    async def read_acknowledgements(self) -> None:
        """Read the earlier acknowledgements; without a journal there are none."""
        with suppress(JournalError):
            self.detail.acknowledgements = await self.services.acknowledgements.of(self.first)

    def action_acknowledge(self) -> None:
        """Acknowledge the alarm's present state."""
        self.post_message(messages.Acknowledge(self.detail.alarm or self.first))

    def action_propose(self) -> None:
        """Propose a note for Slack."""
        propose_alarm(self.app, self.detail.alarm or self.first, self.detail.curve.value)

    def banner_changed(self, problem: Problem | None) -> None:
        """Keep the detail from repeating the banner."""
        self.detail.banner = problem

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.detail.zone = self.app.zone

    @work(group="alarm-detail", exclusive=True)
    async def read_rest(self, alarm: Alarm) -> None:
        """Read history and curve; after a failure the last value stays, with the reason."""
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
        # The current period is incomplete and would look like a drop to zero.
        now = self.app.now().timestamp()
        end = datetime.fromtimestamp(now - now % max(60, alarm.period), UTC)
        return await self.services.metrics.fetch(alarm.queries, TimeSpan(start=end - CURVE, end=end))

    async def _state(self, before: FeedState[T], reading: Awaitable[T]) -> FeedState[T]:
        try:
            value = await reading
        except AwsError as error:
            return replace(before, problem=error.problem, failures=before.failures + 1)
        except Exception as error:  # noqa: BLE001  the boundary: an internal error is shown in place of the data
            self.app.report_bug(error)
            problem = fault_problem(_("An internal error stopped this read."), error, self.app.now())
            return replace(before, problem=problem, failures=before.failures + 1)
        return FeedState(value=value, fetched_at=self.app.now())

    @on(AlarmDetail.Closed)
    def close(self) -> None:
        """Return to the list."""
        self.app.pop_screen()

    @on(AlarmDetail.OpenLogs)
    def open_logs(self, message: AlarmDetail.OpenLogs) -> None:
        """Go to the alarm's log group, at the minute of its change."""
        self.app.pop_screen()
        self.app.post_message(messages.OpenLogs(str(message.group), message.at))
