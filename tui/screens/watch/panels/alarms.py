from dataclasses import replace
from datetime import timedelta

from services.i18n import _
from services.models.alarm_readings import AlarmReadings
from services.models.aws_cli import CommandSheet
from services.models.feeds import FeedState
from tui import messages
from tui.console import Console
from tui.screens.common.command_sheets import alarm_sheet, alarms_sheet
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.watch.panels.base import StatePanel
from widgets.alarms.advice import AlarmAdvice
from widgets.alarms.panel import AlarmPanel
from widgets.drawing.rest import Rest


class WatchedAlarms(StatePanel[AlarmPanel]):
    """Shows the alarm overview, which the console follows anyway."""

    widget_type = AlarmPanel

    def opened(self) -> None:
        runbook = self.screen.services.runbook
        self.widget.advice = {
            str(alarm.name): AlarmAdvice(alarm.title, runbook.playbook_for(alarm.name))
            for alarm in runbook.alarms
        }
        rest = Rest(self.widget, self.screen.read_alarm_values)
        for moves in ("scroll_y", "virtual_size"):
            self.screen.watch(self.widget.table, moves, rest.moved, init=False)
        self.screen.watch(self.app, "alarms", self._show_overview)
        self.screen.watch(self.app, "view", self._show_values, init=False)
        self.screen.watch(self.app, "alarm_series", self._show_values, init=False)

    def _show_overview(self) -> None:
        if self.app.alarms is not None:
            self._show_values()
            self.widget.state = self.app.alarms

    def _show_values(self) -> None:
        self.widget.readings = alarm_readings(self.app)

    def focus(self) -> None:
        self.widget.focus_list()

    def go_to(self) -> None:
        self.widget.list_normal()
        self.focus()

    def note_subject(self) -> ScreenPlace | None:
        alarm = self.widget.chosen
        return ScreenPlace(str(alarm.id), alarm.name) if alarm is not None else None

    def aws_commands(self) -> CommandSheet:
        alarm = self.widget.chosen
        return alarm_sheet(self.app, alarm) if alarm is not None else alarms_sheet(self.app)

    def acknowledge(self) -> None:
        alarm = self.widget.chosen
        if alarm is None and self.app.outages:
            self.screen.post_message(messages.OpenIncident(""))
        elif alarm is None:
            self.app.inform(_("no alarm chosen"))
        else:
            self.screen.post_message(messages.Acknowledge(alarm))


def alarm_readings(app: Console) -> AlarmReadings:
    overview = app.alarms.value if app.alarms is not None else None
    if overview is None:
        return AlarmReadings()
    readings = app.ready.alarm_values.readings(
        overview.alarms, app.view or FeedState(), app.alarm_series or FeedState()
    )
    return replace(readings, ahead=app.ready.aws_clock.skew or timedelta())
